use std::ops::{Deref, DerefMut};

use kestra_core::internal::json::{Read, Shape};
use serde::{Deserialize, Serialize};

/// A value that must not appear in logs. It derefs to the value, and `Debug` hides it.
///
/// ```
/// use kestra_models::Sensitive;
///
/// let token: Sensitive = "abc".into();
/// assert_eq!(*token, "abc");
/// assert_eq!(format!("{token:?}"), "[redacted]");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<T = String>(T);

impl<T> Sensitive<T> {
    /// Returns the value itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: Read> Read for Sensitive<T> {
    fn blank() -> Self {
        Self(T::blank())
    }

    fn shape(&mut self) -> Shape<'_> {
        self.0.shape()
    }
}

impl<T> Deref for Sensitive<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Sensitive<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

kestra_core::debug_fields! { [T] Sensitive<T>, _, f => f.write_str("[redacted]") }
