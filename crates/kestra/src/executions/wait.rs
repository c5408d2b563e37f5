//! Waiting for an execution that somebody started.

use std::time::Duration;

use kestra_models::Execution;
use tokio::time::Instant;

use super::settings::{Settings, waiting};
use super::{Finished, watch};
use crate::{Client, Executions};

impl Executions {
    /// Waits until an execution has ended, whoever started it, and gives what came out.
    ///
    /// It follows the execution's events, survives cuts and restarts of the server, reads the execution beside a stream that is
    /// silent, and follows an execution that is retried in a new one. It may be asked about an execution that has ended long
    /// ago. All versions.
    ///
    /// No server says which execution a retry goes on in, so it is the first that came out of the old one; somebody's replay of
    /// that looks the same. Until there is one the wait goes on, up to its `timeout`: without end if it was deleted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ExecutionFailed`](crate::ErrorKind::ExecutionFailed) if it ended as FAILED, KILLED or CANCELLED, unless
    /// `any_end_state` is set; a 404 if the execution is missing on a server that responds for 2 s, or for the time of
    /// [`wait_until_visible`](Wait::wait_until_visible), and for 30 s if it was seen before. Every error has the
    /// [`execution_id`](crate::Error::execution_id), and after the `timeout` [`Finished::of`] returns the execution as it
    /// was last read.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let finished = client.executions().wait("4xYkRyHSfWhzTRKWTMTeML").await?;
    /// println!("{}: {:?}", finished.id(), finished.outputs());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self, id: impl Into<String>) -> Wait {
        Wait::new(self.client().clone(), id.into(), None)
    }
}

/// A wait for the end of an execution; see [`Executions::wait`].
#[must_use = "a wait does nothing until it is awaited"]
#[derive(Debug)]
pub struct Wait {
    client: Client,
    id: String,
    /// The execution, if it is known to exist.
    known: Option<Box<Execution>>,
    settings: Settings,
}

waiting!(Wait);
options_of_calls!(Wait, settings.options);

impl Wait {
    pub(super) fn new(client: Client, id: String, known: Option<Box<Execution>>) -> Self {
        Self { client, id, known, settings: Settings::default() }
    }

    /// Sets how long the execution may be missing on a server that responds before it counts as not found. Defaults to 2 s.
    ///
    /// An execution that another client creates may take longer to become visible: on a busy 2.0 server, or if the id was
    /// passed on before the response to the creation. An execution that [`start`](Executions::start) created may be missing
    /// for 30 s in any case.
    pub fn wait_until_visible(mut self, limit: Duration) -> Self {
        self.settings.visible_within = limit;
        self
    }

    /// Waits for the end that comes after this state of the execution: for one that was restarted, whose old end is there until
    /// the server has begun, which before 2.0 is some time after it answered.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client, failed: kestra::models::Execution, id: &str) -> Result<(), kestra::Error> {
    /// client.executions().restart_execution(id).await?;
    /// let finished = client.executions().wait(id).after(&failed).await?;
    /// # let _ = finished;
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(mut self, state: &Execution) -> Self {
        self.settings.after = Some(state.progress().0);
        self
    }
}

awaited!(Wait => Finished, |wait: Wait| {
    watch::to_the_end(wait.client, wait.id, wait.known, Instant::now(), wait.settings)
});
