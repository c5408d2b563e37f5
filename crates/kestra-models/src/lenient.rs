//! How a derived `Deserialize` reads null as a default.

use kestra_core::internal::json::{self, Read};
use serde::Deserializer;

/// Reads null as the default: an empty list or map.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Read,
{
    json::read::<Option<T>, D>(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kestra_core::internal::json;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        #[serde(default, deserialize_with = "super::or_default")]
        list: Vec<String>,
        #[serde(default, deserialize_with = "json::read")]
        count: Option<i64>,
        #[serde(default, deserialize_with = "json::read")]
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
        #[serde(default, deserialize_with = "super::or_default")]
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
        assert_eq!((Some(flow.id.as_str()), flow.tasks.len(), flow.triggers.len()), (Some("a"), 0, 0));
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
