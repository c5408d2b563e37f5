use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use kestra_core::internal::set_header;
use kestra_core::{Body, BoxError, CallContext, Error};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::provider::{Credential, Provider, TokenFuture};
use crate::replayable_request::ReplayableRequest;

pin_project! {
    /// The future of [`AuthService`](super::AuthService).
    #[must_use = "futures do nothing unless polled"]
    pub struct AuthFuture<S, B>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S, B>,
        // Of calls with a token source only, so its room isn't part of the others.
        renewing: Option<Box<Renewing<S>>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<Body>>,
    {
        Sending { #[pin] future: S::Future },
        AwaitingToken { token: TokenFuture, request: Option<Request<Body>> },
        Replacing { token: TokenFuture, refused: Option<Response<B>> },
        GettingReady { request: Option<Request<Body>> },
        Failed { error: Option<Error> },
    }
}

/// What a call with a token source needs to wait for a token, or to be sent again with another one.
pub(super) struct Renewing<S> {
    provider: Arc<Provider>,
    service: S,
    again: Option<Again>,
}

/// The request, and the token that it was sent with.
struct Again {
    replayable: ReplayableRequest,
    used: Credential,
}

impl<S> Renewing<S> {
    /// `service` was found ready.
    #[inline]
    pub(super) fn new(provider: Arc<Provider>, service: S) -> Box<Self> {
        Box::new(Self { provider, service, again: None })
    }

    /// Sends a request with a token.
    pub(super) fn send<B>(
        mut self: Box<Self>,
        credential: Credential,
        request: Request<Body>,
    ) -> AuthFuture<S, B>
    where
        S: Service<Request<Body>>,
    {
        let future = self.sent(credential, request);
        AuthFuture { state: State::Sending { future }, renewing: Some(self) }
    }

    /// Sends a request once there is a token.
    pub(super) fn wait<B>(self: Box<Self>, request: Request<Body>) -> AuthFuture<S, B>
    where
        S: Service<Request<Body>>,
    {
        let state = State::AwaitingToken { token: self.provider.wait(), request: Some(request) };
        AuthFuture { state, renewing: Some(self) }
    }

    fn sent(&mut self, credential: Credential, request: Request<Body>) -> S::Future
    where
        S: Service<Request<Body>>,
    {
        let header = credential.header.clone();
        self.again = ReplayableRequest::of(&request, CallContext::of(&request))
            .map(|replayable| Again { replayable, used: credential });
        self.service.call(with_token(request, header))
    }
}

impl<S, B> AuthFuture<S, B>
where
    S: Service<Request<Body>>,
{
    #[inline]
    pub(super) fn sending(future: S::Future) -> Self {
        Self { state: State::Sending { future }, renewing: None }
    }

    #[inline]
    pub(super) fn failed(error: Error) -> Self {
        Self { state: State::Failed { error: Some(error) }, renewing: None }
    }
}

impl<S, B> Future for AuthFuture<S, B>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProjection::Sending { future } => {
                    let response = ready!(future.poll(cx)).map_err(Into::into)?;
                    let renewing = match this.renewing {
                        Some(renewing) if response.status() == StatusCode::UNAUTHORIZED => renewing,
                        _ => return Poll::Ready(Ok(response)),
                    };
                    let Some(again) = &renewing.again else { return Poll::Ready(Ok(response)) };
                    let token = renewing.provider.replace(again.used.number);
                    this.state.set(State::Replacing { token, refused: Some(response) });
                }
                StateProjection::Replacing { token, refused } => {
                    let token = ready!(token.as_mut().poll(cx));
                    let again = this.renewing.as_mut().and_then(|renewing| renewing.again.take());
                    match (token, again, refused.take()) {
                        (Ok(token), Some(again), _) if token.header != again.used.header => {
                            let request = with_token(again.replayable.into_request(), token.header);
                            this.state.set(State::GettingReady { request: Some(request) });
                        }
                        // The same token would be refused again.
                        (_, _, Some(refused)) => return Poll::Ready(Ok(refused)),
                        (_, _, None) => return Poll::Pending,
                    }
                }
                StateProjection::GettingReady { request } => {
                    let Some(renewing) = this.renewing else { return Poll::Pending };
                    ready!(renewing.service.poll_ready(cx)).map_err(Into::into)?;
                    let Some(request) = request.take() else { return Poll::Pending };
                    let future = renewing.service.call(request);
                    this.state.set(State::Sending { future });
                }
                StateProjection::AwaitingToken { token, request } => {
                    let token = ready!(token.as_mut().poll(cx));
                    let (Some(renewing), Some(request)) = (this.renewing.as_mut(), request.take()) else {
                        return Poll::Pending;
                    };
                    match token {
                        Ok(credential) => {
                            let future = renewing.sent(credential, request);
                            this.state.set(State::Sending { future });
                        }
                        Err(error) => {
                            let operation = CallContext::of(&request).and_then(CallContext::operation);
                            let error = match operation {
                                Some(operation) => error.with_operation(operation),
                                None => error,
                            };
                            return Poll::Ready(Err(error.into()));
                        }
                    }
                }
                StateProjection::Failed { error } => {
                    return match error.take() {
                        Some(error) => Poll::Ready(Err(error.into())),
                        None => Poll::Pending,
                    };
                }
            }
        }
    }
}

fn with_token(mut request: Request<Body>, header: HeaderValue) -> Request<Body> {
    set_header(request.headers_mut(), AUTHORIZATION, header);
    request
}

impl<S, B> fmt::Debug for AuthFuture<S, B>
where
    S: Service<Request<Body>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Sending { .. } => "sending",
            State::AwaitingToken { .. } => "waiting for a token",
            State::Replacing { .. } => "replacing the token",
            State::GettingReady { .. } => "getting ready",
            State::Failed { .. } => "failed",
        };
        f.debug_struct("AuthFuture").field("state", &state).finish_non_exhaustive()
    }
}
