use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use kestra_core::{BaseUrl, Body, BoxError, Error};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::lookup::Lookup;
use super::version_cache::VersionCache;
use crate::oneshot::Oneshot;

pin_project! {
    /// The future of [`ServerService`](super::ServerService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<S, B>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S, B>,
        watch: Option<Watch>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<Body>>,
    {
        Sending { #[pin] answer: Oneshot<S> },
        // A question is asked once in minutes, so its room isn't part of every call.
        Asking { lookup: Pin<Box<Lookup<S, B>>> },
        Failed { error: Option<Error> },
    }
}

/// What to doubt if the answer looks as if another version gave it.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) versions: VersionCache,
    pub(super) base: BaseUrl,
}

impl<S, B> ServerFuture<S, B>
where
    S: Service<Request<Body>>,
{
    #[inline]
    pub(super) fn sending(service: S, request: Request<Body>, watch: Option<Watch>) -> Self {
        Self { state: State::Sending { answer: Oneshot::new(service, request) }, watch }
    }

    pub(super) fn asking(lookup: Lookup<S, B>) -> Self {
        Self { state: State::Asking { lookup: Box::pin(lookup) }, watch: None }
    }

    #[inline]
    pub(super) fn failed(error: Error) -> Self {
        Self { state: State::Failed { error: Some(error) }, watch: None }
    }
}

impl<S, B> Future for ServerFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Data: Buf,
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
                    if let Some(watch) = this.watch.take() {
                        watch.look_at(&result);
                    }
                    return Poll::Ready(result);
                }
                StateProjection::Asking { lookup } => {
                    let found = ready!(lookup.as_mut().poll(cx))?;
                    *this.watch = Some(found.watch);
                    this.state.set(State::Sending { answer: Oneshot::new(found.service, found.request) });
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

impl Watch {
    fn look_at<B>(&self, result: &Result<Response<B>, BoxError>) {
        match result {
            Ok(response) => {
                let doubtful = matches!(
                    response.status(),
                    StatusCode::NOT_FOUND
                        | StatusCode::METHOD_NOT_ALLOWED
                        | StatusCode::UNSUPPORTED_MEDIA_TYPE
                );
                if doubtful {
                    self.versions.doubt(&self.base);
                }
            }
            Err(error) => {
                let kind = error.downcast_ref::<Error>().map(Error::is_connect);
                if kind == Some(true) {
                    self.versions.forget(&self.base);
                }
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
            State::Asking { .. } => "asking for the version",
            State::Failed { .. } => "failed",
        };
        f.debug_struct("ServerFuture").field("state", &state).finish_non_exhaustive()
    }
}
