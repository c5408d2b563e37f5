//! The future of one attempt.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Response;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, OperationInfo, RequestSent};
use tokio::task::unconstrained;

use super::body::StreamBody;
use super::coding::Coding;
use super::collect::Collect;
use super::pool::{Call, Pool};
use super::upload::UploadWatch;

/// One attempt: sends the request, waits for the head of the response, and collects the body if the operation decodes it.
///
/// It reads and writes its connection itself, so an upload stands still while nobody polls it. Dropping it gives the
/// attempt up and closes its connection. The call's context tells then whether the request may have been sent: not
/// while there was no connection yet.
#[must_use = "futures do nothing unless polled"]
pub struct TransportFuture {
    state: State,
    attempt: Attempt,
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

/// What holds from the beginning to the end.
pub(crate) struct Attempt {
    pool: Arc<Pool>,
    context: Option<CallContext>,
    /// What was known of sending when the attempt began.
    sent_before: RequestSent,
}

enum State {
    Failed(Option<Error>),
    Sending { call: Call, watch: Option<UploadWatch> },
    Collecting(Collect),
}

impl TransportFuture {
    #[inline]
    pub(crate) fn sending(
        attempt: Attempt,
        call: Call,
        watch: Option<UploadWatch>,
        max_body_size: usize,
        idle: Option<Duration>,
        expected: Expected,
    ) -> Self {
        Self { state: State::Sending { call, watch }, attempt, max_body_size, idle, expected }
    }

    #[inline]
    pub(crate) fn failed(attempt: Attempt, error: Error) -> Self {
        let expected = Expected { coding: Coding::Untouched, is_forwarded: false };
        Self { state: State::Failed(Some(error)), attempt, max_body_size: 0, idle: None, expected }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, Error>> {
        if let State::Sending { call, watch } = &mut self.state {
            let attempt = &self.attempt;
            let head = match call.poll(&attempt.pool, || attempt.has_timed_out(), cx) {
                Poll::Ready(head) => head,
                Poll::Pending => {
                    let Some(watch) = watch else { return Poll::Pending };
                    let error = ready!(watch.poll_expired(cx));
                    call.discard_idle();
                    Err(error.with_request_sent(RequestSent::Maybe))
                }
            };
            let head = head.and_then(|(parts, body)| {
                let refusal =
                    if self.expected.is_forwarded { attempt.pool.connector().refusal(&parts) } else { None };
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
                .is_some_and(|operation| operation.response.is_buffered() || !parts.status.is_success());
            let body = StreamBody::new(body, self.idle);
            if !buffered {
                return Poll::Ready(Ok(Response::from_parts(parts, Body::new(body))));
            }
            self.state = State::Collecting(Collect::new(parts, body, self.max_body_size)?);
        }
        match &mut self.state {
            State::Collecting(collect) => collect.poll(cx),
            State::Failed(error) => Poll::Ready(Err(error.take().unwrap_or_else(|| {
                Error::new(ErrorKind::Service, "the future was polled after completion")
            }))),
            State::Sending { .. } => Poll::Pending,
        }
    }
}

impl Future for TransportFuture {
    type Output = Result<Response<Body>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // tokio's budget for a task is not for calls: each waits for its server, so it can't keep its task busy. A
        // few of many calls in one task would use the budget up, and all others would be polled in vain again and
        // again.
        let response = ready!(pin!(unconstrained(poll_fn(|cx| self.poll_response(cx)))).poll(cx));
        Poll::Ready(response.map_err(|error| error.with_operation(self.attempt.operation()).into()))
    }
}

impl Drop for TransportFuture {
    fn drop(&mut self) {
        if !self.attempt.has_timed_out() {
            return;
        }
        // Connections that lie idle beside one that seems dead are as old.
        match &self.state {
            State::Sending { call, .. } => call.discard_idle(),
            State::Collecting(collect) => collect.discard_idle(),
            State::Failed(_) => {}
        }
    }
}

impl Attempt {
    #[inline]
    pub(crate) fn new(pool: Arc<Pool>, context: Option<CallContext>) -> Self {
        let sent_before = context.as_ref().map_or(RequestSent::No, |context| context.sent().get());
        Self { pool, context, sent_before }
    }

    pub(crate) fn operation(&self) -> Option<&'static OperationInfo> {
        self.context.as_ref().and_then(CallContext::operation)
    }

    /// Returns whether a timeout ended this attempt, or the one before.
    fn has_timed_out(&self) -> bool {
        self.context.as_ref().is_some_and(CallContext::take_timed_out)
    }

    fn ended(&self, sent: RequestSent) {
        let Some(context) = &self.context else { return };
        match sent {
            RequestSent::No => context.sent().withdraw(self.sent_before),
            sent => context.sent().raise(sent),
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
        // The request is in it, until a connection takes it.
        assert!(size_of::<TransportFuture>() <= 456, "{}", size_of::<TransportFuture>());
    }
}
