//! The question for a server's version.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Buf;
use http::response::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body::Body as HttpBody;
use kestra_core::{
    BaseUrl, Body, BoxError, Error, ErrorKind, ErrorResponse, TimeoutPhase, Version, json, object,
};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use crate::oneshot::Oneshot;

pub(super) const PATH: &str = "/api/v1/configs";

/// More than any server's configuration has, in bytes.
const LIMIT: usize = 1024 * 1024;

pin_project! {
    /// `GET /api/v1/configs`, from readiness to the last byte of the body.
    pub(super) struct Probe<S, B>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S, B>,
        #[pin]
        sleep: Sleep,
        limit: Duration,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<Body>>,
    {
        Asking { #[pin] answer: Oneshot<S> },
        Reading { parts: Option<Parts>, bytes: Vec<u8>, #[pin] body: B },
    }
}

#[derive(Default)]
struct Configuration {
    version: String,
}

object! {
    Configuration {
        0 version = "version",
    }
}

impl<S, B> Probe<S, B>
where
    S: Service<Request<Body>>,
{
    pub(super) fn new(
        service: S,
        base: &BaseUrl,
        headers: HeaderMap,
        limit: Duration,
    ) -> Result<Self, Error> {
        let uri = base
            .join(PathAndQuery::from_static(PATH))
            .map_err(|problem| Error::new(ErrorKind::Server, problem.to_string()))?;
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(Self {
            state: State::Asking { answer: Oneshot::new(service, request) },
            sleep: sleep(limit),
            limit,
        })
    }
}

impl<S, B> Future for Probe<S, B>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    type Output = Result<Version, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(answer) = poll_answer(this.state.as_mut(), cx) {
            return Poll::Ready(answer);
        }
        ready!(this.sleep.poll(cx));
        let message = format!("no answer within {:?}", this.limit);
        Poll::Ready(Err(Error::new(ErrorKind::Timeout(TimeoutPhase::VersionProbe), message)))
    }
}

fn poll_answer<S, B>(mut state: Pin<&mut State<S, B>>, cx: &mut Context<'_>) -> Poll<Result<Version, Error>>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    loop {
        match state.as_mut().project() {
            StateProjection::Asking { answer } => {
                let response = ready!(answer.poll(cx)).map_err(Error::from_boxed)?;
                let (parts, body) = response.into_parts();
                state.set(State::Reading { parts: Some(parts), bytes: Vec::new(), body });
            }
            StateProjection::Reading { parts, bytes, body } => match ready!(body.poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        if bytes.len() + data.remaining() > LIMIT {
                            let message = format!("the answer has more than {LIMIT} bytes");
                            return Poll::Ready(Err(Error::new(ErrorKind::Decode, message)));
                        }
                        while data.has_remaining() {
                            let chunk = data.chunk();
                            bytes.extend_from_slice(chunk);
                            let read = chunk.len();
                            data.advance(read);
                        }
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Error::from_boxed(error.into()))),
                None => {
                    let Some(parts) = parts.take() else { return Poll::Pending };
                    return Poll::Ready(read(parts, std::mem::take(bytes)));
                }
            },
        }
    }
}

/// The version in an answer.
fn read(parts: Parts, bytes: Vec<u8>) -> Result<Version, Error> {
    let is_success = parts.status.is_success();
    let version = if is_success {
        json::from_slice(&bytes).ok().and_then(|answer: Configuration| Version::reported(&answer.version))
    } else {
        None
    };
    match version {
        Some(version) => Ok(version),
        None if is_success => {
            let error = Error::new(ErrorKind::Decode, "the answer names no version");
            Err(error.in_response(ErrorResponse::new(parts, bytes.into())))
        }
        None => Err(Error::from_response(ErrorResponse::new(parts, bytes.into()))),
    }
}
