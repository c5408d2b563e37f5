use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{Body, BoxError, CallContext, OperationInfo, Replay};
use pin_project_lite::pin_project;
use tokio::time::{Instant, timeout};
use tower_service::Service;

use super::state::{Shared, is_final};
use crate::oneshot::{BoxFuture, Oneshot};
use crate::replayable_request::ReplayableRequest;

/// The service of [`HedgeLayer`](super::HedgeLayer); it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct HedgeService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> HedgeService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
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
                State::Hedged { future: Box::pin(hedge(first, self.inner.clone(), hedgeable, shared)) }
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
        (None, Some(delay)) if shared.take() => {
            context.begin_attempt();
            let waited_ms = begun.elapsed().as_millis() as u64;
            tracing::debug!(target: "kestra::hedge", operation = operation.name, waited_ms, "sending a second request");
            race(first, Oneshot::new(service, copy.into_request()), delay, &shared).await
        }
        (None, _) => first.await,
    };
    shared.inspect(&result);
    if is_final(&result) {
        // Of the first request, as if the second had not been sent: else late ones would count as fast.
        shared.succeeded(operation.name, begun.elapsed());
    }
    result
}

/// Returns the first final result, or that of the first request if there is none `delay` after it failed.
async fn race<B>(
    mut first: Pin<&mut impl Future<Output = Result<Response<B>, BoxError>>>,
    second: impl Future<Output = Result<Response<B>, BoxError>>,
    delay: Duration,
    shared: &Shared,
) -> Result<Response<B>, BoxError> {
    let mut second = pin!(second);
    let (result, is_of_first) = poll_fn(|cx| match first.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready((result, true)),
        Poll::Pending => second.as_mut().poll(cx).map(|result| (result, false)),
    })
    .await;
    if is_final(&result) {
        return result;
    }
    shared.inspect(&result);
    if !is_of_first {
        return first.await;
    }
    // The second may hang, and a retry goes elsewhere.
    match timeout(delay, second).await {
        Ok(other) if is_final(&other) => other,
        Ok(other) => {
            shared.inspect(&other);
            result
        }
        Err(_) => result,
    }
}

kestra_core::debug_fields! { [S: Service<Request<Body>>, B] HedgeFuture<S, B>, _ => {} }
