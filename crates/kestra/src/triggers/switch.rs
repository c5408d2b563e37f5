//! Switching a trigger off and on, the same on all versions.

use kestra_core::{CallOptions, Error, ErrorKind};
use kestra_models::{DisableTriggerRequest, SetDisabledRequest, TriggerState};

use super::TriggerBackfill;
use crate::Triggers;

impl Triggers {
    /// Switches a trigger off: nothing is started by it until it is [enabled](Self::enable). All versions.
    ///
    /// From 2.0 on this is `PUT /triggers/set-disabled`; before, the action on many triggers, which leaves a backfill as it is,
    /// while a trigger that is written back begins its backfill anew. A trigger that its flow disables stays off.
    ///
    /// # Errors
    ///
    /// As any call; a server knows no trigger that it hasn't evaluated yet, which is
    /// [`is_not_found`](Error::is_not_found).
    ///
    /// ```no_run
    /// # async fn run(client: kestra::Client) -> Result<(), kestra::Error> {
    /// let state = client.triggers().disable("company.team", "report", "daily").await?;
    /// assert!(state.is_disabled());
    /// client.triggers().enable("company.team", "report", "daily").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn disable(
        &self,
        namespace: impl Into<String>,
        flow_id: impl Into<String>,
        trigger_id: impl Into<String>,
    ) -> SwitchTrigger {
        SwitchTrigger { trigger: self.backfill(namespace, flow_id, trigger_id), disabled: true }
    }

    /// Switches a trigger on; see [`disable`](Self::disable).
    pub fn enable(
        &self,
        namespace: impl Into<String>,
        flow_id: impl Into<String>,
        trigger_id: impl Into<String>,
    ) -> SwitchTrigger {
        SwitchTrigger { trigger: self.backfill(namespace, flow_id, trigger_id), disabled: false }
    }
}

/// A trigger that is to be switched; see [`Triggers::disable`].
#[must_use = "a trigger is switched only when this is awaited"]
#[derive(Debug)]
pub struct SwitchTrigger {
    trigger: TriggerBackfill,
    disabled: bool,
}

impl SwitchTrigger {
    /// Sets options of all its calls; what isn't set stays as it was.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.trigger = self.trigger.options(options);
        self
    }

    /// Sets the tenant.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.trigger = self.trigger.tenant(tenant);
        self
    }

    async fn run(self) -> Result<TriggerState, Error> {
        let triggers = self.trigger.client.triggers();
        let id = self.trigger.id.clone();
        let request =
            DisableTriggerRequest::new(id.namespace(), id.flow_id(), id.trigger_id(), self.disabled);
        match triggers.set_trigger_disabled(request).await {
            // Decided before anything is sent: the server is older than 2.0.
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            switched => return switched,
        }
        let request = SetDisabledRequest::new(self.disabled, [id]);
        let outcome = triggers.set_triggers_disabled_by_ids(request).await?;
        match self.trigger.state().await? {
            Some(state) if outcome.total() != Some(0) => Ok(state),
            _ => Err(self.trigger.missing()),
        }
    }
}

awaited!(SwitchTrigger => TriggerState, SwitchTrigger::run);
