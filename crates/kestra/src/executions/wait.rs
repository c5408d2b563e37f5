//! Waiting for an execution that somebody started.

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
    /// `any_end_state` is set; 404 if there is no such execution. Every error has the
    /// [`execution_id`](crate::Error::execution_id).
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let finished = client.executions().wait("4xYkRyHSfWhzTRKWTMTeML").await?;
    /// println!("{}: {:?}", finished.id(), finished.outputs());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self, id: impl Into<String>) -> Wait {
        Wait::new(self.client().clone(), id.into(), false)
    }
}

/// A wait for the end of an execution; see [`Executions::wait`].
#[must_use = "a wait does nothing until it is awaited"]
#[derive(Debug)]
pub struct Wait {
    client: Client,
    id: String,
    /// Whether the execution is known to be there.
    is_known: bool,
    settings: Settings,
}

waiting!(Wait);
options_of_calls!(Wait, settings.options);

impl Wait {
    pub(super) fn new(client: Client, id: String, is_known: bool) -> Self {
        Self { client, id, is_known, settings: Settings::default() }
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
    watch::to_the_end(wait.client, wait.id, wait.is_known, Instant::now(), wait.settings)
});
