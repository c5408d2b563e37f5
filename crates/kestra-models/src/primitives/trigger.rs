use jiff::Timestamp;

use crate::{Trigger, TriggerAndState, TriggerId, TriggerState};

impl TriggerAndState {
    /// Returns the trigger as its flow declares it, on all versions, or `None` if the flow doesn't exist or has no such trigger.
    #[must_use]
    pub fn definition(&self) -> Option<&Trigger> {
        self.trigger.as_ref().or(self.abstract_trigger.as_ref())
    }

    /// Returns the state that the server keeps of the trigger, on all versions.
    ///
    /// ```
    /// use kestra_models::TriggerAndState;
    ///
    /// let old: TriggerAndState = serde_json::from_str(
    ///     r#"{"triggerContext": {"triggerId": "daily", "nextExecutionDate": "2027-01-01T00:00:00Z"}}"#)?;
    /// let new: TriggerAndState = serde_json::from_str(
    ///     r#"{"state": {"triggerId": "daily", "nextEvaluationDate": "2027-01-01T00:00:00Z"}}"#)?;
    /// let next = |row: &TriggerAndState| row.current().and_then(|state| state.next_date());
    /// assert_eq!(next(&old), Some("2027-01-01T00:00:00Z".parse()?));
    /// assert_eq!(next(&old), next(&new));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn current(&self) -> Option<&TriggerState> {
        self.state.as_ref().or(self.trigger_context.as_ref())
    }
}

impl TriggerState {
    /// Returns when the trigger is evaluated next: `nextEvaluationDate`, before 2.0 `nextExecutionDate`.
    #[must_use]
    pub fn next_date(&self) -> Option<Timestamp> {
        self.next_evaluation_date.or(self.next_execution_date)
    }

    /// Returns when the trigger was last evaluated: `evaluatedAt`, before 2.0 `date`.
    #[must_use]
    pub fn last_date(&self) -> Option<Timestamp> {
        self.evaluated_at.or(self.date)
    }

    /// Returns when the state was last written: `updatedAt`, before 2.0 `updatedDate`.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        self.updated_at.or(self.updated_date)
    }

    /// Returns whether the trigger waits for an execution or evaluation: `locked`, before 2.0 `executionId` or `evaluateRunningDate`.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked.unwrap_or(self.execution_id.is_some() || self.evaluate_running_date.is_some())
    }

    /// Returns whether the state switches the trigger off. The flow may switch it off, too.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.disabled == Some(true)
    }

    /// Returns the id that other operations take, on all versions, or `None` if a part of it is missing.
    #[must_use]
    pub fn id(&self) -> Option<TriggerId> {
        let parts = [&self.namespace, &self.flow_id, &self.trigger_id];
        let [namespace, flow, trigger] = parts;
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let id = TriggerId::new(namespace, flow, trigger);
        Some(match &self.tenant_id {
            Some(tenant) => id.tenant_id(tenant),
            None => id,
        })
    }
}
