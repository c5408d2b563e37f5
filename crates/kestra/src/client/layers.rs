//! The default stack, and the places in it for layers of other people.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use kestra_core::{Body, BoxError, Error, Timeouts};
use kestra_tower::transport::{Proxy, Transport};
use kestra_tower::{AuthLayer, HedgeLayer, RetryLayer, ServerLayer, TimeoutLayer, TraceLayer};
use tower::util::{BoxCloneSyncService, Either};
use tower::{Layer, Service, ServiceExt as _};

use super::ClientBuilder;
use super::stack::{CallStack, SharedStack};

/// The service that a layer of yours is put around: whatever is below it, behind one pointer.
#[derive(Clone)]
pub struct CallService(BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>);

impl Service<Request<Body>> for CallService {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = CallServiceFuture;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> CallServiceFuture {
        CallServiceFuture(self.0.call(request))
    }
}

kestra_core::debug_fields! { CallService, _ => {} }

/// The future of a [`CallService`].
#[must_use = "futures do nothing unless polled"]
pub struct CallServiceFuture(Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>);

impl Future for CallServiceFuture {
    type Output = Result<Response<Body>, BoxError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

kestra_core::debug_fields! { CallServiceFuture, _ => {} }

/// A service that fits into the stack of a client; every service does that
///
/// - is `Clone + Send + Sync + 'static`, with a future that is `Send`,
/// - takes `http::Request<Body>`,
/// - returns `http::Response<B>`, `B` being any body whose data are `Bytes`,
/// - has an error that can be boxed.
///
/// It can't be implemented otherwise. tower's `RateLimit` can't be cloned, so it goes under a `Buffer`.
pub trait IntoCallService: Send + Sync + 'static {
    /// Hides the type.
    #[doc(hidden)]
    fn erase(self) -> CallService;
}

impl<S, B> IntoCallService for S
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn erase(self) -> CallService {
        let service = self.map_response(|response| response.map(Body::new)).map_err(Into::into);
        CallService(BoxCloneSyncService::new(service))
    }
}

/// Layers of other people, the first added outermost.
#[derive(Default)]
pub(super) struct Layers(Vec<Box<dyn FnOnce(CallService) -> CallService + Send + Sync>>);

impl Layers {
    pub(super) fn push<L>(&mut self, layer: L)
    where
        L: Layer<CallService> + Send + Sync + 'static,
        L::Service: IntoCallService,
    {
        self.0.push(Box::new(move |inner| layer.layer(inner).erase()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn around(self, service: CallService) -> CallService {
        self.0.into_iter().rev().fold(service, |inner, layer| layer(inner))
    }
}

kestra_core::debug_fields! { Layers, this, f => write!(f, "{} layers", this.0.len()) }

/// Builds the layers of a call around its attempts, as one type whatever the settings are, so that it is compiled once.
pub(super) fn stack(mut from: ClientBuilder) -> Result<SharedStack, Error> {
    let call_layers = std::mem::take(&mut from.call_layers);
    let observer = from.observer.clone();
    let timeouts = from.timeouts;
    let mut limit = TimeoutLayer::total_of(timeouts);
    let (service, is_own) = match from.service.take() {
        Some(service) => (Either::Right(call_layers.around(service)), false),
        None => {
            let is_own = from.transport.is_none();
            let Attempts { retry, attempt, hedge } = attempts(from)?;
            // What is rarely set costs nothing if it is not: then it is not in the stack.
            let service = match (hedge, call_layers.is_empty()) {
                (None, true) => {
                    // Nothing in between could hand the attempts to another task.
                    limit = TimeoutLayer::total_above_attempts(timeouts);
                    Either::Left(retry.layer(attempt))
                }
                (None, false) => Either::Right(call_layers.around(retry.layer(attempt).erase())),
                (Some(hedge), _) => {
                    let hedged = retry.layer(hedge.layer(attempt.erase()));
                    Either::Right(call_layers.around(hedged.erase()))
                }
            };
            (service, is_own)
        }
    };
    Ok(Arc::new(CallStack::new(service, limit).tracked(is_own).observed(observer)))
}

/// What makes the attempts of a call.
struct Attempts<S> {
    retry: RetryLayer,
    hedge: Option<HedgeLayer>,
    /// One attempt.
    attempt: S,
}

fn attempts(
    mut from: ClientBuilder,
) -> Result<
    Attempts<
        impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
        + Clone
        + IntoCallService
        + use<>,
    >,
    Error,
> {
    let servers = from
        .servers
        .take()
        .ok_or_else(|| Error::invalid("server", "none is set: set one, such as `http://localhost:8080`"))?;
    servers.check()?;
    let attempt_layers = std::mem::take(&mut from.attempt_layers);
    // Either way the attempts are one type as well.
    let transport = match from.transport.take() {
        Some(service) => Either::Right(attempt_layers.around(service)),
        None => {
            let transport = own_transport(&from)?;
            if attempt_layers.is_empty() {
                Either::Left(transport)
            } else {
                Either::Right(attempt_layers.around(transport.erase()))
            }
        }
    };
    let mut server = ServerLayer::new(servers);
    if let Some(ttl) = from.version_ttl {
        server = server.version_ttl(ttl);
    }
    let mut retry = RetryLayer::new(from.retry);
    let mut hedge = from.hedge;
    if let Some(observer) = from.observer {
        (server, retry) = (server.observe(observer.clone()), retry.observe(observer.clone()));
        hedge = hedge.map(|hedge| hedge.observe(observer));
    }
    let auth = from.auth.unwrap_or_default();
    auth.check()?;
    let auth = AuthLayer::new(auth).webhooks(from.webhook_credentials);
    let attempt = auth.layer(transport);
    let attempt = server.layer(attempt);
    let attempt = TimeoutLayer::attempt_of(from.timeouts).layer(attempt);
    let attempt = from.attempt_trace.unwrap_or_else(TraceLayer::attempt).layer(attempt);
    Ok(Attempts { retry, hedge, attempt })
}

fn own_transport(from: &ClientBuilder) -> Result<Transport, Error> {
    let proxy = match &from.proxy {
        Some(proxy) => proxy.clone(),
        None => Proxy::from_env()?,
    };
    let mut transport =
        Transport::builder().proxy(proxy).timeouts(from.timeouts).max_body_size(from.body_limit);
    if let Some(tls) = &from.tls {
        transport = transport.tls(tls.clone());
    }
    if let Some(limit) = from.pool_idle {
        transport = transport.pool_idle_timeout(limit);
    }
    if let Some(observer) = &from.observer {
        transport = transport.observe(observer.clone());
    }
    #[cfg(feature = "http2")]
    if from.http2 {
        transport = transport.http2();
    }
    transport.build()
}

/// The span and the limit of the whole call, which hold for any stack.
pub(super) fn around_service<S, B>(service: S, timeouts: Timeouts) -> SharedStack
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    Arc::new(CallStack::new(service, TimeoutLayer::total_of(timeouts)))
}
