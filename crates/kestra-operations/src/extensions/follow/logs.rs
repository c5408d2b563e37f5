//! Following the log lines of an execution.

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use kestra_core::sse::{Backoff, Connections, FollowStream, Sink, Step, is_passing};
use kestra_core::{Call, Error, ErrorKind, Executor, ResponseFuture, decode};
use kestra_models::{Execution, LogEntry, LogLevel};

use super::execution;
use super::reader::Reader;
use crate::{FollowExecution, FollowLogsFromExecution, ListLogsFromExecution};

/// How long the last lines of an execution that has ended may take to be stored.
const SETTLING: Duration = Duration::from_millis(500);

impl<E: Executor> FollowLogsFromExecution<E> {
    /// The log lines of the execution, those so far included, each once, until it has ended and all have been read.
    ///
    /// The server never ends such a stream, and repeats all lines on each connection; this follows the execution beside it,
    /// and reads the lines once more when it has ended. [`events`](Self::events) gives what a single connection gives.
    pub fn stream(self) -> FollowStream<LogEntry> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| follow(executor, call, sink))
    }
}

async fn follow<E: Executor>(executor: E, mut call: Call, sink: Sink<LogEntry>) -> Result<(), Error> {
    let mut lines = Lines::new(sink);
    let mut list = call.related_query(ListLogsFromExecution::INFO);
    // The end comes from the execution's own stream: only that one has an end.
    let states = call.related(FollowExecution::INFO);
    let mut reader = Reader::new(executor.clone(), &call);
    let mut ends = pin!(execution::end(executor.clone(), states));
    let mut connections = Connections::<E, LogEntry>::new(executor.clone(), call.again());
    loop {
        let Some(step) = before(ends.as_mut(), connections.next()).await? else { break };
        let (cut, is_fruitful) = match step? {
            Step::Event(line) | Step::Last(line) => {
                lines.show(line).await;
                continue;
            }
            Step::Cut { error, is_fruitful } => (error, is_fruitful),
            // It has no end of its own.
            _ => (Error::new(ErrorKind::Transport, "the lines ended before their execution"), false),
        };
        if !is_fruitful {
            match reader.read().await {
                Ok(execution) if execution.is_over() => break,
                Ok(_) => connections.answered(),
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(paused) = before(ends.as_mut(), connections.pause(cut)).await? else { break };
        paused?;
    }
    connections.close();
    // What was logged last may be stored a moment after the execution's end.
    for wait in [Duration::ZERO, SETTLING] {
        tokio::time::sleep(wait).await;
        lines.complete(read(&executor, &mut list).await?).await;
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

/// All lines that are stored.
async fn read<E: Executor>(executor: &E, list: &mut Call) -> Result<Vec<LogEntry>, Error> {
    let mut backoff = Backoff::default();
    loop {
        match ResponseFuture::new(executor, list.again(), decode::json::<Vec<LogEntry>>).await {
            Ok(response) => return Ok(response.into_body()),
            Err(error) if is_passing(&error) => backoff.pause(error).await?,
            Err(error) => return Err(error),
        }
    }
}

/// What was shown, by what makes a line that line, and how often.
struct Lines {
    sink: Sink<LogEntry>,
    shown: HashMap<u64, u32>,
    hasher: RandomState,
}

impl Lines {
    fn new(sink: Sink<LogEntry>) -> Self {
        Self { sink, shown: HashMap::new(), hasher: RandomState::new() }
    }

    /// Two servers' answers may tell the time of a line in other fractions of a second.
    fn mark(&self, line: &LogEntry) -> u64 {
        let time = line.timestamp.map(|time| time.as_millisecond());
        let place = (&line.task_run_id, &line.task_id, line.attempt_number, &line.trigger_id);
        self.hasher.hash_one((time, place, line.level.as_ref().map(LogLevel::as_str), &line.message))
    }

    /// Shows a line that a connection gave, unless one like it was shown: a connection may give a line twice.
    async fn show(&mut self, line: LogEntry) {
        let shown = self.shown.entry(self.mark(&line)).or_default();
        if *shown == 0 {
            *shown = 1;
            self.sink.give(line).await;
        }
    }

    /// Shows what is missing of the lines that are stored, which has lines that are the same as often as they were written.
    async fn complete(&mut self, lines: Vec<LogEntry>) {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        for line in lines {
            let mark = self.mark(&line);
            let count = counts.entry(mark).or_default();
            *count += 1;
            let shown = self.shown.entry(mark).or_default();
            if *count > *shown {
                *shown = *count;
                self.sink.give(line).await;
            }
        }
    }
}
