//! Where versions answer in other shapes, one type reads them all, and what it tells is the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use kestra_models::{
    AuthProperty, BulkOutcome, ConcurrencyLimit, CreateCredentialRequest, CreateOAuth2CredentialRequest,
    CredentialResponse, Execution, FileAttributes, Flow, FlowForExecution, FlowSearchResult,
    FlowTopologyNode, FlowWithSource, KvEntry, LatestExecution, LogEntry, MetricEntry, Namespace,
    OAuth2Config, Page, PebbleFunction, PermissionResource, Permissions, Plugin, SecretMeta, State, TaskRun,
    TriggerAndState, TriggerState,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

#[test]
fn outcomes_of_bulk_actions() {
    let (done, queued): (BulkOutcome, BulkOutcome) =
        (read(json!({"count": 3})), read(json!({"operationId": "a", "totalItems": 3})));
    assert_eq!((done.total(), queued.total()), (Some(3), Some(3)));
    assert_eq!((done.is_queued(), queued.is_queued()), (false, true));
}

#[test]
fn lists_and_pages() {
    let rows = json!([{"name": "core"}]);
    let list: Page<Plugin> = read(rows.clone());
    let page: Page<Plugin> = read(json!({"results": rows, "total": 1}));
    assert_eq!(list.results, page.results);

    let line = json!({"message": "a"});
    let by_offset: Page<LogEntry> = read(json!({"results": [line], "total": 1, "type": "OFFSET"}));
    let by_cursor: Page<LogEntry> = read(json!({"results": [line], "type": "CURSOR", "nextCursor": "b"}));
    assert_eq!(by_offset.results, by_cursor.results);
    assert_eq!((by_offset.next_cursor, by_cursor.next_cursor.as_deref()), (None, Some("b")));
}

#[test]
fn values_of_executions_that_have_none() {
    let answer = br#"["TEST",null]"#;
    let again = kestra_tests::recorded::decode_and_encode("list_distinct_field_values", answer).unwrap();
    assert_eq!(again.unwrap(), json!(["TEST", null]));
    let values: Vec<Option<String>> = kestra_core::internal::json::from_slice(answer).unwrap();
    assert_eq!(values, [Some("TEST".to_owned()), None]);
}

#[test]
fn executions_whole_and_light() {
    let run = json!({"id": "r", "taskId": "t", "outputs": {"value": 1}, "state": {"current": "SUCCESS"}});
    let state = json!({"current": "SUCCESS"});
    // 1.x has all of it, a search of 2.0 no task runs, an action of 2.0 null for outputs.
    let whole: Execution =
        read(json!({"id": "e", "state": state, "taskRunList": [run], "outputs": {"a": 1}}));
    let light: Execution = read(json!({"id": "e", "state": state}));
    let acted: Execution =
        read(json!({"id": "e", "state": state, "taskRunList": [{"taskId": "t", "outputs": null}]}));
    for execution in [&whole, &light] {
        assert!(execution.is_over());
        assert_eq!(execution.id, "e");
    }
    assert_eq!((whole.task_runs().len(), light.task_runs().len(), acted.task_runs().len()), (1, 0, 1));
    assert_eq!(whole.task_runs()[0].outputs.as_ref().unwrap()["value"], 1);
    assert_eq!((light.outputs, acted.task_runs()[0].outputs.as_ref()), (None, None));
    // What an action of 1.x answers is nothing.
    assert_eq!(serde_json::from_str::<Option<Execution>>("null").unwrap(), None);
}

#[test]
fn triggers() {
    let next = "2027-01-01T00:00:00Z";
    let ids = json!({"namespace": "n", "flowId": "f", "triggerId": "t"});
    let with = |name: &str, value: Value| {
        let mut state = ids.clone();
        state[name] = value;
        state
    };
    let old: TriggerAndState = read(json!({
        "abstractTrigger": {"id": "t", "type": "io.kestra.plugin.core.trigger.Schedule"},
        "triggerContext": with("nextExecutionDate", json!(next)),
    }));
    let new: TriggerAndState = read(json!({
        "trigger": {"id": "t", "type": "io.kestra.plugin.core.trigger.Schedule"},
        "state": with("nextEvaluationDate", json!(next)),
    }));
    for row in [&old, &new] {
        assert_eq!(row.definition().unwrap().type_(), Some("io.kestra.plugin.core.trigger.Schedule"));
        assert_eq!(row.current().unwrap().next_date(), Some(next.parse().unwrap()));
        assert!(!row.current().unwrap().is_locked());
    }
    assert_eq!(old.current().unwrap().id(), new.current().unwrap().id());
    let gone: TriggerAndState = read(json!({"state": ids}));
    assert!(gone.definition().is_none() && gone.current().is_some());
}

#[test]
fn rows_of_a_source_search() {
    let old: FlowSearchResult = read(json!({"model": {"namespace": "n", "id": "f"}, "fragments": ["id: f"]}));
    let new: FlowSearchResult = read(
        json!({"namespace": "n", "id": "f", "editable": true, "matches": [{"line": 1, "snippet": "id: f"}]}),
    );
    for row in [&old, &new] {
        assert_eq!((row.flow_namespace(), row.flow_id()), (Some("n"), Some("f")));
        assert_eq!(row.snippets().collect::<Vec<_>>(), ["id: f"]);
    }
}

#[test]
fn functions_and_permissions() {
    let old: Vec<PebbleFunction> = read(json!(["now"]));
    let new: Vec<PebbleFunction> = read(json!([{"name": "now", "arguments": [{"name": "format"}]}]));
    assert_eq!(old[0].name, new[0].name);
    assert_eq!(serde_json::to_value(&old).unwrap(), json!(["now"]));

    let old: Permissions = read(json!(["FLOW", "LATER"]));
    let new: Permissions = read(json!({"FLOW": ["CREATE"], "LATER": null}));
    assert!(old.resources().eq(new.resources()));
    assert_eq!(new.actions(&PermissionResource::Flow).len(), 1);
    assert!(old.actions(&PermissionResource::Flow).is_empty());
}

#[test]
fn credentials_are_one_of_several() {
    let config = OAuth2Config::new()
        .set("type", "CLIENT_CREDENTIALS")
        .set("clientSecret", json!({"type": "VALUE", "value": "s3cr3t"}));
    let member = CreateOAuth2CredentialRequest::new(config, "sales", "https://example.com/token");
    assert!(!format!("{member:?}").contains("s3cr3t"));
    let request = CreateCredentialRequest::from(member.clone());
    assert!(!format!("{request:?}").contains("s3cr3t"));
    let sent = serde_json::to_value(&request).unwrap();
    assert_eq!((&sent["type"], &sent["name"]), (&json!("OAUTH2"), &json!("sales")));
    assert_eq!(sent["authConfig"]["clientSecret"]["value"], "s3cr3t");
    assert_eq!(request.as_oauth2().unwrap().name, member.name);
    assert!(request.as_github_app().is_none());
    let property = AuthProperty::new().set("value", "s3cr3t");
    assert_eq!(format!("{property:?}"), r#"AuthProperty{"value"}"#);

    let known: CredentialResponse = read(json!({"type": "GITHUB_APP", "id": "c", "name": "ci", "more": 1}));
    assert_eq!(known.as_github_app().unwrap().name.as_deref(), Some("ci"));
    // Nothing is lost of a kind that came later.
    let later = json!({"type": "LATER", "id": "c", "more": {"a": 1}});
    let unknown: CredentialResponse = read(later.clone());
    assert!(unknown.as_github_app().is_none() && unknown.as_oauth2().is_none());
    assert_eq!(serde_json::to_value(&unknown).unwrap(), later);
}

#[test]
fn what_servers_always_send_is_empty_where_one_left_it_out() {
    fn check<T: DeserializeOwned + serde::Serialize + Default + PartialEq + std::fmt::Debug>(
        fields: &[&str],
    ) {
        assert_eq!(read::<T>(json!({})), T::default());
        let nulls: Value = fields.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        assert_eq!(read::<T>(nulls), T::default());
        let written = serde_json::to_value(T::default()).unwrap();
        for field in fields {
            assert_eq!(written.get(field), None, "an empty `{field}` is not written");
            let sent = json!({ *field: "sent" });
            assert_eq!(serde_json::to_value(read::<T>(sent)).unwrap()[field], "sent");
        }
    }
    check::<Execution>(&["id", "namespace", "flowId"]);
    check::<TaskRun>(&["id", "taskId", "executionId", "namespace", "flowId"]);
    check::<State>(&["current"]);
    check::<Flow>(&["id", "namespace"]);
    check::<FlowWithSource>(&["id", "namespace"]);
    check::<LogEntry>(&["executionId", "namespace", "flowId", "taskId", "message"]);
    check::<TriggerState>(&["namespace", "flowId", "triggerId"]);
    check::<LatestExecution>(&["id", "namespace", "flowId"]);
    check::<FlowForExecution>(&["id", "namespace"]);
    check::<FlowTopologyNode>(&["id", "namespace", "uid"]);
    check::<ConcurrencyLimit>(&["namespace", "flowId"]);
    check::<MetricEntry>(&["executionId", "namespace", "flowId", "taskId", "taskRunId", "name"]);
    check::<Namespace>(&["id"]);
    check::<FileAttributes>(&["fileName"]);
    check::<KvEntry>(&["key"]);
    check::<SecretMeta>(&["key"]);

    // An execution without a state has none, and has not ended.
    for json in [json!({}), json!({"state": null}), json!({"state": {}}), json!({"state": {"current": null}})]
    {
        let execution: Execution = read(json);
        assert_eq!(execution.state_type(), None);
        assert!(!execution.is_terminal() && !execution.state.unwrap_or_default().is_paused());
    }
}
