//! Why a flow can't be changed.

use std::fmt;

/// The error of a flow that has no task with the given id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchTask {
    pub(crate) flow: String,
    pub(crate) task: String,
    pub(crate) known: Vec<String>,
}

impl fmt::Display for NoSuchTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flow {}: no task has the id `{}`: ", self.flow, self.task)?;
        if self.known.is_empty() {
            return f.write_str("the flow has no tasks");
        }
        write!(f, "use one of `{}`", self.known.join("`, `"))
    }
}

impl std::error::Error for NoSuchTask {}
