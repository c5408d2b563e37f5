//! Filling the placeholders of a server's URL.

use super::{Server, ServerVariables};
use crate::redact;

impl Server {
    /// The URL with these values, and defaults where there is none; a value for an undeclared variable is ignored.
    pub(super) fn fill(&self, values: &ServerVariables) -> Result<String, String> {
        let mut url = String::with_capacity(self.url.len() + 16);
        let mut rest = self.url.as_str();
        while let Some(open) = rest.find('{') {
            url.push_str(&rest[..open]);
            let after = &rest[open + 1..];
            let Some(close) = after.find('}') else {
                return Err(format!(
                    "server URL `{}`: a `{{` is never closed: close it, or write %7B for a literal `{{`",
                    self.shown()
                ));
            };
            url.push_str(self.value(&after[..close], values)?);
            rest = &after[close + 1..];
        }
        url.push_str(rest);
        Ok(url)
    }

    fn value<'a>(&'a self, name: &str, values: &'a ServerVariables) -> Result<&'a str, String> {
        let Some((_, variable)) = self.variables.iter().find(|(declared, _)| declared == name) else {
            let declared: Vec<_> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
            // Braces may be part of a password, so a name in place of a password is not shown.
            let shown = self.shown();
            let what = format!("the placeholder `{{{name}}}`");
            return Err(format!(
                "server URL `{shown}`: {} is not declared; declared are: {}",
                if shown.contains(&format!("{{{name}}}")) { &what } else { "a placeholder" },
                if declared.is_empty() { "none".to_owned() } else { declared.join(", ") },
            ));
        };
        let value = values.get(name).unwrap_or(&variable.default);
        if !variable.allowed.is_empty() && !variable.allowed.iter().any(|allowed| allowed == value) {
            return Err(format!(
                "server variable `{name}`: `{}` is not allowed; allowed are: {}",
                redact::url(value),
                variable.allowed.join(", ")
            ));
        }
        Ok(value)
    }
}
