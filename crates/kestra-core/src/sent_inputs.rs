//! Compares the inputs that a creation sends with those in its response.

use http::Response;

use crate::call::Call;

/// The names of the inputs that an execution is created with.
#[derive(Clone, Debug)]
pub struct SentInputs(Box<[String]>);

/// A response to a creation, which has the inputs that the server accepted.
pub trait ShowsInputs {
    /// Returns the id of the execution.
    fn execution_id(&self) -> Option<&str>;

    /// Returns the names of the inputs that the execution lacks.
    fn lacks<'a>(&self, sent: &'a [String]) -> Vec<&'a str>;
}

impl SentInputs {
    /// Returns the inputs of a call, or `None` if it sends none or its response has none.
    pub fn of(call: &Call) -> Option<Self> {
        if !call.info().shows_inputs {
            return None;
        }
        let names: Box<[String]> = call.parts().map(|(name, _)| name.to_owned()).collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// Adds the names to the extensions of the response, for [`decode::created`](crate::decode::created).
    pub fn attach<B>(self, response: &mut Response<B>) {
        response.extensions_mut().insert(self);
    }

    /// Logs a warning for each input that the execution lacks, with the name only, as values may be secrets.
    pub(crate) fn compare(&self, created: &impl ShowsInputs) {
        let Some(id) = created.execution_id() else { return };
        for name in created.lacks(&self.0) {
            tracing::warn!(
                target: "kestra::inputs",
                execution = %id,
                input = %name,
                "the flow has no such input: the execution runs without it"
            );
        }
    }
}
