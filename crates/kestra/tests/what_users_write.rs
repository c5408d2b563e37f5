//! The code that the client promises to take, as it is written in its design.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use http::{Request, Response};
use jiff::Timestamp;
use kestra::models::{ExecutionKind, FlowWithSource};
use kestra::operations::CreateFlow;
use kestra::{
    Auth, AuthLayer, Body, BoxError, CallOptions, Client, FilePart, Proxy, Retry, RetryLayer, Server,
    ServerLayer, Servers, Target, TimeoutLayer, Timeouts, Tls, TraceLayer, Transport, Variable,
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

async fn embedded() -> (kestra_testkit::Server, Client) {
    let server = kestra_testkit::Server::start().await.unwrap();
    let client = Client::builder().server(server.url()).build().unwrap();
    (server, client)
}

fn last(server: &kestra_testkit::Server) -> RecordedRequest {
    server.requests().pop().unwrap()
}

#[tokio::test]
async fn the_short_way() -> Result<(), BoxError> {
    let server = kestra_testkit::Server::builder().token("token").start().await?;
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
    assert_eq!(flow.id.as_deref(), Some("hello"));
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
    let server = kestra_testkit::Server::builder().token("token").start().await?;
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
    assert_eq!(flow.source.as_deref(), Some(YAML));
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
