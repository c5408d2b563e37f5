use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, Entry};
use http::uri::Scheme;
use http::{Request, Response, Uri};
use kestra_core::{Body, BoxError, CallContext, Error};
use tower_service::Service;
use tracing::Level;

use super::credentials::Kind;
use super::future::{AuthFuture, Renewing};
use super::layer::Settings;
use super::provider::Provider;

const TARGET: &str = "kestra::auth";

/// The service of [`AuthLayer`](super::AuthLayer); it is ready when its inner service is.
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> AuthService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

/// Sends with a token of a source, or once there is one.
fn call_with<S, B>(inner: &mut S, provider: &Arc<Provider>, request: Request<Body>) -> AuthFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
{
    let copy = inner.clone();
    let ready = std::mem::replace(inner, copy);
    let renewing = Renewing::new(Arc::clone(provider), ready);
    match provider.ready() {
        Some(credential) => renewing.send(credential, request),
        None => renewing.wait(request),
    }
}

impl<S, B> Service<Request<Body>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = AuthFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, mut request: Request<Body>) -> AuthFuture<S, B> {
        let settings = &*self.settings;
        let inner = &mut self.inner;
        if matches!(settings.auth.0, Kind::None) || settings.is_webhook(&request) {
            return AuthFuture::sending(inner.call(request));
        }
        match settings.prepare(&mut request) {
            Ok(None) => AuthFuture::sending(inner.call(request)),
            Ok(Some(provider)) => call_with(inner, provider, request),
            Err(error) => AuthFuture::failed(error),
        }
    }
}

impl Settings {
    /// Adds fixed credentials, unless the request has its own; else tells who is asked for some.
    fn prepare(&self, request: &mut Request<Body>) -> Result<Option<&Arc<Provider>>, Error> {
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
}

impl Settings {
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
        if !is_loopback(host) && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                host,
                "credentials go over plain HTTP to another machine, where others can read them; use https"
            );
        }
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let is_name = |name: &str| {
        let tail = host.len().checked_sub(name.len());
        tail.and_then(|at| host.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(name))
    };
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
        || is_name(".localhost")
}
