//! What some builders can do besides, written by hand.

mod bulk;
mod follow;
mod idempotency;
mod ids;
mod inputs;
mod look_back;
mod relatives;

pub use bulk::{BulkByIds, BulkProblem, BulkReport, DryRun, by_ids_of, check_count};
pub use follow::FollowSettings;

pub(crate) use bulk::{by_ids, by_query, counted};
pub(crate) use idempotency::{idempotency, set_key};
pub use inputs::inputs_of;
pub(crate) use inputs::{add_inputs, inputs};
pub(crate) use look_back::look_back;
pub use relatives::search_relatives;
