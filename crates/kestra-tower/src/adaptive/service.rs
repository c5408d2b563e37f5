use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use kestra_core::retry::is_transient_status;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, RequestSent, Traffic};
use pin_project_lite::pin_project;
use tower::load_shed::error::Overloaded;
use tower_service::Service;

use super::limit::{Limit, NoPlace};
use super::limits::Limits;
use crate::connect_to::is_detection;
use crate::oneshot::{BoxFuture, Oneshot};

/// The service of [`AdaptiveConcurrencyLayer`](super::AdaptiveConcurrencyLayer); always ready.
#[derive(Clone, Debug)]
pub struct AdaptiveConcurrencyService<S> {
    inner: S,
    limits: Arc<Limits>,
    sheds: bool,
}

impl<S> AdaptiveConcurrencyService<S> {
    pub(super) fn new(inner: S, limits: Arc<Limits>, sheds: bool) -> Self {
        Self { inner, limits, sheds }
    }
}

/// Returns whether a request counts. One that takes long by nature does not, nor does the detection of a version, whose latency
/// says nothing of other requests, and for which several of them may wait.
fn counts(request: &Request<Body>) -> bool {
    let Some(context) = CallContext::of(request) else { return !is_detection(request) };
    let is_quick = context.operation().is_none_or(|operation| operation.traffic == Traffic::Quick);
    is_quick && !context.waits()
}

impl<S, B> Service<Request<Body>> for AdaptiveConcurrencyService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = AdaptiveConcurrencyFuture<S, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> AdaptiveConcurrencyFuture<S, B> {
        let limit = counts(&request).then(|| self.limits.of(&request));
        let operation = CallContext::of(&request).and_then(CallContext::operation);
        let name = operation.map_or("", |operation| operation.name);
        let sending = Oneshot::new(self.inner.clone(), request);
        let state = match limit {
            Some(limit) => State::Counted { future: Box::pin(send(sending, limit, name, self.sheds)) },
            None => State::Uncounted { sending },
        };
        AdaptiveConcurrencyFuture { state }
    }
}

async fn send<S, B>(
    sending: Oneshot<S>,
    limit: Arc<Limit>,
    operation: &'static str,
    sheds: bool,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    let place = limit.place(operation, sheds).await.map_err(refusal)?;
    let result = sending.await;
    let is_success = result.as_ref().is_ok_and(|response| !is_transient_status(response.status()));
    let error = result.as_ref().err().and_then(|error| error.downcast_ref::<Error>());
    place.end(is_success, error.is_some_and(Error::is_connect));
    result
}

fn refusal(reason: NoPlace) -> BoxError {
    match reason {
        NoPlace::Full => Overloaded::new().into(),
        NoPlace::Unreachable => {
            let error = Error::from_source(ErrorKind::Connect, Untried);
            error.with_request_sent(RequestSent::No).into()
        }
    }
}

/// The cause of the failure of a request that waited, and for which nothing was tried.
#[derive(Debug)]
pub(crate) struct Untried;

impl fmt::Display for Untried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server could not be reached for another request, while this one waited to be sent")
    }
}

impl std::error::Error for Untried {}

pin_project! {
    /// The future of [`AdaptiveConcurrencyService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct AdaptiveConcurrencyFuture<S, B>
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
        Uncounted { #[pin] sending: Oneshot<S> },
        Counted { future: BoxFuture<B> },
    }
}

impl<S, B> Future for AdaptiveConcurrencyFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Uncounted { sending } => sending.poll(cx),
            StateProjection::Counted { future } => future.as_mut().poll(cx),
        }
    }
}

kestra_core::debug_fields! { [S: Service<Request<Body>>, B] AdaptiveConcurrencyFuture<S, B>, _ => {} }
