use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{Body, BoxError, CallContext, ClientEvent, HedgeWinner, Observer, OperationInfo, Replay};
use pin_project_lite::pin_project;
use tokio::time::{Instant, timeout};
use tower_service::Service;

use super::state::{Budget, Shared, is_final};
use crate::oneshot::{BoxFuture, Oneshot};
use crate::replayable_request::ReplayableRequest;

/// The service of [`HedgeLayer`](super::HedgeLayer); it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct HedgeService<S> {
    inner: S,
    shared: Arc<Shared>,
    observer: Option<Observer>,
}

impl<S> HedgeService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>, observer: Option<Observer>) -> Self {
        Self { inner, shared, observer }
    }
}

/// A request that may be sent twice.
struct Hedgeable {
    context: CallContext,
    operation: &'static OperationInfo,
    copy: ReplayableRequest,
}

impl Hedgeable {
    fn of(request: &Request<Body>) -> Option<Self> {
        let context = CallContext::of(request)?;
        let operation = context.operation()?;
        let is_safe = operation.replay == Replay::Safe && context.is_idempotent(request.method());
        if !is_safe || !operation.response.is_buffered() || context.waits() {
            return None;
        }
        let copy = ReplayableRequest::of(request, Some(context))?;
        Some(Self { context: context.clone(), operation, copy })
    }
}

impl<S, B> Service<Request<Body>> for HedgeService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = HedgeFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> HedgeFuture<S, B> {
        let hedgeable = Hedgeable::of(&request);
        let first = self.inner.call(request);
        let shared = Arc::clone(&self.shared);
        let state = match hedgeable {
            None => State::Once { future: first, shared },
            Some(hedgeable) => {
                let (service, observer) = (self.inner.clone(), self.observer.clone());
                State::Hedged { future: Box::pin(hedge(first, service, hedgeable, shared, observer)) }
            }
        };
        HedgeFuture { state }
    }
}

pin_project! {
    /// The future of [`HedgeService`].
    ///
    /// It needs a tokio runtime with timers for requests that may be sent twice.
    #[must_use = "futures do nothing unless polled"]
    pub struct HedgeFuture<S, B>
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
        Once { #[pin] future: S::Future, shared: Arc<Shared> },
        Hedged { future: BoxFuture<B> },
    }
}

impl<S, B> Future for HedgeFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Hedged { future } => future.as_mut().poll(cx),
            StateProjection::Once { future, shared } => {
                let result = ready!(future.poll(cx)).map_err(Into::into);
                shared.inspect(&result);
                Poll::Ready(result)
            }
        }
    }
}

async fn hedge<S, B>(
    first: S::Future,
    service: S,
    hedgeable: Hedgeable,
    shared: Arc<Shared>,
    observer: Option<Observer>,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    let Hedgeable { context, operation, copy } = hedgeable;
    let begun = Instant::now();
    let mut first = pin!(async { first.await.map_err(Into::into) });
    let delay = shared.delay(operation.name);
    let in_time = match delay {
        Some(delay) => timeout(delay, first.as_mut()).await.ok(),
        None => Some(first.as_mut().await),
    };
    let result = match (in_time, delay) {
        (Some(result), _) => result,
        (None, Some(delay)) => match shared.take() {
            Budget::Taken => {
                context.begin_attempt();
                let waited = begun.elapsed();
                let waited_ms = waited.as_millis() as u64;
                tracing::debug!(target: "kestra::hedge", operation = operation.name, waited_ms, "sending a second request");
                let mut race = Race::begin(operation, waited, observer.as_ref());
                let mut second = copy.into_request();
                second.extensions_mut().insert(context.for_second_request());
                let (result, winner) =
                    race_between(first, Oneshot::new(service, second), delay, &shared).await;
                race.winner = winner;
                result
            }
            Budget::Exhausted => {
                tracing::debug!(target: "kestra::hedge", operation = operation.name, "no second request is sent: the hedge budget is exhausted");
                if let Some(observer) = &observer {
                    observer.tell(&ClientEvent::HedgeBudgetExhausted { operation });
                }
                first.await
            }
            Budget::Paused => first.await,
        },
        (None, None) => first.await,
    };
    shared.inspect(&result);
    if is_final(&result) {
        // Of the first request, as if the second had not been sent: else late ones would count as fast.
        shared.succeeded(operation.name, begun.elapsed());
    }
    result
}

/// Two requests in flight. Dropping it tells the observer how that ended.
struct Race<'a> {
    operation: &'static OperationInfo,
    winner: HedgeWinner,
    observer: Option<&'a Observer>,
}

impl<'a> Race<'a> {
    fn begin(operation: &'static OperationInfo, waited: Duration, observer: Option<&'a Observer>) -> Self {
        if let Some(observer) = observer {
            observer.tell(&ClientEvent::HedgeSent { operation, waited });
        }
        Self { operation, winner: HedgeWinner::Cancelled, observer }
    }
}

impl Drop for Race<'_> {
    fn drop(&mut self) {
        if let Some(observer) = self.observer {
            let Self { operation, winner, .. } = *self;
            observer.tell(&ClientEvent::HedgeEnded { operation, winner });
        }
    }
}

/// Returns the first final result, or that of the first request if there is none `delay` after it failed.
async fn race_between<B>(
    mut first: Pin<&mut impl Future<Output = Result<Response<B>, BoxError>>>,
    second: impl Future<Output = Result<Response<B>, BoxError>>,
    delay: Duration,
    shared: &Shared,
) -> (Result<Response<B>, BoxError>, HedgeWinner) {
    let mut second = pin!(second);
    let (result, winner) = poll_fn(|cx| match first.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready((result, HedgeWinner::First)),
        Poll::Pending => second.as_mut().poll(cx).map(|result| (result, HedgeWinner::Second)),
    })
    .await;
    if is_final(&result) {
        return (result, winner);
    }
    shared.inspect(&result);
    if winner == HedgeWinner::Second {
        let result = first.await;
        let winner = if is_final(&result) { HedgeWinner::First } else { HedgeWinner::Neither };
        return (result, winner);
    }
    // The second may hang, and a retry goes elsewhere.
    match timeout(delay, second).await {
        Ok(other) if is_final(&other) => (other, HedgeWinner::Second),
        Ok(other) => {
            shared.inspect(&other);
            (result, HedgeWinner::Neither)
        }
        Err(_) => (result, HedgeWinner::Neither),
    }
}

kestra_core::debug_fields! { [S: Service<Request<Body>>, B] HedgeFuture<S, B>, _ => {} }
