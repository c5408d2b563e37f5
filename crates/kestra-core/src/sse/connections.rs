//! One connection after another to the same stream of events.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use super::stream::EventStream;
use crate::call::Call;
use crate::decode;
use crate::error::{Error, ErrorKind, TimeoutPhase};
use crate::executor::{Executor, ResponseFuture};
use crate::json::Read;
use crate::observe::ClientEvent;
use crate::operation::OperationInfo;
use crate::options::CallOptions;
use crate::transient::TransientRetry;

/// How long a connection has to stay open to count as successful, whatever came over it.
const LASTED: Duration = Duration::from_secs(1);

/// Events of one operation over as many connections as it takes.
///
/// It doesn't interpret events: its user drops repeated ones, calls [`progressed`](Self::progressed) after new ones, and
/// decides after a disconnection whether to continue.
#[derive(Debug)]
pub struct Connections<E, T> {
    executor: E,
    call: Call,
    open: Option<EventStream<T>>,
    /// Why the last connection couldn't be opened, while waiting for the server.
    unopened: Option<Error>,
    /// Whether the open connection has given an event.
    is_fruitful: bool,
    retry: TransientRetry,
    reconnects: Reconnects,
}

/// What comes next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<T> {
    /// An event; the stream goes on.
    Event(T),
    /// The event that came with the end.
    Last(T),
    /// The end.
    End,
    /// The connection broke, or couldn't be opened.
    Cut {
        /// Why.
        error: Error,
        /// Whether it gave an event before.
        is_fruitful: bool,
    },
}

impl<E: Executor, T: Read> Connections<E, T> {
    /// Creates the connections of a call; none is opened yet. Gives up after an outage of 10 minutes.
    pub fn new(executor: E, mut call: Call) -> Self {
        call.change_options(CallOptions::single_attempt);
        let reconnects = Reconnects::new(call.info());
        let retry = TransientRetry::new(&executor, call.options());
        Self { executor, call, open: None, unopened: None, is_fruitful: false, retry, reconnects }
    }

    /// Sets how long an outage may last.
    pub fn limit(mut self, outage: Duration) -> Self {
        self.retry = self.retry.limit(outage);
        self
    }

    /// The next event; opens a connection if none is open.
    ///
    /// Cancel safe: a future that is dropped early loses no event.
    pub async fn next(&mut self) -> Result<Step<T>, Error> {
        if self.unopened.is_some() {
            return self.wait_for_server().await;
        }
        let info = self.call.info();
        let events = match &mut self.open {
            Some(events) => events,
            closed => {
                let opening = ResponseFuture::new(&self.executor, self.call.again(), decode::stream);
                self.is_fruitful = false;
                closed.insert(EventStream::new(opening, info))
            }
        };
        let Some(event) = events.next().await else {
            self.open = None;
            return Ok(Step::End);
        };
        match event {
            Ok(event) if events.has_ended() => {
                self.open = None;
                Ok(Step::Last(event))
            }
            Ok(event) => {
                self.is_fruitful = true;
                self.retry.responded();
                Ok(Step::Event(event))
            }
            Err(error) => {
                let opened = events.opened();
                let has_lasted = opened.is_some_and(|opened| opened.at.elapsed() >= LASTED);
                self.open = None;
                if opened.is_none() && error.is_transient() {
                    self.unopened = Some(error);
                    return self.wait_for_server().await;
                }
                if has_lasted {
                    self.retry.succeeded();
                }
                if self.retry.may_pass(&error) {
                    Ok(Step::Cut { error, is_fruitful: self.is_fruitful })
                } else {
                    Err(error)
                }
            }
        }
    }

    /// Waits until the server is reachable. No other request is sent before that, so that many streams don't add load to an
    /// outage.
    async fn wait_for_server(&mut self) -> Result<Step<T>, Error> {
        let is_there = self.retry.wait_for_server(Duration::ZERO).await;
        match self.unopened.take() {
            Some(error) if is_there => Ok(Step::Cut { error, is_fruitful: false }),
            Some(error) => Err(error),
            None => Ok(Step::End),
        }
    }

    /// Returns an upper bound of the time of the response that opened the connection, by the server's clock if it has a `Date`.
    pub fn opened(&self) -> Option<Timestamp> {
        self.open.as_ref()?.opened().map(|opened| opened.time)
    }

    /// Closes the connection that is open, if one is; the next event comes from another.
    pub fn close(&mut self) {
        (self.open, self.unopened) = (None, None);
    }

    /// Returns whether the server can get other requests: a connection is open, or the server is reachable while one is
    /// being opened, for which this waits.
    pub async fn is_server_there(&mut self) -> bool {
        let is_open = self.open.as_ref().is_some_and(|events| events.opened().is_some());
        is_open || self.retry.wait_for_server(Duration::ZERO).await
    }

    /// Returns whether no connection could be opened, so that the server is being waited for.
    pub fn is_waiting_for_server(&self) -> bool {
        self.unopened.is_some()
    }

    /// Marks the streamed resource as known to exist, so that error responses of a restarting server are retried, too; see
    /// [`TransientRetry::set_known`].
    pub fn set_known(&mut self) {
        self.retry.set_known();
    }

    /// Marks the last event as new: after a disconnection the next connection is opened soon. Don't call it after repeated
    /// events, or a stream that breaks after each of them would be opened again without end.
    pub fn progressed(&mut self) {
        self.retry.succeeded();
    }

    /// Records that the server responded to another request, so this is no outage. The pauses go on growing until a new
    /// event comes, as the stream itself still fails.
    pub fn responded(&mut self) {
        self.retry.responded();
    }

    /// Pauses before the next connection, and returns the step that reports it.
    pub async fn pause(&mut self, failure: Error) -> Result<(), Error> {
        let Some(wait) = self.retry.wait_after(&failure).await else { return Err(failure) };
        self.reconnects.tell(&failure, self.is_fruitful, wait);
        if let Some(observer) = self.executor.observer() {
            let (operation, cause) = (self.call.info(), &failure);
            observer.tell(&ClientEvent::StreamReconnect { operation, cause, wait });
        }
        if self.is_fruitful {
            // A connection that worked until now most likely broke for another reason than an outage.
            tokio::time::sleep(wait).await;
            return Ok(());
        }
        if self.retry.wait_for_server(wait).await { Ok(()) } else { Err(failure) }
    }
}

const TARGET: &str = "kestra::stream";

/// Logs each connection of a stream after the first, at DEBUG.
///
/// Connections often break, and are closed when they are silent. A connection that brought no event at all is also logged
/// at WARN, once for each cause.
#[derive(Debug)]
struct Reconnects {
    operation: &'static str,
    /// The connections so far.
    connections: u32,
    warned: Vec<(ErrorKind, Option<StatusCode>)>,
}

impl Reconnects {
    fn new(operation: &'static OperationInfo) -> Self {
        Self { operation: operation.name, connections: 1, warned: Vec::new() }
    }

    /// Logs that another connection follows after `wait`, since the last one ended with `reason`; `was_fruitful` if it had
    /// brought an event.
    fn tell(&mut self, reason: &Error, was_fruitful: bool, wait: Duration) {
        self.connections = self.connections.saturating_add(1);
        let operation = self.operation;
        tracing::debug!(
            target: TARGET,
            operation,
            attempt = self.connections,
            wait_ms = wait.as_millis() as u64,
            %reason,
            "reconnecting a stream"
        );
        if was_fruitful || reason.kind() == ErrorKind::Timeout(TimeoutPhase::Idle) {
            return;
        }
        let cause = (reason.kind(), reason.status());
        if !self.warned.contains(&cause) {
            self.warned.push(cause);
            tracing::warn!(target: TARGET, operation, %reason, "a stream ended without an event; reconnecting");
        }
    }
}
