//! What triggers can do beyond single operations.

mod backfill;
mod start;
mod switch;
mod watch;

pub use backfill::TriggerBackfill;
pub use start::StartBackfill;
pub use switch::SwitchTrigger;
pub use watch::WatchBackfill;
