//! Types that are written by hand, since no document describes them as they are.

mod bulk;
mod epoch_millis;
mod execution;
mod input_value;
mod iso_duration;
mod kv_value;
mod labels;
mod page;
mod pebble_function;
#[cfg(feature = "enterprise")]
mod permissions;
mod secret;
mod source_search;
mod trigger;
mod webhook_answer;

pub use bulk::BulkOutcome;
pub use epoch_millis::EpochMillis;
pub use input_value::InputValue;
pub use iso_duration::IsoDuration;
pub use kv_value::KvValue;
pub use labels::{Label, Labels};
pub use page::Page;
pub use pebble_function::{PebbleFunction, PebbleFunctionArgument};
#[cfg(feature = "enterprise")]
pub use permissions::Permissions;
pub use secret::Sensitive;
pub use webhook_answer::WebhookAnswer;
