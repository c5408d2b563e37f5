//! Finding what became of a start.

use std::time::Duration;

use kestra_core::internal::IdempotencyKey;
use kestra_core::{CallOptions, Error, ErrorKind};
use kestra_models::{Execution, ExecutionKind};

use super::create::LOOK_BACK;
use super::key::{self, Scope};
use crate::{Client, Executions};

impl Executions {
    /// Looks for the execution that was started with a key: what to do after an error of the kind
    /// [`UnclearOutcome`](crate::ErrorKind::UnclearOutcome), whose [`idempotency_key`](crate::Error::idempotency_key) it is.
    ///
    /// A server finds an execution some time after it took it, and a 2.0 server that is busy may take one minutes after it
    /// answered 504: none yet is no proof that there will be none.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client, key: String) -> Result<(), kestra::Error> {
    /// use kestra::Resolved;
    ///
    /// match client.executions().resolve(key).await? {
    ///     Resolved::None => println!("not yet"),
    ///     Resolved::One(execution) => println!("it is {}", execution.id),
    ///     Resolved::Many(executions) => println!("there are {}", executions.len()),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve(&self, key: impl Into<String>) -> Resolve {
        Resolve {
            client: self.client().clone(),
            key: key.into(),
            flow: None,
            look_back: LOOK_BACK,
            options: CallOptions::new(),
        }
    }
}

/// The executions that were started with a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Resolved {
    /// None can be found yet.
    None,
    /// This one.
    One(Box<Execution>),
    /// More than one: they were started at the same time, or again before the first could be found.
    Many(Vec<Execution>),
}

/// A look-up of a key; see [`Executions::resolve`].
#[must_use = "nothing is looked up until it is awaited"]
#[derive(Debug)]
pub struct Resolve {
    client: Client,
    key: String,
    flow: Option<(String, String)>,
    look_back: Duration,
    options: CallOptions,
}

options_of_calls!(Resolve, options);

impl Resolve {
    /// Only executions of this flow.
    pub fn flow(mut self, namespace: impl Into<String>, id: impl Into<String>) -> Self {
        self.flow = Some((namespace.into(), id.into()));
        self
    }

    /// Sets how far back is looked; 8 days by default.
    pub fn look_back(mut self, range: Duration) -> Self {
        self.look_back = range;
        self
    }

    async fn run(mut self) -> Result<Resolved, Error> {
        self.client = self.client.with_options(std::mem::take(&mut self.options));
        IdempotencyKey::check(&self.key)?;
        self.read().await.map_err(|error| error.with_idempotency_key(&self.key))
    }

    async fn read(&self) -> Result<Resolved, Error> {
        let flow = self.flow.as_ref().map(|(namespace, id)| (namespace.as_str(), id.as_str()));
        let mut found = Vec::new();
        for id in self.ids(flow).await? {
            let read = self.client.executions().get_execution(&id).await;
            found.push(read.map_err(|error| error.with_execution_id(&id))?);
        }
        if found.len() > 1 {
            return Ok(Resolved::Many(found));
        }
        Ok(found.pop().map_or(Resolved::None, |execution| Resolved::One(Box::new(execution))))
    }

    /// A search finds executions of one kind, of the usual one if none is named.
    async fn ids(&self, flow: Option<(&str, &str)>) -> Result<Vec<String>, Error> {
        for kind in [None, Some(ExecutionKind::Test), Some(ExecutionKind::Playground)] {
            let kind = kind.as_ref().map(ExecutionKind::as_str);
            let scope = Scope { flow, kind, look_back: self.look_back };
            match key::look_up(&self.client, &self.key, scope).await {
                Ok(ids) if ids.is_empty() => {}
                Ok(ids) => return Ok(ids),
                // 1.0 can't search for kinds.
                Err(error) if kind.is_some() && error.kind() == ErrorKind::Unsupported => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }
}

awaited!(Resolve => Resolved, Resolve::run);
