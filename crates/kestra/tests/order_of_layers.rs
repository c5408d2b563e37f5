//! The order of layers that `ClientBuilder` documents, seen by recording layers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Request, Response};
use kestra::layers::{CallContext, CallService};
use kestra::{Auth, Body, BoxError, Client, ErrorKind, Filter, Retry, TimeoutPhase, Timeouts};
use kestra_testkit::{Fault, TestServer};
use support::Traces;
use tower::layer::layer_fn;
use tower::service_fn;
use tower::util::MapRequestLayer;
use tracing::Span;
use tracing_subscriber::layer::SubscriberExt as _;

/// What layers saw, one line each.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn layer(
        &self,
        name: &'static str,
    ) -> MapRequestLayer<impl Fn(Request<Body>) -> Request<Body> + Clone + use<>> {
        let seen = self.clone();
        MapRequestLayer::new(move |request: Request<Body>| {
            let context = CallContext::of(&request);
            let span = Span::current().metadata().map_or("none", |metadata| metadata.target());
            let target = if request.uri().scheme().is_some() { "absolute" } else { "path" };
            let credentials = request.headers().contains_key(AUTHORIZATION);
            let deadline = context.is_some_and(|context| context.deadline().is_some());
            let path = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            seen.0.lock().unwrap().push(format!(
                "{name}: {path}, span {span}, {target}, credentials {credentials}, deadline {deadline}, attempts {}",
                context.map_or(0, CallContext::attempts),
            ));
            request
        })
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Called first by every test: whether a span is wanted is remembered for all threads, also if one without a listener asks.
fn listening() -> (Traces, tracing::subscriber::DefaultGuard) {
    let traces = Traces::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    (traces, guard)
}

#[tokio::test]
async fn each_layer_is_in_its_place() {
    let (traces, _guard) = listening();
    let server = TestServer::builder().token("token").start().await.unwrap();
    server.fail(Fault::status(503).on("GET", "/api/v1/{tenant}/namespaces/search"));
    let seen = Seen::default();
    let client = Client::builder()
        .server(server.url())
        .auth(Auth::bearer("token"))
        .retry(Retry::standard().backoff(Duration::from_millis(1), Duration::from_millis(1)))
        .layer(seen.layer("call layer 1"))
        .layer(seen.layer("call layer 2"))
        .attempt_layer(seen.layer("attempt layer 1"))
        .attempt_layer(seen.layer("attempt layer 2"))
        .build()
        .unwrap();

    // Only some versions know filters here, so the version is asked.
    client.namespaces().search_namespaces().filter(Filter::query("company")).await.unwrap();

    let call = "search, span kestra::call, path, credentials false, deadline true, attempts 0";
    let first = "search, span kestra::attempt, absolute, credentials true, deadline true, attempts 1";
    let second = "search, span kestra::attempt, absolute, credentials true, deadline true, attempts 2";
    let mut seen = seen.take();
    // The question for the version goes through everything below the layer that asks.
    let question: Vec<_> = seen.extract_if(.., |line| line.contains(": configs,")).collect();
    assert_eq!(
        question,
        [
            "attempt layer 1: configs, span kestra::attempt, absolute, credentials true, deadline false, attempts 0",
            "attempt layer 2: configs, span kestra::attempt, absolute, credentials true, deadline false, attempts 0",
        ]
    );
    assert_eq!(
        seen,
        [
            format!("call layer 1: {call}"),
            format!("call layer 2: {call}"),
            format!("attempt layer 1: {first}"),
            format!("attempt layer 2: {first}"),
            format!("attempt layer 1: {second}"),
            format!("attempt layer 2: {second}"),
        ]
    );

    let calls = traces.of("kestra::call");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].fields["kestra.attempts"], "2");
    let attempts = traces.of("kestra::attempt");
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    for (attempt, status) in attempts.iter().zip(["503", "200"]) {
        assert_eq!(attempt.parent.as_deref(), Some("kestra::call"));
        assert_eq!(attempt.fields["http.response.status_code"], status);
    }
    assert!(!traces.all().contains("token"));
}

#[tokio::test]
async fn the_limit_of_an_attempt_is_inside_its_span_and_around_the_server_layer() {
    let (traces, _guard) = listening();
    let server = TestServer::start().await.unwrap();
    // The question for the version never gets an answer.
    server.fail(Fault::hang().on("GET", "/api/v1/configs").always());
    let client = Client::builder()
        .server(server.url())
        .retry(Retry::none())
        .timeouts(Timeouts::default().attempt(Duration::from_millis(50)))
        .build()
        .unwrap();

    let error = client.namespaces().search_namespaces().filter(Filter::query("company")).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::VersionProbe), "{error}");
    assert_eq!(traces.of("kestra::attempt")[0].fields["error.type"], "timeout");
    assert_eq!(traces.of("kestra::call")[0].fields["error.type"], "timeout");
}

#[tokio::test]
async fn retry_is_around_the_limit_of_an_attempt() {
    let _listening = listening();
    let server = TestServer::start().await.unwrap();
    server.fail(Fault::hang());
    let client = Client::builder()
        .server(server.url())
        .timeouts(Timeouts::default().attempt(Duration::from_millis(50)))
        .build()
        .unwrap();
    client.flows().search_flows().await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn the_limit_of_a_call_is_around_call_layers() {
    let (traces, _guard) = listening();
    let server = TestServer::start().await.unwrap();
    let stalled = layer_fn(|_: CallService| {
        service_fn(|_: Request<Body>| pending::<Result<Response<Body>, BoxError>>())
    });
    let client = Client::builder()
        .server(server.url())
        .timeouts(Timeouts::default().total(Duration::from_millis(50)))
        .layer(stalled)
        .build()
        .unwrap();

    let error = client.flows().search_flows().await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Total), "{error}");
    assert!(server.requests().is_empty());
    assert_eq!(traces.of("kestra::call")[0].fields["error.type"], "timeout");
}
