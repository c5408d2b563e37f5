//! The backfill of a trigger, the same on all versions.

use jiff::Timestamp;
use kestra_core::{CallOptions, Error};
use kestra_models::{TriggerId, TriggerState};

use super::{StartBackfill, WatchBackfill};
use crate::{Client, Triggers};

impl Triggers {
    /// The backfill of a schedule: start it, pause it, go on, end it, and wait for its end. All versions.
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let backfill = client.triggers().backfill("company.team", "report", "daily");
    /// let january = ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z");
    /// # let (from, to): (kestra::jiff::Timestamp, _) = (january.0.parse().unwrap(), january.1.parse().unwrap());
    /// backfill.start(from).end(to).input("region", "emea").label("reason", "repair").await?;
    /// let finished = backfill.watch().on_progress(|backfill| println!("{:?}", backfill.current_date)).await?;
    /// # let _ = finished;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn backfill(
        &self,
        namespace: impl Into<String>,
        flow_id: impl Into<String>,
        trigger_id: impl Into<String>,
    ) -> TriggerBackfill {
        let id = TriggerId::new(namespace, flow_id, trigger_id);
        TriggerBackfill { client: self.client().clone(), id }
    }
}

/// The backfill of one trigger; see [`Triggers::backfill`].
#[derive(Clone, Debug)]
pub struct TriggerBackfill {
    pub(super) client: Client,
    pub(super) id: TriggerId,
}

impl TriggerBackfill {
    /// Sets options of all its calls; what isn't set stays as it was.
    #[must_use]
    pub fn options(mut self, options: CallOptions) -> Self {
        self.client = self.client.with_options(options);
        self
    }

    /// Sets the tenant.
    #[must_use]
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        self.options(CallOptions::new().tenant(tenant))
    }

    /// Starts executions for the times of the schedule from `from` on, itself included, until now unless an end is set.
    ///
    /// From 2.0 on this is `PUT /triggers/backfill/create`; before, a backfill is a part of the trigger, which is read and
    /// written back with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](kestra_core::ErrorKind::Refused), or 409 from 2.0 on, if a backfill is going on; 404 if there is
    /// no such trigger.
    pub fn start(&self, from: Timestamp) -> StartBackfill {
        StartBackfill::new(self.clone(), from)
    }

    /// Pauses it: nothing is started until it goes on.
    ///
    /// # Errors
    ///
    /// Returns a 404 if the server doesn't know the trigger, and before 2.0 a 409 if the trigger has no backfill. The change
    /// itself isn't sent then.
    pub async fn pause(&self) -> Result<TriggerState, Error> {
        self.client.triggers().pause_backfill(self.id.clone()).await
    }

    /// Goes on with it.
    ///
    /// # Errors
    ///
    /// As [`pause`](Self::pause).
    pub async fn resume(&self) -> Result<TriggerState, Error> {
        self.client.triggers().unpause_backfill(self.id.clone()).await
    }

    /// Ends it where it is; what it started goes on.
    ///
    /// # Errors
    ///
    /// As [`pause`](Self::pause).
    pub async fn cancel(&self) -> Result<TriggerState, Error> {
        self.client.triggers().delete_backfill(self.id.clone()).await
    }

    /// Waits for its end, that is, until all its executions have been started.
    pub fn watch(&self) -> WatchBackfill {
        WatchBackfill::new(self.clone())
    }

    /// How the trigger fares, with its backfill if one is going on; `None` if the server knows of no such trigger.
    ///
    /// # Errors
    ///
    /// As any call.
    pub async fn state(&self) -> Result<Option<TriggerState>, Error> {
        let search = self.client.triggers().search_triggers_for_flow(self.id.namespace(), self.id.flow_id());
        let mut triggers = search.items();
        while let Some(trigger) = triggers.next().await {
            let trigger = trigger?;
            if trigger.trigger_id == self.id.trigger_id() {
                return Ok(Some(trigger));
            }
        }
        Ok(None)
    }

    pub(super) fn missing(&self) -> Error {
        let (namespace, flow_id, trigger_id) = (self.id.namespace(), self.id.flow_id(), self.id.trigger_id());
        let problem = format_args!("the server knows no trigger `{trigger_id}` of {namespace}.{flow_id} yet");
        Error::invalid("trigger", problem).with_not_found()
    }
}
