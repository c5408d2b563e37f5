//! Triggers.

use super::part;
use crate::{Map, Node};

part! {
    /// A trigger of a flow.
    ///
    /// Conditions are set by [`set`](Trigger::set): they are `conditions` in Kestra 1.x, and `when` and `dependsOn` in 2.0.
    ///
    /// ```
    /// use kestra_flow::Trigger;
    ///
    /// let nightly = Trigger::schedule("nightly", "0 3 * * *").set("timezone", "Europe/Berlin");
    /// ```
    Trigger with id and type
}

impl Trigger {
    /// Creates a trigger of the named type; [`set`](Trigger::set) sets its fields.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: impl Into<String>) -> Self {
        Self(Map::new().with("id", id.into()).with("type", kind.into()))
    }

    /// Creates a trigger that starts executions at the times of a cron expression. (`io.kestra.plugin.core.trigger.Schedule`)
    ///
    /// Kestra 2.0 and later refuse it in a flow with an input, required or not, that has neither a default nor a value by
    /// [`input`](Trigger::input).
    #[must_use]
    pub fn schedule(id: impl Into<String>, cron: impl Into<String>) -> Self {
        Self::new(id, "io.kestra.plugin.core.trigger.Schedule").set("cron", cron.into())
    }

    /// Creates a trigger that starts an execution for each request to the webhook URL with this key.
    /// (`io.kestra.plugin.core.trigger.Webhook`)
    #[must_use]
    pub fn webhook(id: impl Into<String>, key: impl Into<String>) -> Self {
        Self::new(id, "io.kestra.plugin.core.trigger.Webhook").set("key", key.into())
    }

    /// Sets an input that a [`schedule`](Trigger::schedule) starts executions with. (`inputs`)
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Node>) -> Self {
        self.0.put_in("inputs", name, value);
        self
    }

    /// Sets whether the trigger is disabled. Defaults to `false`. (`disabled`)
    #[must_use]
    pub fn disabled(self, disabled: bool) -> Self {
        self.set("disabled", disabled)
    }
}
