//! Which log lines are new.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use jiff::Timestamp;
use kestra_core::sse::Sink;
use kestra_core::transient::TransientRetry;
use kestra_core::{Call, Error, Executor, ResponseFuture, decode};
use kestra_models::{LogEntry, LogLevel};

/// What was shown of an execution's lines, by what makes a line that line, and how often.
///
/// A connection gives first what is stored and then what comes, so on every connection the same line is counted anew, and is
/// new when it comes more often than it was shown. Between the two parts a server may give a line twice: it reads what is
/// stored, and only then, or already before, gets what comes.
pub(super) struct Lines<E> {
    executor: E,
    list: Call,
    sink: Sink<LogEntry>,
    hasher: RandomState,
    shown: HashMap<u64, u32>,
    /// How often this connection gave each.
    given: HashMap<u64, u32>,
    /// The same, all fields told apart, as long as a line may come twice.
    seam: Option<HashMap<u64, u32>>,
}

impl<E: Executor> Lines<E> {
    /// Lines that go to a sink; `list` reads those that are stored.
    pub(super) fn new(executor: E, list: Call, sink: Sink<LogEntry>) -> Self {
        let (shown, given) = (HashMap::new(), HashMap::new());
        Self { executor, list, sink, hasher: RandomState::new(), shown, given, seam: Some(HashMap::new()) }
    }

    /// Says that another connection begins, which gives all lines again.
    pub(super) fn reconnect(&mut self) {
        self.given.clear();
        self.seam = Some(HashMap::new());
    }

    /// Shows a line of the connection that was opened at this time, if it is new; tells whether it was.
    ///
    /// # Errors
    ///
    /// The stored lines, which tell how often a line was written, can't be read.
    pub(super) async fn show(&mut self, line: LogEntry, opened: Option<Timestamp>) -> Result<bool, Error> {
        // What was written later has not been stored before: from here on nothing comes twice.
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

    /// Shows what is missing of the lines that are stored.
    ///
    /// # Errors
    ///
    /// They can't be read.
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

    /// How often a line is stored.
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

    /// What a line is told by from one connection to the next: two servers' answers may tell its time in other fractions of a
    /// second.
    fn mark(&self, line: &LogEntry) -> u64 {
        self.hasher.hash_one((line.timestamp.map(|time| time.as_millisecond()), content(line)))
    }
}

/// What a line is told by within one connection.
fn exact_mark(hasher: &RandomState, line: &LogEntry) -> u64 {
    hasher.hash_one((line.timestamp.map(|time| time.as_nanosecond()), &line.thread, content(line)))
}

/// All that tells lines apart but their time: lists leave out what is the same for all lines of an execution.
fn content(line: &LogEntry) -> impl Hash + '_ {
    let place = (&line.task_run_id, &line.task_id, line.attempt_number, &line.trigger_id);
    (place, line.level.as_ref().map(LogLevel::as_str), &line.message)
}
