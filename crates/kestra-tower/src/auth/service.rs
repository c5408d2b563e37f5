use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, Uri};
use kestra_core::{Body, BoxError, CallContext};
use tower_service::Service;

use super::credentials::Kind;
use super::future::{AuthFuture, Renewing};
use super::layer::Settings;
use super::provider::Provider;

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

impl<S, B> AuthService<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
{
    /// Sends with a token of a source, or once there is one.
    fn call_with(&mut self, provider: &Arc<Provider>, request: Request<Body>) -> AuthFuture<S, B> {
        let copy = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, copy);
        let renewing = Renewing::new(Arc::clone(provider), ready);
        match provider.ready() {
            Some(credential) => renewing.send(credential, request),
            None => renewing.wait(request),
        }
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

    fn call(&mut self, mut request: Request<Body>) -> AuthFuture<S, B> {
        let settings = Arc::clone(&self.settings);
        if matches!(settings.auth.0, Kind::None) || !settings.applies_to(&mut request) {
            return AuthFuture::sending(self.inner.call(request));
        }
        settings.warn_of_plain_http(request.uri());
        match &settings.auth.0 {
            Kind::Provider(provider) => self.call_with(provider, request),
            Kind::Fixed(fixed) => match fixed.header() {
                Ok(header) => {
                    request.headers_mut().insert(AUTHORIZATION, header.clone());
                    AuthFuture::sending(self.inner.call(request))
                }
                Err(error) => AuthFuture::failed(error),
            },
            Kind::None => AuthFuture::sending(self.inner.call(request)),
        }
    }
}

impl Settings {
    /// Whether a request gets our credentials.
    fn applies_to(&self, request: &mut Request<Body>) -> bool {
        if let Some(own) = request.headers_mut().get_mut(AUTHORIZATION) {
            HeaderValue::set_sensitive(own, true);
            return false;
        }
        let operation = CallContext::of(request).and_then(CallContext::operation);
        self.webhooks || !operation.is_some_and(|operation| operation.webhook)
    }

    fn warn_of_plain_http(&self, uri: &Uri) {
        if uri.scheme() != Some(&Scheme::HTTP) || self.warned.load(Ordering::Relaxed) {
            return;
        }
        let host = uri.host().unwrap_or_default();
        if !is_loopback(host) && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "kestra::auth",
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
