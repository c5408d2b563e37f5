//! One connection after another to the same stream of events.

use super::backoff::Backoff;
use super::reconnects::Reconnects;
use super::stream::EventStream;
use crate::call::Call;
use crate::decode;
use crate::error::{Error, ErrorKind};
use crate::executor::{Executor, ResponseFuture};
use crate::json::Read;

/// Events of one operation over as many connections as it takes.
///
/// It doesn't know what the events mean: whoever reads them drops what comes twice, and says after a cut whether to go on.
#[derive(Debug)]
pub struct Connections<E, T> {
    executor: E,
    call: Call,
    open: Option<EventStream<T>>,
    /// Whether the open connection has given an event.
    is_fruitful: bool,
    backoff: Backoff,
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
    /// Connections that this call opens, none of them yet.
    pub fn new(executor: E, call: Call) -> Self {
        let reconnects = Reconnects::new(call.info());
        Self { executor, call, open: None, is_fruitful: false, backoff: Backoff::default(), reconnects }
    }

    /// The next event; opens a connection if none is open.
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
            Ok(event) if events.has_ended() => Ok(Step::Last(event)),
            Ok(event) => {
                self.is_fruitful = true;
                self.backoff.reset();
                Ok(Step::Event(event))
            }
            Err(error) => {
                self.open = None;
                if is_passing(&error) {
                    Ok(Step::Cut { error, is_fruitful: self.is_fruitful })
                } else {
                    Err(error)
                }
            }
        }
    }

    /// Closes the connection that is open, if one is; the next event comes from another.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Says that the server answered another question: it is there, so this doesn't end as an outage. The waits go on growing
    /// until an event comes, as the stream itself still fails.
    pub fn answered(&mut self) {
        self.backoff.answered();
    }

    /// Waits before the next connection, of which it tells.
    ///
    /// # Errors
    ///
    /// The failure, if nothing has come through for too long.
    pub async fn pause(&mut self, failure: Error) -> Result<(), Error> {
        let Some(wait) = self.backoff.next_wait() else { return Err(failure) };
        self.reconnects.tell(&failure, self.is_fruitful, wait);
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// Whether what only reads may be asked again after this.
#[must_use]
pub fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::Proxy | ErrorKind::Transport | ErrorKind::Timeout(_) => true,
        ErrorKind::Status => error.status().is_some_and(crate::retry::is_passing_status),
        _ => false,
    }
}
