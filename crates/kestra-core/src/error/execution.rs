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
pub(super) struct Payload(Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload")
    }
}

impl Error {
    /// Adds the id of the execution that it is about.
    #[must_use]
    pub fn of_execution(self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.change(|inner| inner.about.id = Some(id))
    }

    /// The id of the execution that was started, waited for or followed, once it is known.
    ///
    /// Whoever has it can go on waiting later: nothing is lost with the error.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.0.about.id.as_deref()
    }

    /// Adds the key that an execution was to be created with.
    #[must_use]
    pub fn of_key(self, key: impl Into<String>) -> Self {
        let key = key.into();
        self.change(|inner| inner.about.key = Some(key))
    }

    /// The key that an execution was to be created with: what to look it up by later, if the outcome is unclear.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.about.key.as_deref()
    }

    /// Adds the name of an input that wasn't sent, since the server would have misread it.
    #[must_use]
    pub fn of_input(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.change(|inner| inner.about.inputs.push(name))
    }

    /// Says that the server doesn't have what it is about, where no 404 told so.
    #[must_use]
    pub fn of_missing(self) -> Self {
        self.change(|inner| inner.about.is_missing = true)
    }

    /// Adds a value that tells more, in place of what was there.
    #[must_use]
    pub fn with_payload(self, payload: impl Any + Send + Sync) -> Self {
        let payload = Arc::new(payload);
        self.change(|inner| inner.about.payload = Some(Payload(payload)))
    }

    /// The value that tells more, if it is of this type.
    ///
    /// The error of an execution that failed has the execution itself: `error.payload::<kestra::Finished>()`.
    #[must_use]
    pub fn payload<T: Any>(&self) -> Option<&T> {
        self.0.about.payload.as_ref().and_then(|payload| payload.0.downcast_ref())
    }
}
