//! Which execution an error is about.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::Error;

/// What is known of the execution.
#[derive(Default)]
pub(super) struct About {
    pub(super) id: Option<String>,
    pub(super) key: Option<String>,
    pub(super) inputs: Vec<String>,
    pub(super) is_missing: bool,
    pub(super) is_version_detection: bool,
    pub(super) payload: Option<Payload>,
}

/// A value of a crate above this one.
pub(super) struct Payload(pub(super) Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload")
    }
}

impl Error {
    /// Returns the id of the execution that was started, waited for or followed, once it is known. The execution goes on:
    /// wait for it by this id.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.0.about.id.as_deref()
    }

    /// Returns the key that an execution was to be created with. Look the execution up by it if the outcome is unclear.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.about.key.as_deref()
    }

    /// Returns a value that the operation attached, if it is of this type: a failed execution is
    /// `error.payload::<kestra::Finished>()`.
    #[must_use]
    pub fn payload<T: Any>(&self) -> Option<&T> {
        self.0.about.payload.as_ref().and_then(|payload| payload.0.downcast_ref())
    }
}
