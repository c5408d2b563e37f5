use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, Entry};
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use kestra_core::internal::set_header;
use kestra_core::{Body, BoxError, CallContext, Error};
use pin_project_lite::pin_project;
use tower_service::Service;
use tracing::Level;

use super::credentials::Kind;
use super::layer::Settings;
use super::provider::Provider;
use crate::oneshot::{BoxFuture, Oneshot};
use crate::replayable_request::ReplayableRequest;
use crate::transport::Host;

const TARGET: &str = "kestra::auth";

/// The service of [`AuthLayer`](super::AuthLayer); it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    inner: S,
    settings: Arc<Settings>,
}

pin_project! {
    /// The future of [`AuthService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct AuthFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Sending { #[pin] future: F },
        // Of calls with a token source, and of those that fail here.
        Boxed { future: BoxFuture<B> },
    }
}

impl<S> AuthService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B> Service<Request<Body>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = AuthFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let future: BoxFuture<B> = match self.settings.prepare(&mut request) {
            Ok(None) => return AuthFuture { state: State::Sending { future: self.inner.call(request) } },
            Ok(Some(provider)) => {
                let copy = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, copy);
                boxed(ready, Arc::clone(provider), request)
            }
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        };
        AuthFuture { state: State::Boxed { future } }
    }
}

impl<F, B, E> Future for AuthFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Sending { future } => future.poll(cx).map_err(Into::into),
            StateProjection::Boxed { future } => future.as_mut().poll(cx),
        }
    }
}

kestra_core::debug_fields! { [F, B] AuthFuture<F, B>, _ => {} }

/// Boxes the future of [`send_with_token`]. It is compiled in each codegen unit that boxes it, which is only one this way.
#[inline(never)]
fn boxed<S, B>(ready: S, provider: Arc<Provider>, request: Request<Body>) -> BoxFuture<B>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    Box::pin(send_with_token(ready, provider, request))
}

/// Sends a request with a token of a source, and once more with another token if the server refuses the first. `ready` must
/// have been polled until it was ready.
async fn send_with_token<S, B>(
    mut ready: S,
    provider: Arc<Provider>,
    request: Request<Body>,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    let context = CallContext::of(&request);
    let credential = match provider.ready() {
        Some(credential) => credential,
        None => {
            let operation = context.and_then(CallContext::operation);
            provider.wait().await.map_err(|error| error.with_operation(operation))?
        }
    };
    let replayable = ReplayableRequest::of(&request, context);
    let sending = ready.call(with_token(request, credential.header.clone()));
    let response = sending.await.map_err(Into::into)?;
    let Some(replayable) = replayable.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else {
        return Ok(response);
    };
    match provider.replace(credential.number).await {
        Ok(token) if token.header != credential.header => {
            drop(response);
            Oneshot::new(ready, with_token(replayable.into_request(), token.header)).await
        }
        // The same token would be refused again.
        _ => Ok(response),
    }
}

fn with_token(mut request: Request<Body>, header: HeaderValue) -> Request<Body> {
    set_header(request.headers_mut(), AUTHORIZATION, header);
    request
}

impl Settings {
    /// Adds fixed credentials, unless the request has its own or needs none. Returns the source of tokens, if the request
    /// needs a token of it.
    fn prepare(&self, request: &mut Request<Body>) -> Result<Option<&Arc<Provider>>, Error> {
        if matches!(self.auth.0, Kind::None) || self.is_webhook(request) {
            return Ok(None);
        }
        let place = match request.headers_mut().entry(AUTHORIZATION) {
            Entry::Vacant(place) => place,
            Entry::Occupied(mut own) => {
                own.get_mut().set_sensitive(true);
                return Ok(None);
            }
        };
        if let Kind::Fixed(fixed) = &self.auth.0 {
            place.insert(fixed.header()?.clone());
        }
        self.warn_of_plain_http(request.uri());
        match &self.auth.0 {
            Kind::Provider(provider) => Ok(Some(provider)),
            Kind::Fixed(_) | Kind::None => Ok(None),
        }
    }

    /// Whether a request is for a webhook that gets no credentials.
    fn is_webhook(&self, request: &Request<Body>) -> bool {
        let operation = CallContext::of(request).and_then(CallContext::operation);
        !self.webhooks && operation.is_some_and(|operation| operation.webhook)
    }

    fn warn_of_plain_http(&self, uri: &Uri) {
        let is_heard = tracing::enabled!(target: TARGET, Level::WARN);
        if !is_heard || uri.scheme() != Some(&Scheme::HTTP) || self.warned.load(Ordering::Relaxed) {
            return;
        }
        let host = uri.host().unwrap_or_default();
        if !Host::new(host).is_loopback() && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                host,
                "credentials go over plain HTTP to another machine, where others can read them; use https"
            );
        }
    }
}
