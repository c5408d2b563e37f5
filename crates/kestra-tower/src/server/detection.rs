//! Detects the version of a server.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::response::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body as HttpBody;
use kestra_core::internal::{ACCEPT_JSON, BaseUrl, Collector, json, set_header};
use kestra_core::{
    Body, BoxError, CallContext, ClientEvent, Error, ErrorKind, ErrorResponse, RequestSent, TimeoutPhase,
    Version, object,
};
use tokio::time::{Instant, timeout};
use tower_service::Service;

use super::endpoint::trusted;
use super::layer::Settings;
use crate::connect_to::{set_address, set_detection};
use crate::oneshot::Oneshot;

const PATH: &str = "/api/v1/configs";

/// More than any server's configuration has, in bytes.
const LIMIT: usize = 1024 * 1024;

/// How much longer than the limit of a detection another call waits before it starts its own.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Configuration {
    version: String,
}

object! {
    Configuration {
        0 version = "version",
    }
}

/// Marks the context of a call as waiting for the version, until dropped.
struct Detecting<'a>(&'a CallContext);

impl<'a> Detecting<'a> {
    fn begin(context: &'a CallContext) -> Self {
        context.depart();
        context.set_detecting_version(true);
        Self(context)
    }
}

impl Drop for Detecting<'_> {
    fn drop(&mut self) {
        self.0.set_detecting_version(false);
    }
}

/// Returns the version of a request's server, which one of the calls that need it at the same time detects.
pub(super) async fn detect<S, B>(
    service: S,
    request: &Request<Body>,
    base: &BaseUrl,
    settings: &Settings,
) -> Result<Version, Error>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    let context = CallContext::of(request);
    let _detecting = context.map(Detecting::begin);
    let (limit, trusted) = (settings.version_timeout, trusted(settings, request));
    let probe = async {
        let begun = Instant::now();
        let result = probe(service, base, headers(request), context, limit).await;
        if let Some(observer) = &settings.observer {
            let (result, duration) = (result.as_ref().copied(), begun.elapsed());
            observer.tell(&ClientEvent::VersionProbe { result, duration });
        }
        result
    };
    let version = settings.versions.get_or_detect(base, trusted, limit.saturating_add(GRACE), probe).await;
    version.map_err(|cause| {
        if let (Some(context), ErrorKind::Timeout(_)) = (context, cause.kind()) {
            context.set_timed_out();
        }
        failure(cause).with_operation(context.and_then(CallContext::operation))
    })
}

/// The headers of the request: those that the caller sets for all calls, since a gateway may require them.
fn headers(request: &Request<Body>) -> HeaderMap {
    let context = CallContext::of(request);
    let mut headers =
        context.and_then(|context| context.options().get_headers()).cloned().unwrap_or_default();
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    set_header(&mut headers, ACCEPT, HeaderValue::from_static(ACCEPT_JSON));
    if let Some(credentials) = request.headers().get(AUTHORIZATION) {
        set_header(&mut headers, AUTHORIZATION, credentials.clone());
    }
    headers
}

/// Sends `GET /api/v1/configs`; the limit is for all of it, from readiness to the last byte of the body.
async fn probe<S, B>(
    service: S,
    base: &BaseUrl,
    headers: HeaderMap,
    call: Option<&CallContext>,
    limit: Duration,
) -> Result<Version, Error>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = base.join(request.method(), PathAndQuery::from_static(PATH))?;
    *request.headers_mut() = headers;
    set_address(&mut request, base);
    set_detection(&mut request, call);
    let response = async {
        let response = Oneshot::new(service, request).await.map_err(Error::from_boxed)?;
        let (parts, body) = response.into_parts();
        let mut collector = Collector::new(LIMIT);
        match collector.read(body).await {
            Ok(true) => version_in(parts, collector.take()),
            Ok(false) => {
                Err(Error::new(ErrorKind::Decode, format!("the response has more than {LIMIT} bytes")))
            }
            Err(problem) => Err(Error::from_boxed(problem.into())),
        }
    };
    timeout(limit, response).await.unwrap_or_else(|_| {
        let message = format!("no response within {limit:?}");
        Err(Error::new(ErrorKind::Timeout(TimeoutPhase::VersionProbe), message))
    })
}

fn version_in(parts: Parts, bytes: Bytes) -> Result<Version, Error> {
    if !parts.status.is_success() {
        return Err(Error::from_response(ErrorResponse::new(parts, bytes)));
    }
    let configuration: Option<Configuration> = json::from_slice(&bytes).ok();
    configuration.and_then(|configuration| Version::reported(&configuration.version)).ok_or_else(|| {
        let error = Error::new(ErrorKind::Decode, "the response has no version");
        error.with_response(ErrorResponse::new(parts, bytes))
    })
}

/// Returns the error of a call whose server's version can't be detected. Nothing of the call was sent.
fn failure(cause: Arc<Error>) -> Error {
    let message = format!("{} while detecting the server version (GET {PATH})", cause.summary());
    let (kind, response, is_permanent) = (cause.kind(), cause.response().cloned(), cause.is_permanent());
    // A failure of credentials, a proxy or TLS would also be one of the call.
    let is_shared =
        matches!(kind, ErrorKind::Auth | ErrorKind::Proxy | ErrorKind::Tls) || cause.is_unauthorized();
    let hint = cause.hint().filter(|_| is_shared);
    let mut error = Error::from_source(kind, cause).with_message(message).with_version_detection();
    if let Some(response) = response {
        error = error.with_response(response);
    }
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    if is_permanent {
        error = error.with_transient(false);
    }
    error.with_request_sent(RequestSent::No)
}
