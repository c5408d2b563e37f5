//! Starting an execution, and waiting for its end.

use std::time::Duration;

use kestra_core::Error;
use kestra_models::Execution;
use tokio::time::Instant;

use super::Finished;
use super::create;
use super::creation::{Creation, creating};
use super::watch::{self, Settings, waiting};
use crate::{Client, Executions};

impl Executions {
    /// Starts an execution, once, and waits until it has ended: [`start`](Self::start) and [`wait`](Self::wait) in one.
    ///
    /// # Errors
    ///
    /// Returns the errors of `start` and `wait`. After the `timeout`, [`Finished::of`] returns the execution as it was last read.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Report {
    ///     rows: u64,
    /// }
    ///
    /// let finished = client.executions().run("company.team", "hello").input("name", "value").input("dry_run", true).await?;
    /// let report: Report = finished.outputs_as()?;
    /// println!("{} rows", report.rows);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run(&self, namespace: impl AsRef<str>, flow: impl AsRef<str>) -> Run {
        let creation = Creation::new(namespace.as_ref(), flow.as_ref());
        Run { client: self.client().clone(), creation, settings: Settings::default() }
    }

    /// Starts an execution, once. If a failure leaves it unclear whether the server accepted the request, the client searches
    /// for the execution by a key that it is labelled with.
    ///
    /// Checks names and types of the inputs against the flow first, unless there are none. All versions.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Refused`](crate::ErrorKind::Refused) for an input that the flow lacks or that isn't of its
    /// type, and one of kind [`UnclearOutcome`](crate::ErrorKind::UnclearOutcome) if nothing was found in time, with the key
    /// for [`resolve`](Self::resolve).
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let started = client.executions().start("company.team", "hello").input("name", "value").await?;
    /// println!("started {}", started.id());
    /// let finished = started.wait().await?;
    /// # let _ = finished;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self, namespace: impl AsRef<str>, flow: impl AsRef<str>) -> Start {
        let creation = Creation::new(namespace.as_ref(), flow.as_ref());
        Start { client: self.client().clone(), creation }
    }

    /// Waits until an execution, started by any client or trigger, has ended, and returns it with its outputs.
    ///
    /// Follows the execution's events, survives cuts and restarts of the server, reads the execution beside a stream that is
    /// silent, and follows an execution that is retried in a new one. The execution may have ended long ago. All versions.
    ///
    /// No server says in which execution a retry continues, so the client takes the first execution that was created from
    /// the retried one; a replay by a user looks the same. The client waits for that execution up to the `timeout`: without
    /// end if it was deleted and no timeout is set.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ExecutionFailed`](crate::ErrorKind::ExecutionFailed) if it ended as FAILED, KILLED or
    /// CANCELLED, unless `any_end_state` is set; a 404 if the execution is missing on a server that responds for 2 s, or for
    /// the time of [`wait_until_visible`](Wait::wait_until_visible), and for 30 s if it was seen before. Every error has the
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
        Wait { client: self.client().clone(), id: id.into(), known: None, settings: Settings::default() }
    }
}

/// A run of a flow to its end; see [`Executions::run`].
#[must_use = "nothing is run until it is awaited"]
#[derive(Debug)]
pub struct Run {
    pub(super) client: Client,
    pub(super) creation: Creation,
    pub(super) settings: Settings,
}

creating!(Run: creation);
waiting!(Run: settings);

impl Run {
    /// Returns a copy, or `None` if an input is a stream, which can be read only once, or if a callback is set.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let (creation, settings) = (self.creation.try_clone()?, self.settings.try_clone()?);
        Some(Self { client: self.client.clone(), creation, settings })
    }

    pub(super) async fn run(self) -> Result<Finished, Error> {
        let begun = Instant::now();
        // It isn't cut off, which would leave it unclear whether there is an execution; its calls have timeouts of their own.
        let created = create::create(&self.client, self.creation).await?;
        let known = Some(Box::new(created.execution));
        let mut settings = self.settings;
        (settings.key, settings.after) = (created.key, created.restarted_after);
        Box::pin(watch::to_the_end(self.client, created.id, known, begun, settings)).await
    }
}

several_calls!(Run: client, "run" => Finished, Run::run);

/// A start of an execution; see [`Executions::start`].
#[must_use = "nothing is started until it is awaited"]
#[derive(Debug)]
pub struct Start {
    pub(super) client: Client,
    pub(super) creation: Creation,
}

creating!(Start: creation);

impl Start {
    /// Returns a copy, or `None` if an input is a stream, which can be read only once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self { client: self.client.clone(), creation: self.creation.try_clone()? })
    }

    pub(super) async fn run(self) -> Result<Started, Error> {
        let created = create::create(&self.client, self.creation).await?;
        Ok(Started {
            client: self.client,
            id: created.id,
            execution: created.execution,
            key: created.key,
            was_found: created.was_found,
            restarted_after: created.restarted_after,
        })
    }
}

several_calls!(Start: client, "start" => Started, Start::run);

/// An execution that was started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Started {
    client: Client,
    id: String,
    /// The execution as the server responded, just created; or as it was found, if it had been started before.
    pub execution: Execution,
    key: Option<String>,
    was_found: bool,
    restarted_after: Option<usize>,
}

impl Started {
    /// Returns the id, by which another process can wait for the execution.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the key that the execution is labelled with, or `None` if it was started without a key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Returns whether the execution was found by its key: started before, or by a request whose response was lost.
    #[must_use]
    pub fn was_found(&self) -> bool {
        self.was_found
    }

    /// Returns whether the execution was found failed, and restarted; see [`Start::if_found_failed`]. `execution` is as it was
    /// before the restart.
    #[must_use]
    pub fn was_restarted(&self) -> bool {
        self.restarted_after.is_some()
    }

    /// Waits until the execution has ended; see [`Executions::wait`].
    pub fn wait(&self) -> Wait {
        let mut wait = self.client.executions().wait(&self.id);
        wait.known = Some(Box::new(self.execution.clone()));
        (wait.settings.key, wait.settings.after) = (self.key.clone(), self.restarted_after);
        wait
    }
}

/// A wait for the end of an execution; see [`Executions::wait`].
#[must_use = "a wait does nothing until it is awaited"]
#[derive(Debug)]
pub struct Wait {
    pub(super) client: Client,
    id: String,
    /// The execution, if it is known to exist.
    known: Option<Box<Execution>>,
    pub(super) settings: Settings,
}

waiting!(Wait: settings);

impl Wait {
    /// Sets how long the execution may be missing on a server that responds before it counts as not found. Defaults to 2 s.
    ///
    /// An execution that another client creates may take longer to become visible: on a busy 2.0 server, or if the id was
    /// passed on before the response to the creation. An execution that [`start`](Executions::start) created may be missing
    /// for 30 s in any case.
    pub fn wait_until_visible(mut self, limit: Duration) -> Self {
        self.settings.visible_within = limit;
        self
    }

    /// Waits for an end after this state of the execution. For an execution that was restarted: it keeps its old end state
    /// until the server has begun the restart, which before 2.0 is some time after the response.
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

    pub(super) fn run(self) -> impl Future<Output = Result<Finished, Error>> + Send {
        watch::to_the_end(self.client, self.id, self.known, Instant::now(), self.settings)
    }

    /// Returns a copy, or `None` if a callback is set.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let settings = self.settings.try_clone()?;
        Some(Self { client: self.client.clone(), id: self.id.clone(), known: self.known.clone(), settings })
    }
}

several_calls!(Wait: client, "wait" => Finished, Wait::run);
