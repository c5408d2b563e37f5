//! What servers before 2.0 read as parameters of a search is sent as the filter that every version reads, else as the parameter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod on_server;

use jiff::Timestamp;
use kestra::models::{FlowScope, StateType};
use kestra_core::{Call, OperationInfo, QueryParameter, Target, Version};
use kestra_testkit::Dialect;
use on_server::{NAMESPACE, ended, eventually, failing, flow, server};

/// The parameters that no filter replaces in any version: of `details` each entry is a filter of its own, and 2.0 has no filter by
/// the `type` of a log or of an access.
const WITHOUT_FILTER: [(&str, &str); 5] = [
    ("search_audit_logs", "details"),
    ("search_audit_logs", "type"),
    ("search_audit_logs_for_all_tenants", "details"),
    ("search_audit_logs_for_all_tenants", "type"),
    ("list_tenant_access", "type"),
];

fn sample(parameter: &QueryParameter) -> &'static str {
    match parameter.name {
        "startDate" | "endDate" => "2026-01-31T08:00:00Z",
        "timeRange" => "PT1H",
        "labels" => "team:data",
        "scope" => "USER",
        "childFilter" => "MAIN",
        _ => "FAILED",
    }
}

/// Returns the call with the required parts of its path and with one parameter.
fn call(info: &'static OperationInfo, index: usize, value: &str) -> Call {
    let mut call = info.path_parameters.iter().fold(Call::new(info), |call, _| call.path("a"));
    call.add_query(index, value);
    call
}

#[test]
fn each_search_sends_what_each_version_reads() {
    let mut sent = 0;
    let mut without_filter = Vec::new();
    // Actions by query have rules of their own.
    for info in kestra_operations::operations().filter(|info| !info.acts_by_query) {
        let Some(filters) = info.query_parameters.iter().find(|parameter| parameter.name == "filters") else {
            continue;
        };
        for (index, parameter) in info.query_parameters.iter().enumerate() {
            if parameter.versions.contains(Version::NEWEST) {
                continue;
            }
            let Some((field, comparison)) = parameter.filter else {
                without_filter.push((info.name, parameter.name));
                continue;
            };
            for (text, version) in [
                ("1.0.3", Version::new(1, 0, 3)),
                ("1.3.25", Version::new(1, 3, 25)),
                ("2.0.0", Version::new(2, 0, 0)),
            ] {
                if info.route(version).is_none() {
                    continue;
                }
                let place = format!("{}({}) on {text}", info.name, parameter.name);
                let value = sample(parameter);
                let target = Target::new("http://localhost:8080").version(text);
                let request = call(info, index, value).into_request_for(&target).expect(&place);
                let query = request.uri().query().expect(&place);
                let query = percent_encoding::percent_decode_str(query).decode_utf8_lossy();
                let expected = match filters.versions.contains(version) {
                    false => format!("{}={value}", parameter.name),
                    true if field == "labels" => "filters[labels][EQUALS][team]=data".to_owned(),
                    // Servers before 2.0 have another name for it.
                    true if field == "level" && text != "2.0.0" => format!("filters[level][EQUALS]={value}"),
                    true => format!("filters[{field}][{comparison}]={value}"),
                };
                assert_eq!(query, expected, "{place}");
                sent += 1;
            }
        }
    }
    assert!(sent > 150, "{sent}");
    without_filter.sort_unstable();
    let mut expected = WITHOUT_FILTER;
    expected.sort_unstable();
    assert_eq!(without_filter, expected);
}

#[tokio::test]
async fn executions_are_found_by_them() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("fine", "hi")).unwrap();
        server.deploy(failing("broken")).unwrap();
        server.deploy(flow("other", "hi").replace(NAMESPACE, "else")).unwrap();
        let start = async |namespace: &str, id: &str| {
            let started = client.executions().start(namespace, id).label("team", id).await.unwrap();
            ended(&client, started.id()).await;
            started.id().to_owned()
        };
        let fine = start(NAMESPACE, "fine").await;
        let broken = start(NAMESPACE, "broken").await;
        let other = start("else", "other").await;
        let search = || client.executions().search_executions();
        let long_ago: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
        let every = [&fine, &broken, &other];
        for (name, search, expected) in [
            ("namespace", search().namespace("company"), &[&fine, &broken][..]),
            ("state", search().state([StateType::Failed, StateType::Warning]), &[&broken]),
            ("flow_id", search().flow_id("fine"), &[&fine]),
            ("q", search().q("broken"), &[&broken]),
            ("labels", search().labels(["team:other"]), &[&other]),
            ("scope", search().scope([FlowScope::User]), &every),
            ("start_date", search().start_date(long_ago), &every),
            ("both dates", search().start_date(long_ago).end_date(long_ago), &[]),
            ("time_range", search().time_range(std::time::Duration::from_hours(1)), &every),
            ("child_filter", search().child_filter("MAIN"), &every),
            ("trigger_execution_id", search().trigger_execution_id(fine.as_str()), &[]),
            ("two", search().namespace(NAMESPACE).state([StateType::Success]), &[&fine]),
            (
                "one and a filter",
                search().q("e").filter(kestra::Filter::flow_id().equals("other")),
                &[&other],
            ),
        ] {
            let found = search.items().collect().await.unwrap();
            let mut ids: Vec<&String> = found.iter().map(|execution| &execution.id).collect();
            let mut expected = expected.to_vec();
            ids.sort();
            expected.sort();
            assert_eq!(ids, expected, "{name} on {dialect:?}");
        }
    }
}

#[tokio::test]
async fn so_are_flows_logs_triggers_and_namespaces() {
    let scheduled =
        "triggers:\n  - {id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: \"0 0 * * *\"}\n";
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(format!("{}labels: {{team: data}}\n{scheduled}", flow("one", "first"))).unwrap();
        server.deploy(format!("{}{scheduled}", flow("two", "second").replace(NAMESPACE, "else"))).unwrap();
        let flows = client.flows();
        for (name, search) in [
            ("namespace", flows.search_flows().namespace("company")),
            ("q", flows.search_flows().q("one")),
            ("labels", flows.search_flows().labels(["team:data"])),
        ] {
            let found = search.items().collect().await.unwrap();
            let ids: Vec<&str> = found.iter().map(|flow| flow.id.as_str()).collect();
            assert_eq!(ids, ["one"], "{name} on {dialect:?}");
        }
        let triggers = client.triggers();
        for (name, search) in [
            ("namespace", triggers.search_triggers().namespace("company")),
            ("q", triggers.search_triggers().q("one")),
            ("flow_id", triggers.search_triggers().flow_id("one")),
        ] {
            assert_eq!(search.await.unwrap().total, Some(1), "{name} on {dialect:?}");
        }
        let namespaces = client.namespaces().search_namespaces().q("else").await.unwrap();
        assert_eq!(namespaces.total, Some(1), "{dialect:?}");

        for (namespace, id) in [(NAMESPACE, "one"), ("else", "two")] {
            let started = client.executions().start(namespace, id).await.unwrap();
            ended(&client, started.id()).await;
        }
        let logs = client.logs();
        let both = async || (logs.search_logs().await.unwrap().total >= Some(2)).then_some(());
        eventually("the lines of both", both).await;
        let all = logs.search_logs().await.unwrap().total;
        for (name, search) in [
            ("namespace", logs.search_logs().namespace("else")),
            ("flow_id", logs.search_logs().flow_id("two")),
            ("q", logs.search_logs().q("second")),
            ("min_level", logs.search_logs().min_level("ERROR")),
        ] {
            let found = search.await.unwrap();
            assert!(found.total < all, "{name} on {dialect:?}");
            assert_eq!(found.total == Some(0), name == "min_level", "{name} on {dialect:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_list_is_no_way_to_select_everything() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(flow("fine", "hi")).unwrap();
        let started = client.executions().start(NAMESPACE, "fine").await.unwrap();
        ended(&client, started.id()).await;
        let executions = client.executions();
        let delete = || executions.delete_executions_by_query().namespace(NAMESPACE);
        let states = delete().state(Vec::<StateType>::new()).await.unwrap_err();
        let labels = delete().labels(Vec::<String>::new()).await.unwrap_err();
        let dry = delete().state(Vec::<StateType>::new()).dry_run().await.unwrap_err();
        let search = executions.search_executions().state(Vec::<StateType>::new()).await.unwrap_err();
        for error in [states, labels, dry, search] {
            assert_eq!(error.kind(), kestra::ErrorKind::Build, "{error}");
            assert!(error.to_string().contains("the list of values is empty"), "{error}");
        }
        assert_eq!(executions.search_executions().await.unwrap().total, Some(1));
    }
}
