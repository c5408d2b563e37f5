//! What is written into a span, and when.

use std::fmt;

use http::{Method, Request, StatusCode, Version};
use kestra_core::internal::BaseUrl;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, Route};
use tokio::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Level, Span};

use super::layer::Scope;

const CALL: &str = "kestra::call";
const ATTEMPT: &str = "kestra::attempt";

/// A span, and the result that it still waits for.
pub(super) struct Recorder {
    span: Span,
    running: Option<Running>,
}

struct Running {
    since: Instant,
    /// Of a call, which tells the number of attempts at the end.
    context: Option<CallContext>,
}

impl Recorder {
    /// Begins a span for a request, if anybody listens.
    ///
    /// It is boxed, since most calls have none and should not be larger for it.
    pub(super) fn start(scope: Scope, request: &Request<Body>) -> Option<Box<Self>> {
        let listening = match scope {
            Scope::Call => tracing::enabled!(target: CALL, Level::DEBUG),
            Scope::Attempt => tracing::enabled!(target: ATTEMPT, Level::DEBUG),
        };
        if !listening {
            return None;
        }
        let context = CallContext::of(request);
        let span = match scope {
            Scope::Call => call_span(request, context),
            Scope::Attempt => attempt_span(request, context),
        };
        let context = match scope {
            Scope::Call => context.cloned(),
            Scope::Attempt => None,
        };
        Some(Box::new(Self { span, running: Some(Running { since: Instant::now(), context }) }))
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Records the response: the status, and the protocol of an attempt.
    pub(super) fn responded(&mut self, status: StatusCode, version: Version) {
        let Some(running) = self.running.take() else { return };
        self.span.record("http.response.status_code", i64::from(status.as_u16()));
        if let Some(version) = protocol_version(version) {
            self.span.record("network.protocol.version", version);
        }
        if status.is_client_error() || status.is_server_error() {
            self.span.record("error.type", status.as_str());
            self.span.record("otel.status_code", "ERROR");
        }
        self.end(&running);
    }

    /// Writes the error's kind down, and its status if it has one.
    pub(super) fn failed(&mut self, error: &BoxError) {
        let Some(running) = self.running.take() else { return };
        match error.downcast_ref::<Error>() {
            Some(error) => {
                if let Some(status) = error.status() {
                    self.span.record("http.response.status_code", i64::from(status.as_u16()));
                }
                match (error.kind(), error.status()) {
                    (ErrorKind::Status, Some(status)) => self.span.record("error.type", status.as_str()),
                    (kind, _) => self.span.record("error.type", kind.error_type()),
                };
            }
            None => {
                self.span.record("error.type", "_OTHER");
            }
        }
        self.span.record("otel.status_code", "ERROR");
        self.end(&running);
    }

    fn end(&self, running: &Running) {
        self.span.record("kestra.duration_ms", running.since.elapsed().as_secs_f64() * 1000.0);
        if let Some(context) = &running.context {
            self.span.record("kestra.attempts", i64::from(context.attempts()));
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.span.record("kestra.cancelled", true);
            self.end(&running);
        }
    }
}

fn call_span(request: &Request<Body>, context: Option<&CallContext>) -> Span {
    let operation = context.and_then(CallContext::operation);
    let span = tracing::debug_span!(
        target: CALL,
        "call",
        otel.name = operation.map_or(request.method().as_str(), |operation| operation.name),
        otel.kind = "internal",
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        url.template = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
        kestra.attempts = Empty,
        kestra.cancelled = Empty,
        kestra.duration_ms = Empty,
    );
    if let Some(route) = operation.and_then(|operation| operation.newest_route()) {
        span.record("url.template", route.path);
    }
    span
}

fn attempt_span(request: &Request<Body>, context: Option<&CallContext>) -> Span {
    let route = context.and_then(CallContext::operation).and_then(|operation| operation.newest_route());
    let method = request.method();
    let span = tracing::debug_span!(
        target: ATTEMPT,
        "attempt",
        otel.name = display(SpanName { method, template: route.map(|route| route.path) }),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        url.template = Empty,
        server.address = Empty,
        server.port = Empty,
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        network.protocol.version = Empty,
        error.type = Empty,
        kestra.cancelled = Empty,
        kestra.duration_ms = Empty,
    );
    if let Some(route) = route {
        span.record("url.template", route.path);
    }
    if let Some(resent) =
        context.and_then(|context| context.attempts().checked_sub(1)).filter(|resent| *resent > 0)
    {
        span.record("http.request.resend_count", resent);
    }
    if let (Some(scheme), Some(host)) = (request.uri().scheme_str(), request.uri().host()) {
        record_address(&span, scheme, host, request.uri().port_u16());
    }
    span
}

/// The name that OpenTelemetry wants for an HTTP request.
struct SpanName<'a> {
    method: &'a Method,
    template: Option<&'a str>,
}

impl fmt::Display for SpanName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.as_str())?;
        match self.template {
            Some(template) => write!(f, " {template}"),
            None => Ok(()),
        }
    }
}

/// Writes the server into the span of the attempt, which began before it was known.
pub(crate) fn record_server(base: &BaseUrl) {
    if tracing::enabled!(target: ATTEMPT, Level::DEBUG) {
        let authority = base.authority();
        record_address(&Span::current(), base.scheme().as_str(), authority.host(), authority.port_u16());
    }
}

/// Writes the route into the span of the attempt, if the server's version has another than the newest.
pub(crate) fn record_route(route: &Route) {
    if tracing::enabled!(target: ATTEMPT, Level::DEBUG) {
        let span = Span::current();
        let method = &route.method();
        span.record("http.request.method", method.as_str());
        span.record("url.template", route.path);
        span.record("otel.name", display(SpanName { method, template: Some(route.path) }));
    }
}

fn record_address(span: &Span, scheme: &str, host: &str, port: Option<u16>) {
    span.record("server.address", host);
    span.record("server.port", i64::from(port.unwrap_or(if scheme == "https" { 443 } else { 80 })));
}

fn protocol_version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        _ => None,
    }
}
