//! `Debug` of servers: the URL and the values of its variables may contain a password.

use std::fmt;

use super::{Resolved, Server, Servers, Variable};
use crate::redact;

impl Server {
    /// Returns the URL for messages. Declared placeholders are kept, also in place of a port.
    pub(super) fn shown(&self) -> String {
        let mut plain = self.url.clone();
        for (name, _) in &self.variables {
            plain = plain.replace(&format!("{{{name}}}"), "0");
        }
        let is_harmless = redact::url(&plain) == plain;
        if is_harmless { self.url.clone() } else { redact::url(&self.url) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Server")
            .field("url", &self.shown())
            .field("description", &self.description)
            .field("variables", &variables)
            .finish()
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("description", &self.description).finish_non_exhaustive()
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers")
            .field("general", &self.general)
            .field("operations", &self.operations)
            .finish()
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}
