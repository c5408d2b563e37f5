//! Starting an execution and waiting for its end.

use kestra_core::Error;
use tokio::time::Instant;

use super::creation::{Creation, creating};
use super::settings::{Settings, waiting};
use super::{Finished, create, watch};
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
    pub fn run(&self, namespace: impl Into<String>, flow: impl Into<String>) -> Run {
        Run {
            client: self.client().clone(),
            creation: Creation::new(namespace.into(), flow.into()),
            settings: Settings::default(),
        }
    }
}

/// A run of a flow to its end; see [`Executions::run`].
#[must_use = "nothing is run until it is awaited"]
#[derive(Debug)]
pub struct Run {
    client: Client,
    creation: Creation,
    settings: Settings,
}

creating!(Run);
waiting!(Run);
options_of_calls!(Run, settings.options);

impl Run {
    async fn run(self) -> Result<Finished, Error> {
        let client = self.client.with_options(self.settings.options.clone());
        let begun = Instant::now();
        // It isn't cut off, which would leave it unclear whether there is an execution; its calls have limits of their own.
        let created = create::create(&client, self.creation).await?;
        let known = Some(Box::new(created.execution));
        Box::pin(watch::to_the_end(client, created.id, known, begun, self.settings)).await
    }
}

awaited!(Run => Finished, Run::run);
