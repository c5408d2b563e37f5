//! How generated fields read what servers send: null for a default, numbers in any JSON form.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// Reads null as the default: an empty list or map.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads an integer from any JSON number, or from text that holds one.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(IntegerVisitor)
}

/// Reads a map of integers, each from any JSON number; null is an empty map, and an entry that is null is none.
pub(crate) fn integers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, i64>, D::Error> {
    let entries = Option::<BTreeMap<String, Integer>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(entries.into_iter().filter_map(|(key, value)| Some((key, value.0?))).collect())
}

/// Reads a float from any JSON number, or from text that holds one.
pub(crate) fn float<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserializer.deserialize_any(FloatVisitor)
}

/// A value that [`or_default`] reads.
pub(crate) struct OrDefault<T>(pub(crate) T);

/// An integer that [`integer`] reads.
pub(crate) struct Integer(pub(crate) Option<i64>);

/// A float that [`float`] reads.
pub(crate) struct Float(pub(crate) Option<f64>);

/// A map that [`integers`] reads.
pub(crate) struct Integers(pub(crate) BTreeMap<String, i64>);

impl<'de, T: Default + Deserialize<'de>> Deserialize<'de> for OrDefault<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        or_default(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        integer(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        float(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Integers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        integers(deserializer).map(Self)
    }
}

/// Text, also from a number or a truth value.
pub(crate) struct Text(pub(crate) Option<String>);

/// A truth value, also from text that holds one.
pub(crate) struct Flag(pub(crate) Option<bool>);

/// A list whose elements may be null, which are left out.
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTextVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor).map(Self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    #[inline(never)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `deserialize_any` would read all kinds of JSON, once more for each type of element.
        deserializer.deserialize_option(ListVisitor(PhantomData)).map(Self)
    }
}

struct AnyTextVisitor;

impl<'de> Visitor<'de> for AnyTextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        value.parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    // What serde has read ahead, for an untagged or flattened type of a user, says so of null.
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element::<Option<T>>()? {
            list.extend(element);
        }
        Ok(list)
    }
}

struct IntegerVisitor;

impl<'de> Visitor<'de> for IntegerVisitor {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // A cast saturates, and drops a fraction that a count, a size or a revision can't have.
        Ok(Some(value as i64))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        match (value.parse::<i64>(), value.parse::<f64>()) {
            (Ok(integer), _) => Ok(Some(integer)),
            (_, Ok(float)) => self.visit_f64(float),
            _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
        }
    }
}

struct FloatVisitor;

impl<'de> Visitor<'de> for FloatVisitor {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        value.parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
    }
}

/// Reads a string enum without a copy of its text.
pub(crate) fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    deserializer.deserialize_str(TextVisitor(PhantomData))
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        Ok(T::from(value))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        #[serde(default, deserialize_with = "super::or_default")]
        list: Vec<String>,
        #[serde(default, deserialize_with = "super::integer")]
        count: Option<i64>,
        #[serde(default, deserialize_with = "super::float")]
        rate: Option<f64>,
    }

    fn read(json: &str) -> Sample {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn null_and_absent_are_the_default() {
        let expected = Sample { list: Vec::new(), count: None, rate: None };
        assert_eq!(read(r#"{"list": null, "count": null, "rate": null}"#), expected);
        assert_eq!(read("{}"), expected);
    }

    #[derive(Debug, Deserialize)]
    struct Counts {
        #[serde(default, deserialize_with = "super::integers")]
        counts: BTreeMap<String, i64>,
    }

    #[test]
    fn a_list_may_be_null_within_an_untagged_type() {
        #[derive(Debug, Deserialize)]
        #[serde(untagged)]
        enum Either {
            Flow(crate::FlowWithSource),
        }
        let Either::Flow(flow) =
            serde_json::from_str(r#"{"id": "a", "tasks": null, "triggers": [null]}"#).unwrap();
        assert_eq!((flow.id.as_deref(), flow.tasks.len(), flow.triggers.len()), (Some("a"), 0, 0));
    }

    #[test]
    fn what_is_read_by_hand_takes_null_as_well() {
        let outcome: crate::BulkOutcome = serde_json::from_str(r#"{"operationId": 7}"#).unwrap();
        assert_eq!(outcome.operation_id.as_deref(), Some("7"));
        let function: crate::PebbleFunction =
            serde_json::from_str(r#"{"name": "now", "arguments": [null, {"name": "zone"}]}"#).unwrap();
        assert_eq!(function.arguments.map(|arguments| arguments.len()), Some(1));
    }

    #[test]
    fn a_number_of_a_map_may_come_in_any_form() {
        let read = |json| serde_json::from_str::<Counts>(json).unwrap().counts;
        let expected = [("a", 3), ("b", 4)].map(|(key, count)| (key.to_owned(), count));
        assert_eq!(read(r#"{"counts": {"a": 3.0, "b": "4", "c": null}}"#), BTreeMap::from(expected));
        assert_eq!(read(r#"{"counts": null}"#), BTreeMap::new());
        assert_eq!(read("{}"), BTreeMap::new());
    }

    #[test]
    fn a_number_may_come_in_any_form() {
        for (json, count) in [("3", 3), ("3.0", 3), ("\"3\"", 3), ("\"3.0\"", 3), ("-7", -7), ("1e3", 1000)] {
            assert_eq!(read(&format!(r#"{{"count": {json}}}"#)).count, Some(count), "{json}");
        }
        for (json, rate) in [("3", 3.0), ("3.5", 3.5), ("\"3.5\"", 3.5), ("-7", -7.0)] {
            assert_eq!(read(&format!(r#"{{"rate": {json}}}"#)).rate, Some(rate), "{json}");
        }
        assert!(serde_json::from_str::<Sample>(r#"{"count": "many"}"#).is_err());
    }
}
