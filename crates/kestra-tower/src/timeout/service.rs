use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{Body, BoxError, CallContext, CallOptions, Error, ErrorKind, RequestSent, TimeoutPhase};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use super::layer::{Scope, TimeoutLayer};
use crate::oneshot::Oneshot;

/// The service of [`TimeoutLayer`].
///
/// One that limits whole calls is always ready: it waits for the inner service within the limit of each call. One that
/// limits attempts is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct TimeoutService<S> {
    inner: S,
    // A layer above may keep a copy of the service for each call, so it is a pointer wide.
    layer: Arc<TimeoutLayer>,
}

impl<S> TimeoutService<S> {
    pub(super) fn new(inner: S, layer: TimeoutLayer) -> Self {
        Self { inner, layer: Arc::new(layer) }
    }

    /// The limit of the whole call, whose layers below are told of it when it begins.
    fn total(&self, request: &mut Request<Body>) -> Limit {
        let context = match CallContext::of(request) {
            Some(context) => context.clone(),
            None => {
                let context = CallContext::detached(CallOptions::new());
                request.extensions_mut().insert(context.clone());
                context
            }
        };
        let limit = context.limits(&self.layer.defaults).total;
        Limit { context: Some(context), at: None, limit }
    }

    fn attempt(&self, request: &Request<Body>) -> Option<Limit> {
        let context = CallContext::of(request);
        let limit = match context {
            Some(context) => context.limits(&self.layer.defaults).attempt,
            None => self.layer.defaults.limits(None, false).attempt,
        };
        Some(Limit { context: context.cloned(), at: None, limit: Some(limit?) })
    }

    /// Sends a request by a copy of the inner service, within the limit of the whole call.
    #[doc(hidden)]
    #[inline]
    pub fn call_within_total(&self, mut request: Request<Body>) -> TimeoutFuture<S>
    where
        S: Service<Request<Body>> + Clone,
    {
        let limit = Some(self.total(&mut request));
        TimeoutFuture {
            response: Oneshot::new(self.inner.clone(), request),
            scope: self.layer.scope,
            limit,
            sleep: None,
        }
    }
}

impl<S, B> Service<Request<Body>> for TimeoutService<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = TimeoutFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self.layer.scope {
            Scope::Total { .. } => Poll::Ready(Ok(())),
            Scope::Attempt => self.inner.poll_ready(cx).map_err(Into::into),
        }
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> TimeoutFuture<S> {
        let scope = self.layer.scope;
        match scope {
            Scope::Total { .. } => self.call_within_total(request),
            Scope::Attempt => {
                let limit = self.attempt(&request);
                TimeoutFuture { response: Oneshot::sent(self.inner.call(request)), scope, limit, sleep: None }
            }
        }
    }
}

pin_project! {
    /// The future of [`TimeoutService`].
    ///
    /// It needs a tokio runtime with timers, unless the inner future is ready at once.
    #[must_use = "futures do nothing unless polled"]
    pub struct TimeoutFuture<S>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        response: Oneshot<S>,
        scope: Scope,
        limit: Option<Limit>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

/// The deadline of a call or attempt, and what its timeout error needs.
#[derive(Debug)]
struct Limit {
    context: Option<CallContext>,
    /// The instant, known from the first poll on.
    at: Option<Instant>,
    /// The duration; `None` if a caller or layer above set the instant.
    limit: Option<Duration>,
}

impl<S, B> Future for TimeoutFuture<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(limit) = this.limit {
            if limit.at.is_none() {
                limit.begin(*this.scope);
            }
            if let (Scope::Total { .. }, Some(context)) = (*this.scope, &limit.context) {
                context.set_has_attempt_timer(false);
            }
        }
        if let Poll::Ready(result) = this.response.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        let Some(limit) = this.limit else { return Poll::Pending };
        if this.sleep.is_none() {
            // Every timer is an entry in a list of the runtime, behind a lock.
            if limit.is_left_to_attempt(*this.scope) {
                return Poll::Pending;
            }
            this.sleep.set(limit.at.map(sleep_until));
        }
        let Some(sleep) = this.sleep.as_pin_mut() else { return Poll::Pending };
        if sleep.poll(cx).is_pending() {
            if *this.scope == Scope::Attempt {
                limit.tell_timer();
            }
            return Poll::Pending;
        }
        let queued = this.response.is_waiting();
        let detects = limit.context.as_ref().is_some_and(CallContext::is_detecting_version);
        if let (Some(context), false) = (&limit.context, queued) {
            context.set_timed_out();
        }
        // A transport records whether the request was sent at the latest when its future is dropped, and a cluster learns that
        // a member took too long.
        let context = limit.context.as_ref().filter(|_| !queued);
        if let Some(context) = context {
            context.set_expiring(true);
        }
        this.response.end();
        if let Some(context) = context {
            context.set_expiring(false);
        }
        Poll::Ready(Err(limit.expired(*this.scope, queued, detects).into()))
    }
}

impl Limit {
    /// Starts the time. The layers below learn the deadline of the whole call from the context.
    fn begin(&mut self, scope: Scope) {
        let from = |begun: Instant| self.limit.and_then(|limit| begun.checked_add(limit));
        self.at = match (scope, &self.context) {
            (Scope::Total { .. }, Some(context)) => {
                let own = from(context.begun());
                if let Some(own) = own {
                    context.stamp_deadline(own);
                }
                // A caller above, or another call that shares the context, may have set an earlier deadline.
                match (own, context.deadline()) {
                    (Some(own), Some(stamped)) => Some(own.min(stamped)),
                    (own, stamped) => own.or(stamped),
                }
            }
            _ => from(Instant::now()),
        };
    }

    /// Tells the limit of the whole call that the timer of this attempt is running, if it ends first.
    fn tell_timer(&self) {
        if let Some(context) = &self.context
            && self.at <= context.deadline()
        {
            context.set_has_attempt_timer(true);
        }
    }

    /// Returns whether an attempt, polled just now, has a timer that ends before this limit of the whole call. When it ends,
    /// the runtime polls the call again.
    fn is_left_to_attempt(&self, scope: Scope) -> bool {
        scope == Scope::Total { relies_on_attempts: true }
            && self.context.as_ref().is_some_and(|context| {
                // Of several calls that share a context, the attempts know only the deadline that was set first.
                context.has_attempt_timer() && context.deadline() == self.at
            })
    }

    /// Returns the timeout error. If `detects` is set, the call was waiting for the server's version, so this attempt has
    /// sent nothing.
    fn expired(&self, scope: Scope, queued: bool, detects: bool) -> Error {
        let (phase, whole) = match scope {
            Scope::Total { .. } => (TimeoutPhase::Total, "the call"),
            Scope::Attempt => (TimeoutPhase::Attempt, "the attempt"),
        };
        let message = match self.limit {
            Some(limit) if detects => {
                format!("{whole} took longer than {limit:?} while detecting the server version")
            }
            None if detects => {
                format!("{whole} exceeded its deadline while detecting the server version")
            }
            Some(limit) if queued => {
                format!("{whole} waited {limit:?} for a layer below to be ready, and was not sent")
            }
            Some(limit) => format!("{whole} took longer than {limit:?}"),
            None => format!("{whole} exceeded its deadline"),
        };
        let phase = if detects { TimeoutPhase::VersionProbe } else { phase };
        let sent = match &self.context {
            Some(_) if detects && scope == Scope::Attempt => RequestSent::No,
            // Earlier attempts may have sent it.
            Some(context) if detects && context.attempts() < 2 => context.request_sent(),
            Some(context) if queued => context.request_sent(),
            Some(context) => context.known_request_sent(),
            None => RequestSent::Maybe,
        };
        let operation = self.context.as_ref().and_then(CallContext::operation);
        Error::new(ErrorKind::Timeout(phase), message).with_request_sent(sent).with_operation(operation)
    }
}

kestra_core::debug_fields! {
    [S: Service<Request<Body>>] TimeoutFuture<S>, this => {
        scope: this.scope, limit: this.limit,
    }
}
