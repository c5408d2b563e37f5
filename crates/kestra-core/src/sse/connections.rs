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
    pub fn new(executor: E, call: Call) -> Self {
        let reconnects = Reconnects::new(call.info());
        let retry = TransientRetry::new(&executor, call.options());
        Self { executor, call, open: None, is_fruitful: false, retry, reconnects }
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
                let has_lasted = events.opened().is_some_and(|opened| opened.at.elapsed() >= LASTED);
                self.open = None;
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

    /// When the open connection was answered at the latest, by the server's clock if it told the time.
    #[must_use]
    pub fn opened(&self) -> Option<Timestamp> {
        self.open.as_ref()?.opened().map(|opened| opened.time)
    }

    /// Closes the connection that is open, if one is; the next event comes from another.
    pub fn close(&mut self) {
        self.open = None;
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
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
