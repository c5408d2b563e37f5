//! What users read of an error, word by word: `operation (METHOD route): what went wrong: what to do`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::net::TcpListener;
use std::time::Duration;

use kestra::{Auth, Client, ClientBuilder, Error, ErrorKind, Filter, Proxy, Retry, Timeouts};
use kestra_testkit::{Dialect, Fault, Outcome, TestServer};
use on_server::{Folder, NAMESPACE, flow};
use serde_json::json;

const CREATE: &str = "/api/v1/{tenant}/executions/{namespace}/{id}";
const FLOW: &str = "/api/v1/{tenant}/flows/{namespace}/{id}";
const INPUTS: &str = "id: inputs\nnamespace: company.team\ninputs:\n  - {id: day, type: INT}\ntasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n";

fn once(url: &str) -> ClientBuilder {
    Client::builder().server(url).retry(Retry::none())
}

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    let client = once(server.url()).build().unwrap();
    (server, client)
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Compares messages, in which these words stand for what differs from run to run.
#[derive(Default)]
struct Messages {
    wrong: Vec<String>,
    number: usize,
}

impl Messages {
    fn check(&mut self, error: impl Into<Option<Error>>, variable: &[(&str, &str)], expected: &str) {
        let mut text = error.into().expect("an error").to_string();
        for (value, name) in variable {
            text = text.replace(value, name);
        }
        self.number += 1;
        if text != expected {
            self.wrong.push(format!("is:     {text}\nwanted: {expected}\n"));
        }
    }
}

#[tokio::test]
async fn what_is_wrong_before_anything_is_sent() {
    let mut messages = Messages::default();
    let mut check = |error: Error, expected: &str| messages.check(error, &[], expected);
    check(
        Client::builder().build().unwrap_err(),
        "build: invalid argument: server: none is set: set one, such as `http://localhost:8080`",
    );
    check(
        once("localhost:8080").build().unwrap_err(),
        "build: invalid server: server URL `localhost:8080` is invalid: it has no scheme: begin it with http:// or https://",
    );
    check(
        once("http://localhost:8080").add_root_certificate("hush").build().unwrap_err(),
        "build: TLS error: root certificate: `given` is not a PEM or DER certificate: export it in one of these formats",
    );
    check(
        once("http://localhost:8080").auth(Auth::bearer("Bearer a")).build().unwrap_err(),
        "build: invalid argument: token: it begins with the name of a scheme: remove `Bearer` or `Basic` and the space",
    );
    let (_old, client) = serve(Dialect::V1_0).await;
    check(
        client.flows().search_concurrency_limits().await.unwrap_err(),
        "search_concurrency_limits (GET /api/v1/{tenant}/concurrency-limit/search): unsupported: requires Kestra 1.1.0 or later, the server is 1.0.3; call `.any_version()` to send it anyway",
    );
    let (_server, client) = serve(Dialect::V2_0).await;
    let (executions, flows) = (client.executions(), client.flows());
    check(
        flows.get_flow("", "hello").await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): invalid argument: namespace: it is empty: set it",
    );
    check(
        client.banners().search_banners().await.unwrap_err(),
        "search_banners (GET /api/v1/banners/search): unsupported: requires Kestra Enterprise Edition, the server is open source (2.0.0) and responded with 404: send it to a server of the Enterprise Edition",
    );
    check(
        flows.create_flow(flow("hello", "hi")).draft(true).await.unwrap_err(),
        "create_flow (POST /api/v1/{tenant}/flows): refused: `draft` requires Kestra Enterprise Edition, open source ignores it and publishes the flow; call `.unchecked()` to send it anyway",
    );
    check(
        executions.kill_executions_by_query().await.unwrap_err(),
        "kill_executions_by_query (DELETE /api/v1/{tenant}/executions/kill/by-query): refused: no filter is set, so this would apply to everything: add a filter, or call `.all()` to confirm",
    );
    check(
        executions.search_executions().filter(Filter::field("colour").equals("red")).await.unwrap_err(),
        "search_executions (GET /api/v1/{tenant}/executions/search): unsupported: executions can't be filtered by `colour`: use one of childFilter, endDate, flowId, kind, labels, namespace, parentId, q, scope, startDate, state, taskId, timeRange, triggerExecutionId, or call `.any_version()` to send it anyway",
    );
    check(
        flows.update_flow(NAMESPACE, "hello", "deleted: true\n").await.unwrap_err(),
        "update_flow (PUT /api/v1/{tenant}/flows/{namespace}/{id}): refused: line 1 of the source may set `deleted`, and a server deletes the flow of a source with `deleted: true` and responds with 200: remove the line, and use `delete_flow` to delete a flow; call `.unchecked()` to send it anyway",
    );
    check(
        flows.deploy("id: hello\nnamespace: company.team\ntasks: nothing\n").await.unwrap_err(),
        "deploy: invalid argument: source: the server finds it invalid: Validation error: Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>`: a list was expected",
    );
    check(
        executions.start(NAMESPACE, "hello").idempotency_key(" a").await.unwrap_err(),
        "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): invalid argument: idempotency_key: it begins or ends with space: trim it",
    );
    assert!(messages.wrong.is_empty(), "{}", messages.wrong.join("\n"));
}

#[tokio::test]
async fn no_connection() {
    let mut messages = Messages::default();
    let port = closed_port();
    let variable = [(&*format!(":{port}"), ":PORT")].map(|(value, name)| (value.to_owned(), name));
    let variable: Vec<_> = variable.iter().map(|(value, name)| (value.as_str(), *name)).collect();
    let client = once(&format!("http://127.0.0.1:{port}")).build().unwrap();
    messages.check(client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err(), &variable, "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): can't connect: connection refused (127.0.0.1:PORT): is the server running? Check host and port of its URL; the API listens on 8080 by default, 8081 is for management");
    messages.check(client.executions().kill_execution("a").await.unwrap_err(), &variable, "kill_execution (DELETE /api/v1/{tenant}/executions/{executionId}/actions/kill): can't connect: connection refused (127.0.0.1:PORT) while detecting the server version (GET /api/v1/configs): is the server running? Check host and port of its URL; the API listens on 8080 by default. Set `KESTRA_API_VERSION` or `api_version` to skip the detection");
    let proxy = Proxy::all(&format!("http://user:hush@127.0.0.1:{port}")).unwrap().include_loopback();
    let client = once("http://kestra.example.com").proxy(proxy).build().unwrap();
    messages.check(client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err(), &variable, "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): proxy error: connection refused (http://127.0.0.1:PORT): check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or set the proxy explicitly");
    let (server, _) = serve(Dialect::V2_0).await;
    let client = once(&server.url().replace("http:", "https:")).build().unwrap();
    let port = format!(":{}", server.address().port());
    messages.check(client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err(), &[(&port, ":PORT")], "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): TLS error: 127.0.0.1 doesn't speak TLS on this port: write http:// in the server URL, or name the port that speaks TLS");
    let client = once("http://nowhere.invalid").build().unwrap();
    let error = client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err();
    assert!(error.to_string().contains("nowhere.invalid"), "{error}");
    assert!(messages.wrong.is_empty(), "{}", messages.wrong.join("\n"));
}

#[tokio::test]
async fn what_the_server_responds() {
    let mut messages = Messages::default();
    let (server, client) = serve(Dialect::V2_0).await;
    server.deploy(INPUTS).unwrap();
    let (executions, flows) = (client.executions(), client.flows());
    let mut check =
        |error: Error, expected: &str| messages.check(error, &[(server.url(), "SERVER")], expected);
    check(
        flows.get_flow(NAMESPACE, "missing").await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): 404 Not Found: check ids, namespace and tenant; if nothing at all is found, the server URL lacks its path prefix",
    );
    check(
        executions.create_execution(NAMESPACE, "missing").await.unwrap_err(),
        "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): 404 Not Found: Requested Flow is not found: check ids, namespace and tenant",
    );
    check(
        executions.start(NAMESPACE, "missing").await.unwrap_err(),
        "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): 404 Not Found: no flow company.team.missing (Not Found: Requested Flow is not found): check ids, namespace and tenant",
    );
    check(
        flows.create_flow("id: a b\nnamespace: company.team\n").await.unwrap_err(),
        "create_flow (POST /api/v1/{tenant}/flows): 422 Unprocessable Entity: Invalid entity: tasks: must not be empty id: must match \"^[a-zA-Z0-9][a-zA-Z0-9._-]*\"; must not be empty; must match \"^[a-zA-Z0-9][a-zA-Z0-9._-]*\"",
    );
    check(
        executions.create_execution(NAMESPACE, "inputs").input("day", "x").await.unwrap_err(),
        "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): 422 Unprocessable Entity: Invalid entity: Invalid value for input `day`. Cause: Cannot convert value 'x' to Integer",
    );
    check(
        executions.start(NAMESPACE, "inputs").input("day", "x").await.unwrap_err(),
        "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): refused: input `day` of company.team.inputs is of type INT and must be an integer; call `.unchecked()` to send it anyway",
    );
    check(
        executions.start(NAMESPACE, "inputs").input("dai", "x").await.unwrap_err(),
        "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): refused: company.team.inputs has no input `dai`, the server would drop it (it has day); call `.unchecked()` to send it anyway",
    );
    server.stub("GET", FLOW).body("application/json", "oops");
    check(
        flows.get_flow(NAMESPACE, "a").await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): invalid response (status 200): the body is not the expected JSON: expected value at line 1 column 1: see the body with `Error::response`",
    );
    server.stub("GET", FLOW).body("text/html", "<html><title>Sign in</title></html>");
    check(
        flows.get_flow(NAMESPACE, "a").await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): invalid response (status 200): the body is not the expected JSON: expected value at line 1 column 1 (the content type is `text/html`): a proxy or another web server responded: check the server URL, its path prefix and the proxy",
    );
    server.stub("GET", FLOW).status(302).header("location", "https://login.example.com/?token=hush");
    check(
        flows.get_flow(NAMESPACE, "a").await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): 302 Found: a redirect to https://login.example.com/, which is not followed: use the target's scheme, host and context path as the server URL",
    );
    server.fail(Fault::status(503).on("GET", FLOW).times(2));
    let twice = Retry::standard().max_attempts(2);
    check(
        flows.get_flow(NAMESPACE, "a").retry(twice).await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): 503 Service Unavailable (after 2 attempts): the server, or a proxy in front of it, is restarting or overloaded: retry later",
    );
    server.fail(Fault::hang().on("GET", FLOW));
    let timeouts = Timeouts::default().attempt(Duration::from_millis(200));
    check(
        flows.get_flow(NAMESPACE, "a").timeouts(timeouts).await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): timed out (attempt): the attempt took longer than 200ms: raise the attempt timeout if the server is slow; servers may also hang on an update of a missing resource: use `deploy`, which checks first",
    );
    let locked = TestServer::builder().basic_auth("a@b.example", "Passw0rd").start().await.unwrap();
    let client = once(locked.url()).auth(Auth::basic("a@b.example", "hush")).build().unwrap();
    check(
        client.flows().get_flow(NAMESPACE, "a").await.unwrap_err(),
        "get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): 401 Unauthorized: credentials are missing or wrong: set `auth`, or `KESTRA_USERNAME` and `KESTRA_PASSWORD`. The open-source edition supports basic auth only; bearer tokens require Enterprise Edition",
    );
    assert!(messages.wrong.is_empty(), "{}", messages.wrong.join("\n"));
}

#[tokio::test]
async fn what_comes_of_several_calls() {
    let mut messages = Messages::default();
    let (server, client) = serve(Dialect::V2_0).await;
    let executions = client.executions();
    server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({})));
    server.flow(NAMESPACE, "fails").on_run(|_| Outcome::failed("no rows").log("no rows"));
    server.flow(NAMESPACE, "pauses").on_run(|_| Outcome::paused());

    let error = executions.run(NAMESPACE, "fails").await.unwrap_err();
    let id = error.execution_id().unwrap().to_owned();
    messages.check(error, &[(&id, "ID")], "run: the execution failed: execution ID of company.team.fails ended in FAILED, task `scripted`: no rows: see the execution's log, or `Finished::of(&error)`");
    let error = executions.run(NAMESPACE, "pauses").timeout(Duration::from_millis(700)).await.unwrap_err();
    let id = error.execution_id().unwrap().to_owned();
    messages.check(error, &[(&id, "ID")], "run: timed out (total): execution ID has not ended within 700ms and was last seen in PAUSED; it is still running: wait for its id again");

    server.fail(Fault::cut(kestra_testkit::Cut::AfterRead).on("POST", CREATE));
    let error = executions.start(NAMESPACE, "job").look_up_for(Duration::ZERO).await.unwrap_err();
    let key = error.idempotency_key().unwrap().to_owned();
    messages.check(error, &[(&key, "KEY")], "create_execution (POST /api/v1/{tenant}/executions/{namespace}/{id}): the outcome is unclear: company.team.job may have been started (connection error: the connection was closed before a response came), and no execution with the key `KEY` is found so far: call executions().resolve(key) later, and don't start it again before");

    let create = || executions.create_execution(NAMESPACE, "job").label("system.correlationId", "order-17");
    let mut ids = [create().await.unwrap().id, create().await.unwrap().id];
    let error = executions.start(NAMESPACE, "job").idempotency_key("order-17").await.unwrap_err();
    if !error.to_string().contains(&format!("{}, {}", ids[0], ids[1])) {
        ids.reverse();
    }
    messages.check(error, &[(&ids[0], "ID1"), (&ids[1], "ID2")], "start: the outcome is unclear: company.team.job was started 2 times with the key `order-17` (ID1, ID2): choose one of them by its id");

    let folder = Folder::new("messages");
    folder.write("a.yml", "id: a\nnamespace: company.team\ntasks: nothing\n");
    folder.write("b.yml", "\n");
    let root = folder.path().display().to_string();
    let report = client.flows().sync(folder.path()).await.unwrap();
    messages.check(report.check().unwrap_err(), &[(&root, "FOLDER")], "sync: partial failure: 2 of 2 entries failed, nothing was changed; FOLDER/a.yml: invalid argument: source: Validation error: Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>`: a list was expected; FOLDER/b.yml: invalid argument: source: it is empty");
    let error = client.files().sync_up(NAMESPACE, folder.path().join("missing")).await.unwrap_err();
    messages.check(error, &[(&root, "FOLDER")], "sync_up: file error: FOLDER/missing can't be read: No such file or directory (os error 2): check the path and its permissions");
    let killed = executions.kill_executions_by_query().filter(Filter::namespace().equals(NAMESPACE));
    messages.check(killed.at_most(1).await.unwrap_err(), &[], "kill_executions_by_query (DELETE /api/v1/{tenant}/executions/kill/by-query): refused: the filters match more than `at_most(1)` allows, so nothing was done: narrow the filters or raise `at_most`");
    let error = client.triggers().disable(NAMESPACE, "job", "daily").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Status);
    messages.check(error, &[], "set_trigger_disabled (PUT /api/v1/{tenant}/triggers/set-disabled): 404 Not Found: Trigger [tenant=main, namespace=company.team, flow=job, trigger=daily] not found: check ids, namespace and tenant");
    messages.check(executions.wait("4xYkRyHSfWhzTRKWTMTeML").await.unwrap_err(), &[], "get_execution (GET /api/v1/{tenant}/executions/{executionId}): 404 Not Found (execution 4xYkRyHSfWhzTRKWTMTeML): check ids, namespace and tenant; if nothing at all is found, the server URL lacks its path prefix");
    assert!(messages.wrong.is_empty(), "{}", messages.wrong.join("\n"));
}
