//! What some builders can do besides, written by hand.

mod bulk;
mod follow;
mod ids;
mod inputs;
mod look_back;

pub use bulk::{BulkByIds, BulkProblem, BulkReport};

pub(crate) use bulk::by_ids;
pub(crate) use inputs::inputs;
pub(crate) use look_back::look_back;
