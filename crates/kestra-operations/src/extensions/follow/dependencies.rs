//! Following an execution together with those that belong to it.

use std::collections::HashMap;
use std::time::Duration;

use kestra_core::sse::{Connections, FollowStream, Sink, Step};
use kestra_core::{Call, Error, ErrorKind, Executor, TimeoutPhase};
use kestra_models::{Execution, ExecutionStatusEvent, State};

use super::execution::FollowSettings;
use super::family::Family;
use super::reader::Reader;
use crate::FollowExecutionDependencies;

/// How long a server may take until its searches find what has just begun.
const INDEXING: Duration = Duration::from_millis(500);

impl<E: Executor> FollowExecutionDependencies<E> {
    /// Returns the states of the executions as a stream, every state of each once and in order, over as many connections as
    /// needed. The stream ends when all of them have ended.
    ///
    /// A server sends nothing about executions that began and ended while there was no connection. So after each cut, and once
    /// more at the end, the executions of the same correlation id are searched for, and those that haven't ended are followed
    /// one by one. An end is missed only if the server's search doesn't find the execution half a second after the end of all
    /// known ones; of executions that only the search finds, the states in between are missing. [`events`](Self::events)
    /// returns what a single connection sends.
    ///
    /// 2.0 servers were seen to shut down while such a connection was open. So it is closed after 10 s without an event, or
    /// after [`Timeouts::idle`](kestra_core::Timeouts::idle), and not opened again: from then on the executions are followed
    /// one by one. To be safe from the start, follow each with [`FollowExecution`](crate::FollowExecution), and find them by
    /// their label `system.correlationId`.
    pub fn stream(self) -> FollowStream<ExecutionStatusEvent> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| Dependencies::new(executor, call, sink).follow())
    }
}

struct Dependencies<E> {
    connections: Connections<E, ExecutionStatusEvent>,
    reader: Reader<E>,
    family: Family<E>,
    shown: Shown,
}

impl<E: Executor> Dependencies<E> {
    fn new(executor: E, call: Call, sink: Sink<ExecutionStatusEvent>) -> Self {
        Self {
            reader: Reader::new(executor.clone(), &call, FollowSettings::default()),
            family: Family::new(executor.clone(), &call),
            connections: Connections::new(executor, call),
            shown: Shown { sink, executions: HashMap::new() },
        }
    }

    async fn follow(mut self) -> Result<(), Error> {
        let (mut was_cut, mut is_behind) = (false, false);
        loop {
            let step = match self.connections.next().await {
                Err(error) if !self.reader.is_known() => return Err(self.not_found().await.unwrap_or(error)),
                step => step?,
            };
            match step {
                Step::Event(status) | Step::Last(status) => {
                    self.set_known();
                    // What is found now began before this connection; of what comes later it tells.
                    if std::mem::take(&mut is_behind) {
                        self.catch_up().await?;
                    }
                    if self.shown.show(status).await {
                        self.connections.progressed();
                    }
                }
                // The longer a silent connection is open, the more likely the server shuts down.
                Step::Cut { error, .. } if error.kind() == ErrorKind::Timeout(TimeoutPhase::Idle) => {
                    (was_cut, is_behind) = (true, true);
                    if self.reader.is_known() || self.reader.look().await?.is_some() {
                        break;
                    }
                    self.connections.pause(error).await?;
                }
                Step::Cut { error, is_fruitful } => {
                    (was_cut, is_behind) = (true, true);
                    let failure = if is_fruitful {
                        error
                    } else {
                        match self.reader.look().await {
                            Ok(Some(_)) => {
                                self.set_known();
                                self.connections.answered();
                                error
                            }
                            Ok(None) => error,
                            Err(failure) if self.reader.is_known() => failure,
                            Err(failure) => return Err(failure),
                        }
                    };
                    self.connections.pause(failure).await?;
                }
                _ => break,
            }
        }
        self.connections.close();
        self.end_all().await?;
        if was_cut {
            tokio::time::sleep(INDEXING).await;
            self.end_all().await?;
        }
        Ok(())
    }

    /// The error that there is no such execution, for which servers answer 500 here.
    async fn not_found(&mut self) -> Option<Error> {
        self.reader.look().await.err().filter(Error::is_not_found)
    }

    fn set_known(&mut self) {
        self.reader.seen();
        self.connections.set_known();
    }

    /// Shows what is found and news.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let known = self.shown.executions.keys().cloned().collect();
        for execution in self.family.members(&mut self.reader, known).await? {
            self.shown.show(status(execution)).await;
        }
        Ok(())
    }

    /// Shows the ends of all that are known or found, also of what has not ended yet.
    async fn end_all(&mut self) -> Result<(), Error> {
        loop {
            self.catch_up().await?;
            let unended = self.shown.unended();
            if unended.is_empty() {
                return Ok(());
            }
            for id in unended {
                match self.reader.end_of(&id).await {
                    Ok(Some(execution)) => {
                        self.shown.show(status(execution)).await;
                    }
                    Ok(None) => {}
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                }
                self.shown.close(&id);
            }
        }
    }
}

/// How many states of each execution were shown, and whether its end was.
struct Shown {
    sink: Sink<ExecutionStatusEvent>,
    executions: HashMap<String, (usize, bool)>,
}

impl Shown {
    /// Emits a status that is new, and returns whether it is.
    async fn show(&mut self, status: ExecutionStatusEvent) -> bool {
        let states = status.state.as_ref().map_or(0, |state| state.histories.len());
        let has_ended = status.state.as_ref().is_some_and(State::is_terminal);
        let id = status.execution_id.clone().unwrap_or_default();
        let is_news = self.executions.get(&id).is_none_or(|(shown, _)| states > *shown);
        if is_news {
            self.executions.insert(id, (states, has_ended));
            self.sink.give(status).await;
        }
        is_news
    }

    fn unended(&self) -> Vec<String> {
        self.executions.iter().filter(|(_, (_, has_ended))| !has_ended).map(|(id, _)| id.clone()).collect()
    }

    /// There is nothing more to come, also of one that is gone.
    fn close(&mut self, id: &str) {
        if let Some((_, has_ended)) = self.executions.get_mut(id) {
            *has_ended = true;
        }
    }
}

/// The status that an event would have told.
fn status(execution: Execution) -> ExecutionStatusEvent {
    let mut status = ExecutionStatusEvent::default();
    status.execution_id = execution.id;
    status.flow_id = execution.flow_id;
    status.namespace = execution.namespace;
    status.tenant_id = execution.tenant_id;
    status.state = execution.state;
    status
}
