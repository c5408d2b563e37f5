//! Finding out a server's version, together with the other calls that need it now.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body as HttpBody;
use kestra_core::internal::{BaseUrl, set_header};
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, RequestSent, Version};
use tokio::time::timeout;
use tower_service::Service;

use super::endpoint::{make_absolute, name, route, trusted};
use super::future::VersionCheck;
use super::layer::Settings;
use super::probe::{PATH, probe};
use crate::shared_error::SharedError;

/// How much longer than the limit of a detection another call waits before it starts its own.
const GRACE: Duration = Duration::from_secs(1);

/// A call that waits for the version of its server.
pub(super) type Lookup<S> = Pin<Box<dyn Future<Output = Result<Found<S>, Error>> + Send>>;

/// The call, ready to be sent.
pub(super) struct Found<S> {
    pub(super) service: S,
    pub(super) request: Request<Body>,
    pub(super) watch: VersionCheck<S>,
}

/// Marks the context of a call as waiting for the version, until dropped.
struct Detecting(Option<CallContext>);

impl Detecting {
    fn begin(request: &Request<Body>) -> Self {
        let context = CallContext::of(request).cloned();
        if let Some(context) = &context {
            context.set_detecting_version(true);
        }
        Self(context)
    }
}

impl Drop for Detecting {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.set_detecting_version(false);
        }
    }
}

/// Detects the version and creates the request for it.
pub(super) async fn look_up<S, B>(
    service: S,
    mut request: Request<Body>,
    base: BaseUrl,
    settings: Arc<Settings>,
) -> Result<Found<S>, Error>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    let detecting = Detecting::begin(&request);
    let probe = Probe { headers: headers(&request), trusted: trusted(&settings, &request) };
    let version = match version(service.clone(), probe, &base, &settings).await {
        Ok(version) => version,
        Err(cause) => {
            let context = CallContext::of(&request);
            if let (Some(context), ErrorKind::Timeout(_)) = (context, cause.kind()) {
                context.set_timed_out();
            }
            return Err(name(failure(cause), context.and_then(CallContext::operation)));
        }
    };
    drop(detecting);
    let watch = VersionCheck::new(&settings, &base, &service, &request, version);
    route(&mut request, version)?;
    make_absolute(&mut request, &base)?;
    Ok(Found { service, request, watch })
}

/// The detection that a call requests.
struct Probe {
    headers: HeaderMap,
    /// How old a cached version may be.
    trusted: Duration,
}

/// Returns the version, which one of the waiting calls detects; they also share its failure.
async fn version<S, B>(
    service: S,
    Probe { headers, trusted }: Probe,
    base: &BaseUrl,
    settings: &Settings,
) -> Result<Version, Arc<Error>>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    let question = settings.versions.question(base);
    let failures = question.failures();
    let limit = settings.version_timeout.saturating_add(GRACE);
    let probe_lock = loop {
        let lock = question.lock();
        match timeout(limit, Arc::clone(&lock).lock_owned()).await {
            Ok(probe_lock) => break probe_lock,
            // Longer than any detection that is polled takes: the call that holds the lock is neither polled nor dropped.
            Err(_) => question.replace(&lock),
        }
    };
    if let Some(version) = settings.versions.get(base, trusted) {
        return Ok(version);
    }
    if let Some(error) = question.failure_after(failures) {
        return Err(error);
    }
    let answer = probe(service, base, headers, settings.version_timeout).await;
    let answer = match answer {
        Ok(version) => {
            settings.versions.set(base, version);
            Ok(version)
        }
        Err(error) => Err(question.fail(error)),
    };
    // Unlock only now, so that the other calls find the result.
    drop(probe_lock);
    answer
}

/// What the question is sent with: the headers that the caller gives all calls, since a gateway may want them.
fn headers(request: &Request<Body>) -> HeaderMap {
    let mut headers = CallContext::of(request)
        .and_then(|context| context.options().get_headers())
        .cloned()
        .unwrap_or_default();
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    set_header(&mut headers, ACCEPT, HeaderValue::from_static(kestra_core::internal::ACCEPT_JSON));
    if let Some(credentials) = request.headers().get(AUTHORIZATION) {
        set_header(&mut headers, AUTHORIZATION, credentials.clone());
    }
    headers
}

/// The error of a call whose server doesn't tell its version. Nothing of the call was sent.
fn failure(cause: Arc<Error>) -> Error {
    let message = format!("{} while detecting the server version (GET {PATH})", cause.summary());
    let (kind, response, is_permanent) = (cause.kind(), cause.response().cloned(), cause.is_permanent());
    // A failure of credentials, a proxy or TLS would also be one of the call.
    let is_shared =
        matches!(kind, ErrorKind::Auth | ErrorKind::Proxy | ErrorKind::Tls) || cause.is_unauthorized();
    let hint = cause.hint().filter(|_| is_shared);
    let mut error =
        Error::from_source(kind, SharedError::new(cause)).with_message(message).with_version_detection();
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
