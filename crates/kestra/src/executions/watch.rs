//! Watching an execution to its end, whatever happens on the way.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use kestra_core::sse::{Backoff, FollowStream, Reconnects, is_passing};
use kestra_core::{Error, ErrorKind, RequestSent, TimeoutPhase};
use kestra_models::{Execution, StateType};
use kestra_operations::FollowExecution;
use tokio::time::{Instant, sleep};

use super::settings::Settings;
use super::{Finished, failure, successor};
use crate::Client;

/// How long an execution that was just started may be missing: it is stored a moment after its creation was answered.
const GRACE: Duration = Duration::from_secs(15);

/// How long a silent stream is trusted at most.
const LONGEST_POLL: Duration = Duration::from_secs(30);

/// Waits until an execution has ended; the limit counts from `begun`.
pub(super) async fn to_the_end(
    client: Client,
    id: String,
    is_known: bool,
    begun: Instant,
    mut settings: Settings,
) -> Result<Finished, Error> {
    // The limit is one of the whole, not of each call.
    let client = client.with_options(std::mem::take(&mut settings.options));
    let limit = settings.timeout;
    let mut watch = Watch { client, id, is_known, begun: Instant::now(), settings };
    let result = match limit {
        Some(limit) => match tokio::time::timeout(limit.saturating_sub(begun.elapsed()), watch.run()).await {
            Ok(result) => result,
            Err(_) => Err(watch.time_is_over(limit).await),
        },
        None => watch.run().await,
    };
    result.map_err(|error| match error.execution_id() {
        Some(_) => error,
        None => error.of_execution(watch.id),
    })
}

/// An execution that is watched.
struct Watch {
    client: Client,
    /// The one that is watched now: after a retry the next one.
    id: String,
    is_known: bool,
    begun: Instant,
    settings: Settings,
}

impl Watch {
    async fn run(&mut self) -> Result<Finished, Error> {
        loop {
            let execution = self.end().await?;
            if execution.state_type() == Some(&StateType::Retried) {
                let next = successor::of(&self.client, &execution, self.settings.outage).await?;
                (self.id, self.is_known) = (next, true);
                self.settings.after = None;
                continue;
            }
            let finished = Finished::read(&self.client, execution, self.settings.outage).await?;
            return if finished.is_failed() && !self.settings.any_end_state {
                Err(failure::of(&self.client, finished).await)
            } else {
                Ok(finished)
            };
        }
    }

    /// The execution at its end, or at a pause that ends the wait.
    async fn end(&mut self) -> Result<Execution, Error> {
        let mut seen = Seen::default();
        let mut backoff = Backoff::default().outage(self.settings.outage);
        let mut reconnects = Reconnects::new(FollowExecution::INFO);
        let mut states = self.follow();
        let mut interval = self.settings.poll;
        loop {
            let failure = match event_or_silence(&mut states, interval).await {
                Ok(Some(Ok(execution))) if self.is_old(&execution) => continue,
                Ok(Some(Ok(execution))) => {
                    interval = self.settings.poll;
                    self.is_known = true;
                    backoff.reset();
                    if let Some(end) = self.show(execution, &mut seen, false) {
                        return Ok(end);
                    }
                    continue;
                }
                Ok(Some(Err(error))) => error,
                Ok(None) => match seen.last.take() {
                    Some(last) => return Ok(last),
                    None => Error::new(ErrorKind::Transport, "the stream ended without a state"),
                },
                Err(Silence) => {
                    interval = interval.saturating_mul(2).min(LONGEST_POLL);
                    // The stream is still open: what goes wrong here it will tell as well.
                    if let Ok(execution) = self.client.executions().get_execution(&self.id).await
                        && !self.is_old(&execution)
                    {
                        self.is_known = true;
                        backoff.reset();
                        if let Some(end) = self.show(execution, &mut seen, true) {
                            return Ok(end);
                        }
                    }
                    continue;
                }
            };
            let may_appear = failure.is_not_found() && self.is_known && self.begun.elapsed() < GRACE;
            let is_known = self.is_known || self.settings.after.is_some();
            let may_pass = is_known && is_passing(&failure);
            if !may_appear && !may_pass {
                return Err(failure);
            }
            let Some(wait) = backoff.next_wait() else { return Err(failure) };
            reconnects.tell(&failure, false, wait);
            sleep(wait).await;
            states = self.follow();
        }
    }

    /// Whether it was so before what is waited for.
    fn is_old(&self, execution: &Execution) -> bool {
        self.settings.after.is_some_and(|after| execution.progress().0 <= after)
    }

    fn follow(&self) -> FollowStream<Execution> {
        self.client.executions().follow_execution(&self.id).stream()
    }

    /// Tells what is news, and gives the execution back if it ends the wait.
    fn show(&mut self, execution: Execution, seen: &mut Seen, was_read: bool) -> Option<Execution> {
        let progress = execution.progress();
        let is_over = execution.is_over();
        if seen.progress.is_none_or(|seen| progress > seen) {
            seen.progress = Some(progress);
            if let Some(observer) = &mut self.settings.on_progress {
                observer(&execution);
            }
            // A task run may change within a pause; only a new state of the execution is a new pause.
            if execution.is_paused() && seen.paused_at != Some(progress.0) {
                seen.paused_at = Some(progress.0);
                if let Some(observer) = &mut self.settings.on_pause {
                    observer(&execution);
                }
                if self.settings.stop_on_pause {
                    return Some(execution);
                }
            }
        }
        // What the stream gives last was read after its end.
        if was_read && is_over {
            return Some(execution);
        }
        seen.last = Some(execution);
        None
    }

    /// The error, after the execution was killed if that was asked for.
    async fn time_is_over(&mut self, limit: Duration) -> Error {
        let id = &self.id;
        let fate = if self.settings.kill_on_timeout {
            match self.client.executions().kill_execution(id).await {
                Ok(_) => "it is being killed".to_owned(),
                Err(error) => format!("it could not be killed ({}) and goes on", error.summary()),
            }
        } else {
            "it goes on: wait for its id again".to_owned()
        };
        let message = format!("execution {id} has not ended within {limit:?}; {fate}");
        Error::new(ErrorKind::Timeout(TimeoutPhase::Total), message).sent(RequestSent::Yes).of_execution(id)
    }
}

/// What was seen of one execution.
#[derive(Default)]
struct Seen {
    progress: Option<(usize, usize)>,
    paused_at: Option<usize>,
    last: Option<Execution>,
}

/// Nothing came in time.
struct Silence;

async fn event_or_silence(
    states: &mut FollowStream<Execution>,
    limit: Duration,
) -> Result<Option<Result<Execution, Error>>, Silence> {
    let mut silence = pin!(sleep(limit));
    let mut event = pin!(states.next());
    poll_fn(|cx| match event.as_mut().poll(cx) {
        Poll::Ready(event) => Poll::Ready(Ok(event)),
        Poll::Pending => Pin::new(&mut silence).as_mut().poll(cx).map(|()| Err(Silence)),
    })
    .await
}
