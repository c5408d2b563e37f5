//! Following one execution.

use kestra_core::sse::{Connections, FollowStream, Sink, Step, is_passing};
use kestra_core::{Call, Error, Executor};
use kestra_models::Execution;

use super::reader::Reader;
use crate::FollowExecution;

impl<E: Executor> FollowExecution<E> {
    /// The states of the execution, each once and in order, over as many connections as it takes.
    ///
    /// A server that doesn't know the execution says so only by a cut; this asks then, and ends with 404. After the end the
    /// execution is read once more, and that is the last item. A paused execution is silent until it is resumed; a stream
    /// that is silent for long (5 minutes, or what [`Timeouts::idle`](kestra_core::Timeouts::idle) says) is opened anew.
    /// [`events`](Self::events) gives what a single connection gives.
    pub fn stream(self) -> FollowStream<Execution> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| follow(executor, call, sink))
    }
}

/// The execution once it has ended; nothing if the server doesn't show that yet after its stream has ended.
pub(super) async fn end<E: Executor>(executor: E, call: Call) -> Result<Option<Execution>, Error> {
    let mut states = FollowStream::new(|sink| follow(executor, call, sink));
    while let Some(state) = states.next().await {
        // Nothing is kept until then: an execution may be large, and its end far away.
        let execution = state?;
        if execution.is_over() {
            return Ok(Some(execution));
        }
    }
    Ok(None)
}

async fn follow<E: Executor>(executor: E, call: Call, sink: Sink<Execution>) -> Result<(), Error> {
    let mut reader = Reader::new(executor.clone(), &call);
    let mut connections = Connections::<E, Execution>::new(executor, call);
    let mut shown = None;
    let mut is_known = false;
    let last = loop {
        match connections.next().await? {
            Step::Event(execution) => {
                is_known = true;
                show(&mut shown, execution, &sink).await;
            }
            Step::Last(execution) => break Some(execution),
            Step::Cut { is_fruitful: true, error } => connections.pause(error).await?,
            Step::Cut { error, .. } => {
                match reader.read().await {
                    Ok(execution) if execution.is_over() => {
                        sink.give(execution).await;
                        return Ok(());
                    }
                    Ok(execution) => {
                        is_known = true;
                        connections.answered();
                        show(&mut shown, execution, &sink).await;
                    }
                    Err(error) if is_known && is_passing(&error) => {}
                    Err(error) => return Err(error),
                }
                connections.pause(error).await?;
            }
            _ => break None,
        }
    };
    sink.give(reader.last(last).await?).await;
    Ok(())
}

/// Gives what is news.
async fn show(shown: &mut Option<(usize, usize)>, execution: Execution, sink: &Sink<Execution>) {
    let progress = execution.progress();
    if shown.is_none_or(|shown| progress > shown) {
        *shown = Some(progress);
        sink.give(execution).await;
    }
}
