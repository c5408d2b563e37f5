//! Filters in the body of a request.

use serde_json::Value;

use super::{Condition, Filter, Kind};
use crate::operation::Comparison;

/// The comparisons that are read; a filter with another one is not known.
const COMPARISONS: [Comparison; 14] = [
    Comparison::EQUALS,
    Comparison::NOT_EQUALS,
    Comparison::GREATER_THAN,
    Comparison::LESS_THAN,
    Comparison::AT_LEAST,
    Comparison::AT_MOST,
    Comparison::IN,
    Comparison::NOT_IN,
    Comparison::STARTS_WITH,
    Comparison::ENDS_WITH,
    Comparison::CONTAINS,
    Comparison::NOT_CONTAINS,
    Comparison::REGEX,
    Comparison::PREFIX,
];

/// Returns the filters that a filter of a body stands for, or `None` if its form is not known.
pub(crate) fn of_body(filter: &Value) -> Option<Vec<Filter>> {
    let text = |name: &str| filter.get(name).and_then(Value::as_str);
    if let Some(children) = filter.get("children").filter(|children| !children.is_null()) {
        let all = match text("logical")? {
            logical if logical.eq_ignore_ascii_case("and") => true,
            logical if logical.eq_ignore_ascii_case("or") => false,
            _ => return None,
        };
        let children: Option<Vec<Filter>> = children
            .as_array()?
            .iter()
            .map(|child| Some(Filter(Kind::Group { all: true, filters: of_body(child)? })))
            .collect();
        return Some(vec![Filter(Kind::Group { all, filters: children? })]);
    }
    let field = name(text("field")?);
    let operation = text("operation")?;
    let comparison = COMPARISONS.into_iter().find(|comparison| comparison.name() == operation)?;
    let condition = |key: Option<&str>, values| {
        let (field, key) = (field.clone(), key.map(str::to_owned));
        Filter(Kind::Condition(Condition { field, key, comparison, values }))
    };
    match filter.get("value")? {
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| Some(condition(Some(key), vec![scalar(value)?]))).collect()
        }
        // What a server takes for the key of such a label is not known.
        _ if field == "labels" => None,
        Value::Array(values) => {
            let values: Option<Vec<String>> = values.iter().map(scalar).collect();
            Some(vec![condition(None, values?)])
        }
        value => Some(vec![condition(None, vec![scalar(value)?])]),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns the name of a field in a query. In a body it may be that of a constant, such as `FLOW_ID`.
fn name(field: &str) -> String {
    if field.contains(char::is_lowercase) {
        return field.to_owned();
    }
    if field == "QUERY" {
        return "q".to_owned();
    }
    let mut name = String::with_capacity(field.len());
    let mut is_start = false;
    for character in field.chars() {
        match character {
            '_' => is_start = true,
            _ if std::mem::take(&mut is_start) => name.push(character),
            _ => name.push(character.to_ascii_lowercase()),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of_body;
    use crate::filter::Filter;

    #[test]
    fn filters_of_a_body_are_those_of_a_query() {
        for (body, filters) in [
            (
                json!({"field": "FLOW_ID", "operation": "EQUALS", "value": "a"}),
                vec![Filter::flow_id().equals("a")],
            ),
            (
                json!({"field": "state", "operation": "IN", "value": ["FAILED", "KILLED"]}),
                vec![Filter::state().is_in(["FAILED", "KILLED"])],
            ),
            (
                json!({"field": "LABELS", "operation": "EQUALS", "value": {"a": "b", "c": "d"}}),
                vec![Filter::label("a").equals("b"), Filter::label("c").equals("d")],
            ),
            (json!({"field": "QUERY", "operation": "EQUALS", "value": "a"}), vec![Filter::query("a")]),
        ] {
            assert_eq!(of_body(&body), Some(filters), "{body}");
        }
        let either = json!({"logical": "or", "children": [
            {"field": "NAMESPACE", "operation": "PREFIX", "value": "a"},
            {"field": "NAMESPACE", "operation": "PREFIX", "value": "b"},
        ]});
        let filters = of_body(&either).unwrap_or_default();
        assert_eq!(filters[0].pairs().len(), 2);
        for body in [
            json!({}),
            json!("a"),
            json!({"field": "STATE", "operation": "LIKE", "value": "a"}),
            json!({"field": "STATE", "operation": "EQUALS"}),
            json!({"field": "STATE", "operation": "EQUALS", "value": [null]}),
            json!({"field": "LABELS", "operation": "EQUALS", "value": "a:b"}),
            json!({"logical": "xor", "children": []}),
            json!({"children": [either]}),
        ] {
            assert_eq!(of_body(&body), None, "{body}");
        }
    }
}
