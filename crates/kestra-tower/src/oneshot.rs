//! Waits until a service is ready, and sends one request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use kestra_core::{Body, BoxError};
use pin_project_lite::pin_project;
use tower_service::Service;

/// A boxed future of a layer that most calls don't need, so that it doesn't enlarge every call.
pub(crate) type BoxFuture<B> = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

pin_project! {
    /// One request to one copy of a service, its readiness included.
    pub(crate) struct Oneshot<S>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S>
    where
        S: Service<Request<Body>>,
    {
        Waiting { service: S, request: Option<Request<Body>> },
        Sent { #[pin] future: S::Future },
        Done,
    }
}

impl<S> Oneshot<S>
where
    S: Service<Request<Body>>,
{
    /// Once `service` is ready, it gets `request`.
    #[inline]
    pub(crate) fn new(service: S, request: Request<Body>) -> Self {
        Self { state: State::Waiting { service, request: Some(request) } }
    }

    /// A service that was ready and has its request.
    #[inline]
    pub(crate) fn sent(future: S::Future) -> Self {
        Self { state: State::Sent { future } }
    }

    /// Gives up: what is in flight is dropped.
    pub(crate) fn end(self: Pin<&mut Self>) {
        self.project().state.set(State::Done);
    }

    /// Whether the service still has no request of us.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }
}

impl<S> Future for Oneshot<S>
where
    S: Service<Request<Body>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(cx)).map_err(Into::into)?;
                    // Only a poll after the end finds no request, and then waiting for ever is allowed.
                    let Some(request) = request.take() else { return Poll::Pending };
                    let future = service.call(request);
                    state.set(State::Sent { future });
                }
                StateProjection::Sent { future } => return future.poll(cx).map_err(Into::into),
                StateProjection::Done => return Poll::Pending,
            }
        }
    }
}
