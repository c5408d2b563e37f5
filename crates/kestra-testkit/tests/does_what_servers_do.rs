//! What a server does that a kind stand-in wouldn't: each in the versions that do it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod raw;

use std::net::SocketAddr;
use std::time::Duration;

use kestra_testkit::{Dialect, TestServer};
use raw::{Answer, ask, create_flow, request, send};
use serde_json::{Value, json};

const RETURN: &str = "io.kestra.plugin.core.debug.Return";

async fn server(dialect: Dialect) -> (TestServer, SocketAddr) {
    let server = TestServer::builder().dialect(dialect).start().await.expect("a server");
    let address = server.address();
    (server, address)
}

fn flow(id: &str, more: &str) -> String {
    format!(
        "id: {id}\nnamespace: company.team\ntasks:\n  - {{id: say, type: {RETURN}, format: said}}\n{more}"
    )
}

async fn create(address: SocketAddr, source: &str) {
    let created = create_flow(address, source).await;
    assert_eq!(created.status, 200, "{}", created.body);
}

/// A creation with parts of a form.
async fn execute(address: SocketAddr, flow: &str, query: &str, parts: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in parts {
        body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--b--\r\n";
    let path = format!("/api/v1/main/executions/company.team/{flow}?{query}");
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    send(address, &request("POST", &path, &headers, &body)).await.expect("an answer")
}

async fn get(address: SocketAddr, path: &str) -> Value {
    ask(address, "GET", path).await.expect("an answer").json()
}

/// The executions of a flow, once there are some or time is over.
async fn executions(server: &TestServer, flow: &str, count: usize) -> usize {
    for _ in 0..500 {
        if server.flow("company.team", flow).executions().len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.flow("company.team", flow).executions().len()
}

#[tokio::test]
async fn a_source_with_deleted_deletes() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let path = "/api/v1/main/flows/company.team/a";
        create(address, &flow("a", "")).await;
        let yaml = [("content-type", "application/x-yaml")];
        let deleting = flow("a", "deleted: yes\n");
        let updated = send(address, &request("PUT", path, &yaml, &deleting)).await.expect("an answer");
        assert_eq!((updated.status, &updated.json()["deleted"]), (200, &json!(true)));
        assert_eq!(ask(address, "GET", path).await.expect("an answer").status, 404);
        create(address, &flow("a", "")).await;
        assert_eq!(get(address, path).await["revision"], 3);
    }
}

#[tokio::test]
async fn scalars_are_those_of_yaml_1_1() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let source = "id: 012\nnamespace: company.team\ndescription: 1e3\ndisabled: NO\nlabels: {a: yes, b: 1_000}\n\
                      variables: {x: 0x1F, y: 1:30, z: *nowhere}\n\
                      tasks: [{id: say, type: io.kestra.plugin.core.debug.Return, format: 08, format: 012}]\nnothing: null\n";
        let created = create_flow(address, source).await;
        assert_eq!(created.status, 200, "{}", created.body);
        let created = created.json();
        assert_eq!(created["id"], "10");
        assert_eq!(created["description"], "1000.0");
        assert_eq!(created["disabled"], false);
        assert_eq!(created["labels"], json!([{"key": "a", "value": "true"}, {"key": "b", "value": "1000"}]));
        assert_eq!(created["variables"], json!({"x": 31, "y": "1:30", "z": "nowhere"}));
        assert_eq!(created["tasks"][0]["format"], "10");
    }
}

#[tokio::test]
async fn a_text_is_no_file_and_a_negative_revision_no_flow() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        create(address, &flow("a", "inputs: [{id: f, type: FILE}]\n")).await;
        let refused = execute(address, "a", "", &[("f", "hello")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("No such file or directory"), "{}", refused.body);
        assert_eq!(execute(address, "a", "", &[("f", "kestra:///a/b")]).await.status, 200);
        assert_eq!(execute(address, "a", "revision=-3", &[("f", "kestra:///a/b")]).await.status, 404);
        create(address, &flow("b", "inputs: [{id: x, type: FLOAT}]\n")).await;
        let taken = execute(address, "b", "", &[("x", "1.23456789012345")]).await.json();
        assert_eq!(taken["inputs"]["x"], 1.234_567_9);
    }
}

#[tokio::test]
async fn a_time_to_live_is_a_duration_that_is_not_negative() {
    let (_server, address) = server(Dialect::V1_3).await;
    for (ttl, status) in [("PT1H", 200), ("", 500), ("PT-5S", 422)] {
        let path = "/api/v1/main/namespaces/company.team/kv/key";
        let headers = [("content-type", "text/plain"), ("ttl", ttl)];
        let answer = send(address, &request("PUT", path, &headers, "\"x\"")).await.expect("an answer");
        assert_eq!(answer.status, status, "{ttl:?}");
    }
}

#[tokio::test]
async fn what_is_disabled_already_does_not_count() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        create(address, &flow("a", "")).await;
        create(address, &flow("b", "disabled: true\n")).await;
        let json = [("content-type", "application/json")];
        let a = json!({"namespace": "company.team", "id": "a"});
        let b = json!({"namespace": "company.team", "id": "b"});
        let body = json!([a, b, a]).to_string();
        let path = "/api/v1/main/flows/disable/by-ids";
        for count in [1, 0] {
            let answer = send(address, &request("POST", path, &json, &body)).await.expect("an answer");
            assert_eq!(answer.json()["count"], count);
        }
    }
}

#[tokio::test]
async fn tasks_are_retried_as_often_as_they_say() {
    for dialect in Dialect::ALL {
        let (server, address) = server(dialect).await;
        let retry = "retry: {type: constant, interval: PT0.01S, maxAttempts: 4}";
        let source = format!(
            "id: a\nnamespace: company.team\ntasks:\n  - id: fail\n    type: io.kestra.plugin.core.execution.Fail\n    {retry}\n"
        );
        create(address, &source).await;
        let ended = execute(address, "a", "wait=true", &[]).await.json();
        assert_eq!(ended["state"]["current"], "FAILED");
        assert_eq!(ended["taskRunList"][0]["attempts"].as_array().map(Vec::len), Some(4));
        drop(server);
    }
}

#[tokio::test]
async fn expressions_read_files() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let source = "id: a\nnamespace: company.team\ntasks:\n  \
            - {id: write, type: io.kestra.plugin.core.storage.Write, content: hello}\n  \
            - {id: say, type: io.kestra.plugin.core.debug.Return, format: \"{{ read(outputs.write.uri) }} {{ fileSize(outputs.write.uri) }} {{ read('x.txt') }}\"}\noutputs:\n  \
            - {id: said, type: STRING, value: \"{{ outputs.say.value }}\"}\n";
        create(address, source).await;
        let part = "--b\r\nContent-Disposition: form-data; name=\"fileContent\"; filename=\"x.txt\"\r\n\r\nspace\r\n--b--\r\n";
        let headers = [("content-type", "multipart/form-data; boundary=b")];
        let path = "/api/v1/main/namespaces/company.team/files?path=/x.txt";
        let written = send(address, &request("POST", path, &headers, part)).await.expect("an answer");
        assert_eq!(written.status, 200, "{}", written.body);
        let ended = execute(address, "a", "wait=true", &[]).await.json();
        let id = ended["id"].as_str().expect("an id");
        assert_eq!(ended["state"]["current"], "SUCCESS");
        if dialect != Dialect::V2_0 {
            assert_eq!(ended["outputs"]["said"], "hello 5 space", "{id}");
        }
    }
}

#[tokio::test]
async fn webhooks_that_wait_answer_with_outputs_and_a_status() {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (_server, address) = server(dialect).await;
        let hook = |id: &str, more: &str| {
            let outputs = "outputs: [{id: said, type: STRING, value: \"{{ outputs.say.value }}\"}]\n";
            let kind = "io.kestra.plugin.core.trigger.Webhook";
            flow(id, &format!("{outputs}triggers:\n  - {{id: hook, type: {kind}, key: k, {more}}}\n"))
        };
        create(address, &hook("a", "wait: true, returnOutputs: true")).await;
        create(
            address,
            &hook("b", "wait: true, returnOutputs: true, responseCode: 201, responseContentType: text/plain"),
        )
        .await;
        create(address, &hook("c", "responseCode: 201")).await;
        let call = async |id: &str| {
            let path = format!("/api/v1/main/executions/webhook/company.team/{id}/k");
            ask(address, "POST", &path).await.expect("an answer")
        };
        let answer = call("a").await;
        assert_eq!((answer.status, answer.json()), (200, json!({"said": "said"})));
        let answer = call("b").await;
        assert_eq!((answer.status, answer.header("content-type")), (201, Some("text/plain".to_owned())));
        assert_eq!(call("c").await.status, 200);
    }
}

#[tokio::test]
async fn flow_triggers_fire() {
    for dialect in Dialect::ALL {
        let (server, address) = server(dialect).await;
        let trigger = |more: &str| {
            format!("triggers:\n  - id: after\n    type: io.kestra.plugin.core.trigger.Flow\n{more}")
        };
        create(address, &flow("a", "")).await;
        create(address, &flow("b", "")).await;
        create(address, &flow("any", &trigger(""))).await;
        create(address, &flow("failed", &trigger("    states: [FAILED]\n"))).await;
        let both = if dialect == Dialect::V2_0 {
            "    dependsOn:\n      - {namespace: company.team, flowId: a}\n      - {namespace: company.team, flowId: b}\n"
        } else {
            "    preconditions:\n      id: both\n      flows:\n        - {namespace: company.team, flowId: a}\n        - \
             {namespace: company.team, flowId: b}\n"
        };
        create(address, &flow("both", &trigger(both))).await;
        let only_b = if dialect == Dialect::V2_0 {
            "    when: \"{{ flow.id == 'b' }}\"\n".to_owned()
        } else {
            let kind = "io.kestra.plugin.core.condition.ExecutionFlow";
            format!("    conditions:\n      - {{type: {kind}, namespace: company.team, flowId: b}}\n")
        };
        create(address, &flow("only-b", &trigger(&only_b))).await;
        execute(address, "a", "wait=true", &[]).await;
        assert_eq!(executions(&server, "any", 1).await, 1);
        assert_eq!(server.flow("company.team", "both").executions().len(), 0);
        execute(address, "b", "wait=true", &[]).await;
        assert_eq!(executions(&server, "both", 1).await, 1);
        assert_eq!(executions(&server, "only-b", 1).await, 1);
        assert_eq!(server.flow("company.team", "failed").executions().len(), 0);
    }
}

#[tokio::test]
async fn lists_about_the_server_have_their_shapes() {
    let (_server, address) = server(Dialect::V2_0).await;
    assert!(get(address, "/api/v1/pebble/filters").await[0].is_string());
    let groups = get(address, "/api/v1/plugins/groups/subgroups").await;
    assert!(groups.as_array().is_some_and(|groups| groups.len() > 5));
    assert_eq!(groups[1]["subGroup"], "io.kestra.plugin.core.debug");
    assert!(get(address, "/api/v1/main/cluster/metrics/WORKER").await[0]["name"].is_string());
    let unknown = ask(address, "GET", "/api/v1/main/cluster/metrics/NOPE").await.expect("an answer");
    assert_eq!(unknown.status, 422);

    let (_server, address) = server(Dialect::V1_3).await;
    create(address, "id: a\nnamespace: company.team\ntasks: [{id: say, type: io.kestra.plugin.core.debug.Echo, format: x}]\n").await;
    let old = get(address, "/api/v1/main/flows/deprecated").await;
    assert_eq!(old[0]["flowId"], "a");
    assert_eq!(old[0]["deprecatedTasks"][0]["taskId"], "say");
}

#[tokio::test]
async fn dates_of_parameters_have_no_fraction_or_three_digits() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let metrics = "/api/v1/main/metrics/aggregates/company.team/a/rows";
        let executions = "/api/v1/main/executions/search";
        for (date, status) in [
            ("2026-01-02T03:04:05Z", 200),
            ("2026-01-02T03:04:05.678Z", 200),
            ("2026-01-02T03:04Z", 200),
            ("2026-01-02T03:04:05.678%2B01:00", 200),
            ("2026-01-02T03:04:05.678901Z", 422),
            ("2026-01-02T03:04:05.6Z", 422),
            ("2026-01-02T03:04:05", 422),
            ("2026-01-02", 422),
        ] {
            for path in
                [metrics, executions].iter().filter(|path| **path == metrics || dialect != Dialect::V2_0)
            {
                let answer =
                    ask(address, "GET", &format!("{path}?startDate={date}")).await.expect("an answer");
                assert_eq!(answer.status, status, "{path} {date}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn deleted_revisions_are_shown_where_they_are_asked_for() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        let path = "/api/v1/main/flows/company.team/a";
        create(address, &flow("a", "")).await;
        ask(address, "DELETE", path).await.expect("an answer");
        create(address, &flow("a", "")).await;
        let count = async |query: &str| {
            get(address, &format!("{path}/revisions?{query}")).await.as_array().map(Vec::len)
        };
        let all = if dialect == Dialect::V1_0 { 3 } else { 2 };
        assert_eq!(count("allowDelete=false").await, Some(all));
        assert_eq!(count("allowDelete=true").await, Some(3));
        assert_eq!(get(address, &format!("{path}?revision=2")).await["deleted"], true);
    }
}

#[tokio::test]
async fn system_labels_may_be_sent_back_as_they_are() {
    for dialect in Dialect::ALL {
        let (_server, address) = server(dialect).await;
        create(address, &flow("a", "")).await;
        let ended = execute(address, "a", "wait=true", &[]).await.json();
        let id = ended["id"].as_str().expect("an id");
        let route = if dialect == Dialect::V2_0 { "actions/labels" } else { "labels" };
        let path = format!("/api/v1/main/executions/{id}/{route}");
        let set = async |labels: Value| {
            let json = [("content-type", "application/json")];
            send(address, &request("POST", &path, &json, &labels.to_string()))
                .await
                .expect("an answer")
                .status
        };
        let mut labels = ended["labels"].clone();
        labels.as_array_mut().expect("labels").push(json!({"key": "team", "value": "data"}));
        assert_eq!(set(labels).await, 200);
        assert_eq!(set(json!([{"key": "system.correlationId", "value": "another"}])).await, 422);
    }
}
