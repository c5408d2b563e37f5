use crate::Execution;

impl Execution {
    /// Which of these inputs, by the names they were sent under, the flow doesn't have: the server dropped them.
    ///
    /// A name that is misspelt is no error to a server; the flow runs with the default of the input that was meant.
    #[must_use]
    pub fn dropped_inputs<'a>(&self, sent: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        sent.into_iter().filter(|name| !self.shows_input(name)).collect()
    }

    /// Whether an input is among those of the execution; a dotted name is one within a form.
    fn shows_input(&self, name: &str) -> bool {
        if self.inputs.contains_key(name) {
            return true;
        }
        let mut parts = name.split('.');
        let Some(mut value) = parts.next().and_then(|first| self.inputs.get(first)) else { return false };
        for part in parts {
            match value.get(part) {
                Some(inner) => value = inner,
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_within_a_form_is_dotted() {
        let execution: Execution =
            serde_json::from_str(r#"{"inputs": {"dry_run": false, "place": {"region": "eu"}}}"#).unwrap();
        let sent = ["dry_run", "dry-run", "place.region", "place.zone"];
        assert_eq!(execution.dropped_inputs(sent), ["dry-run", "place.zone"]);
    }
}
