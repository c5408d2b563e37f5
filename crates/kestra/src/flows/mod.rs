//! What flows can do beyond single operations.

mod deploy;
mod deploy_all;
mod stored;
mod sync;
mod sync_plan;

pub use deploy::{Deploy, Deployed};
pub use sync::FlowSync;

pub(crate) use stored::stored_flows;
