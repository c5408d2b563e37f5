use kestra_core::internal::json::{self, Either, FromValue, Map, Read, Shape};
use kestra_core::object;
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// A key and a value that mark a flow or an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Label {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

object! {
    Label {
        0 key = "key",
        1 value = "value",
    }
}

impl Label {
    /// Creates a label.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

impl<K: Into<String>, V: Into<String>> From<(K, V)> for Label {
    fn from((key, value): (K, V)) -> Self {
        Self::new(key, value)
    }
}

/// Labels by key. Servers send a list, sources may have a map.
///
/// ```
/// use kestra_models::Labels;
///
/// let labels: Labels = serde_json::from_str(r#"[{"key": "team", "value": "data"}]"#)?;
/// assert_eq!(labels.get("team"), Some("data"));
/// assert_eq!(labels, Labels::from_iter([("team", "data")]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Labels(Vec<Label>);

impl Labels {
    /// Creates labels without an entry.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns the value of a key, the first one if there are several.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|label| label.key == key).map(|label| label.value.as_str())
    }

    /// Returns whether there is a label of this key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of a key, in place of an earlier one.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let label = Label::new(key, value);
        match self.0.iter_mut().find(|existing| existing.key == label.key) {
            Some(existing) => *existing = label,
            None => self.0.push(label),
        }
    }

    /// Returns the keys and values, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|label| (label.key.as_str(), label.value.as_str()))
    }

    /// Returns the labels as a list, as JSON has them.
    #[must_use]
    pub fn as_list(&self) -> &[Label] {
        &self.0
    }

    /// Returns how many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no labels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<L: Into<Label>> FromIterator<L> for Labels {
    fn from_iter<I: IntoIterator<Item = L>>(labels: I) -> Self {
        Self(labels.into_iter().map(Into::into).collect())
    }
}

impl<L: Into<Label>> Extend<L> for Labels {
    fn extend<I: IntoIterator<Item = L>>(&mut self, labels: I) {
        self.0.extend(labels.into_iter().map(Into::into));
    }
}

impl From<Vec<Label>> for Labels {
    fn from(labels: Vec<Label>) -> Self {
        Self(labels)
    }
}

impl IntoIterator for Labels {
    type Item = Label;
    type IntoIter = std::vec::IntoIter<Label>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

kestra_core::debug_fields! { Labels, this, f => f.debug_map().entries(this.iter()).finish() }

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::read::<Option<Self>, D>(deserializer).map(Option::unwrap_or_default)
    }
}

impl Read for Labels {
    fn blank() -> Self {
        Self::new()
    }

    fn shape(&mut self) -> Shape<'_> {
        Shape::Either(self)
    }
}

impl Either for Labels {
    fn list(&mut self) -> Shape<'_> {
        self.0.shape()
    }

    fn object(&mut self) -> Shape<'_> {
        Shape::Map(self)
    }

    fn expected(&self) -> &'static str {
        "labels as a list or a map"
    }
}

impl Map for Labels {
    fn entry(&mut self, key: String) -> Shape<'_> {
        let at = self.0.len();
        self.0.push(Label { key, value: String::new() });
        Shape::FromValue(&mut self.0[at])
    }
}

impl FromValue for Label {
    fn set_value(&mut self, value: Value) -> Result<(), String> {
        // A map in YAML may hold numbers and booleans; as labels they are their text.
        self.value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_reads_as_the_list_does() {
        let list: Labels =
            serde_json::from_str(r#"[{"key": "a", "value": "x"}, {"key": "n", "value": "1"}]"#).unwrap();
        let map: Labels = serde_json::from_str(r#"{"a": "x", "n": 1}"#).unwrap();
        assert_eq!(list, map);
        assert_eq!(serde_json::from_str::<Labels>("null").unwrap(), Labels::new());
    }

    #[test]
    fn order_and_repeated_keys_survive() {
        let json = r#"[{"key":"b","value":"1"},{"key":"a","value":"2"},{"key":"b","value":"3"}]"#;
        let labels: Labels = serde_json::from_str(json).unwrap();
        assert_eq!(labels.get("b"), Some("1"));
        assert_eq!(serde_json::to_string(&labels).unwrap(), json);
    }

    #[test]
    fn insert_replaces() {
        let mut labels = Labels::from_iter([("a", "1")]);
        labels.insert("a", "2");
        labels.insert("b", "3");
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
    }
}
