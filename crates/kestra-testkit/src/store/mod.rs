//! What the server keeps: flows with their revisions, and logs.

mod flows;
mod logs;

pub(crate) use flows::{FlowStore, StoredFlow};
pub(crate) use logs::{LogEntry, LogStore};
