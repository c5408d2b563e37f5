//! Finds the new log lines among repeated ones.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use jiff::Timestamp;
use kestra_core::internal::decode;
use kestra_core::internal::sse::Sink;
use kestra_core::internal::transient::TransientRetry;
use kestra_core::{Call, Error, Executor, ResponseFuture};
use kestra_models::{LogEntry, LogLevel};

/// The lines of an execution that were emitted, by fingerprint, and how often.
///
/// A connection sends stored lines first and then live ones, so lines are counted anew on every connection, and a line is
/// new if it comes more often than it was emitted. A server may send a line twice between the two parts, as it subscribes to
/// live lines before or after it reads the stored ones.
pub(super) struct Lines<E> {
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
    pub(super) fn new(executor: E, list: Call, sink: Sink<LogEntry>) -> Self {
        let (shown, given) = (HashMap::new(), HashMap::new());
        Self { executor, list, sink, hasher: RandomState::new(), shown, given, seam: Some(HashMap::new()) }
    }

    /// Starts another connection, which sends all lines again.
    pub(super) fn reconnect(&mut self) {
        self.given.clear();
        self.seam = Some(HashMap::new());
    }

    /// Emits a line of the connection that was opened at this time if it is new, and returns whether it was.
    ///
    /// # Errors
    ///
    /// Returns an error if the stored lines can't be read, with which repeated lines are counted.
    pub(super) async fn show(&mut self, line: LogEntry, opened: Option<Timestamp>) -> Result<bool, Error> {
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
    ///
    /// # Errors
    ///
    /// Returns an error if the stored lines can't be read.
    pub(super) async fn complete(&mut self) -> Result<(), Error> {
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
