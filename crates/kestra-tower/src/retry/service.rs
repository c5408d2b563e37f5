use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::internal::causes;
use kestra_core::retry::{Attempt, AttemptResult, RetryEvent, RetryNote};
use kestra_core::{Body, BoxError, CallContext, CallOptions, ClientEvent, Error, ErrorKind, Retry};
use pin_project_lite::pin_project;
use tokio::time::sleep;
use tower_service::Service;

use super::budget::Budget;
use super::decision::{Decision, decide, is_success, is_unsent, wrap_other};
use super::layer::Shared;
use crate::adaptive::Untried;
use crate::oneshot::BoxFuture;
use crate::replayable_request::ReplayableRequest;

/// The service of [`RetryLayer`](super::RetryLayer); it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct RetryService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> RetryService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<S, B> Service<Request<Body>> for RetryService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = RetryFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> RetryFuture<S, B> {
        let context = CallContext::of(&request).cloned();
        let options = context.as_ref().map(CallContext::options);
        let policy = options.and_then(CallOptions::get_retry).unwrap_or(&self.shared.policy);
        // The retry loop of the caller makes the other attempts, as it shares outages with other calls.
        let is_single = options.is_some_and(CallOptions::is_single_attempt);
        let limit = if is_single { 1 } else { policy.attempts_limit() };
        let replayable = if limit > 1 { ReplayableRequest::of(&request, context.as_ref()) } else { None };
        let is_idempotent = match &context {
            Some(context) => context.is_idempotent(request.method()),
            None => matches!(*request.method(), http::Method::HEAD | http::Method::OPTIONS),
        };
        if let Some(context) = &context {
            context.begin_attempt();
        }
        // The service that was found ready takes the request, and makes the other attempts as well.
        let copy = self.inner.clone();
        let mut service = std::mem::replace(&mut self.inner, copy);
        let shared = Arc::clone(&self.shared);
        let call = Call { shared, context, limit, attempts: 1, spent: 0, is_idempotent };
        let future = service.call(request);
        RetryFuture { state: State::First { future, call: Some(call), service: Some(service), replayable } }
    }
}

pin_project! {
    /// The future of [`RetryService`].
    ///
    /// It needs a tokio runtime with timers once it waits for another attempt.
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture<S, B>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<Body>>,
    {
        First {
            #[pin]
            future: S::Future,
            call: Option<Call>,
            service: Option<S>,
            // A large part of the future of every call, which is copied as often as it moves.
            replayable: Option<ReplayableRequest>,
        },
        // Few calls are retried, so their state is boxed.
        Again { future: BoxFuture<B> },
    }
}

/// The state of a call that its attempts share.
struct Call {
    shared: Arc<Shared>,
    context: Option<CallContext>,
    /// How many attempts are allowed.
    limit: u32,
    /// How many were begun.
    attempts: u32,
    /// Tokens that the retries took.
    spent: u32,
    is_idempotent: bool,
}

impl<S, B> Future for RetryFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProjection::First { future, call, service, replayable } = state.as_mut().project() {
            let mut result = ready!(future.poll(cx)).map_err(Into::into);
            let Some(mut call) = call.take() else { return Poll::Ready(result) };
            let Some(wait) = call.judge(&mut result, replayable.is_some()) else {
                return Poll::Ready(result);
            };
            match (service.take(), replayable.take()) {
                (Some(service), Some(request)) => {
                    // The response and its future are dropped, so that they hold no permit or connection during the wait.
                    drop(result);
                    state.set(State::Again { future: call.boxed_retry(wait, service, request) });
                }
                _ => return Poll::Ready(result),
            }
        }
        match state.project() {
            StateProjection::Again { future } => future.as_mut().poll(cx),
            StateProjection::First { .. } => Poll::Pending,
        }
    }
}

impl Call {
    /// Boxes the future of [`retry`](Self::retry). It is compiled in each codegen unit that boxes it, which is only one this
    /// way.
    #[inline(never)]
    fn boxed_retry<S, B>(self, wait: Duration, service: S, replayable: ReplayableRequest) -> BoxFuture<B>
    where
        S: Service<Request<Body>, Response = Response<B>, Future: Send> + Send + 'static,
        S::Error: Into<BoxError>,
        B: Send + 'static,
    {
        Box::pin(self.retry(wait, service, replayable))
    }

    /// Makes the attempts after the first.
    async fn retry<S, B>(
        mut self,
        mut wait: Duration,
        mut service: S,
        replayable: ReplayableRequest,
    ) -> Result<Response<B>, BoxError>
    where
        S: Service<Request<Body>, Response = Response<B>>,
        S::Error: Into<BoxError>,
    {
        loop {
            sleep(wait).await;
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
            let Some(request) = replayable.request() else {
                return Err(Error::new(ErrorKind::Service, "the body can be sent only once").into());
            };
            self.attempts += 1;
            if let Some(context) = &self.context {
                context.begin_attempt();
            }
            let mut result = service.call(request).await.map_err(Into::into);
            match self.judge(&mut result, true) {
                Some(next) => wait = next,
                None => return result,
            }
        }
    }

    fn policy(&self) -> &Retry {
        self.context.as_ref().and_then(|context| context.options().get_retry()).unwrap_or(&self.shared.policy)
    }

    /// Returns a random pause for the number of attempts so far.
    fn backoff(&self) -> Duration {
        let limit = self.policy().backoff_limit(self.attempts);
        // The longest times don't survive the way through a floating-point number.
        Duration::try_from_secs_f64(limit.as_secs_f64() * self.shared.random()).unwrap_or(limit)
    }

    /// How long to wait before another attempt; `None` if this result is the last.
    fn judge<B>(&mut self, result: &mut Result<Response<B>, BoxError>, can_repeat: bool) -> Option<Duration> {
        match result {
            Ok(response) => {
                let status = response.status();
                let answered = AttemptResult::Response { status, headers: response.headers() };
                let judged = self.wait_after(answered, can_repeat);
                if let Err(Some(note)) = judged {
                    response.extensions_mut().insert(RetryNote(note));
                }
                let wait = judged.ok();
                if wait.is_none() && is_success(status) && self.policy().budget_tokens().is_some() {
                    self.shared.budget.give(self.spent.max(1));
                }
                wait
            }
            Err(error) => {
                let taken = std::mem::replace(error, Box::new(fmt::Error));
                let (ours, is_other) = match taken.downcast::<Error>() {
                    Ok(ours) => (*ours, false),
                    Err(other) => (wrap_other(other), true),
                };
                if let (true, Some(context), ErrorKind::Timeout(_)) = (is_other, &self.context, ours.kind()) {
                    // The error of a layer that isn't ours, which hasn't recorded it in the context.
                    context.set_timed_out();
                }
                let (wait, note) = match self.wait_after(AttemptResult::Failed(&ours), can_repeat) {
                    Ok(wait) => (Some(wait), None),
                    Err(note) => (None, note),
                };
                *error = if is_other {
                    ours.into_source().unwrap_or_else(|| Box::new(fmt::Error))
                } else {
                    Box::new(match note {
                        Some(note) => ours.with_note(note),
                        None => ours,
                    })
                };
                wait
            }
        }
    }

    /// The wait before another attempt, or why there is none if it would have helped.
    fn wait_after(
        &mut self,
        result: AttemptResult<'_>,
        can_repeat: bool,
    ) -> Result<Duration, Option<&'static str>> {
        let operation = self.context.as_ref().and_then(CallContext::operation);
        let attempt = Attempt::new(operation, self.attempts, self.is_idempotent, result);
        let policy = self.policy();
        let least = match decide(policy, &attempt, self.context.as_ref()) {
            Decision::Final => return Err(None),
            Decision::TooLong => {
                return Err(Some("not retried: the server's `Retry-After` is longer than the policy allows"));
            }
            Decision::Again(least) => Some(least),
            Decision::Move => None,
        };
        if self.attempts >= self.limit {
            return Err(None);
        }
        if !can_repeat {
            return Err(Some("not retried: the body can be sent only once"));
        }
        let wait = least.map_or(Duration::ZERO, |least| self.backoff().max(least));
        let time_left = self.context.as_ref().and_then(CallContext::time_left);
        if time_left.is_some_and(|left| left <= wait) {
            return Err(Some("not retried: the deadline is too close"));
        }
        self.pay(&attempt, least.is_none())?;
        let policy = self.policy();
        let event = RetryEvent::new(&attempt, wait);
        policy.notify(&event);
        if let Some(observer) = &self.shared.observer {
            observer.tell(&ClientEvent::Retry(&event));
        }
        report(&attempt, wait);
        Ok(wait)
    }
}

impl Call {
    /// Takes the tokens of a retry, or returns why there is none.
    ///
    /// What was provably not sent moves to a member that works even without tokens. Once all members fail none counts as working,
    /// so that an outage isn't multiplied.
    fn pay(&mut self, attempt: &Attempt<'_>, moves: bool) -> Result<(), Option<&'static str>> {
        // Without an attempt to send it, the next one is no additional load.
        let is_untried =
            attempt.error().is_some_and(|error| causes(error).any(|cause| cause.is::<Untried>()));
        if self.policy().budget_tokens().is_none() || is_untried {
            return Ok(());
        }
        let cost = Budget::cost(attempt.status());
        if self.shared.budget.take(cost) {
            self.spent += cost;
            return Ok(());
        }
        let can_move = self.context.as_ref().is_some_and(CallContext::can_move_to_healthy);
        if moves && can_move && is_unsent(attempt) {
            return Ok(());
        }
        if let Some(observer) = &self.shared.observer {
            observer.tell(&ClientEvent::RetryBudgetExhausted { operation: attempt.operation });
        }
        Err(Some("not retried: the retry budget is exhausted"))
    }
}

fn report(attempt: &Attempt<'_>, wait: Duration) {
    let operation = attempt.operation.map(|operation| operation.name);
    let number = attempt.number;
    let wait = wait.as_millis() as u64;
    match (attempt.error(), attempt.status()) {
        (Some(error), _) => tracing::info!(
            target: "kestra::retry",
            operation,
            attempt = number,
            wait_ms = wait,
            kind = ?error.kind(),
            "retrying after an error"
        ),
        (None, status) => tracing::info!(
            target: "kestra::retry",
            operation,
            attempt = number,
            wait_ms = wait,
            status = status.map(|status| status.as_u16()),
            "retrying after a response"
        ),
    }
}

kestra_core::debug_fields! { [S: Service<Request<Body>>, B] RetryFuture<S, B>, _ => {} }
