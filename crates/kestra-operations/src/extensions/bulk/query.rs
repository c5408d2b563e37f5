//! Actions on what a query finds, made actions by ids.

use std::collections::HashSet;

use kestra_core::paging::Pages;
use kestra_core::{Call, Error, ErrorKind, OperationInfo, SharedExecutor, decode};
use kestra_models::Page;
use serde_json::{Value, json};

use super::items;

/// The action by ids that does the same, and the search that finds the same.
#[derive(Clone, Copy)]
pub(super) struct ByIds {
    pub(super) action: &'static OperationInfo,
    pub(super) search: &'static OperationInfo,
}

/// The action by ids on all that the query finds, read whole before anything changes.
pub(super) async fn resolve(
    query: &mut Call,
    by_ids: ByIds,
    executor: &SharedExecutor,
) -> Result<Call, Error> {
    // What the query would be refused for is refused, such as that it has no filter.
    query.check_narrowed()?;
    let search = query.related_search(by_ids.search);
    let mut action = query.related_query(by_ids.action);
    let body = query.body_bytes().cloned();
    let parameter = |call: &Call, name: &str| {
        let index = call.info().query_parameters.iter().position(|parameter| parameter.name == name)?;
        Some((index, call.query_value(index)))
    };
    // The state to take on has another name here, where that one is of a filter.
    if let (Some((_, state)), Some((index, _))) = (parameter(query, "newState"), parameter(&action, "state"))
    {
        action.clear_query(index);
        if let Some(state) = state {
            action.set_query(index, state);
        }
    }
    let disabled = parameter(query, "disabled").map(|(_, disabled)| disabled.as_deref() != Some("false"));

    let mut rows = Pages::new(executor, search, decode::json::<Page<Value>>).items();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next().await {
        let Some(item) = item(by_ids.search.area, &row?) else {
            let problem = "a row of the search doesn't say what it is called by, so nothing was acted on";
            return Err(Error::new(ErrorKind::Decode, problem).of_operation(by_ids.search));
        };
        if seen.insert(items::name(&item)) {
            found.push(item);
        }
    }
    let body = match (disabled, body.and_then(|body| serde_json::from_slice::<Value>(&body).ok())) {
        (Some(disabled), _) => json!({"triggers": found, "disabled": disabled}),
        (None, Some(labels)) => json!({"executionsId": found, "executionLabels": labels}),
        (None, None) => Value::Array(found),
    };
    crate::parameters::json(&mut action, "application/json", &body);
    Ok(action)
}

/// What an action by ids names a row of a search with; `None` if the row lacks it.
fn item(area: &str, row: &Value) -> Option<Value> {
    match area {
        "flows" => Some(json!({"id": items::text(row, "id")?, "namespace": items::text(row, "namespace")?})),
        "triggers" => {
            let state = ["state", "triggerContext"]
                .iter()
                .find_map(|part| row.get(*part).filter(|part| !part.is_null()))?;
            let field = |name| items::text(state, name);
            let mut item = json!({
                "namespace": field("namespace")?, "flowId": field("flowId")?, "triggerId": field("triggerId")?,
            });
            // Servers before 2.0 find no trigger without its tenant, and say nothing.
            if let Some(tenant) = state.get("tenantId") {
                item["tenantId"] = tenant.clone();
            }
            Some(item)
        }
        _ => items::text(row, "id").map(Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::item;

    #[test]
    fn a_trigger_is_named_by_whichever_part_is_there() {
        let named = json!({"namespace": "company", "flowId": "hello", "triggerId": "daily"});
        assert_eq!(item("triggers", &json!({"trigger": null, "state": named})), Some(named.clone()));
        assert_eq!(item("triggers", &json!({"state": null, "triggerContext": named})), Some(named));
        assert_eq!(item("triggers", &json!({"state": null})), None);
    }

    #[test]
    fn what_has_no_name_is_not_named() {
        assert_eq!(item("executions", &json!({"id": null})), None);
        assert_eq!(item("flows", &json!({"id": "hello", "namespace": null})), None);
        let nameless = json!({"state": {"namespace": "company", "flowId": null, "triggerId": "daily"}});
        assert_eq!(item("triggers", &nameless), None);
    }
}
