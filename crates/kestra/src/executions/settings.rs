//! How an execution is waited for.

use std::fmt;
use std::time::Duration;

use kestra_core::CallOptions;
use kestra_models::Execution;
use sync_wrapper::SyncWrapper;

/// The default of `Settings::visible_within`.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);

/// A callback for states of an execution. Only the wait calls it, so that a builder with one can be shared.
pub(super) type Observer = SyncWrapper<Box<dyn FnMut(&Execution) + Send>>;

/// What can be set for a wait.
pub(super) struct Settings {
    pub(super) options: CallOptions,
    pub(super) timeout: Option<Duration>,
    pub(super) kill_on_timeout: bool,
    pub(super) stop_on_pause: bool,
    pub(super) any_end_state: bool,
    /// How long an execution that was never seen may be missing.
    pub(super) visible_within: Duration,
    /// How many states the execution has been in before what is waited for.
    pub(super) after: Option<usize>,
    pub(super) poll: Duration,
    pub(super) outage: Duration,
    pub(super) on_progress: Option<Observer>,
    pub(super) on_pause: Option<Observer>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            options: CallOptions::new(),
            timeout: None,
            kill_on_timeout: false,
            stop_on_pause: false,
            any_end_state: false,
            visible_within: VISIBLE_WITHIN,
            after: None,
            poll: Duration::from_secs(2),
            outage: Duration::from_mins(10),
            on_progress: None,
            on_pause: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("options", &self.options)
            .field("timeout", &self.timeout)
            .field("kill_on_timeout", &self.kill_on_timeout)
            .field("stop_on_pause", &self.stop_on_pause)
            .field("any_end_state", &self.any_end_state)
            .finish_non_exhaustive()
    }
}

/// Gives a builder the setters of a wait; it has them in the field `settings`.
macro_rules! waiting {
    ($name:ident) => {
        impl $name {
            /// Sets how long it may take until the execution has ended; there is no limit otherwise.
            ///
            /// The execution goes on after it, unless [`kill_on_timeout`](Self::kill_on_timeout) is set; the error has its id.
            pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
                self.settings.timeout = Some(limit);
                self
            }

            /// Whether the execution is killed, with its subflows, when the time is over.
            pub fn kill_on_timeout(mut self, kill: bool) -> Self {
                self.settings.kill_on_timeout = kill;
                self
            }

            /// Whether a pause or a breakpoint ends the wait: the result is then the paused execution.
            pub fn stop_on_pause(mut self, stop: bool) -> Self {
                self.settings.stop_on_pause = stop;
                self
            }

            /// Gives the execution in whichever state it ends; otherwise FAILED, KILLED and CANCELLED are errors.
            pub fn any_end_state(mut self) -> Self {
                self.settings.any_end_state = true;
                self
            }

            /// Has every new state of the execution or of one of its task runs told.
            pub fn on_progress(
                mut self,
                observer: impl FnMut(&::kestra_models::Execution) + Send + 'static,
            ) -> Self {
                self.settings.on_progress = Some(::sync_wrapper::SyncWrapper::new(Box::new(observer)));
                self
            }

            /// Has every pause and breakpoint told, each once.
            pub fn on_pause(
                mut self,
                observer: impl FnMut(&::kestra_models::Execution) + Send + 'static,
            ) -> Self {
                self.settings.on_pause = Some(::sync_wrapper::SyncWrapper::new(Box::new(observer)));
                self
            }

            /// Sets how long the stream of events may be silent before the execution is read beside it, in case something on the
            /// way keeps events back: 2 s by default. The time doubles with each reading, up to 30 s.
            pub fn poll_interval(mut self, interval: ::std::time::Duration) -> Self {
                self.settings.poll = interval;
                self
            }

            /// Sets how long the server may be out of reach, once it was reached, before the wait ends with an error: 10 minutes
            /// by default.
            pub fn outage_limit(mut self, limit: ::std::time::Duration) -> Self {
                self.settings.outage = limit;
                self
            }
        }
    };
}

pub(super) use waiting;
