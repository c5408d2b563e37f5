//! What executions can do beyond single operations: start once, wait to the end, run.

mod add_labels;
mod check;
mod create;
mod creation;
mod exact;
mod failure;
mod finished;
mod key;
mod resolve;
mod run;
mod settings;
mod start;
mod successor;
mod wait;
mod watch;

pub use add_labels::AddLabels;
pub(crate) use check::breakpoints as check_breakpoints;
pub(crate) use create::create_once;
pub use finished::Finished;
pub use resolve::{Resolve, Resolved};
pub use run::Run;
pub use start::{Start, Started};
pub use wait::Wait;
