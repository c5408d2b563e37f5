use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body as HttpBody;
use kestra_core::{Body, BoxError, Error};
use tower_service::Service;

use super::endpoint::{Need, make_absolute, need, route, select};
use super::future::{ServerFuture, VersionCheck};
use super::layer::Settings;
use super::lookup::look_up;

/// The service of [`ServerLayer`](super::ServerLayer); always ready.
#[derive(Clone, Debug)]
pub struct ServerService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> ServerService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B> ServerService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data: Send> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn start(&self, mut request: Request<Body>) -> Result<ServerFuture<S, B>, Error> {
        let settings = &self.settings;
        let base = select(settings, &request)?;
        let watch = match need(settings, &request, &base) {
            Need::Version => {
                let lookup = look_up(self.inner.clone(), request, base, Arc::clone(settings));
                return Ok(ServerFuture::asking(Box::pin(lookup)));
            }
            Need::Route { version, is_set } => {
                let watch =
                    (!is_set).then(|| VersionCheck::new(settings, &base, &self.inner, &request, version));
                route(&mut request, version)?;
                watch
            }
            Need::Nothing => None,
        };
        make_absolute(&mut request, &base)?;
        Ok(ServerFuture::sending(self.inner.clone(), request, watch))
    }
}

impl<S, B> Service<Request<Body>> for ServerService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data: Send> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = ServerFuture<S, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> ServerFuture<S, B> {
        self.start(request).unwrap_or_else(ServerFuture::failed)
    }
}
