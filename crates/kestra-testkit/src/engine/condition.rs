//! Conditions of triggers: `when` on 2.0, a list of `conditions` before.

use serde_json::{Map, Value};

use super::execution::Execution;
use super::expression::{self, Scope, text_of};
use super::flow::{Task, plain_text};
use crate::dialect::Dialect;

/// Whether a trigger's own conditions hold for an execution; one that can't be evaluated doesn't.
pub(crate) fn holds(trigger: &Task, execution: &Execution, scope: &Scope, dialect: Dialect) -> bool {
    if dialect.is_v2() {
        return trigger.text("when").is_none_or(|when| is_true(&when, scope));
    }
    let conditions = trigger.properties.get("conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().filter(|one| !is_multiple(one)).all(|one| test(one, execution, scope))
}

/// Whether a condition spans several executions.
pub(super) fn is_multiple(condition: &Value) -> bool {
    name(condition) == "Multiple"
}

/// The type without its package, and without the ending of its old name.
fn name(condition: &Value) -> &str {
    let kind = condition.get("type").and_then(Value::as_str).unwrap_or_default();
    let last = kind.rsplit('.').next().unwrap_or_default();
    last.strip_suffix("Condition").unwrap_or(last)
}

/// Whether a condition of 1.x holds.
pub(super) fn test(condition: &Value, execution: &Execution, scope: &Scope) -> bool {
    let text = |key: &str| {
        let value = condition.get(key).filter(|value| !value.is_null())?;
        expression::render(&plain_text(value), scope).ok()
    };
    let list = |key: &str| condition.get(key).and_then(Value::as_array);
    let same = |key: &str, own: &str| text(key).is_some_and(|wanted| wanted == own);
    let state = execution.state.current().name();
    let has = |states: &[Value]| states.iter().any(|one| text_of(one) == state);
    match name(condition) {
        "ExecutionFlow" => same("namespace", &execution.namespace) && same("flowId", &execution.flow_id),
        "ExecutionNamespace" => {
            let comparison = text("comparison").unwrap_or_else(|| match text("prefix").as_deref() {
                Some("true") => "PREFIX".to_owned(),
                _ => "EQUALS".to_owned(),
            });
            text("namespace").is_some_and(|wanted| match comparison.as_str() {
                "PREFIX" => execution.namespace.starts_with(&wanted),
                "SUFFIX" => execution.namespace.ends_with(&wanted),
                _ => execution.namespace == wanted,
            })
        }
        "ExecutionStatus" => {
            list("in").is_none_or(|states| states.is_empty() || has(states))
                && list("notIn").is_none_or(|states| !has(states))
        }
        "ExecutionLabels" => condition.get("labels").is_some_and(|labels| has_labels(labels, execution)),
        "ExecutionOutputs" => {
            let outputs = execution.outputs.clone().filter(|outputs| !outputs.is_empty());
            outputs.is_some_and(|outputs| {
                let mut scope = scope.clone();
                let trigger = Map::from_iter([("outputs".to_owned(), Value::Object(outputs))]);
                scope.set("trigger", Value::Object(trigger));
                condition.get("expression").is_some_and(|wanted| is_true(&plain_text(wanted), &scope))
            })
        }
        "Expression" | "Variable" => {
            condition.get("expression").is_some_and(|wanted| is_true(&plain_text(wanted), scope))
        }
        "Not" => !list("conditions").into_iter().flatten().all(|one| test(one, execution, scope)),
        "Or" => list("conditions").into_iter().flatten().any(|one| test(one, execution, scope)),
        _ => false,
    }
}

/// Whether an execution has all labels of a map or a list.
pub(super) fn has_labels(labels: &Value, execution: &Execution) -> bool {
    let wanted = super::flow::label_pairs(labels);
    wanted.iter().all(|(key, value)| execution.label(key) == Some(value))
}

/// Whether an expression comes to something that is true.
pub(super) fn is_true(text: &str, scope: &Scope) -> bool {
    expression::render(text, scope).is_ok_and(|text| expression::is_true(&text))
}
