//! The settings of a sync: its client, the number of concurrent requests, and the progress callback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::{self, StreamExt as _};
use kestra_core::{Error, ErrorKind};

use crate::Client;

/// The number of requests that a sync sends at once by default.
const CONCURRENCY: usize = 16;

/// The progress of a sync; see `on_progress` of each sync.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncProgress {
    /// The number of entries that are done.
    pub done: usize,
    /// The number of entries of this step. It may grow by one more step, as deletions come last.
    pub total: usize,
    /// The name of the entry that was done last.
    pub current: String,
}

/// The settings of a sync.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) client: Client,
    pub(crate) dry_run: bool,
    pub(crate) allow_empty: bool,
    pub(crate) concurrency: usize,
    pub(crate) on_progress: Option<Arc<dyn Fn(SyncProgress) + Send + Sync>>,
}

impl Settings {
    pub(crate) fn new(client: &Client) -> Self {
        let (client, concurrency) = (client.clone(), CONCURRENCY);
        Self { client, dry_run: false, allow_empty: false, concurrency, on_progress: None }
    }

    /// Returns the client, with the options of the sync.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        match self.concurrency {
            0 => Err(Error::invalid("concurrency", "it is 0, so nothing would be sent: set at least 1")),
            _ => Ok(self.client.clone()),
        }
    }

    /// Refuses an empty source, which is most likely a wrong path or name, unless that is allowed.
    pub(crate) fn check_source(&self, is_empty: bool, what: impl FnOnce() -> String) -> Result<(), Error> {
        if !is_empty || self.allow_empty {
            return Ok(());
        }
        let problem =
            format!("{}: check the path and the namespace, or call `.allow_empty(true)` to confirm", what());
        Err(Error::new(ErrorKind::Refused, problem))
    }

    /// Runs futures, as many at once as the sync may send requests. Returns their outputs in the same order.
    pub(crate) async fn run_all<F: Future>(&self, futures: Vec<F>) -> Vec<F::Output> {
        let numbered = futures.into_iter().enumerate();
        let numbered: Vec<_> = numbered.map(|(index, future)| async move { (index, future.await) }).collect();
        let mut outputs: Vec<_> = stream::iter(numbered).buffer_unordered(self.concurrency).collect().await;
        outputs.sort_by_key(|(index, _)| *index);
        outputs.into_iter().map(|(_, output)| output).collect()
    }

    /// Returns a callback that counts the entries of a step and reports each.
    pub(crate) fn step(&self, total: usize) -> impl Fn(&str) + use<> {
        let (on_progress, done) = (self.on_progress.clone(), AtomicUsize::new(0));
        move |current| {
            if let Some(on_progress) = &on_progress {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                on_progress(SyncProgress { done, total, current: current.to_owned() });
            }
        }
    }
}

kestra_core::debug_fields! {
    Settings, this => {
        client: this.client, dry_run: this.dry_run, allow_empty: this.allow_empty, concurrency: this.concurrency,
    }
}

/// Adds the setters of its settings to a sync, which has them in the field `settings`, and runs it when it is awaited.
macro_rules! sync_settings {
    ($name:ident, $method:literal) => {
        impl $name {
            /// Sets whether to change nothing, and only report what would be done. Defaults to `false`.
            pub fn dry_run(mut self, dry_run: bool) -> Self {
                self.settings.dry_run = dry_run;
                self
            }

            /// Confirms that the source may be empty. By default a sync that would delete everything, as its source has nothing, and
            /// a backup of a namespace that has nothing, are errors of kind [`Refused`](crate::ErrorKind::Refused), dry runs
            /// included: most often the path or the namespace is wrong.
            pub fn allow_empty(mut self, allow: bool) -> Self {
                self.settings.allow_empty = allow;
                self
            }

            /// Sets how many requests are sent at once, at least 1. Defaults to 16.
            pub fn concurrency(mut self, requests: usize) -> Self {
                self.settings.concurrency = requests;
                self
            }

            /// Calls `callback` whenever an entry is done.
            pub fn on_progress(
                mut self,
                callback: impl Fn(crate::SyncProgress) + Send + Sync + 'static,
            ) -> Self {
                self.settings.on_progress = Some(::std::sync::Arc::new(callback));
                self
            }
        }

        several_calls!($name: settings.client, $method => $crate::SyncReport, $name::run, "Sets the timeout of each of its calls.");
    };
}
