use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use kestra_core::internal::BaseUrl;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, Version};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::cluster::{Cluster, Target};
use super::detection::detect;
use super::endpoint::{Need, is_for_any_member, make_absolute, need, route, select};
use super::layer::Settings;
use crate::oneshot::{BoxFuture, Oneshot};
use crate::replayable_request::ReplayableRequest;

/// The service of [`ServerLayer`](super::ServerLayer); always ready.
#[derive(Clone, Debug)]
pub struct ServerService<S> {
    inner: S,
    settings: Arc<Settings>,
}

pin_project! {
    /// The future of [`ServerService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<S, B>
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
        Sending { #[pin] response: Oneshot<S>, check: Option<VersionCheck<S>> },
        // A version is detected once in minutes, so the state of a detection is boxed, as that of an attempt at a cluster is.
        Boxed { future: BoxFuture<B> },
    }
}

/// The version to check again if the response looks like that of another version, and the request to send then.
struct VersionCheck<S> {
    settings: Arc<Settings>,
    base: BaseUrl,
    version: Version,
    /// What a call that may be repeated is sent with once more.
    resend: Option<Box<(S, ReplayableRequest)>>,
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
    fn start(&self, request: Request<Body>) -> State<S, B> {
        match &self.settings.cluster {
            Some(cluster) if is_for_any_member(&self.settings, &request) => {
                self.start_at_cluster(cluster, request)
            }
            _ => match select(&self.settings, &request) {
                Ok(base) => self.start_at(base, request),
                Err(error) => State::failed(error),
            },
        }
    }

    fn start_at_cluster(&self, cluster: &Cluster, request: Request<Body>) -> State<S, B> {
        if cluster.is_resolution_due() {
            let (this, cluster) = (self.clone(), cluster.clone());
            let future = Box::pin(async move {
                cluster.resolve(&this.settings.servers).await;
                ServerFuture { state: this.start_at_member(&cluster, request) }.await
            });
            return State::Boxed { future };
        }
        self.start_at_member(cluster, request)
    }

    fn start_at_member(&self, cluster: &Cluster, request: Request<Body>) -> State<S, B> {
        let (servers, observer) = (&self.settings.servers, self.settings.observer.as_ref());
        let attempt = match cluster.select(servers, observer, &request) {
            Ok(Target::Server(base)) => return self.start_at(base, request),
            Ok(Target::Member(attempt)) => attempt,
            Err(error) => return State::failed(error),
        };
        let sending = ServerFuture { state: self.start_at(attempt.base().clone(), request) };
        let future = Box::pin(async move {
            let result = sending.await;
            attempt.end(&result);
            result
        });
        State::Boxed { future }
    }

    fn start_at(&self, base: BaseUrl, mut request: Request<Body>) -> State<S, B> {
        let (settings, service) = (&self.settings, self.inner.clone());
        let (check, routed) = match need(settings, &request, &base) {
            Need::Version => {
                let future = detect_and_send(service, request, base, Arc::clone(settings));
                return State::Boxed { future: Box::pin(future) };
            }
            Need::Route { version, is_set } => {
                let check =
                    (!is_set).then(|| VersionCheck::new(settings, &base, &service, &request, version));
                (check, route(&mut request, version))
            }
            Need::Nothing => (None, Ok(())),
        };
        match routed.and_then(|()| make_absolute(&mut request, &base)) {
            Ok(()) => State::Sending { response: Oneshot::new(service, request), check },
            Err(error) => State::failed(error),
        }
    }
}

impl<S, B: Send + 'static> State<S, B>
where
    S: Service<Request<Body>>,
{
    fn failed(error: Error) -> Self {
        Self::Boxed { future: Box::pin(std::future::ready(Err(error.into()))) }
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
        ServerFuture { state: self.start(request) }
    }
}

impl<S, B> Future for ServerFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: HttpBody<Data: Send> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProjection::Sending { response, check } = state.as_mut().project() {
            let result = ready!(response.poll(cx));
            match check.take() {
                Some(check) if check.is_doubtful(&result) => {
                    state.set(State::Boxed { future: check.boxed_resend(result) });
                }
                _ => return Poll::Ready(result),
            }
        }
        match state.project() {
            StateProjection::Boxed { future } => future.as_mut().poll(cx),
            StateProjection::Sending { .. } => Poll::Pending,
        }
    }
}

/// Sends a request that depends on the version of its server, which isn't known.
async fn detect_and_send<S, B>(
    service: S,
    mut request: Request<Body>,
    base: BaseUrl,
    settings: Arc<Settings>,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    let version = detect(service.clone(), &request, &base, &settings).await?;
    let check = VersionCheck::new(&settings, &base, &service, &request, version);
    route(&mut request, version)?;
    make_absolute(&mut request, &base)?;
    let result = Oneshot::new(service, request).await;
    if check.is_doubtful(&result) { check.resend(result).await } else { result }
}

impl<S: Clone> VersionCheck<S> {
    /// Creates the check of a request that has no server yet.
    fn new(
        settings: &Arc<Settings>,
        base: &BaseUrl,
        service: &S,
        request: &Request<Body>,
        version: Version,
    ) -> Self {
        let context = CallContext::of(request).filter(|context| context.is_idempotent(request.method()));
        let replayable = context.and_then(|context| ReplayableRequest::of(request, Some(context)));
        let resend = replayable.map(|request| Box::new((service.clone(), request)));
        Self { settings: Arc::clone(settings), base: base.clone(), version, resend }
    }

    /// Returns whether to detect the version again; forgets the cached version if the result gives reason to.
    fn is_doubtful<B>(&self, result: &Result<Response<B>, BoxError>) -> bool {
        match result {
            Ok(response) => {
                let is_odd = matches!(
                    response.status(),
                    StatusCode::NOT_FOUND
                        | StatusCode::METHOD_NOT_ALLOWED
                        | StatusCode::UNSUPPORTED_MEDIA_TYPE
                );
                is_odd && self.settings.versions.doubt(&self.base)
            }
            Err(error) => {
                if error.downcast_ref::<Error>().is_some_and(Error::is_connect) {
                    self.settings.versions.forget(&self.base);
                }
                false
            }
        }
    }

    /// Boxes the future of [`resend`](Self::resend). It is compiled in each codegen unit that boxes it, which is only one this
    /// way.
    #[inline(never)]
    fn boxed_resend<B>(self, result: Result<Response<B>, BoxError>) -> BoxFuture<B>
    where
        S: Service<Request<Body>, Response = Response<B>, Future: Send> + Send + 'static,
        S::Error: Into<BoxError>,
        B: HttpBody<Data: Send> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Box::pin(self.resend(result))
    }

    /// Detects the version again, and sends the request once more if the server has another one than assumed that needs
    /// another request.
    async fn resend<B>(self, result: Result<Response<B>, BoxError>) -> Result<Response<B>, BoxError>
    where
        S: Service<Request<Body>, Response = Response<B>>,
        S::Error: Into<BoxError>,
        B: HttpBody,
        B::Error: Into<BoxError>,
    {
        let (service, mut request, response) = match (self.resend, result) {
            (Some(resend), Ok(response)) => (resend.0, resend.1.into_request(), response),
            (_, result) => return result,
        };
        let detected = detect(service.clone(), &request, &self.base, &self.settings).await;
        let (Ok(version), Some(context)) = (detected, CallContext::of(&request)) else { return Ok(response) };
        if let (Ok(sent), Ok(other)) = (context.head_for(self.version), context.head_for(version))
            && sent == other
        {
            return Ok(response);
        }
        match route(&mut request, version).and_then(|()| make_absolute(&mut request, &self.base)) {
            Ok(()) => {
                drop(response);
                Oneshot::new(service, request).await
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => Err(error.into()),
            Err(_) => Ok(response),
        }
    }
}

kestra_core::debug_fields! { [S: Service<Request<Body>>, B] ServerFuture<S, B>, _ => {} }
