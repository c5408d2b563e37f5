//! The code that the client promises to take: in [`as_designed`] as it is written in the design, which is compiled and never
//! run, and in tests with names and values that an embedded server has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use http::{Request, Response};
use jiff::Timestamp;
use kestra::layers::{AuthLayer, RetryLayer, ServerLayer, TimeoutLayer, TraceLayer};
use kestra::models::{ExecutionKind, FlowWithSource};
use kestra::operations::CreateFlow;
use kestra::{
    Auth, Body, BoxError, CallOptions, Client, FilePart, Proxy, Retry, Server, Servers, Target, Timeouts,
    Tls, Transport, Variable,
};
use kestra_testkit::RecordedRequest;
use tower::ServiceBuilder;
use tower::layer::util::Identity;
use tower::util::MapRequestLayer;

const YAML: &str = r#"
id: hello
namespace: company.team
inputs:
  - id: name
    type: STRING
  - id: report
    type: FILE
tasks:
  - id: a
    type: io.kestra.plugin.core.debug.Return
    format: "{{ inputs.name }}"
  - id: b
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.a.value }}"
"#;

/// What a flow of the caller has as outputs.
#[derive(serde::Deserialize)]
struct Report {}

/// The code of the design, word by word; that it compiles is what is tested.
#[allow(dead_code, unused_variables, unused_mut, clippy::large_futures, reason = "it is never called")]
#[rustfmt::skip]
async fn as_designed(
    token: &str,
    yaml: &str,
    url: &str,
    id: &str,
    servers: Servers,
    timestamp: Timestamp,
    my_layer: &'static Identity,
) -> Result<(), kestra::Error> {
    // 1. The short way. From the environment: KESTRA_URL, KESTRA_API_TOKEN | KESTRA_USERNAME + KESTRA_PASSWORD,
    //    KESTRA_TENANT_ID, KESTRA_API_VERSION (the names that Kestra's own tools use).
    let client = kestra::Client::from_env()?;
    let client = kestra::Client::builder()
        .server("https://kestra.example.com")           // or .servers([...]) with templates; a path prefix is fine
        .auth(Auth::bearer(token))                      // Auth::basic(user, password), Auth::provider(async source)
        .tenant("main")                                 // default tenant; every call can override it
        .timeouts(Timeouts::default().connect(Duration::from_secs(5)).total(Duration::from_mins(2)))
        .retry(Retry::standard().max_attempts(4))
        .layer(my_layer)                                // any tower::Layer, once per call
        .attempt_layer(my_layer)                        // any tower::Layer, once per attempt
        .build()?;                                      // needs no runtime

    let flow = client.flows().deploy(yaml).await?;                       // create or update, safely
    let finished = client.executions().run("company.team", "hello")      // start, follow, resume, end; FAILED is an Err
        .input("name", "value").input("dry_run", true).await?;
    let report: Report = finished.outputs_as()?;                          // the same on 1.x and 2.x

    let flow: FlowWithSource = client.flows().create_flow(yaml).await?;
    let execution = client.executions()
        .create_execution("company.team", "hello")
        .wait(true).label("team", "data").revision(3).schedule_date(timestamp).breakpoints(["a", "b"])
        .kind(ExecutionKind::Normal)
        .input("name", "value").input_file("report", FilePart::path("report.csv"))   // path: replayable; reader: sent once
        .tenant("acme")
        .await?;

    // 2. The full HTTP response, as the seed SDK's second return value. Errors carry the response as well.
    let response: http::Response<FlowWithSource> = client.flows().create_flow(yaml).send().await?;

    // 3. Per-call options, the seed SDK's context values.
    let options = CallOptions::new()
        .server_index(1)
        .server_variable("basePath", "v2")
        .operation_server_index("FlowsAPIService.CreateFlow", 2)
        .operation_server_variable("FlowsAPIService.CreateFlow", "port", "8443");
    client.with_options(options).flows().create_flow(yaml).await?;      // or .options(..) on one call

    // 4. Only the request: an operation is a builder of http::Request, usable with any HTTP stack.
    let request: http::Request<kestra::Body> = CreateFlow::new(yaml).tenant("main").into_request()?;       // newest route, origin form
    let request = CreateFlow::new(yaml).into_request_for(&Target::new(url).version("1.3.25").tenant("main"))?;   // absolute
    let response = client.request(request).await?;           // any request, also to routes we don't know, through the whole stack

    // 5. Your own stack, from the public layers.
    let service = ServiceBuilder::new()
        .layer(TraceLayer::call())
        .layer(TimeoutLayer::total(Duration::from_mins(2)))
        .layer(RetryLayer::new(Retry::standard()))
        .layer(TraceLayer::attempt())
        .layer(TimeoutLayer::attempt(Duration::from_secs(60)))
        .layer(ServerLayer::new(servers))
        .layer(AuthLayer::bearer(token))
        .service(Transport::builder().proxy(Proxy::from_env()?).tls(Tls::default().ca_file("ca.pem")).build()?);
    let client = kestra::Client::from_service(service);      // short for builder().service(..), which takes tenant, version, options;
                                                             // also service_fn(..), a mock, an axum router

    // 6. Streams, pages, waiting.
    let mut events = client.executions().follow_execution(id).stream();                  // Stream<Item = Result<Execution>>
    let mut flows = client.flows().search_flows().size(100).items();                     // .pages(), lazily
    let started = client.executions().start("company.team", "hello").await?;             // store started.id()
    let finished = started.wait().await?;                                                // or, in another process:
    let finished = client.executions().wait(id).await?;                                  // run() = start + wait
    Ok(())
}

/// Flows in Rust, as designed; `source` is that of the text and of the response.
#[allow(dead_code, clippy::large_futures, reason = "it is never called")]
#[rustfmt::skip]
async fn flows_as_designed(client: Client, source: &str, deployed: FlowWithSource) -> Result<(), BoxError> {
    use kestra::flow::{Flow, Input, Output, Task, Trigger, Edit};

    let name = Input::string("name").defaults("World");
    let answer = Task::returns("answer", "Hello {{ inputs.name }}").timeout(Duration::from_secs(90));
    let flow = Flow::new("company.team", "hello").label("team", "data")
        .output(Output::new("answer", "STRING", answer.output("value")))
        .input(name).task(answer)
        .task(Task::new("load", "io.kestra.plugin.jdbc.postgresql.Query").set("sql", "select 1"))   // any plugin, any field
        .trigger(Trigger::schedule("nightly", "0 3 * * *"));
    client.flows().deploy(&flow).await?;                       // whatever takes a source takes a flow: From<&Flow> for String
    let mut flow: Flow = deployed.source.parse()?;             // order and unknown fields kept
    flow.task_mut("answer")?.set("format", "Hi");
    let mut text = Edit::new(source);                          // the text itself: comments, blank lines and styles stay
    text.set(&["tasks", "answer", "format"], "Hi")?.append(&["tasks"], Task::log("done", "over"))?;
    Ok(())
}

async fn embedded() -> (kestra_testkit::TestServer, Client) {
    let server = kestra_testkit::TestServer::start().await.unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

fn last(server: &kestra_testkit::TestServer) -> RecordedRequest {
    server.requests().pop().unwrap()
}

#[tokio::test]
async fn the_short_way() -> Result<(), BoxError> {
    let server = kestra_testkit::TestServer::builder().token("token").start().await?;
    let token = "token";
    let my_layer = Identity::new();
    let client = kestra::Client::builder()
        .server(server.url())
        .auth(Auth::bearer(token))
        .tenant("main")
        .timeouts(Timeouts::default().connect(Duration::from_secs(5)).total(Duration::from_mins(2)))
        .retry(Retry::standard().max_attempts(4))
        .layer(my_layer)
        .attempt_layer(MapRequestLayer::new(|request: Request<Body>| request))
        .build()?;

    let yaml = YAML;
    let flow = client.flows().deploy(yaml).await?;
    assert_eq!(flow.revision, Some(1));
    client.flows().delete_flow("company.team", "hello").await?;

    let flow: FlowWithSource = client.flows().create_flow(yaml).await?;
    assert_eq!(flow.id, "hello");
    assert_eq!(last(&server).header("authorization"), Some("Bearer token"));
    Ok(())
}

/// Without a server of its own: no test may change the environment of the others.
#[test]
fn from_the_environment() {
    let _ = kestra::Client::from_env;
    let _ = |user: &str, password: &str| Auth::basic(user, password);
}

#[tokio::test]
async fn an_execution_with_every_parameter() -> Result<(), BoxError> {
    let (server, client) = embedded().await;
    for _ in 0..3 {
        client.flows().deploy(format!("{YAML}# {:?}\n", std::time::Instant::now())).await?;
    }
    let timestamp: Timestamp = "2020-01-02T03:04:05Z".parse()?;
    let report = std::env::temp_dir().join(format!("kestra-report-{}.csv", std::process::id()));
    std::fs::write(&report, "a,b\n")?;

    let execution = client
        .executions()
        .create_execution("company.team", "hello")
        .wait(true)
        .label("team", "data")
        .revision(3)
        .schedule_date(timestamp)
        .breakpoints(["c", "d"])
        .kind(ExecutionKind::Normal)
        .input("name", "value")
        .input_file("report", FilePart::path(&report))
        .tenant("main")
        .await?;
    std::fs::remove_file(&report)?;

    assert!(execution.state.is_some_and(|state| state.is_success()));
    assert_eq!(execution.flow_revision, Some(3));
    assert_eq!(execution.labels.get("team"), Some("data"));
    let request = last(&server);
    assert_eq!(request.path, "/api/v1/main/executions/company.team/hello");
    for (name, value) in [
        ("wait", "true"),
        ("labels", "team:data"),
        ("revision", "3"),
        ("scheduleDate", "2020-01-02T03:04:05Z"),
        ("breakpoints", "c,d"),
        ("kind", "NORMAL"),
    ] {
        assert_eq!(request.query_value(name), Some(value));
    }
    assert!(request.text().contains("a,b\n"), "{}", request.text());
    Ok(())
}

#[tokio::test]
async fn the_full_response() -> Result<(), BoxError> {
    let (_server, client) = embedded().await;
    let yaml = YAML;
    let response: http::Response<FlowWithSource> = client.flows().create_flow(yaml).send().await?;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.body().revision, Some(1));

    let error = client.flows().create_flow(yaml).await.unwrap_err();
    assert!(error.already_exists());
    let response = error.response().unwrap();
    assert_eq!(response.parts.headers["content-type"], "application/json");
    assert!(!response.body.is_empty());
    Ok(())
}

#[tokio::test]
async fn options_of_a_call() -> Result<(), BoxError> {
    let (server, _) = embedded().await;
    let port = server.address().port().to_string();
    let servers = Servers::new(["http://127.0.0.1:9", "http://127.0.0.1:9"]).operation(
        "FlowsAPIService.CreateFlow",
        [
            Server::new("http://127.0.0.1:9"),
            Server::new("http://127.0.0.1:9"),
            Server::new("http://127.0.0.1:{port}/{basePath}")
                .variable("port", Variable::new("8443"))
                .variable("basePath", Variable::new("")),
        ],
    );
    let client = Client::builder().servers(servers).build()?;
    let yaml = YAML;

    let options = CallOptions::new()
        .server_index(1)
        .server_variable("basePath", "v2")
        .operation_server_index("FlowsAPIService.CreateFlow", 2)
        .operation_server_variable("FlowsAPIService.CreateFlow", "port", &port);
    client.with_options(options.clone()).flows().create_flow(yaml).await?;
    assert_eq!(last(&server).path, "/api/v1/main/flows");

    let error = client.flows().create_flow(yaml).options(options).await.unwrap_err();
    assert!(error.already_exists(), "{error}");
    Ok(())
}

#[tokio::test]
async fn only_the_request() -> Result<(), BoxError> {
    let (server, client) = embedded().await;
    let yaml = YAML;
    let request: http::Request<kestra::Body> = CreateFlow::new(yaml).tenant("main").into_request()?;
    assert_eq!(request.uri(), "/api/v1/main/flows");
    let url = server.url();
    let request_for =
        CreateFlow::new(yaml).into_request_for(&Target::new(url).version("1.3.25").tenant("main"))?;
    assert_eq!(request_for.uri().to_string(), format!("{url}/api/v1/main/flows"));

    let response = client.request(request).await?;
    assert_eq!(response.status(), 200);
    assert!(response.into_body().as_bytes().is_some());

    // A route that we don't know.
    let request = Request::get("/api/v1/main/flows/company.team/hello").body(Body::empty())?;
    assert_eq!(client.request(request).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_stack_of_ones_own() -> Result<(), BoxError> {
    let server = kestra_testkit::TestServer::builder().token("token").start().await?;
    let (servers, token) = (server.url(), "token");
    let service = ServiceBuilder::new()
        .layer(TraceLayer::call())
        .layer(TimeoutLayer::total(Duration::from_mins(2)))
        .layer(RetryLayer::new(Retry::standard()))
        .layer(TraceLayer::attempt())
        .layer(TimeoutLayer::attempt(Duration::from_secs(60)))
        .layer(ServerLayer::new(servers))
        .layer(AuthLayer::bearer(token))
        .service(Transport::builder().proxy(Proxy::from_env()?).tls(Tls::default()).build()?);
    let client = kestra::Client::from_service(service.clone());
    client.flows().create_flow(YAML).await?;

    let client = Client::builder().service(service).tenant("main").build()?;
    let flow = client.flows().get_flow("company.team", "hello").await?;
    assert_eq!(flow.source, YAML);
    Ok(())
}

#[tokio::test]
async fn a_function_for_a_server() -> Result<(), BoxError> {
    let client = Client::from_service(tower::service_fn(|request: Request<Body>| async move {
        let body =
            format!(r#"{{"id":"hello","namespace":"company.team","description":"{}"}}"#, request.uri());
        Ok::<_, std::convert::Infallible>(Response::new(Body::from(body)))
    }));
    let flow = client.flows().create_flow(YAML).await?;
    assert_eq!(flow.description.as_deref(), Some("/api/v1/main/flows"));
    Ok(())
}

/// A file with certificates is read when the client is built.
#[test]
fn a_ca_of_ones_own() {
    let missing = std::env::temp_dir().join("no-such-ca.pem");
    let error = Transport::builder().tls(Tls::default().ca_file(&missing)).build().unwrap_err();
    assert!(error.to_string().contains("no-such-ca.pem"), "{error}");
}
