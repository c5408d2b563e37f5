//! Following one execution.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use kestra_core::internal::sse::{Connections, Sink, Step};
use kestra_core::sse::FollowStream;
use kestra_core::{Call, Error, ErrorKind, Executor};
use kestra_models::Execution;
use tokio::time::sleep;

use super::reader::{Reader, may_have_ended};
use crate::FollowExecution;

/// The longest silence of a stream before the execution is read.
const LONGEST_POLL: Duration = Duration::from_secs(30);

/// The first and the following limits of silence while the execution was never seen.
const UNSEEN_POLL: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(1));

/// After which silence of the stream the execution is read, by default.
const POLL: Duration = Duration::from_secs(2);

/// Settings of following an execution.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FollowSettings {
    /// Whether the execution is known to exist: then it may be missing for a while at the start, too.
    pub is_known: bool,
    /// How long an execution that was never seen may be missing on a server that responds; as long as the server
    /// itself waits if
    /// `None`.
    pub visible_within: Option<Duration>,
    /// How long an outage may last.
    pub outage: Duration,
    /// After which silence of the stream the execution is read, doubling up to 30 s.
    pub poll: Duration,
    /// How many states of the execution's history to skip.
    pub after: Option<usize>,
}

impl Default for FollowSettings {
    fn default() -> Self {
        Self {
            is_known: false,
            visible_within: None,
            outage: Duration::from_mins(10),
            poll: POLL,
            after: None,
        }
    }
}

impl<E: Executor> FollowExecution<E> {
    /// Returns the states of the execution as a stream, each once and in order, over as many connections as needed.
    ///
    /// The last item is the execution as read after its end. A server that doesn't know the execution only closes the
    /// connection; the stream then reads the execution, and ends with a 404. An event of the end counts only if it is about
    /// this execution, in a final state.
    ///
    /// A paused execution sends nothing until it is resumed, and a server may lose the event of the end. So the
    /// execution is read beside a silent stream: after 2 s, then less and less often, down to every 30 s. A stream
    /// that is silent for 5 minutes, or for [`Timeouts::idle`](kestra_core::Timeouts::idle), is opened again. An
    /// outage may last 10 minutes. Once the execution was seen, it may be missing for 30 s after an outage.
    /// [`events`](Self::events) returns what a single connection sends.
    pub fn stream(self) -> FollowStream<Execution> {
        self.stream_with(FollowSettings::default())
    }

    /// Returns the stream as [`stream`](Self::stream) does, with settings.
    #[doc(hidden)]
    pub fn stream_with(self, settings: FollowSettings) -> FollowStream<Execution> {
        let (call, executor) = self.into_parts();
        states(executor, call, settings)
    }
}

fn states<E: Executor>(executor: E, call: Call, settings: FollowSettings) -> FollowStream<Execution> {
    FollowStream::new(call.info(), |sink| Follow::new(executor, call, settings, sink).run())
}

/// Returns the execution once it has ended, or `None` if the stream ends before.
pub(super) async fn end<E: Executor>(
    executor: E,
    call: Call,
    settings: FollowSettings,
) -> Result<Option<Execution>, Error> {
    let mut states = states(executor, call, settings);
    // Nothing is kept until the end, as an execution may be large and run for long.
    let mut last = None;
    while let Some(state) = states.next().await {
        last = Some(state?);
    }
    Ok(last)
}

struct Follow<E> {
    connections: Connections<E, Execution>,
    reader: Reader<E>,
    settings: FollowSettings,
    shown: Option<(usize, usize)>,
    sink: Sink<Execution>,
}

impl<E: Executor> Follow<E> {
    fn new(executor: E, call: Call, settings: FollowSettings, sink: Sink<Execution>) -> Self {
        let reader = Reader::new(executor.clone(), &call, settings);
        let mut connections = Connections::new(executor, call).limit(settings.outage);
        if settings.is_known {
            connections.set_known();
        }
        Self { connections, reader, settings, shown: None, sink }
    }

    async fn run(mut self) -> Result<(), Error> {
        let mut silence = self.first_silence();
        loop {
            // The stream reports when the server is reachable again.
            let limit = silence.filter(|_| !self.connections.is_waiting_for_server());
            let step = match or_silence(self.connections.next(), limit).await {
                Some(Err(error)) if error.is_missing() && self.reader.is_known() => {
                    let message = "the server has no stream of the execution's states";
                    let error = Error::new(ErrorKind::Transport, message).with_source(error);
                    Step::Cut { error, is_fruitful: false }
                }
                Some(step) => step?,
                None if self.connections.is_waiting_for_server() => continue,
                None => {
                    let is_there = or_silence(self.connections.is_server_there(), Some(LONGEST_POLL)).await;
                    if is_there == Some(true)
                        && let Some(end) = self.look_beside().await?
                    {
                        return self.finish(end).await;
                    }
                    silence = self.next_silence(silence);
                    continue;
                }
            };
            let (cut, is_fruitful) = match step {
                Step::Event(execution) => {
                    // A proxy may have mixed up streams.
                    if self.reader.is_about(&execution.id) {
                        self.show(execution).await;
                        silence = self.first_silence();
                    }
                    continue;
                }
                Step::Cut { error, is_fruitful } => (error, is_fruitful),
                step => {
                    let event = match step {
                        Step::Last(event) if !self.is_end(&event) => None,
                        Step::Last(event) => Some(Some(event)),
                        _ => Some(None),
                    };
                    let end = match event {
                        Some(event) => self.reader.end(event).await?,
                        None => None,
                    };
                    if let Some(end) = end.filter(|end| !self.is_old(end)) {
                        return self.finish(end).await;
                    }
                    (Error::new(ErrorKind::Transport, "the stream ended before the execution"), false)
                }
            };
            let failure = if is_fruitful {
                cut
            } else {
                match self.reader.look().await {
                    Ok(Some(execution)) if self.is_old(&execution) => cut,
                    Ok(Some(execution)) if execution.is_over() => return self.finish(execution).await,
                    Ok(Some(execution)) => {
                        self.connections.responded();
                        self.show(execution).await;
                        cut
                    }
                    Ok(None) => cut,
                    // Whether it is transient, and so may be waited for, the pause decides.
                    Err(error) => error,
                }
            };
            self.connections.pause(failure).await?;
        }
    }

    /// Reads the execution while its stream is silent, and returns it if it has ended.
    async fn look_beside(&mut self) -> Result<Option<Execution>, Error> {
        match self.reader.look().await {
            Ok(Some(execution)) if self.is_old(&execution) => {}
            Ok(Some(execution)) if execution.is_over() => return Ok(Some(execution)),
            Ok(Some(execution)) => self.show(execution).await,
            Ok(None) => {}
            Err(error) if error.is_missing() => return Err(error),
            // The stream is still open and will report the same failure.
            Err(_) => {}
        }
        Ok(None)
    }

    /// Emits the execution if its state is new.
    async fn show(&mut self, execution: Execution) {
        self.reader.seen();
        self.connections.set_known();
        let progress = execution.progress();
        if self.is_old(&execution) || self.shown.is_some_and(|shown| progress <= shown) {
            return;
        }
        self.shown = Some(progress);
        self.connections.progressed();
        self.sink.give(execution).await;
    }

    async fn finish(self, end: Execution) -> Result<(), Error> {
        self.sink.give(end).await;
        Ok(())
    }

    /// Returns whether an event of the end is about this execution, in a final state.
    fn is_end(&self, event: &Execution) -> bool {
        self.reader.is_about(&event.id) && may_have_ended(event) && !self.is_old(event)
    }

    /// Returns whether an execution is in one of the states to skip.
    fn is_old(&self, execution: &Execution) -> bool {
        self.settings.after.is_some_and(|after| execution.progress().0 <= after)
    }

    /// How long the stream may be silent before the execution is read.
    fn first_silence(&self) -> Option<Duration> {
        let poll = self.settings.poll;
        if self.reader.is_known() {
            return Some(poll);
        }
        self.settings.visible_within.map(|_| poll.min(UNSEEN_POLL.0))
    }

    fn next_silence(&self, last: Option<Duration>) -> Option<Duration> {
        let longest = if self.reader.is_known() { LONGEST_POLL } else { UNSEEN_POLL.1 };
        Some(last?.saturating_mul(2).min(longest))
    }
}

/// Returns the result of a future, or `None` if it takes longer than the limit.
async fn or_silence<T>(work: impl Future<Output = T>, limit: Option<Duration>) -> Option<T> {
    let Some(limit) = limit else { return Some(work.await) };
    let (mut work, mut silence) = (pin!(work), pin!(sleep(limit)));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Pin::new(&mut silence).as_mut().poll(cx).map(|()| None),
    })
    .await
}
