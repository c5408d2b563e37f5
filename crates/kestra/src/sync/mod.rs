//! What the syncs of flows, files and keys have in common: their settings, and the report of what they did.

mod report;
#[macro_use]
mod settings;

pub use report::{SyncAction, SyncEntry, SyncKind, SyncReport};
pub use settings::SyncProgress;

pub(crate) use settings::Settings;
