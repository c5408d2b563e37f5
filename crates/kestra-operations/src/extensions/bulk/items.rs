//! What an action by ids names: ids of executions, or names of flows or triggers.

use kestra_core::{Call, Error};
use serde_json::{Map, Value};

/// The fields that hold the items of a body which holds more than them.
const FIELDS: [&str; 2] = ["executionsId", "triggers"];

/// The body of an action: its items, and what else is in it.
pub(super) struct Items {
    pub(super) all: Vec<Value>,
    field: &'static str,
    rest: Option<Map<String, Value>>,
}

impl Items {
    /// The items of a call that is to be sent.
    pub(super) fn of(call: &Call) -> Result<Self, Error> {
        let bytes = call.body_bytes().cloned().unwrap_or_default();
        match serde_json::from_slice(&bytes) {
            Ok(Value::Array(all)) => Ok(Self { all, field: "", rest: None }),
            Ok(Value::Object(mut fields)) => {
                let held = FIELDS.iter().find_map(|field| Some((*field, fields.remove(*field)?)));
                match held {
                    Some((field, Value::Array(all))) => Ok(Self { all, field, rest: Some(fields) }),
                    _ => Err(Error::invalid("ids", "the body has no list of ids")),
                }
            }
            Ok(_) => Err(Error::invalid("ids", "the body is not a list of ids")),
            // The mistake that was made in building it is told when it is sent.
            Err(_) if bytes.is_empty() => Ok(Self { all: Vec::new(), field: "", rest: None }),
            Err(problem) => Err(Error::invalid("ids", problem)),
        }
    }

    /// What else the body says.
    pub(super) fn setting(&self, field: &str) -> Option<&Value> {
        self.rest.as_ref()?.get(field)
    }

    /// The body with some of the items.
    pub(super) fn body(&self, items: &[Value]) -> Value {
        match &self.rest {
            Some(rest) => {
                let mut fields = rest.clone();
                fields.insert(self.field.to_owned(), items.into());
                Value::Object(fields)
            }
            None => items.into(),
        }
    }
}

/// What an item is called in messages: `id`, `namespace.flow` or `namespace.flow.trigger`.
pub(super) fn name(item: &impl serde::Serialize) -> String {
    let item = serde_json::to_value(item).unwrap_or_default();
    if let Value::String(id) = item {
        return id;
    }
    let parts = ["namespace", "flowId", "id", "triggerId"];
    let parts: Vec<&str> = parts.iter().filter_map(|part| text(&item, part)).collect();
    parts.join(".")
}

/// A field that is text.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::name;

    #[test]
    fn items_are_called_by_all_of_their_parts() {
        assert_eq!(name(&"4kJ"), "4kJ");
        assert_eq!(name(&json!({"id": "hello", "namespace": "company.team"})), "company.team.hello");
        let trigger = json!({"namespace": "company", "flowId": "hello", "triggerId": "daily"});
        assert_eq!(name(&trigger), "company.hello.daily");
    }
}
