//! Lists of executions that aren't searches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::body;
use super::search::sorted;
use crate::engine::execution::Execution;
use crate::engine::execution_json::View;
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::Resource;

/// The executions of a flow, however old.
pub(super) fn of_flow(cx: &Context) -> Answer {
    let query = cx.query();
    let namespace = query.required("namespace")?.to_owned();
    let flow = query.required("flowId")?.to_owned();
    let page = query.page("searchExecutionsByFlowId")?;
    let mut found = cx.app.engine.all();
    found.retain(|execution| {
        execution.is_normal() && execution.namespace == namespace && execution.flow_id == flow
    });
    let rows = found.iter().map(|execution| execution.to_json(View::Row, cx.dialect())).collect();
    Reply::json(&page.of(rows))
}

/// The latest execution of each of some flows; of all if none is named.
pub(super) fn latest(cx: &Context) -> Answer {
    let asked = body(cx, "executionRepositoryInterface")?;
    let Value::Array(asked) = asked else { return Err(ApiError::new(422, "Invalid json mapping")) };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let asked: Vec<(Option<String>, Option<String>)> =
        asked.iter().map(|one| (text(one, "namespace"), text(one, "id"))).collect();
    let wanted = |execution: &Execution| {
        asked.is_empty()
            || asked.iter().any(|(namespace, id)| {
                namespace.as_ref() == Some(&execution.namespace) && id.as_ref() == Some(&execution.flow_id)
            })
    };
    let mut latest: BTreeMap<(String, String), Arc<Execution>> = BTreeMap::new();
    for execution in cx.app.engine.all().into_iter().filter(|e| e.is_normal() && wanted(e)) {
        latest.insert((execution.namespace.clone(), execution.flow_id.clone()), execution);
    }
    let mut found: Vec<Arc<Execution>> = latest.into_values().collect();
    found.sort_by_key(|execution| execution.state.start());
    let row = |execution: &Arc<Execution>| {
        json!({
            "id": execution.id,
            "flowId": execution.flow_id,
            "namespace": execution.namespace,
            "startDate": time::stored(execution.state.start()),
            "status": execution.state.current().name(),
        })
    };
    Reply::json(&found.iter().map(row).collect::<Vec<_>>())
}

/// The values that a field has.
pub(super) fn distinct(cx: &Context) -> Answer {
    let query = cx.query();
    let field = query.required("field")?.to_owned();
    let size = query.page_of("findDistinctFieldValues", 100)?.size;
    let unknown = || {
        ApiError::new(
            422,
            format!(
                "Internal server error: Failed to convert argument [field] for value [{field}] due to: No enum constant \
                 io.kestra.core.models.QueryFilter.Field.{field}"
            ),
        )
    };
    let name = camel(&field);
    let known = Resource::Execution.fields(cx.dialect()).contains(&name.as_str());
    if !known {
        return Err(unknown());
    }
    let column = match name.as_str() {
        "flowId" | "namespace" | "kind" | "parentId" => name,
        other => {
            let column = snake(other);
            let sql = format!("select distinct \"{column}\" from executions");
            return Err(ApiError::internal(format!("SQL [{sql}]; Column \"{column}\" not found")));
        }
    };
    let found = sorted(cx)?;
    let values: BTreeSet<String> = found
        .iter()
        .filter_map(|execution| match column.as_str() {
            "flowId" => Some(execution.flow_id.clone()),
            "namespace" => Some(execution.namespace.clone()),
            "kind" => execution.kind.clone(),
            _ => execution.parent_id.clone(),
        })
        .collect();
    Reply::json(&values.into_iter().take(size).collect::<Vec<_>>())
}

/// `FLOW_ID` as the wire name `flowId`; other spellings as they are.
fn camel(field: &str) -> String {
    if field == "QUERY" {
        return "q".to_owned();
    }
    if field.chars().any(|c| c.is_ascii_lowercase()) {
        return field.to_owned();
    }
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    words.fold(first, |name, word| {
        let lower = word.to_ascii_lowercase();
        let (head, rest) = lower.split_at(lower.len().min(1));
        name + &head.to_ascii_uppercase() + rest
    })
}

fn snake(field: &str) -> String {
    field.chars().fold(String::new(), |mut name, c| {
        if c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
        name
    })
}
