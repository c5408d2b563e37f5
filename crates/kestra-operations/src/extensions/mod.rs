//! Methods of some builders beyond the generated setters.

mod bulk;
mod follow;
mod searches;
mod setters;

pub use bulk::{BulkByIds, BulkProblem, BulkReport, DryRun, by_ids_of, check_count};
pub use follow::FollowSettings;
pub use searches::search_relatives;

pub(crate) use bulk::{by_ids, by_query, counted};
pub(crate) use setters::{add_input, add_inputs, idempotency, inputs, look_back, set_key};
