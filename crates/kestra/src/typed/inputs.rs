//! The values of inputs that a type sends.

use std::fmt;

use kestra_core::{Call, FilePart};
use kestra_models::InputValue;

/// The values of a flow's inputs, by the names of the inputs. `Debug` shows their types only, as any value may be a secret.
#[derive(Default)]
pub struct InputValues(Vec<(&'static str, Content)>);

enum Content {
    Value(InputValue),
    File(FilePart),
}

impl InputValues {
    /// Creates an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets an input, in place of an earlier value. `None` is not sent.
    pub fn set(&mut self, name: &'static str, value: impl Into<InputValue>) {
        self.put(name, Content::Value(value.into()));
    }

    /// Sets an input to a string.
    pub fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.set(name, text.into());
    }

    /// Sets an input to a list.
    pub fn list(&mut self, name: &'static str, items: impl IntoIterator<Item = impl Into<InputValue>>) {
        self.set(name, items.into_iter().map(Into::into).collect::<Vec<InputValue>>());
    }

    /// Sets an input to a list of strings.
    pub fn texts(&mut self, name: &'static str, items: impl IntoIterator<Item = impl Into<String>>) {
        self.list(name, items.into_iter().map(Into::into));
    }

    /// Sets an input to a file, which is uploaded.
    #[inline]
    pub fn file(&mut self, name: &'static str, file: FilePart) {
        self.put(name, Content::File(file));
    }

    #[inline]
    fn put(&mut self, name: &'static str, content: Content) {
        self.0.retain(|(other, _)| *other != name);
        if !matches!(content, Content::Value(InputValue::Absent)) {
            self.0.push((name, content));
        }
    }

    /// Returns a copy, or `None` if a file is a stream, which can be read only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let copy = |(name, content): &(&'static str, Content)| {
            let content = match content {
                Content::Value(value) => Content::Value(value.clone()),
                Content::File(file) => Content::File(file.try_clone()?),
            };
            Some((*name, content))
        };
        self.0.iter().map(copy).collect::<Option<_>>().map(Self)
    }

    /// Adds the inputs to a call that were not set on it itself.
    pub(crate) fn add_to(self, call: &mut Call) {
        for (name, content) in self.0 {
            if call.parts().any(|(set, _)| set == name) {
                continue;
            }
            match content {
                Content::Value(value) => call.multipart().text(name, value.to_text()),
                Content::File(file) => call.multipart().file(name, file),
            };
        }
    }
}

impl fmt::Debug for InputValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, content) in &self.0 {
            match content {
                Content::Value(value) => map.entry(name, value),
                Content::File(file) => map.entry(name, file),
            };
        }
        map.finish()
    }
}
