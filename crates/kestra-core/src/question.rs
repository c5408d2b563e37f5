//! Requests that are sent before another one whose early error would make the server hang.

use serde_json::Value;

use crate::call::Call;
use crate::json;
use crate::operation::OperationInfo;

/// A request that finds out whether a server would carry out another one.
///
/// Servers of 1.x and 2.0 hang when they respond with an error to some requests before they have read the body, so these
/// requests are sent only if the server would carry them out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Question {
    /// The operation to send first. Its path parameters are named as in the operation that follows, or as fields of its body.
    pub operation: &'static OperationInfo,
    /// The check of its response.
    pub check: Check,
}

/// The check of the response to a [`Question`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The resource exists.
    Exists,
    /// The execution has ended.
    Ended,
    /// The execution has the task run that the body names.
    HasTaskRun,
    /// The dashboard has the chart that the path names.
    HasChart,
    /// The flow has the trigger that the body names and, before 2.0, the trigger has a backfill.
    HasBackfill,
    /// The concurrency limit of the flow that the path names is in the list.
    HasLimit,
}

impl Question {
    /// Creates a question.
    #[must_use]
    pub const fn new(operation: &'static OperationInfo, check: Check) -> Self {
        Self { operation, check }
    }
}

/// For the crates of this client only; see [`internal`](crate::internal).
#[doc(hidden)]
impl Call {
    /// Returns the call to send first, with the same options, or `None` if the catalogue has no question for the operation.
    #[must_use]
    pub fn question(&self) -> Option<Self> {
        let operation = self.info().asks_first?.operation;
        let mut question = Self::new(operation);
        question.change_options(|_| self.options().clone());
        for name in operation.path_parameters {
            question = question.path(self.argument(name)?);
        }
        Some(question)
    }

    /// Returns the value of a path parameter, else of a string field of the JSON body, by its name on the wire.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<String> {
        if let Some(index) = self.info().path_parameters.iter().position(|own| *own == name) {
            return self.path_value(index);
        }
        let body: Value = json::from_slice(self.body_bytes()?).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}
