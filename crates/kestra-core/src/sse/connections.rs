//! One connection after another to the same stream of events.

use std::time::Duration;

use jiff::Timestamp;

use super::reconnects::Reconnects;
use super::stream::EventStream;
use crate::call::Call;
use crate::decode;
use crate::error::Error;
use crate::executor::{Executor, ResponseFuture};
use crate::json::Read;
use crate::options::CallOptions;
use crate::transient::TransientRetry;

/// After this long a connection was worth opening, whatever came over it.
const LASTED: Duration = Duration::from_secs(1);

/// Events of one operation over as many connections as it takes.
///
/// It doesn't know what the events mean: its reader drops what comes twice, tells what was new, and decides after a cut whether
/// to go on.
#[derive(Debug)]
pub struct Connections<E, T> {
    executor: E,
    call: Call,
    open: Option<EventStream<T>>,
    /// Why the last connection couldn't be opened, while the server is waited for.
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
    /// Connections that this call opens, none of them yet. Gives up after an outage of 10 minutes.
    pub fn new(executor: E, mut call: Call) -> Self {
        call.change_options(CallOptions::single_attempt);
        let reconnects = Reconnects::new(call.info());
        let retry = TransientRetry::new(&executor, call.options());
        Self { executor, call, open: None, unopened: None, is_fruitful: false, retry, reconnects }
    }

    /// Sets how long an outage may last.
    #[must_use]
    pub fn limit(mut self, outage: Duration) -> Self {
        self.retry = self.retry.limit(outage);
        self
    }

    /// The next event; opens a connection if none is open.
    ///
    /// A call that is dropped before it is done loses nothing.
    ///
    /// # Errors
    ///
    /// What no further connection can mend: the call is wrong or refused, or an event can't be read.
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
                self.retry.answered();
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

    /// Nothing is asked beside the stream before the server is there again, so that many streams don't multiply an outage.
    async fn wait_for_server(&mut self) -> Result<Step<T>, Error> {
        let is_there = self.retry.wait_for_server(Duration::ZERO).await;
        match self.unopened.take() {
            Some(error) if is_there => Ok(Step::Cut { error, is_fruitful: false }),
            Some(error) => Err(error),
            None => Ok(Step::End),
        }
    }

    /// When the open connection was answered at the latest, by the server's clock if it told the time.
    #[must_use]
    pub fn opened(&self) -> Option<Timestamp> {
        self.open.as_ref()?.opened().map(|opened| opened.time)
    }

    /// Closes the connection that is open, if one is; the next event comes from another.
    pub fn close(&mut self) {
        (self.open, self.unopened) = (None, None);
    }

    /// Whether the server may be asked something beside the stream: a connection is open, or the server is there while one is
    /// being opened, for which this waits.
    pub async fn is_server_there(&mut self) -> bool {
        let is_open = self.open.as_ref().is_some_and(|events| events.opened().is_some());
        is_open || self.retry.wait_for_server(Duration::ZERO).await
    }

    /// Whether no connection could be opened, and the server is waited for.
    #[must_use]
    pub fn is_waiting_for_server(&self) -> bool {
        self.unopened.is_some()
    }

    /// Says that what is streamed is known to be there, so that the answers of a server that restarts are outlasted too; see
    /// [`TransientRetry::set_known`].
    pub fn set_known(&mut self) {
        self.retry.set_known();
    }

    /// Says that the last event was new: after a cut the next connection is opened soon. Events that were seen before don't make
    /// it so, else a stream that is cut after each of them would be opened without end.
    pub fn progressed(&mut self) {
        self.retry.succeeded();
    }

    /// Says that the server answered another question: it is there, so this doesn't end as an outage. The pauses go on growing
    /// until something new comes, as the stream itself still fails.
    pub fn answered(&mut self) {
        self.retry.answered();
    }

    /// Pauses before the next connection, of which it tells.
    ///
    /// # Errors
    ///
    /// The failure, if it is final or nothing has come through for too long.
    pub async fn pause(&mut self, failure: Error) -> Result<(), Error> {
        let Some(wait) = self.retry.wait_after(&failure).await else { return Err(failure) };
        self.reconnects.tell(&failure, self.is_fruitful, wait);
        if self.is_fruitful {
            // A connection that worked until now was most likely cut for a reason of its own.
            tokio::time::sleep(wait).await;
            return Ok(());
        }
        if self.retry.wait_for_server(wait).await { Ok(()) } else { Err(failure) }
    }
}
