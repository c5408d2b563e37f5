//! Following an execution together with those that belong to it.

use std::collections::HashMap;

use kestra_core::sse::{Connections, FollowStream, Sink, Step, is_passing};
use kestra_core::{Call, Error, Executor};
use kestra_models::ExecutionStatusEvent;

use super::reader::Reader;
use crate::FollowExecutionDependencies;

impl<E: Executor> FollowExecutionDependencies<E> {
    /// The states of the executions, of each every state once and in order, over as many connections as it takes.
    ///
    /// It ends when all of them have ended. [`events`](Self::events) gives what a single connection gives.
    pub fn stream(self) -> FollowStream<ExecutionStatusEvent> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| follow(executor, call, sink))
    }
}

async fn follow<E: Executor>(executor: E, call: Call, sink: Sink<ExecutionStatusEvent>) -> Result<(), Error> {
    let mut reader = Reader::new(executor.clone(), &call);
    let mut connections = Connections::<E, ExecutionStatusEvent>::new(executor, call);
    let mut shown: HashMap<String, usize> = HashMap::new();
    let mut is_known = false;
    loop {
        match connections.next().await? {
            Step::Event(status) | Step::Last(status) => {
                is_known = true;
                let states = status.state.as_ref().map_or(0, |state| state.histories.len());
                let id = status.execution_id.clone().unwrap_or_default();
                if shown.get(&id).is_none_or(|shown| states > *shown) {
                    shown.insert(id, states);
                    sink.give(status).await;
                }
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
            _ => return Ok(()),
        }
    }
}
