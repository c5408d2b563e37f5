//! Following the log lines of an execution.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use kestra_core::internal::sse::{Connections, Sink, Step};
use kestra_core::sse::FollowStream;
use kestra_core::{Call, Error, ErrorKind, Executor};
use kestra_models::{Execution, LogEntry};

use super::execution::{self, FollowSettings};
use super::lines::Lines;
use super::reader::Reader;
use crate::{FollowExecution, FollowLogsFromExecution};

/// How long the last lines of an execution that has ended may take to be stored.
const SETTLING: Duration = Duration::from_millis(500);

impl<E: Executor> FollowLogsFromExecution<E> {
    /// Returns the log lines of the execution as a stream, earlier ones included, each once. The stream ends when the
    /// execution has ended and all its lines were read.
    ///
    /// The server never ends its own stream, and repeats all lines on each connection. So this follows the execution, too, and
    /// reads the lines once more at its end. A 2.0 server often sends the first line twice on a connection; such a repetition
    /// is dropped unless the stored lines have it as well. [`events`](Self::events) returns what a single connection sends.
    pub fn stream(self) -> FollowStream<LogEntry> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| follow(executor, call, sink))
    }
}

async fn follow<E: Executor>(executor: E, mut call: Call, sink: Sink<LogEntry>) -> Result<(), Error> {
    let settings = FollowSettings::default();
    let Some(list) = call.info().listed_by else { return Ok(()) };
    let mut lines = Lines::new(executor.clone(), call.related_query(list), sink);
    let mut reader = Reader::new(executor.clone(), &call, settings);
    // The end comes from the execution's own stream: only that one has an end.
    let states = FollowExecution::new(reader.id()).options(call.options().clone()).into_call();
    let mut ends = pin!(execution::end(executor.clone(), states, settings));
    let mut connections = Connections::<E, LogEntry>::new(executor, call.again());
    loop {
        let Some(step) = before(ends.as_mut(), connections.next()).await? else { break };
        let (cut, is_fruitful) = match step? {
            Step::Event(line) | Step::Last(line) => {
                // A proxy may have mixed up streams.
                if !reader.is_about(&line.execution_id) {
                    continue;
                }
                reader.seen();
                connections.set_known();
                if lines.show(line, connections.opened()).await? {
                    connections.progressed();
                }
                continue;
            }
            Step::Cut { error, is_fruitful } => (error, is_fruitful),
            // It has no end of its own.
            _ => (Error::new(ErrorKind::Transport, "the lines ended before their execution"), false),
        };
        let mut failure = cut;
        if !is_fruitful {
            match reader.look().await {
                Ok(Some(execution)) if execution.is_over() => break,
                Ok(Some(_)) => {
                    connections.set_known();
                    connections.answered();
                }
                Ok(None) => {}
                Err(error) => failure = error,
            }
        }
        let Some(paused) = before(ends.as_mut(), connections.pause(failure)).await? else { break };
        paused?;
        lines.reconnect();
    }
    connections.close();
    // What was logged last may be stored a moment after the execution's end.
    for wait in [Duration::ZERO, SETTLING] {
        tokio::time::sleep(wait).await;
        lines.complete().await?;
    }
    Ok(())
}

/// What comes of some work; nothing if the execution ends before.
async fn before<T>(
    mut end: Pin<&mut impl Future<Output = Result<Option<Execution>, Error>>>,
    work: impl Future<Output = T>,
) -> Result<Option<T>, Error> {
    let mut work = pin!(work);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Ok(Some(done))),
        Poll::Pending => end.as_mut().poll(cx).map_ok(|_| None),
    })
    .await
}
