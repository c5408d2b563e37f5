//! What is asked before a request whose early error would make the server hang.

use serde_json::Value;

use crate::call::Call;
use crate::json;
use crate::operation::OperationInfo;

/// A request that finds out whether a server would carry out another one.
///
/// Servers of 1.x and 2.0 hang when they answer an error to some requests before they have read the body, so these requests
/// are sent only where the server would carry them out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Question {
    /// The operation that asks. Its path variables are named as in the operation that follows, or as fields of its body.
    pub operation: &'static OperationInfo,
    /// What its response must say.
    pub check: Check,
}

/// What the response to a [`Question`] must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Nothing more than that the thing exists.
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
    /// A question and the check of its response.
    #[must_use]
    pub const fn new(operation: &'static OperationInfo, check: Check) -> Self {
        Self { operation, check }
    }
}

impl Call {
    /// The call that asks whether the server would carry out this one, with the same options; `None` if the catalogue has no
    /// question for the operation.
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

    /// The value that the call has under this name on the wire: of a path variable, else of a text field of its JSON body.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<String> {
        if let Some(index) = self.info().path_parameters.iter().position(|own| *own == name) {
            return self.path_value(index);
        }
        let body: Value = json::from_slice(self.body_bytes()?).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}
