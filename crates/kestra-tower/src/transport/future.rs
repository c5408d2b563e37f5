//! The future of one attempt.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Response;
use hyper_util::client::legacy;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, RequestSent};

use super::body::StreamBody;
use super::coding::Coding;
use super::collect::Collect;
use super::error::from_client;
use super::pool::PoolWatch;
use super::upload::UploadWatch;

/// One attempt: sends the request, waits for the head of the answer, and reads the body if the operation wants it whole.
///
/// Dropping it gives the attempt up and closes its connection. The call's context tells then whether the request may have
/// been sent: not while there was no connection yet.
#[must_use = "futures do nothing unless polled"]
pub struct TransportFuture {
    state: State,
    attempt: PoolWatch,
    max_body_size: usize,
    idle: Option<Duration>,
    expected: Expected,
}

/// Facts about the response that follow from the request.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) coding: Coding,
    /// Whether a proxy forwards the request.
    pub(crate) is_forwarded: bool,
}

enum State {
    Failed(Option<Error>),
    Sending { response: legacy::ResponseFuture, watch: Option<UploadWatch> },
    Collecting(Collect),
}

impl TransportFuture {
    #[inline]
    pub(crate) fn sending(
        attempt: PoolWatch,
        response: legacy::ResponseFuture,
        watch: Option<UploadWatch>,
        max_body_size: usize,
        idle: Option<Duration>,
        expected: Expected,
    ) -> Self {
        Self { state: State::Sending { response, watch }, attempt, max_body_size, idle, expected }
    }

    #[inline]
    pub(crate) fn failed(attempt: PoolWatch, error: Error) -> Self {
        let expected = Expected { coding: Coding::Untouched, is_forwarded: false };
        Self { state: State::Failed(Some(error)), attempt, max_body_size: 0, idle: None, expected }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
        if let State::Sending { response, watch } = &mut self.state {
            let head = match Pin::new(response).poll(cx) {
                Poll::Ready(head) => head.map_err(from_client),
                Poll::Pending => {
                    let Some(watch) = watch else { return Poll::Pending };
                    let error = ready!(watch.poll_expired(cx));
                    self.attempt.expired();
                    Err(error.sent(RequestSent::Maybe))
                }
            };
            let head = head.and_then(|response| {
                let (parts, body) = response.into_parts();
                let refusal = if self.expected.is_forwarded {
                    self.attempt.pool().connector().refusal(&parts)
                } else {
                    None
                };
                refusal.map_or(Ok((parts, body)), Err)
            });
            let (parts, body) = match head {
                Ok(head) => head,
                Err(error) => {
                    self.attempt.ended(error.request_sent());
                    self.state = State::Failed(None);
                    return Poll::Ready(Err(error));
                }
            };
            self.attempt.ended(RequestSent::Yes);
            self.state = State::Failed(None);
            let (parts, body) = self.expected.coding.open(parts, body)?;
            let buffered = self
                .attempt
                .operation()
                .is_some_and(|operation| operation.answer.is_buffered() || !parts.status.is_success());
            if !buffered {
                return Poll::Ready(Ok(Response::from_parts(
                    parts,
                    Body::new(StreamBody::new(body, self.idle)),
                )));
            }
            self.state = State::Collecting(Collect::new(parts, body, self.max_body_size, self.idle)?);
        }
        match &mut self.state {
            State::Collecting(collect) => collect.poll(cx),
            State::Failed(error) => Poll::Ready(Err(error.take().unwrap_or_else(|| {
                Error::new(ErrorKind::Service, "the future was polled after it was done")
            }))),
            State::Sending { .. } => Poll::Pending,
        }
    }
}

impl Future for TransportFuture {
    type Output = Result<Response<Body>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.poll_response(cx));
        Poll::Ready(response.map_err(|error| self.attempt.name(error).into()))
    }
}

impl PoolWatch {
    fn operation(&self) -> Option<&'static kestra_core::OperationInfo> {
        self.context().and_then(CallContext::operation)
    }

    fn ended(&self, sent: RequestSent) {
        let Some(context) = self.context() else { return };
        match sent {
            RequestSent::No => context.sent().withdraw(self.sent_before()),
            sent => context.sent().raise(sent),
        }
    }

    fn name(&self, error: Error) -> Error {
        match self.operation() {
            Some(operation) => error.of_operation(operation),
            None => error,
        }
    }
}

impl fmt::Debug for TransportFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Failed(_) => "done",
            State::Sending { .. } => "sending",
            State::Collecting(_) => "collecting",
        };
        f.debug_struct("TransportFuture").field("state", &state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn is_send_and_sync<T: Send + Sync>() {}

    #[test]
    fn a_future_is_small() {
        is_send_and_sync::<TransportFuture>();
        assert!(size_of::<TransportFuture>() <= 320, "{}", size_of::<TransportFuture>());
    }
}
