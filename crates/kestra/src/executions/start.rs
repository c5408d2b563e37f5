//! Starting an execution.

use kestra_core::{CallOptions, Error};
use kestra_models::Execution;

use super::creation::{Creation, creating};
use super::{Wait, create};
use crate::{Client, Executions};

impl Executions {
    /// Starts an execution, once: after a failure that leaves it unclear whether the server took the request, the execution is
    /// looked for by a key that it was marked with.
    ///
    /// Names and kinds of the inputs are checked against the flow first, unless there are none. All versions.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) for an input that the flow lacks or that isn't of its type;
    /// [`ErrorKind::UnclearOutcome`](crate::ErrorKind::UnclearOutcome) if nothing was found in time, with the key for
    /// [`resolve`](Self::resolve); else as any call.
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
    pub fn start(&self, namespace: impl Into<String>, flow: impl Into<String>) -> Start {
        Start {
            client: self.client().clone(),
            creation: Creation::new(namespace.into(), flow.into()),
            options: CallOptions::new(),
        }
    }
}

/// A start of an execution; see [`Executions::start`].
#[must_use = "nothing is started until it is awaited"]
#[derive(Debug)]
pub struct Start {
    client: Client,
    creation: Creation,
    options: CallOptions,
}

creating!(Start);
options_of_calls!(Start, options);

impl Start {
    async fn run(self) -> Result<Started, Error> {
        let client = self.client.with_options(self.options);
        let create::Created { id, execution, key, was_found } =
            create::create(&client, self.creation).await?;
        Ok(Started { client, id, execution, key, was_found })
    }
}

awaited!(Start => Started, Start::run);

/// An execution that was started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Started {
    client: Client,
    id: String,
    /// The execution as the server answered, just created; or as it was found, if it had been started before.
    pub execution: Execution,
    key: Option<String>,
    was_found: bool,
}

impl Started {
    /// The id: whoever stores it can wait for the execution in another process.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key that it is marked with; `None` if it was started without.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether it was found by its key: started before, or by a request whose answer was lost.
    #[must_use]
    pub fn was_found(&self) -> bool {
        self.was_found
    }

    /// Waits until it has ended; see [`Executions::wait`].
    pub fn wait(&self) -> Wait {
        Wait::new(self.client.clone(), self.id.clone(), Some(Box::new(self.execution.clone())))
    }
}
