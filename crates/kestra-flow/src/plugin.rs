//! What the types of plugins have alike.

use crate::{Map, Node};

/// A type of a task or trigger that `kestra-flowgen plugins` has written, with setters for the properties that every one of them has.
///
/// A setter takes whatever becomes a [`Node`]: a value, an expression, a list. `None` removes the property. A server refuses a property
/// that its version, or a plugin of this kind, does not have.
pub trait Plugin: Sized {
    /// Sets a property by its name; `None` removes it.
    #[must_use]
    fn set(self, name: &str, value: impl Into<Node>) -> Self;

    /// Returns the properties in their order.
    fn into_map(self) -> Map;

    /// Sets whether the execution goes on, with a warning, after the task has failed. (`allowFailure`)
    #[must_use]
    fn allow_failure(self, value: impl Into<Node>) -> Self {
        self.set("allowFailure", value)
    }

    /// Sets whether a warning of the task counts as success. (`allowWarning`)
    #[must_use]
    fn allow_warning(self, value: impl Into<Node>) -> Self {
        self.set("allowWarning", value)
    }

    /// Sets the assets that the task reads and writes. Requires Kestra 1.3 or later. (`assets`)
    #[must_use]
    fn assets(self, value: impl Into<Node>) -> Self {
        self.set("assets", value)
    }

    /// Sets the description, in Markdown. (`description`)
    #[must_use]
    fn description(self, value: impl Into<Node>) -> Self {
        self.set("description", value)
    }

    /// Sets whether it is switched off. (`disabled`)
    #[must_use]
    fn disabled(self, value: impl Into<Node>) -> Self {
        self.set("disabled", value)
    }

    /// Sets whether an error of the trigger makes a failed execution. (`failOnTriggerError`)
    #[must_use]
    fn fail_on_trigger_error(self, value: impl Into<Node>) -> Self {
        self.set("failOnTriggerError", value)
    }

    /// Sets the lowest level of log lines that are kept. (`logLevel`)
    #[must_use]
    fn log_level(self, value: impl Into<Node>) -> Self {
        self.set("logLevel", value)
    }

    /// Sets whether log lines go to a file in Kestra's storage. (`logToFile`)
    #[must_use]
    fn log_to_file(self, value: impl Into<Node>) -> Self {
        self.set("logToFile", value)
    }

    /// Sets the policies that apply. Requires Kestra 2.0 or later. (`policyRefs`)
    #[must_use]
    fn policy_refs(self, value: impl Into<Node>) -> Self {
        self.set("policyRefs", value)
    }

    /// Sets when a failed task runs again. (`retry`)
    #[must_use]
    fn retry(self, value: impl Into<Node>) -> Self {
        self.set("retry", value)
    }

    /// Sets the expression that decides whether the task runs. (`runIf`)
    #[must_use]
    fn run_if(self, value: impl Into<Node>) -> Self {
        self.set("runIf", value)
    }

    /// Sets how long the outputs of the task are used again. (`taskCache`)
    #[must_use]
    fn task_cache(self, value: impl Into<Node>) -> Self {
        self.set("taskCache", value)
    }

    /// Sets how long the task may run. (`timeout`)
    #[must_use]
    fn timeout(self, value: impl Into<Node>) -> Self {
        self.set("timeout", value)
    }

    /// Sets the version of the plugin. (`version`)
    #[must_use]
    fn version(self, value: impl Into<Node>) -> Self {
        self.set("version", value)
    }

    /// Sets the worker group that runs it. Requires Kestra before 2.0. (`workerGroup`)
    #[must_use]
    fn worker_group(self, value: impl Into<Node>) -> Self {
        self.set("workerGroup", value)
    }

    /// Sets which workers run it. Requires Kestra 2.0 or later. (`workerSelector`)
    #[must_use]
    fn worker_selector(self, value: impl Into<Node>) -> Self {
        self.set("workerSelector", value)
    }
}

impl<P: Plugin> From<P> for Node {
    fn from(plugin: P) -> Self {
        Self::Map(plugin.into_map())
    }
}
