//! Values of a server template's variables.

use std::fmt;

/// Values of a server template's variables, in the order in which they were set first.
///
/// They are few: a list finds one as fast as a map does, and links none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerVariables(Vec<(String, String)>);

impl ServerVariables {
    /// No values.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_str())
    }

    /// Sets a variable; the last value counts.
    pub(crate) fn insert(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(set, _)| *set == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }
}

/// Shows the names only, as any value may be a secret.
impl fmt::Debug for ServerVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
