//! Following one execution.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use kestra_core::sse::{Connections, FollowStream, Sink, Step};
use kestra_core::{Call, Error, ErrorKind, Executor};
use kestra_models::Execution;
use tokio::time::sleep;

use super::reader::{Reader, may_have_ended};
use crate::FollowExecution;

/// How long a silent stream is trusted at most.
const LONGEST_POLL: Duration = Duration::from_secs(30);

/// How long it is at first, and then, while nobody has seen the execution.
const UNSEEN_POLL: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(1));

/// How an execution is followed.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FollowSettings {
    /// Whether the execution is known to be there: then it is followed through an outage at the start as well.
    pub is_known: bool,
    /// How long an execution that was never seen may be missing on a server that answers.
    pub visible_within: Duration,
    /// How long a known execution may be missing on a server that answers.
    pub gone_after: Duration,
    /// How long the server may be away.
    pub outage: Duration,
    /// After which silence the execution is read beside its stream, doubling up to 30 s; never if `None`.
    pub poll: Option<Duration>,
    /// How many states the execution has been in before what is waited for.
    pub after: Option<usize>,
}

impl Default for FollowSettings {
    fn default() -> Self {
        Self {
            is_known: false,
            visible_within: Duration::ZERO,
            gone_after: Duration::from_secs(30),
            outage: Duration::from_mins(10),
            poll: None,
            after: None,
        }
    }
}

impl<E: Executor> FollowExecution<E> {
    /// Returns the states of the execution as a stream, each once and in order, over as many connections as needed.
    ///
    /// The last item is the execution as read after its end. A server that doesn't know the execution only closes the
    /// connection; the stream then asks for the execution, and ends with a 404. An event of the end counts only if it is about
    /// this execution, in a final state.
    ///
    /// A paused execution sends nothing until it is resumed. A stream that is silent for 5 minutes, or for
    /// [`Timeouts::idle`](kestra_core::Timeouts::idle), is opened again. An outage may last 10 minutes once the execution was
    /// seen; after that, a missing execution is searched for during 30 s. [`events`](Self::events) returns what a single
    /// connection sends.
    pub fn stream(self) -> FollowStream<Execution> {
        self.stream_with(FollowSettings::default())
    }

    /// As [`stream`](Self::stream), with settings.
    #[doc(hidden)]
    pub fn stream_with(self, settings: FollowSettings) -> FollowStream<Execution> {
        let (call, executor) = self.into_parts();
        FollowStream::new(|sink| Follow::new(executor, call, settings, sink).run())
    }
}

/// The execution once it has ended; nothing if its stream ends without it.
pub(super) async fn end<E: Executor>(
    executor: E,
    call: Call,
    settings: FollowSettings,
) -> Result<Option<Execution>, Error> {
    let mut states = FollowStream::new(|sink| Follow::new(executor, call, settings, sink).run());
    // Nothing is kept until then: an execution may be large, and its end far away.
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
            // When the server is there again the stream tells.
            let limit = silence.filter(|_| !self.connections.is_waiting_for_server());
            let step = match or_silence(self.connections.next(), limit).await {
                Some(Err(error)) if error.is_not_found() && self.reader.is_known() => {
                    let message = "there is no stream of the execution's states";
                    let error = Error::new(ErrorKind::Transport, message).caused_by(error);
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
                    // Something on the way mixed streams up.
                    if self.reader.is_about(execution.id.as_deref()) {
                        silence = self.first_silence();
                        self.show(execution).await;
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
                        self.connections.answered();
                        self.show(execution).await;
                        cut
                    }
                    Ok(None) => cut,
                    Err(error) if self.reader.is_known() => error,
                    Err(error) => return Err(error),
                }
            };
            self.connections.pause(failure).await?;
        }
    }

    /// Reads the execution while its stream is silent, and gives it back if it has ended.
    async fn look_beside(&mut self) -> Result<Option<Execution>, Error> {
        match self.reader.look().await {
            Ok(Some(execution)) if self.is_old(&execution) => {}
            Ok(Some(execution)) if execution.is_over() => return Ok(Some(execution)),
            Ok(Some(execution)) => self.show(execution).await,
            Ok(None) => {}
            Err(error) if error.is_not_found() => return Err(error),
            // The stream is still open: what goes wrong here it will tell as well.
            Err(_) => {}
        }
        Ok(None)
    }

    /// Gives what is news.
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

    /// Whether an event of the end is to be believed.
    fn is_end(&self, event: &Execution) -> bool {
        self.reader.is_about(event.id.as_deref()) && may_have_ended(event) && !self.is_old(event)
    }

    /// Whether it was so before what is waited for.
    fn is_old(&self, execution: &Execution) -> bool {
        self.settings.after.is_some_and(|after| execution.progress().0 <= after)
    }

    fn first_silence(&self) -> Option<Duration> {
        let poll = self.settings.poll?;
        Some(if self.reader.is_known() { poll } else { poll.min(UNSEEN_POLL.0) })
    }

    fn next_silence(&self, last: Option<Duration>) -> Option<Duration> {
        let longest = if self.reader.is_known() { LONGEST_POLL } else { UNSEEN_POLL.1 };
        Some(last?.saturating_mul(2).min(longest))
    }
}

/// What comes of some work; nothing if it takes longer than the limit.
async fn or_silence<T>(work: impl Future<Output = T>, limit: Option<Duration>) -> Option<T> {
    let Some(limit) = limit else { return Some(work.await) };
    let (mut work, mut silence) = (pin!(work), pin!(sleep(limit)));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Pin::new(&mut silence).as_mut().poll(cx).map(|()| None),
    })
    .await
}
