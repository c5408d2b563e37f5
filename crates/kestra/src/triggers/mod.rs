//! What triggers can do beyond single operations.

mod backfill;
mod start;
mod watch;

pub use backfill::TriggerBackfill;
pub use start::StartBackfill;
pub use watch::WatchBackfill;
