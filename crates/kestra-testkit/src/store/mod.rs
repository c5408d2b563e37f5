//! What the server keeps: flows with their revisions, and logs.

mod files;
mod flows;
mod kv;
mod logs;
mod metrics;
mod triggers;

pub(crate) use files::{FileNode, FileStore};
pub(crate) use flows::{FlowStore, StoredFlow};
pub(crate) use kv::{KvEntry, KvStore};
pub(crate) use logs::{LogEntry, LogStore};
pub(crate) use metrics::{MetricEntry, MetricStore};
pub(crate) use triggers::{Backfill, TriggerKey, TriggerRow, TriggerStore};
