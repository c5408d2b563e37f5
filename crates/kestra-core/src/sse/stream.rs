//! A stream of typed values from one response of events.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use http::HeaderMap;
use jiff::Timestamp;
use tokio::time::Instant;

use super::decoder::{Decoder, Event};
use crate::body::Body;
use crate::error::{Error, ErrorKind, RequestSent};
use crate::executor::ResponseFuture;
use crate::instant;
use crate::json::{self, Read};
use crate::operation::{OperationInfo, Replay};

/// Typed values as the server sends them, from one connection.
///
/// The stub that opens every stream is skipped, and the stream ends at the event that says so. A connection that closes
/// without that event gives a [`ErrorKind::Transport`] error. Only the response to an action, such as a message
/// to a language model, has no such event: there the close is the end. Dropping the stream closes the connection.
#[must_use = "a stream does nothing until it is polled"]
pub struct EventStream<T> {
    state: State,
    events: VecDeque<Event>,
    opened: Option<Opened>,
    info: &'static OperationInfo,
    item: PhantomData<fn() -> T>,
}

/// The time of the response that opened a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) at: Instant,
    /// An upper bound of the time, by the server's clock if the response has a `Date`.
    pub(super) time: Timestamp,
}

enum State {
    Opening(ResponseFuture<Body>),
    Reading { body: Body, decoder: Decoder },
    Ended,
}

impl<T> EventStream<T> {
    /// Returns the values of a response. The request is sent when the stream is first polled.
    #[doc(hidden)]
    pub fn new(response: ResponseFuture<Body>, info: &'static OperationInfo) -> Self {
        Self {
            state: State::Opening(response),
            events: VecDeque::new(),
            opened: None,
            info,
            item: PhantomData,
        }
    }

    /// Returns when the response arrived, or `None` before that.
    pub(super) fn opened(&self) -> Option<Opened> {
        self.opened
    }

    /// Whether the end has been read: what was given last, if anything, came with it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<T, Error>>> {
        self.state = State::Ended;
        self.events.clear();
        let error = error.with_request_sent(RequestSent::Yes);
        Poll::Ready(Some(Err(if error.operation().is_some() {
            error
        } else {
            error.with_operation(self.info)
        })))
    }
}

impl<T: Read> EventStream<T> {
    /// The next value; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<T: Read> Stream for EventStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            while let Some(event) = self.events.pop_front() {
                match event.id.as_str() {
                    "start" => continue,
                    // The end of a follow of dependencies carries nothing new.
                    "end-all" => {
                        self.state = State::Ended;
                        self.events.clear();
                        return Poll::Ready(None);
                    }
                    "end" if !is_of_several(self.info) => {
                        self.state = State::Ended;
                        self.events.clear();
                    }
                    _ => {}
                }
                return match json::from_slice(event.data.as_bytes()) {
                    Ok(value) => Poll::Ready(Some(Ok(value))),
                    Err(problem) => {
                        let message = format!("an event can't be read: {problem}");
                        self.fail(Error::new(ErrorKind::Decode, message))
                    }
                };
            }
            let this = &mut *self;
            match &mut this.state {
                State::Ended => return Poll::Ready(None),
                State::Opening(response) => match ready!(Pin::new(response).poll(cx)) {
                    Ok(response) => {
                        let time = time_of(response.headers());
                        this.opened = Some(Opened { at: Instant::now(), time });
                        this.state =
                            State::Reading { body: response.into_body(), decoder: Decoder::default() };
                    }
                    Err(error) => {
                        this.state = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Reading { body, decoder } => {
                    match ready!(http_body::Body::poll_frame(Pin::new(body), cx)) {
                        Some(Ok(frame)) => {
                            if let Ok(bytes) = frame.into_data() {
                                decoder.push(&bytes);
                            }
                            loop {
                                match decoder.next_event() {
                                    Ok(Some(event)) => this.events.push_back(event),
                                    Ok(None) => break,
                                    Err(problem) => {
                                        return self.fail(Error::from_source(ErrorKind::Decode, problem));
                                    }
                                }
                            }
                        }
                        Some(Err(problem)) => return self.fail(Error::from_boxed(problem)),
                        None if self.info.replay != Replay::Safe => self.state = State::Ended,
                        None => {
                            let message = "the stream ended without its end event";
                            return self.fail(Error::new(ErrorKind::Transport, message));
                        }
                    }
                }
            }
        }
    }
}

/// Returns an upper bound of the time of a response, by its `Date` if it has one, which is in whole seconds.
fn time_of(headers: &HeaderMap) -> Timestamp {
    const SECOND: Duration = Duration::from_secs(1);
    instant::of_headers(headers)
        .and_then(|date| date.checked_add(SECOND).ok())
        .unwrap_or_else(|| instant::ago(Duration::ZERO))
}

/// Whether the stream is about several executions: it then has an end for each, and one for all.
fn is_of_several(info: &OperationInfo) -> bool {
    info.newest_route().is_some_and(|route| route.path.ends_with("/follow-dependencies"))
}

crate::debug_fields! { [T] EventStream<T>, this => { operation: this.info.name } }
