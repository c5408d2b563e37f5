//! The trace context that a request carries is that of its attempt's span.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use kestra::http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use kestra::{Body, Client};
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower::service_fn;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Registry};

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        let (name, value) = (HeaderName::try_from(key).unwrap(), HeaderValue::try_from(value).unwrap());
        self.0.insert(name, value);
    }
}

/// The `traceparent` of the current span.
fn current() -> String {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    format!("00-{}-{}-01", span.trace_id(), span.span_id())
}

#[tokio::test]
async fn each_attempt_sends_the_context_of_its_own_span() {
    let provider = SdkTracerProvider::builder().build();
    let subscriber = Registry::default()
        .with(EnvFilter::new("info,kestra=debug"))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")));
    let _guard = tracing::subscriber::set_default(subscriber);

    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&attempts);
    let transport = service_fn(move |request: Request<Body>| {
        let mut seen = seen.lock().unwrap();
        seen.push((request.headers()["traceparent"].to_str().unwrap().to_owned(), current()));
        let response = Response::builder().status(if seen.len() == 1 { 503 } else { 200 });
        std::future::ready(Ok::<_, Infallible>(response.body(Body::from(r#"{"id":"hello"}"#)).unwrap()))
    });
    let client = Client::builder()
        .server("https://kestra.example.com")
        .propagate_trace(|headers| {
            TraceContextPropagator::new().inject_context(&Span::current().context(), &mut Headers(headers));
        })
        .transport(transport)
        .build()
        .unwrap();
    let work = tracing::info_span!("work");
    let outer = work.in_scope(current);
    async { client.flows().get_flow("company.team", "hello").await }.instrument(work).await.unwrap();

    let attempts = attempts.lock().unwrap();
    assert_eq!(attempts.len(), 2);
    for (sent, own) in attempts.iter() {
        assert_eq!(sent, own);
        assert_ne!(sent, &outer);
        assert_eq!(sent[..36], outer[..36], "one trace");
    }
    assert_ne!(attempts[0].0, attempts[1].0);
}
