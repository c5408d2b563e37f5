//! Single values of a query.

use crate::http::ApiError;

/// The pairs of a query, decoded, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query as sent.
    pub(crate) fn parse(query: &str) -> Self {
        Self { pairs: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    /// All values of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The values of a name that is a list: repeated, or separated by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.all(name).into_iter().flat_map(|value| value.split(',')).map(ToOwned::to_owned).collect()
    }

    /// The value of a name; given more than once it is an error.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let values = self.all(name);
        if values.len() > 1 {
            let list = values.join(", ");
            return Err(not_convertible(
                name,
                &format!("[{list}]"),
                "Cannot convert an iterable with more than 1 value to a non collection object",
            ));
        }
        Ok(values.first().copied())
    }

    /// The first value of a name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The value of a name that must be there, else 400.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.one(name)?
            .ok_or_else(|| ApiError::bad_request(format!("Required QueryValue [{name}] not specified")))
    }

    /// A boolean: what isn't `true` (in any case), `yes`, `y`, `on` or `1` is false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.flag_or(name, false)
    }

    /// A boolean with a default for when it isn't there.
    pub(crate) fn flag_or(&self, name: &str, default: bool) -> bool {
        match self.first(name) {
            None => default,
            Some(value) => ["true", "yes", "y", "on", "1"].contains(&value.to_ascii_lowercase().as_str()),
        }
    }

    /// A whole number that is checked: 422 if it is none.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.one(name)?
            .map(|value| {
                value
                    .trim()
                    .parse()
                    .map_err(|_| not_convertible(name, value, &format!("For input string: \"{value}\"")))
            })
            .transpose()
    }

    /// A whole number that is dropped if it is none.
    pub(crate) fn number_or_none(&self, name: &str) -> Option<i64> {
        self.first(name).and_then(|value| value.trim().parse().ok())
    }

    /// One of some words, checked: 422 with the name of the server's enum if it is none.
    pub(crate) fn word(&self, name: &str, words: &[&str], class: &str) -> Result<Option<String>, ApiError> {
        match self.one(name)? {
            None | Some("") => Ok(None),
            Some(value) if words.contains(&value) => Ok(Some(value.to_owned())),
            Some(value) => Err(not_convertible(name, value, &format!("No enum constant {class}.{value}"))),
        }
    }
}

/// 422: a parameter can't be converted.
pub(crate) fn not_convertible(name: &str, value: &str, cause: &str) -> ApiError {
    ApiError::new(
        422,
        format!(
            "Internal server error: Failed to convert argument [{name}] for value [{value}] due to: {cause}"
        ),
    )
}
