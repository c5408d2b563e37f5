use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use kestra_core::internal::BaseUrl;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, Version};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::Settings;
use super::lookup::{Found, Lookup, look_up};
use crate::oneshot::Oneshot;
use crate::replayable_request::ReplayableRequest;

pin_project! {
    /// The future of [`ServerService`](super::ServerService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<S, B>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S>,
        watch: Option<VersionCheck<S>>,
        // The request and its response, while the version is detected again because of the response.
        suspect: Option<Box<SuspectResponse<B>>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S>
    where
        S: Service<Request<Body>>,
    {
        Sending { #[pin] answer: Oneshot<S> },
        // A question is asked once in minutes, so its room isn't part of every call.
        Detecting { lookup: Lookup<S> },
        Failed { error: Option<Error> },
    }
}

/// The version to check again if the response looks like that of another version, and the request to send then.
pub(super) struct VersionCheck<S> {
    settings: Arc<Settings>,
    base: BaseUrl,
    version: Version,
    resend: Option<Box<Resend<S>>>,
}

/// A call that may be sent once more.
struct Resend<S> {
    service: S,
    request: ReplayableRequest,
}

/// A response that may come from another version than the request was made for.
struct SuspectResponse<B> {
    response: Response<B>,
    version: Version,
}

impl<S: Clone> VersionCheck<S> {
    /// Creates the future of a request that has no server yet.
    pub(super) fn new(
        settings: &Arc<Settings>,
        base: &BaseUrl,
        service: &S,
        request: &Request<Body>,
        version: Version,
    ) -> Self {
        let context = CallContext::of(request).filter(|context| context.is_idempotent(request.method()));
        let replayable = context.and_then(|context| ReplayableRequest::of(request, Some(context)));
        let resend = replayable.map(|request| Box::new(Resend { service: service.clone(), request }));
        Self { settings: Arc::clone(settings), base: base.clone(), version, resend }
    }
}

impl<S, B> ServerFuture<S, B>
where
    S: Service<Request<Body>>,
{
    #[inline]
    pub(super) fn sending(service: S, request: Request<Body>, watch: Option<VersionCheck<S>>) -> Self {
        Self::new(State::sending(service, request), watch)
    }

    pub(super) fn asking(lookup: Lookup<S>) -> Self {
        Self::new(State::Detecting { lookup }, None)
    }

    #[inline]
    pub(super) fn failed(error: Error) -> Self {
        Self::new(State::Failed { error: Some(error) }, None)
    }

    #[inline]
    fn new(state: State<S>, watch: Option<VersionCheck<S>>) -> Self {
        Self { state, watch, suspect: None }
    }
}

impl<S, B> Future for ServerFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data: Send> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProjection::Sending { answer } => {
                    let result = ready!(answer.poll(cx));
                    let Some(watch) = this.watch.take() else { return Poll::Ready(result) };
                    if !watch.is_doubtful(&result) {
                        return Poll::Ready(result);
                    }
                    let (resend, response) = match (watch.resend, result) {
                        (Some(resend), Ok(response)) => (resend, response),
                        (_, result) => return Poll::Ready(result),
                    };
                    *this.suspect = Some(Box::new(SuspectResponse { response, version: watch.version }));
                    let request = resend.request.into_request();
                    let lookup = look_up(resend.service, request, watch.base, watch.settings);
                    this.state.set(State::Detecting { lookup: Box::pin(lookup) });
                }
                StateProjection::Detecting { lookup } => {
                    let found = ready!(lookup.as_mut().poll(cx));
                    let Some(suspect) = this.suspect.take() else {
                        let found = found?;
                        *this.watch = Some(found.watch);
                        this.state.set(State::sending(found.service, found.request));
                        continue;
                    };
                    match found {
                        // The server has another version than assumed: send the request for that version once.
                        Ok(found) if suspect.is_sent_otherwise(&found) => {
                            this.state.set(State::sending(found.service, found.request));
                        }
                        Err(error) if error.kind() == ErrorKind::Unsupported => {
                            return Poll::Ready(Err(error.into()));
                        }
                        _ => return Poll::Ready(Ok(suspect.response)),
                    }
                }
                StateProjection::Failed { error } => {
                    return match error.take() {
                        Some(error) => Poll::Ready(Err(error.into())),
                        None => Poll::Pending,
                    };
                }
            }
        }
    }
}

impl<S> State<S>
where
    S: Service<Request<Body>>,
{
    #[inline]
    fn sending(service: S, request: Request<Body>) -> Self {
        Self::Sending { answer: Oneshot::new(service, request) }
    }
}

impl<B> SuspectResponse<B> {
    /// Returns whether the request for the detected version differs from the one that was sent.
    fn is_sent_otherwise<S>(&self, found: &Found<S>) -> bool {
        let Some(context) = CallContext::of(&found.request) else { return false };
        match (context.head_for(self.version), context.head_for(found.watch.version)) {
            (Ok(sent), Ok(other)) => sent != other,
            _ => true,
        }
    }
}

impl<S> VersionCheck<S> {
    /// Returns whether to detect the version again; forgets the cached version if the result gives reason to.
    fn is_doubtful<B>(&self, result: &Result<Response<B>, BoxError>) -> bool {
        match result {
            Ok(response) => {
                let is_odd = matches!(
                    response.status(),
                    StatusCode::NOT_FOUND
                        | StatusCode::METHOD_NOT_ALLOWED
                        | StatusCode::UNSUPPORTED_MEDIA_TYPE
                );
                is_odd && self.settings.versions.doubt(&self.base)
            }
            Err(error) => {
                if error.downcast_ref::<Error>().is_some_and(Error::is_connect) {
                    self.settings.versions.forget(&self.base);
                }
                false
            }
        }
    }
}

impl<S, B> fmt::Debug for ServerFuture<S, B>
where
    S: Service<Request<Body>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Sending { .. } => "sending",
            State::Detecting { .. } => "detecting the version",
            State::Failed { .. } => "failed",
        };
        f.debug_struct("ServerFuture").field("state", &state).finish_non_exhaustive()
    }
}
