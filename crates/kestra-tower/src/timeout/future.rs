use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, RequestSent, TimeoutPhase};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower_service::Service;

use super::layer::Scope;
use crate::oneshot::Oneshot;

pin_project! {
    /// The future of [`TimeoutService`](super::TimeoutService).
    ///
    /// It needs a tokio runtime with timers, unless the inner future is ready at once.
    #[must_use = "futures do nothing unless polled"]
    pub struct TimeoutFuture<S>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        answer: Oneshot<S>,
        scope: Scope,
        limit: Option<Limit>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

/// When it is too late, and what to say then.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) context: Option<CallContext>,
    /// The instant, or `limit` from the first poll on.
    pub(super) at: Option<Instant>,
    /// The duration; `None` if somebody above set the instant.
    pub(super) limit: Option<Duration>,
}

impl<S> TimeoutFuture<S>
where
    S: Service<Request<Body>>,
{
    pub(super) fn new(answer: Oneshot<S>, scope: Scope, limit: Option<Limit>) -> Self {
        Self { answer, scope, limit, sleep: None }
    }
}

impl<S, B> Future for TimeoutFuture<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(result) = this.answer.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        let Some(limit) = this.limit else { return Poll::Pending };
        if this.sleep.is_none() {
            this.sleep.set(match (limit.at, limit.limit) {
                (Some(at), _) => Some(sleep_until(at)),
                (None, Some(limit)) => Some(sleep(limit)),
                (None, None) => None,
            });
        }
        let Some(sleep) = this.sleep.as_pin_mut() else { return Poll::Pending };
        ready!(sleep.poll(cx));
        let queued = this.answer.is_waiting();
        // A transport knows what became of a request at the latest when it is given up.
        this.answer.end();
        Poll::Ready(Err(limit.expired(*this.scope, queued).into()))
    }
}

impl Limit {
    fn expired(&self, scope: Scope, queued: bool) -> Error {
        let (phase, whole) = match scope {
            Scope::Total => (TimeoutPhase::Total, "the call"),
            Scope::Attempt => (TimeoutPhase::Attempt, "the attempt"),
        };
        let message = match self.limit {
            Some(limit) if queued => {
                format!("{whole} waited {limit:?} for a layer below to be ready, and was not sent")
            }
            Some(limit) => format!("{whole} took longer than {limit:?}"),
            None => format!("{whole} went on beyond its deadline"),
        };
        let sent = match &self.context {
            Some(context) if queued => context.sent().get(),
            Some(context) => context.sent().known(),
            None => RequestSent::Maybe,
        };
        let error = Error::new(ErrorKind::Timeout(phase), message).sent(sent);
        match self.context.as_ref().and_then(CallContext::operation) {
            Some(operation) => error.of_operation(operation),
            None => error,
        }
    }
}

impl<S> fmt::Debug for TimeoutFuture<S>
where
    S: Service<Request<Body>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutFuture")
            .field("scope", &self.scope)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
