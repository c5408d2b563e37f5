//! Following an execution together with those that belong to it.

use std::collections::HashMap;

use kestra_core::sse::{Connections, FollowStream, Sink, Step, is_passing};
use kestra_core::{Call, Error, Executor};
use kestra_models::{Execution, ExecutionStatusEvent, State};

use super::reader::Reader;
use crate::FollowExecutionDependencies;

impl<E: Executor> FollowExecutionDependencies<E> {
    /// The states of the executions, of each every state once and in order, over as many connections as it takes.
    ///
    /// It ends when all of them have ended; what a cut has hidden of their ends is read then. [`events`](Self::events) gives what a single connection gives.
    pub fn stream(self) -> FollowStream<ExecutionStatusEvent> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| follow(executor, call, sink))
    }
}

async fn follow<E: Executor>(executor: E, call: Call, sink: Sink<ExecutionStatusEvent>) -> Result<(), Error> {
    let mut reader = Reader::new(executor.clone(), &call);
    let mut connections = Connections::<E, ExecutionStatusEvent>::new(executor, call);
    let mut shown: HashMap<String, (usize, bool)> = HashMap::new();
    let mut is_known = false;
    loop {
        match connections.next().await? {
            Step::Event(status) | Step::Last(status) => {
                is_known = true;
                show(&mut shown, status, &sink).await;
            }
            Step::Cut { error, is_fruitful } => {
                if !is_fruitful {
                    match reader.read().await {
                        Ok(_) => {
                            is_known = true;
                            connections.reset();
                        }
                        Err(error) if is_known && is_passing(&error) => {}
                        Err(error) => return Err(error),
                    }
                }
                connections.pause(error).await?;
            }
            _ => break,
        }
    }
    // Of an execution that ended while there was no connection the next one tells nothing.
    let unended: Vec<_> =
        shown.iter().filter(|(_, (_, has_ended))| !has_ended).map(|(id, _)| id.clone()).collect();
    for id in unended {
        match reader.of(&id).insist().await {
            Ok(execution) => show(&mut shown, status(execution), &sink).await,
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives what is news.
async fn show(
    shown: &mut HashMap<String, (usize, bool)>,
    status: ExecutionStatusEvent,
    sink: &Sink<ExecutionStatusEvent>,
) {
    let states = status.state.as_ref().map_or(0, |state| state.histories.len());
    let has_ended = status.state.as_ref().is_some_and(State::is_terminal);
    let id = status.execution_id.clone().unwrap_or_default();
    if shown.get(&id).is_none_or(|(shown, _)| states > *shown) {
        shown.insert(id, (states, has_ended));
        sink.give(status).await;
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
