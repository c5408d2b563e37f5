//! Following an execution together with those that belong to it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use kestra_core::internal::sse::{Connections, Sink, Step};
use kestra_core::internal::transient::Backoff;
use kestra_core::sse::FollowStream;
use kestra_core::{Call, Error, ErrorKind, Executor, TimeoutPhase};
use kestra_models::{Execution, ExecutionStatusEvent, State};
use tokio::time::Instant;

use super::execution::FollowSettings;
use super::reader::Reader;
use super::related_executions::RelatedExecutions;
use crate::FollowExecutionDependencies;

/// How long a server may take until its searches find what has just begun.
const INDEXING: Duration = Duration::from_millis(500);

/// The first and the longest pause between two searches without a stream.
const POLL: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(3));

/// How long an execution may be missing that was just created, and one that was seen.
const MISSING: Duration = Duration::from_secs(2);

impl<E: Executor> FollowExecutionDependencies<E> {
    /// Returns the states of the executions as a stream, of each in order and none twice, over as many connections as needed.
    /// The stream ends when all of them have ended.
    ///
    /// A server sends nothing about executions that began and ended while there was no connection, and its own stream usually
    /// stays silent when all have ended. So after each cut, and once more at the end, the executions of the same correlation id
    /// are searched for. After 10 s without an event, or after [`Timeouts::idle`](kestra_core::Timeouts::idle), the connection is
    /// closed for good, and the executions are read and searched for every few seconds. An end is missed only if the server's
    /// search doesn't find the execution half a second after the end of all known ones; of executions that only the search finds,
    /// the states in between are missing. [`events`](Self::events) returns what a single connection sends.
    ///
    /// A 2.0 server may shut down when such a connection is opened. There none is opened: the executions are read and searched
    /// for from the start. Call `unchecked()` to open one anyway.
    pub fn stream(self) -> FollowStream<ExecutionStatusEvent> {
        let (call, executor) = self.into_parts();
        let info = call.info();
        FollowStream::new(info, |sink| Dependencies::new(executor, call, sink).follow())
    }
}

struct Dependencies<E> {
    connections: Connections<E, ExecutionStatusEvent>,
    reader: Reader<E>,
    related: RelatedExecutions<E>,
    shown: Shown,
}

impl<E: Executor> Dependencies<E> {
    fn new(executor: E, call: Call, sink: Sink<ExecutionStatusEvent>) -> Self {
        Self {
            reader: Reader::new(executor.clone(), &call, FollowSettings::default()),
            related: RelatedExecutions::new(executor.clone(), &call),
            connections: Connections::new(executor, call),
            shown: Shown { sink, executions: HashMap::new() },
        }
    }

    async fn follow(mut self) -> Result<(), Error> {
        let is_incomplete = self.listen().await?;
        self.connections.close();
        self.poll(is_incomplete).await
    }

    /// Emits the events of the server's stream until it ends or stays silent, and returns whether some may be missing.
    async fn listen(&mut self) -> Result<bool, Error> {
        let (mut was_cut, mut is_behind) = (false, false);
        loop {
            let step = match self.connections.next().await {
                // The connection could make the server shut down.
                Err(error) if error.kind() == ErrorKind::Refused => {
                    self.reader.appear(MISSING).await?;
                    return Ok(true);
                }
                Err(error) if !self.reader.is_known() => return Err(self.not_found().await.unwrap_or(error)),
                step => step?,
            };
            match step {
                Step::Event(status) | Step::Last(status) => {
                    self.set_known();
                    // What is found now began before this connection, which sends what comes later.
                    if std::mem::take(&mut is_behind) {
                        self.catch_up().await?;
                    }
                    if self.shown.show(status).await {
                        self.connections.progressed();
                    }
                }
                // Such a stream usually stays silent from here on.
                Step::Cut { error, .. } if error.kind() == ErrorKind::Timeout(TimeoutPhase::Idle) => {
                    (was_cut, is_behind) = (true, true);
                    if self.reader.is_known() {
                        return Ok(true);
                    }
                    let failure = match self.reader.look().await {
                        Ok(Some(_)) => return Ok(true),
                        Ok(None) => error,
                        Err(failure) => failure,
                    };
                    self.connections.pause(failure).await?;
                }
                Step::Cut { error, is_fruitful } => {
                    (was_cut, is_behind) = (true, true);
                    let failure = if is_fruitful {
                        error
                    } else {
                        match self.reader.look().await {
                            Ok(Some(_)) => {
                                self.set_known();
                                self.connections.responded();
                                error
                            }
                            Ok(None) => error,
                            // Whether it is transient, and so may be waited for, the pause decides.
                            Err(failure) => failure,
                        }
                    };
                    self.connections.pause(failure).await?;
                }
                _ => return Ok(was_cut),
            }
        }
    }

    /// Returns the error that the execution is missing, for which servers respond with 500 here.
    async fn not_found(&mut self) -> Option<Error> {
        self.reader.look().await.err().filter(Error::is_not_found)
    }

    fn set_known(&mut self) {
        self.reader.seen();
        self.connections.set_known();
    }

    /// Reads and searches until all have ended, and then once more if something may be missing.
    async fn poll(&mut self, mut is_incomplete: bool) -> Result<(), Error> {
        let mut pace = Backoff::default().waits(POLL.0, POLL.1);
        loop {
            if self.catch_up().await? {
                pace.reset();
            }
            if !self.shown.unended().is_empty() {
                is_incomplete = true;
                pace.wait().await;
            } else if std::mem::take(&mut is_incomplete) {
                tokio::time::sleep(INDEXING).await;
            } else {
                return Ok(());
            }
        }
    }

    /// Emits new states of the executions that are known or found, and returns whether there are any.
    async fn catch_up(&mut self) -> Result<bool, Error> {
        let known = self.shown.executions.keys().cloned().collect();
        let found = self.related.find(&mut self.reader, known).await?;
        let ids: HashSet<_> = found.iter().map(|execution| execution.id.clone()).collect();
        let mut is_news = false;
        for execution in found {
            is_news |= self.shown.show(status(execution)).await;
        }
        for id in self.shown.unended().into_iter().filter(|id| !ids.contains(id)) {
            match self.reader.insist_on(&id).await {
                Ok(execution) => {
                    self.shown.set_missing(&id, false);
                    is_news |= self.shown.show(status(execution)).await;
                }
                Err(error) if error.is_missing() => self.shown.set_missing(&id, true),
                Err(error) => return Err(error),
            }
        }
        Ok(is_news)
    }
}

/// The states that were emitted of each execution.
struct Shown {
    sink: Sink<ExecutionStatusEvent>,
    executions: HashMap<String, Seen>,
}

#[derive(Default)]
struct Seen {
    states: usize,
    has_ended: bool,
    missing_since: Option<Instant>,
}

impl Shown {
    /// Emits a status that is new, and returns whether it is.
    async fn show(&mut self, status: ExecutionStatusEvent) -> bool {
        let states = status.state.as_ref().map_or(0, |state| state.histories.len());
        let has_ended = status.state.as_ref().is_some_and(State::is_terminal);
        let id = status.execution_id.clone();
        let is_news = self.executions.get(&id).is_none_or(|seen| states > seen.states);
        if is_news {
            self.executions.insert(id, Seen { states, has_ended, missing_since: None });
            self.sink.give(status).await;
        }
        is_news
    }

    fn unended(&self) -> Vec<String> {
        self.executions.iter().filter(|(_, seen)| !seen.has_ended).map(|(id, _)| id.clone()).collect()
    }

    /// Records whether an execution is missing. After some time it counts as ended, as it was deleted.
    fn set_missing(&mut self, id: &str, is_missing: bool) {
        let Some(seen) = self.executions.get_mut(id) else { return };
        seen.missing_since = is_missing.then(|| seen.missing_since.unwrap_or_else(Instant::now));
        seen.has_ended |= seen.missing_since.is_some_and(|since| since.elapsed() >= MISSING);
    }
}

/// Returns the status of an execution as an event has it.
fn status(execution: Execution) -> ExecutionStatusEvent {
    let mut status = ExecutionStatusEvent::default();
    status.execution_id = execution.id;
    status.flow_id = execution.flow_id;
    status.namespace = execution.namespace;
    status.tenant_id = execution.tenant_id;
    status.state = execution.state;
    status
}
