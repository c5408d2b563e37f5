//! What executions can do beyond single operations: start once, wait to the end, run.

mod add_labels;
mod check;
mod create;
mod creation;
mod exact;
mod finished;
mod key;
mod run;
mod summary;
mod typed;
mod watch;

pub use add_labels::AddLabels;
pub(crate) use check::{breakpoints as check_breakpoints, revision};
pub(crate) use create::create_once;
pub use creation::FoundFailed;
pub use finished::Finished;
pub use key::{Resolve, Resolved};
pub use run::{Run, Start, Started, Wait};
pub use typed::{TypedFinished, TypedRun, TypedStart, TypedStarted, TypedWait};
