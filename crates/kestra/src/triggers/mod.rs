//! What triggers can do beyond single operations.

mod backfill;
mod switch;

pub use backfill::{StartBackfill, TriggerBackfill, WatchBackfill};
pub use switch::SwitchTrigger;
