//! What logs can do beyond single operations: follow many executions.

mod seen;
mod tail;

pub use tail::TailLogs;
