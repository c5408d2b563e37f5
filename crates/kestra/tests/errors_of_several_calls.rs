//! Each error of a method that makes several calls begins with the operation that failed, or else with the method.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use kestra::jiff::Timestamp;
use kestra::{Client, Error, ErrorKind, FilePart, Filter, catalogue};
use kestra_testkit::{Dialect, Fault, Outcome, TestServer};
use support::{FLOW, once};

const NAMESPACE: &str = "company.team";
const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";

type Attempt = Pin<Box<dyn Future<Output = Option<Error>>>>;

fn of<T, F: IntoFuture<Output = Result<T, Error>> + 'static>(call: F) -> Attempt {
    Box::pin(async move { call.into_future().await.err() })
}

fn last<T: 'static>(
    mut stream: impl futures_util::Stream<Item = Result<T, Error>> + Unpin + 'static,
) -> Attempt {
    Box::pin(async move {
        while let Some(item) = stream.next().await {
            if let Err(error) = item {
                return Some(error);
            }
        }
        None
    })
}

/// All methods that make several calls, by name, with what makes each fail on a server without flows.
fn all(client: &Client, folder: &std::path::Path) -> Vec<(&'static str, Attempt)> {
    let (executions, flows, files) = (client.executions(), client.flows(), client.files());
    let (triggers, kv, client) = (client.triggers(), client.kv(), client.clone());
    let backfill = triggers.backfill(NAMESPACE, "hello", "daily");
    let outputs = client.outputs();
    let missing = folder.join("missing");
    vec![
        ("run", of(executions.run(NAMESPACE, "hello"))),
        ("start", of(executions.start(NAMESPACE, "hello"))),
        ("start", of(executions.start(NAMESPACE, "hello").idempotency_key(" "))),
        ("wait", of(executions.wait("4xYkRyHSfWhzTRKWTMTeML"))),
        ("resolve", of(executions.resolve(""))),
        ("add_labels", of(executions.add_labels("4xYkRyHSfWhzTRKWTMTeML", [("", "x")]))),
        ("add_labels", of(executions.add_labels("4xYkRyHSfWhzTRKWTMTeML", [("a", "x")]))),
        ("download", of(executions.download("kestra:///company/x"))),
        ("download", of(executions.download("kestra:///company/executions/4kJ/x.csv"))),
        ("deploy", of(flows.deploy(" "))),
        ("deploy", of(flows.deploy("id: hello\n"))),
        (
            "deploy",
            of({
                let flows = flows.clone();
                async move { flows.deploy(FLOW.replace("id: hello", "deleted: true\nid: hello")).outcome().await }
            }),
        ),
        ("sync", of(flows.sync(&missing))),
        ("sync", Box::pin(async move { flows.sync_sources([""]).await.ok()?.check().err() })),
        ("sync_up", of(files.sync_up(NAMESPACE, &missing))),
        ("sync_down", of(files.sync_down("", &missing))),
        ("sync", of(kv.sync(NAMESPACE, [("a", 1)]).concurrency(0))),
        ("backup", of(client.namespaces().backup("", &missing))),
        ("restore", of(client.namespaces().restore(NAMESPACE, &missing).concurrency(0))),
        ("backfill.start", of(backfill.start(Timestamp::UNIX_EPOCH).end(Timestamp::MIN))),
        ("backfill.start", of(backfill.start(Timestamp::UNIX_EPOCH))),
        ("backfill.watch", of(backfill.watch())),
        ("disable", of(triggers.disable(NAMESPACE, "hello", "daily"))),
        ("enable", of(triggers.enable(NAMESPACE, "hello", "daily"))),
        ("of_task_run", of(async move { outputs.of_task_run("4xYkRyHSfWhzTRKWTMTeML", "x").await })),
        (
            "value_as",
            of({
                let kv = kv.clone();
                async move { kv.value_as::<u8>(NAMESPACE, "missing").await }
            }),
        ),
        ("replace_value", of(async move { kv.replace_value(NAMESPACE, "", 1).await })),
        ("follow", last(executions.follow_execution("4xYkRyHSfWhzTRKWTMTeML").stream())),
        ("follow", last(executions.follow_execution_dependencies("4xYkRyHSfWhzTRKWTMTeML").stream())),
        ("follow", last(client.logs().follow_logs_from_execution("4xYkRyHSfWhzTRKWTMTeML").stream())),
        ("bulk", of(executions.kill_executions_by_ids(["4xYkRyHSfWhzTRKWTMTeML"]).chunk_size(1))),
        ("bulk", of(executions.kill_executions_by_query().by_ids())),
        ("bulk", of(executions.kill_executions_by_query().dry_run())),
        ("bulk", of(executions.create_execution(NAMESPACE, "hello").idempotency_key("k"))),
        ("items", last(client.flows().search_flows().filter(Filter::field("nothing").equals("x")).items())),
    ]
}

fn begins_well(error: &Error, method: &str) -> bool {
    let line = error.to_string();
    let operation = catalogue::operations().any(|info| line.starts_with(&format!("{} (", info.name)));
    operation || line.starts_with(&format!("{method}: "))
}

#[tokio::test]
async fn each_begins_with_an_operation_or_the_method() {
    let folder = std::env::temp_dir().join(format!("kestra-errors-{}", std::process::id()));
    for dialect in Dialect::ALL {
        let server = TestServer::builder()
            .dialect(dialect)
            .missing_execution_timeout(Duration::from_millis(50))
            .start()
            .await
            .unwrap();
        let client = once(server.url()).build().unwrap();
        for (method, attempt) in all(&client, &folder) {
            if let Some(error) = attempt.await {
                assert!(begins_well(&error, method), "{dialect:?} {method}: {error}");
            }
        }
    }
    // Nobody listens any more.
    let server = TestServer::start().await.unwrap();
    let client = once(server.url()).build().unwrap();
    drop(server);
    // Waits and streams outlast that, for far longer than a test.
    let ends = |(method, _): &(&str, Attempt)| !["wait", "follow", "backfill.watch"].contains(method);
    for (method, attempt) in all(&client, &folder).into_iter().filter(ends) {
        if let Some(error) = attempt.await {
            assert!(begins_well(&error, method), "{method}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_about_no_single_call_begins_with_the_method() {
    let (server, client) = support::embedded().await;
    server.flow(NAMESPACE, "fails").on_run(|_| Outcome::failed("no"));
    server.flow(NAMESPACE, "hello").on_run(|_| Outcome::success(serde_json::json!({})));
    let error = client.executions().run(NAMESPACE, "fails").await.unwrap_err();
    assert!(error.to_string().starts_with("run: the execution failed: execution "), "{error}");
    assert!(!format!("{error:?}").contains("attempts"), "nothing was attempted again: {error:?}");
    let error = client.executions().wait(error.execution_id().unwrap()).await.unwrap_err();
    assert!(error.to_string().starts_with("wait: the execution failed: execution "), "{error}");

    // A creation that failed is an operation, whatever came after it.
    server.fail(Fault::status(200).body("{}").on("POST", CREATE).times(2));
    let start = client.executions().start(NAMESPACE, "hello").look_up_for(Duration::ZERO);
    let error = start.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnclearOutcome);
    assert!(error.to_string().starts_with("create_execution (POST "), "{error}");

    let error = client.files().sync_up(NAMESPACE, "/nowhere/at/all").await.unwrap_err();
    assert!(error.to_string().starts_with("sync_up: file error: /nowhere"), "{error}");
}

#[tokio::test]
async fn the_entries_of_a_report_begin_so_as_well_and_its_error_only_once() {
    let folder = std::env::temp_dir().join(format!("kestra-report-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.yml"), "").unwrap();
    std::fs::write(folder.join("b.txt"), "x").unwrap();
    let (server, client) = support::embedded().await;
    let report = client.flows().sync(&folder).await.unwrap();
    let entry = report.failed().next().unwrap().error.as_ref().unwrap().to_string();
    assert!(entry.starts_with("sync: invalid argument: source: it is empty"), "{entry}");
    let line = report.check().unwrap_err().to_string();
    assert!(
        line.starts_with("sync: partial failure: 1 of 1 entries failed, nothing was changed; "),
        "{line}"
    );
    assert_eq!(line.matches("sync").count(), 1, "{line}");

    server.fail(Fault::status(500).on("POST", "/api/v1/{tenant}/namespaces/{namespace}/files").always());
    let report = client.files().sync_up(NAMESPACE, &folder).await.unwrap();
    let line = report.check().unwrap_err().to_string();
    assert!(line.starts_with("sync_up: partial failure: 2 of 2 entries failed, the others succeeded; a.yml: create_namespace_file (POST"), "{line}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn builders_can_be_copied_unless_a_part_of_them_can_be_used_only_once() {
    fn is_clone<T: Clone>(_: &T) {}
    let client = once("http://localhost:8080").build().unwrap();
    let (executions, flows, files) = (client.executions(), client.flows(), client.files());
    is_clone(&flows.deploy(""));
    is_clone(&flows.sync("flows"));
    is_clone(&files.sync_up(NAMESPACE, "files"));
    is_clone(&client.kv().sync(NAMESPACE, [("a", 1)]));
    is_clone(&client.namespaces().backup(NAMESPACE, "folder"));
    is_clone(&executions.resolve("key"));
    is_clone(&executions.add_labels("id", [("a", "b")]));
    is_clone(&executions.download("uri"));
    let backfill = client.triggers().backfill(NAMESPACE, "hello", "daily");
    is_clone(&backfill);
    is_clone(&backfill.start(Timestamp::UNIX_EPOCH));
    is_clone(&client.triggers().disable(NAMESPACE, "hello", "daily"));
    is_clone(&executions.kill_executions_by_ids(["a"]).chunk_size(1));
    is_clone(&executions.kill_executions_by_query().by_ids());
    is_clone(&executions.kill_executions_by_query().at_most(1).dry_run());

    let file = FilePart::bytes("a.csv", "a");
    assert!(executions.run(NAMESPACE, "hello").input("a", 1).input_file("b", file).try_clone().is_some());
    assert!(executions.run(NAMESPACE, "hello").on_pause(|_| {}).try_clone().is_none());
    assert!(executions.start(NAMESPACE, "hello").label("a", "b").try_clone().is_some());
    assert!(executions.wait("id").try_clone().is_some());
    assert!(executions.wait("id").on_progress(|_| {}).try_clone().is_none());
    assert!(backfill.watch().try_clone().is_some());
    assert!(backfill.watch().on_progress(|_| {}).try_clone().is_none());
    assert!(executions.follow_execution("id").try_clone().is_some());
}
