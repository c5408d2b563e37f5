//! Disables and enables a trigger, the same on all versions.

use kestra_core::{Error, ErrorKind};
use kestra_models::{DisableTriggerRequest, SetDisabledRequest, TriggerState};

use super::TriggerBackfill;
use crate::Triggers;
use crate::several_calls::Named;

impl Triggers {
    /// Disables a trigger. It starts nothing until it is [enabled](Self::enable). All versions.
    ///
    /// From 2.0 on this is `PUT /triggers/set-disabled`; before, the action on many triggers, as an update of the trigger would
    /// begin its backfill anew. A trigger that its flow disables stays off.
    ///
    /// # Errors
    ///
    /// Returns an error with [`is_not_found`](Error::is_not_found) for a trigger that the server hasn't evaluated yet.
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

    /// Enables a trigger; see [`disable`](Self::disable).
    pub fn enable(
        &self,
        namespace: impl Into<String>,
        flow_id: impl Into<String>,
        trigger_id: impl Into<String>,
    ) -> SwitchTrigger {
        SwitchTrigger { trigger: self.backfill(namespace, flow_id, trigger_id), disabled: false }
    }
}

/// A trigger that is to be disabled or enabled; see [`Triggers::disable`].
#[must_use = "a trigger is disabled or enabled only when this is awaited"]
#[derive(Clone, Debug)]
pub struct SwitchTrigger {
    trigger: TriggerBackfill,
    disabled: bool,
}

impl SwitchTrigger {
    async fn run(self) -> Result<TriggerState, Error> {
        Named::new(if self.disabled { "disable" } else { "enable" }, self.switch()).await
    }

    async fn switch(self) -> Result<TriggerState, Error> {
        self.trigger.record();
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
        let state = self.trigger.known().await?;
        if outcome.total() == Some(0) { Err(self.trigger.missing()) } else { Ok(state) }
    }
}

several_calls!(SwitchTrigger: trigger.client, "trigger" => TriggerState, SwitchTrigger::run);
