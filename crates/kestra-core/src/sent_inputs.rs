//! The inputs that a creation sends, held against those that its response shows.

use http::Response;

use crate::call::Call;

/// The names of the inputs that an execution is created with.
#[derive(Clone, Debug)]
pub struct SentInputs(Box<[String]>);

/// What a creation is answered with: it shows the inputs that the server took.
pub trait ShowsInputs {
    /// Returns the id of the execution.
    fn execution_id(&self) -> Option<&str>;

    /// Returns the names of those inputs that the execution doesn't show.
    fn lacks<'a>(&self, sent: &'a [String]) -> Vec<&'a str>;
}

impl SentInputs {
    /// Returns those of a call; `None` if its response shows none, or none are sent.
    #[must_use]
    pub fn of(call: &Call) -> Option<Self> {
        if !call.info().shows_inputs {
            return None;
        }
        let names: Box<[String]> = call.part_names().map(ToOwned::to_owned).collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// Adds them to the response, for [`decode::created`](crate::decode::created).
    pub fn attach<B>(self, response: &mut Response<B>) {
        response.extensions_mut().insert(self);
    }

    /// Logs a warning for each that the execution lacks. Names are no secrets, values may be.
    pub(crate) fn compare(&self, created: &impl ShowsInputs) {
        let Some(id) = created.execution_id() else { return };
        for name in created.lacks(&self.0) {
            tracing::warn!(
                target: "kestra::inputs",
                execution = %id,
                input = %name,
                "the flow has no such input, the execution goes on without it"
            );
        }
    }
}
