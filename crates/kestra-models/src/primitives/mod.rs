//! Types that are written by hand, since no document describes them as they are.

mod bulk;
mod epoch_millis;
mod input_value;
mod iso_duration;
mod labels;
mod page;
mod secret;
mod state;

pub use bulk::BulkOutcome;
pub use epoch_millis::EpochMillis;
pub use input_value::InputValue;
pub use iso_duration::IsoDuration;
pub use labels::{Label, Labels};
pub use page::Page;
pub use secret::Sensitive;
