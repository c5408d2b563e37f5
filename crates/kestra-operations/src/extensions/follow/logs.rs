//! Following the log lines of an execution.

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hash, RandomState};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use kestra_core::internal::decode;
use kestra_core::internal::sse::{Connections, Sink, Step};
use kestra_core::internal::transient::TransientRetry;
use kestra_core::sse::FollowStream;
use kestra_core::{Call, Error, ErrorKind, Executor, ResponseFuture};
use kestra_models::{Execution, LogEntry, LogLevel};

use super::execution::{self, FollowSettings};
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
        FollowStream::new(call.info(), |sink| follow(executor, call, sink))
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
            _ => (Error::new(ErrorKind::Transport, "the log stream ended before the execution"), false),
        };
        let mut failure = cut;
        if !is_fruitful {
            match reader.look().await {
                Ok(Some(execution)) if execution.is_over() => break,
                Ok(Some(_)) => {
                    connections.set_known();
                    connections.responded();
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

/// The lines of an execution that were emitted, by fingerprint, and how often.
///
/// A connection sends stored lines first and then live ones, so lines are counted anew on every connection, and a line is
/// new if it comes more often than it was emitted. A server may send a line twice between the two parts, as it subscribes to
/// live lines before or after it reads the stored ones.
struct Lines<E> {
    executor: E,
    list: Call,
    sink: Sink<LogEntry>,
    hasher: RandomState,
    shown: HashMap<u64, u32>,
    /// How often this connection sent each line.
    given: HashMap<u64, u32>,
    /// The same by all fields, while a line may come twice.
    seam: Option<HashMap<u64, u32>>,
}

impl<E: Executor> Lines<E> {
    /// Creates the lines of a sink; `list` reads the stored lines.
    fn new(executor: E, list: Call, sink: Sink<LogEntry>) -> Self {
        let (shown, given) = (HashMap::new(), HashMap::new());
        Self { executor, list, sink, hasher: RandomState::new(), shown, given, seam: Some(HashMap::new()) }
    }

    /// Starts another connection, which sends all lines again.
    fn reconnect(&mut self) {
        self.given.clear();
        self.seam = Some(HashMap::new());
    }

    /// Emits a line of the connection that was opened at this time if it is new, and returns whether it was.
    async fn show(&mut self, line: LogEntry, opened: Option<Timestamp>) -> Result<bool, Error> {
        // A line that was written after the connection opened was not among the stored ones: from here on no line comes twice.
        if opened.zip(line.timestamp).is_some_and(|(opened, written)| written > opened) {
            self.seam = None;
        }
        let mark = self.mark(&line);
        let given = self.given.get(&mark).copied().unwrap_or_default() + 1;
        if let Some(seam) = &mut self.seam {
            let exact = exact_mark(&self.hasher, &line);
            let times = seam.entry(exact).or_default();
            *times += 1;
            let times = *times;
            if times > 1 && given > self.shown_times(mark) && times > self.stored_times(exact).await? {
                if let Some(seam) = &mut self.seam {
                    seam.insert(exact, times - 1);
                }
                return Ok(false);
            }
        }
        self.given.insert(mark, given);
        if given <= self.shown_times(mark) {
            return Ok(false);
        }
        self.shown.insert(mark, given);
        self.sink.give(line).await;
        Ok(true)
    }

    /// Emits the stored lines that are missing.
    async fn complete(&mut self) -> Result<(), Error> {
        let lines = self.stored().await?;
        self.reconnect();
        self.seam = None;
        for line in lines {
            self.show(line, None).await?;
        }
        Ok(())
    }

    fn shown_times(&self, mark: u64) -> u32 {
        self.shown.get(&mark).copied().unwrap_or_default()
    }

    /// Returns how often a line is stored.
    async fn stored_times(&mut self, exact: u64) -> Result<u32, Error> {
        let lines = self.stored().await?;
        let same = lines.iter().filter(|line| exact_mark(&self.hasher, line) == exact).count();
        Ok(u32::try_from(same).unwrap_or(u32::MAX))
    }

    async fn stored(&mut self) -> Result<Vec<LogEntry>, Error> {
        let mut retry = TransientRetry::new(&self.executor, self.list.options()).known();
        let (executor, list) = (&self.executor, &mut self.list);
        let read = retry.run(|| ResponseFuture::new(executor, list.again(), decode::json));
        read.await.map(http::Response::into_body)
    }

    /// Returns the fingerprint of a line across connections, as servers may send its time with different precision.
    fn mark(&self, line: &LogEntry) -> u64 {
        self.hasher.hash_one((line.timestamp.map(|time| time.as_millisecond()), content(line)))
    }
}

/// Returns the fingerprint of a line within one connection.
fn exact_mark(hasher: &RandomState, line: &LogEntry) -> u64 {
    hasher.hash_one((line.timestamp.map(|time| time.as_nanosecond()), &line.thread, content(line)))
}

/// Returns the fields of a line's fingerprint except the time. Fields that are the same for all lines of an execution are
/// left out, as lists don't have them.
fn content(line: &LogEntry) -> impl Hash + '_ {
    let place = (&line.task_run_id, &line.task_id, line.attempt_number, &line.trigger_id);
    (place, line.level.as_ref().map(LogLevel::as_str), &line.message)
}
