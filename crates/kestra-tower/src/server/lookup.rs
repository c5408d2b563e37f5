//! Finding out a server's version, together with the other calls that need it now.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Buf;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body as HttpBody;
use kestra_core::{BaseUrl, Body, BoxError, CallContext, Error, ErrorKind, RequestSent, Version, set_header};
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::aim::{aim, name, route, trusted};
use super::future::Watch;
use super::layer::Settings;
use super::probe::{PATH, Probe};
use super::turn::Taken;
use super::version_cache::Question;
use crate::shared_error::SharedError;

/// How much later than the end of a question another call asks.
const GRACE: Duration = Duration::from_secs(1);

/// A call that waits for the version of its server.
pub(super) struct Lookup<S, B>
where
    S: Service<Request<Body>>,
{
    call: Option<(S, Request<Body>)>,
    base: BaseUrl,
    settings: Arc<Settings>,
    /// How old an answer may be.
    trusted: Duration,
    question: Arc<Question>,
    /// How often the question had failed before this call came.
    failures: u64,
    /// The question, while it is ours to ask.
    asking: Option<Asking<S, B>>,
    /// Until when another call may ask it.
    patience: Option<Pin<Box<Sleep>>>,
}

type Asking<S, B> = (Pin<Box<Probe<S, B>>>, Taken);

/// The call, ready to be sent.
pub(super) struct Found<S> {
    pub(super) service: S,
    pub(super) request: Request<Body>,
    pub(super) watch: Watch<S>,
}

impl<S, B> Lookup<S, B>
where
    S: Service<Request<Body>>,
{
    pub(super) fn new(service: S, request: Request<Body>, base: BaseUrl, settings: Arc<Settings>) -> Self {
        let question = settings.versions.question(&base);
        let failures = question.failures();
        let trusted = trusted(&settings, &request);
        if let Some(context) = CallContext::of(&request) {
            context.set_detecting_version(true);
        }
        Self {
            call: Some((service, request)),
            base,
            settings,
            trusted,
            question,
            failures,
            asking: None,
            patience: None,
        }
    }
}

/// The call goes on, or is given up.
impl<S, B> Drop for Lookup<S, B>
where
    S: Service<Request<Body>>,
{
    fn drop(&mut self) {
        self.end_detection();
    }
}

impl<S, B> Lookup<S, B>
where
    S: Service<Request<Body>>,
{
    fn end_detection(&self) {
        let context = self.call.as_ref().and_then(|(_, request)| CallContext::of(request));
        if let Some(context) = context {
            context.set_detecting_version(false);
        }
    }
}

// The pinned parts are boxed.
impl<S, B> Unpin for Lookup<S, B> where S: Service<Request<Body>> {}

impl<S, B> Lookup<S, B>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    fn poll_version(&mut self, cx: &mut Context<'_>) -> Poll<Result<Version, Arc<Error>>> {
        loop {
            if let Some((probe, _)) = &mut self.asking {
                let answer = ready!(probe.as_mut().poll(cx)).map_err(Arc::new);
                match &answer {
                    Ok(version) => self.settings.versions.set(&self.base, *version),
                    Err(error) => self.question.fail(Arc::clone(error)),
                }
                // Only now is it the others' turn, and they find what came out.
                self.asking = None;
                return Poll::Ready(answer);
            }
            // Longer than any question takes that somebody polls.
            let limit = self.settings.version_timeout.saturating_add(GRACE);
            let Poll::Ready(turn) = Taken::poll(&self.question, limit, cx) else {
                let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(limit)));
                ready!(patience.as_mut().poll(cx));
                self.patience = None;
                continue;
            };
            if let Some(version) = self.settings.versions.get(&self.base, self.trusted) {
                return Poll::Ready(Ok(version));
            }
            if let Some(error) = self.question.failure_after(self.failures) {
                return Poll::Ready(Err(error));
            }
            let Some((service, request)) = &self.call else { return Poll::Pending };
            let probe =
                Probe::new(service.clone(), &self.base, headers(request), self.settings.version_timeout);
            match probe {
                Ok(probe) => self.asking = Some((Box::pin(probe), turn)),
                Err(error) => return Poll::Ready(Err(Arc::new(error))),
            }
        }
    }

    fn found(&mut self, version: Version) -> Result<Found<S>, Error> {
        self.end_detection();
        let Some((service, mut request)) = self.call.take() else {
            return Err(Error::new(ErrorKind::Server, "the version was asked for already"));
        };
        let watch = Watch::new(&self.settings, &self.base, &service, &request, version);
        route(&mut request, version)?;
        aim(&mut request, &self.base)?;
        Ok(Found { service, request, watch })
    }
}

impl<S, B> Future for Lookup<S, B>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    type Output = Result<Found<S>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let version = match ready!(self.poll_version(cx)) {
            Ok(version) => version,
            Err(cause) => {
                let context = self.call.as_ref().and_then(|(_, request)| CallContext::of(request));
                if let (Some(context), ErrorKind::Timeout(_)) = (context, cause.kind()) {
                    context.set_timed_out();
                }
                let operation = context.and_then(CallContext::operation);
                return Poll::Ready(Err(name(failure(cause), operation)));
            }
        };
        Poll::Ready(self.found(version))
    }
}

/// What the question is sent with: the headers that the caller gives all calls, since a gateway may want them.
fn headers(request: &Request<Body>) -> HeaderMap {
    let mut headers = CallContext::of(request)
        .and_then(|context| context.options().get_headers())
        .cloned()
        .unwrap_or_default();
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    set_header(&mut headers, ACCEPT, HeaderValue::from_static(kestra_core::ACCEPT_JSON));
    if let Some(credentials) = request.headers().get(AUTHORIZATION) {
        set_header(&mut headers, AUTHORIZATION, credentials.clone());
    }
    headers
}

/// The error of a call whose server doesn't tell its version. Nothing of the call was sent.
fn failure(cause: Arc<Error>) -> Error {
    let message = format!("{} while detecting the server version (GET {PATH})", cause.summary());
    let (kind, response, is_permanent) = (cause.kind(), cause.response().cloned(), cause.is_permanent());
    // What is wrong with credentials, a proxy or TLS is wrong with the call as well.
    let is_shared =
        matches!(kind, ErrorKind::Auth | ErrorKind::Proxy | ErrorKind::Tls) || cause.is_unauthorized();
    let hint = cause.hint().filter(|_| is_shared);
    let mut error = Error::with_source(kind, SharedError::new(cause)).message(message).of_version_detection();
    if let Some(response) = response {
        error = error.in_response(response);
    }
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    if is_permanent {
        error = error.permanent();
    }
    error.sent(RequestSent::No)
}
