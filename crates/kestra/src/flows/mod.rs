//! What flows can do beyond single operations.

mod deploy;
mod sync;

pub use deploy::{Deploy, Deployed};
pub use sync::{FlowAction, FlowSync, FlowSyncReport, SyncedFlow};
