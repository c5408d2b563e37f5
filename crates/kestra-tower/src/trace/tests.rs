use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderValue, Request};
use kestra_core::{Body, CallOptions, ErrorKind, RequestSent, Retry, Version};
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::TraceLayer;
use crate::test_support::{MOVED, Peer, READ, Reply, fail, request, request_with, status};
use crate::{RetryLayer, ServerLayer};

/// Remembers spans and what they are told.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[derive(Clone, Debug)]
struct Span {
    target: &'static str,
    level: Level,
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
    closed: bool,
}

/// The place of a span in the list.
struct Place(usize);

impl Span {
    fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl<S> Layer<S> for Collector
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut seen = Span {
            target: span.metadata().target(),
            level: *span.metadata().level(),
            parent: span.parent().map(|parent| parent.metadata().target()),
            fields: BTreeMap::new(),
            closed: false,
        };
        attributes.record(&mut seen);
        let mut spans = self.0.lock().unwrap();
        span.extensions_mut().insert(Place(spans.len()));
        spans.push(seen);
    }
    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let place = context.span(id).unwrap().extensions().get::<Place>().unwrap().0;
        values.record(&mut self.0.lock().unwrap()[place]);
    }
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let place = context.span(&id).unwrap().extensions().get::<Place>().unwrap().0;
        self.0.lock().unwrap()[place].closed = true;
    }
}

fn listen() -> (Collector, DefaultGuard) {
    let collector = Collector::default();
    let filter = tracing_subscriber::filter::filter_fn(|metadata| metadata.target().starts_with("kestra::"));
    let subscriber = tracing_subscriber::registry().with(collector.clone().with_filter(filter));
    crate::test_support::keep_asking();
    (collector, tracing::subscriber::set_default(subscriber))
}

impl Collector {
    fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_and_its_attempts_have_spans_with_the_names_of_opentelemetry() {
    let (collector, _guard) = listen();
    let service = ServiceBuilder::new()
        .layer(TraceLayer::call())
        .layer(RetryLayer::new(Retry::standard()))
        .layer(TraceLayer::attempt())
        .layer(ServerLayer::new("https://kestra.example.com/prefix"))
        .service(Peer::new([status(503), status(404)]));
    service.oneshot(request(&READ)).await.unwrap();

    let spans = collector.spans();
    let [call, first, second] = &spans[..] else { panic!("{spans:#?}") };
    assert!(spans.iter().all(|span| span.closed && span.level == Level::DEBUG));
    assert_eq!((call.target, call.parent), ("kestra::call", None));
    assert_eq!(call.get("otel.name"), Some("get_flow"));
    assert_eq!(call.get("otel.kind"), Some("internal"));
    assert_eq!(call.get("kestra.attempts"), Some("2"));
    for span in &spans {
        assert_eq!(span.get("http.request.method"), Some("GET"));
        assert_eq!(span.get("url.template"), Some("/api/v1/{tenant}/flows/{id}"));
        assert!(span.get("kestra.duration_ms").is_some() && span.get("kestra.cancelled").is_none());
        assert_eq!(span.get("otel.status_code"), Some("ERROR"));
    }
    for attempt in [first, second] {
        assert_eq!((attempt.target, attempt.parent), ("kestra::attempt", Some("kestra::call")));
        assert_eq!(attempt.get("otel.name"), Some("GET /api/v1/{tenant}/flows/{id}"));
        assert_eq!(attempt.get("otel.kind"), Some("client"));
        assert_eq!(attempt.get("server.address"), Some("kestra.example.com"));
        assert_eq!(attempt.get("server.port"), Some("443"));
        assert_eq!(attempt.get("network.protocol.version"), Some("1.1"));
    }
    assert_eq!(
        (first.get("http.request.resend_count"), second.get("http.request.resend_count")),
        (None, Some("1"))
    );
    assert_eq!((first.get("http.response.status_code"), first.get("error.type")), (Some("503"), Some("503")));
    assert_eq!((call.get("http.response.status_code"), call.get("error.type")), (Some("404"), Some("404")));
    assert!(!format!("{spans:?}").contains("private-id"), "{spans:#?}");
}

#[tokio::test]
async fn errors_have_a_type_and_success_has_none() {
    for (reply, expected) in [
        (status(200), None),
        (fail(ErrorKind::Connect, RequestSent::No), Some("connect")),
        (fail(ErrorKind::Tls, RequestSent::No), Some("tls")),
        (Reply::Fail("private".into()), Some("_OTHER")),
    ] {
        let (collector, _guard) = listen();
        let _ = TraceLayer::attempt().layer(Peer::new([reply])).oneshot(request(&READ)).await;
        let span = &collector.spans()[0];
        assert_eq!(
            (span.get("error.type"), span.get("otel.status_code")),
            (expected, expected.map(|_| "ERROR"))
        );
        assert!(!format!("{span:?}").contains("private"));
    }
}

#[tokio::test]
async fn the_route_of_an_older_server_is_told() {
    let (collector, _guard) = listen();
    let service = ServiceBuilder::new()
        .layer(TraceLayer::attempt())
        .layer(ServerLayer::new("http://kestra:8080").api_version(Version::OLDEST))
        .service(Peer::default());
    service.oneshot(request(&MOVED)).await.unwrap();
    let span = &collector.spans()[0];
    assert_eq!(span.get("http.request.method"), Some("PUT"));
    assert_eq!(span.get("url.template"), Some("/api/v1/{tenant}/flows/{id}/old"));
    assert_eq!(span.get("otel.name"), Some("PUT /api/v1/{tenant}/flows/{id}/old"));
    assert_eq!(span.get("server.port"), Some("8080"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_says_so() {
    let (collector, _guard) = listen();
    let service = TraceLayer::call().layer(Peer::new([Reply::Never]));
    let call = tokio::time::timeout(Duration::from_secs(2), service.oneshot(request(&READ)));
    assert!(call.await.is_err());
    let span = &collector.spans()[0];
    assert!(span.closed);
    assert_eq!(span.get("kestra.cancelled"), Some("true"));
    assert_eq!(span.get("kestra.duration_ms").map(|time| time.starts_with("200")), Some(true));
}

#[tokio::test]
async fn a_request_without_a_context_shows_no_path() {
    let (collector, _guard) = listen();
    let asked = Request::post("https://kestra:8443/secret-path?token=secret").body(Body::empty()).unwrap();
    TraceLayer::call().layer(TraceLayer::attempt().layer(Peer::default())).oneshot(asked).await.unwrap();
    let spans = collector.spans();
    assert_eq!(spans.iter().map(|span| span.get("otel.name")).collect::<Vec<_>>(), [Some("POST"); 2]);
    assert_eq!((spans[1].get("server.address"), spans[1].get("server.port")), (Some("kestra"), Some("8443")));
    assert!(!format!("{spans:?}").contains("secret"));
}

#[tokio::test]
async fn the_trace_is_passed_on_if_asked() {
    let layer = || {
        TraceLayer::attempt().propagate(|headers| {
            let name = tracing::Span::current().metadata().map_or("none", |metadata| metadata.target());
            headers.insert("traceparent", HeaderValue::from_static(name));
        })
    };
    let peer = Peer::default();
    layer().layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
    let (_collector, _guard) = listen();
    layer().layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
    TraceLayer::attempt().layer(peer.clone()).oneshot(request_with(&READ, CallOptions::new())).await.unwrap();
    let parents: Vec<_> = peer.seen().iter().map(|seen| seen.headers.get("traceparent").cloned()).collect();
    let is = |name| Some(HeaderValue::from_static(name));
    assert_eq!(parents, [is("none"), is("kestra::attempt"), None]);
}
