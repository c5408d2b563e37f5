//! Create or update, whichever is needed, without the request that hangs a server.

use kestra_core::internal::refuse_deleted;
use kestra_core::{CallOptions, Error};
use kestra_models::FlowWithSource;
use serde::Serialize;

use crate::client::Deadline;
use crate::several_calls::{Named, record_flow};
use crate::{Client, Flows};

/// What a deployment did. As JSON `created`, `updated` or `unchanged`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Deployed {
    /// The flow is new.
    Created,
    /// The flow has a new revision.
    Updated,
    /// The flow was there with the same source.
    Unchanged,
}

impl Flows {
    /// Creates a flow from its YAML source, or updates the flow that has its id.
    ///
    /// The server validates the source first (`POST /api/v1/{tenant}/flows/validate`) and tells which flow it is; then it
    /// is read, and created, updated, or left as it is where the source is the same. An update of a flow that isn't there
    /// would hang the server, which is why this asks. All versions.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) if the source may set `deleted`, which deletes the flow;
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) with what the server finds wrong with the source, or if it holds
    /// several flows; else as any call.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let flow = client.flows().deploy("id: hello\nnamespace: company.team\ntasks: []\n").await?;
    /// # let _ = flow;
    /// # Ok(())
    /// # }
    /// ```
    pub fn deploy(&self, source: impl Into<String>) -> Deploy {
        Deploy { client: self.client().clone(), source: source.into() }
    }
}

/// A deployment of one flow; see [`Flows::deploy`].
#[must_use = "a deployment does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct Deploy {
    client: Client,
    source: String,
}

impl Deploy {
    /// Skips the checks: also deploys a source that a server misreads, such as one with `deleted: true`.
    pub fn unchecked(mut self) -> Self {
        self.client = self.client.with_options(CallOptions::new().unchecked());
        self
    }

    /// Deploys the flow, and returns what was done besides the flow.
    ///
    /// # Errors
    ///
    /// As [`Flows::deploy`].
    pub async fn outcome(self) -> Result<(FlowWithSource, Deployed), Error> {
        Named::new("deploy", self.deploy()).await
    }

    async fn deploy(self) -> Result<(FlowWithSource, Deployed), Error> {
        if self.source.trim().is_empty() {
            return Err(Error::invalid("source", "it is empty: write a flow into it"));
        }
        let options = self.client.options();
        if !options.is_unchecked() {
            refuse_deleted(&self.source)?;
        }
        let deadline = Deadline::of(options, None, false);
        let left = || deadline.limit(CallOptions::new());
        let flows = self.client.flows();
        let (namespace, id) = self.identify(&flows, left()).await?;
        record_flow(&self.client, &namespace, Some(&id));
        let known = match flows.get_flow(&namespace, &id).options(left()).await {
            Ok(flow) if is_source(&flow, &self.source) => return Ok((flow, Deployed::Unchanged)),
            Ok(flow) => Some(flow.revision),
            Err(error) if error.is_missing() => None,
            Err(error) => return Err(error),
        };
        create_or_update(&flows, (&namespace, &id), self.source, known, left).await
    }

    /// Returns namespace and id of the flow, as the server reads the source.
    async fn identify(&self, flows: &Flows, options: CallOptions) -> Result<(String, String), Error> {
        let mut found = flows.validate_flows(self.source.clone()).options(options).await?.into_iter();
        let (Some(flow), None) = (found.next(), found.next()) else {
            return Err(Error::invalid("source", "it must be exactly one flow: deploy each flow by itself"));
        };
        if let Some(constraints) = flow.constraints.filter(|constraints| !constraints.is_empty()) {
            return Err(Error::invalid(
                "source",
                format_args!("the server finds it invalid: {}", constraints.trim()),
            ));
        }
        match (flow.namespace, flow.flow) {
            (Some(namespace), Some(id)) => Ok((namespace, id)),
            _ => Err(Error::invalid("source", "the server finds no namespace or no id in it: add both")),
        }
    }
}

/// Returns whether the server has a flow with this source.
fn is_source(flow: &FlowWithSource, source: &str) -> bool {
    flow.source == source
}

/// Updates a flow that the server has, by what was just read (`known`), or creates it. If somebody else creates it first, it is
/// read and updated; if somebody else deletes it first, it is created.
pub(super) async fn create_or_update(
    flows: &Flows,
    (namespace, id): (&str, &str),
    source: String,
    mut known: Option<Option<i64>>,
    options: impl Fn() -> CallOptions,
) -> Result<(FlowWithSource, Deployed), Error> {
    if known.is_none() {
        match flows.create_flow(source.clone()).options(options()).await {
            Ok(flow) => return Ok((flow, Deployed::Created)),
            Err(error) if error.already_exists() => {}
            Err(error) => return Err(error),
        }
        let other = flows.get_flow(namespace, id).options(options()).await?;
        if is_source(&other, &source) {
            return Ok((other, Deployed::Unchanged));
        }
        known = Some(other.revision);
    }
    // It was just read, so there is no need to ask whether it is there.
    let updated = flows.update_flow(namespace, id, source.clone()).unchecked().options(options()).await;
    let flow = match updated {
        // Somebody else has deleted it meanwhile.
        Err(error) if error.is_missing() => {
            let created = flows.create_flow(source).options(options()).await?;
            return Ok((created, Deployed::Created));
        }
        updated => updated?,
    };
    let outcome = if known == Some(flow.revision) { Deployed::Unchanged } else { Deployed::Updated };
    Ok((flow, outcome))
}

several_calls!(Deploy: client, "deploy" => FlowWithSource, async |deploy: Deploy| Ok(deploy.deploy().await?.0), "Sets the timeout of the whole deployment, all its calls together.");
