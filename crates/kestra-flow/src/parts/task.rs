//! Tasks.

use std::time::Duration;

use super::{Retry, part};
use crate::{Map, Node, expression};

part! {
    /// A task of a flow.
    ///
    /// There are constructors for core tasks that are the same in Kestra 1.0 to 2.x; [`Task::new`] creates any other task.
    ///
    /// ```
    /// use kestra_flow::Task;
    ///
    /// let query = Task::new("load", "io.kestra.plugin.jdbc.postgresql.Query").set("sql", "select 1");
    /// assert_eq!(query.output("row"), "{{ outputs.load.row }}");
    /// ```
    Task with id and type
}

impl Task {
    /// Creates a task of the named type; [`set`](Task::set) sets its fields.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: impl Into<String>) -> Self {
        Self(Map::new().with("id", id.into()).with("type", kind.into()))
    }

    /// Creates a task that writes a message to the log of the execution. (`io.kestra.plugin.core.log.Log`)
    #[must_use]
    pub fn log(id: impl Into<String>, message: impl Into<Node>) -> Self {
        Self::new(id, "io.kestra.plugin.core.log.Log").set("message", message)
    }

    /// Creates a task whose output `value` is the rendered `format`. (`io.kestra.plugin.core.debug.Return`)
    #[must_use]
    pub fn returns(id: impl Into<String>, format: impl Into<String>) -> Self {
        Self::new(id, "io.kestra.plugin.core.debug.Return").set("format", format.into())
    }

    /// Creates a task that runs tasks one after the other. (`io.kestra.plugin.core.flow.Sequential`)
    #[must_use]
    pub fn sequential(id: impl Into<String>, tasks: impl IntoIterator<Item = Self>) -> Self {
        Self::new(id, "io.kestra.plugin.core.flow.Sequential")
            .set("tasks", tasks.into_iter().collect::<Node>())
    }

    /// Creates a task that runs tasks at the same time. (`io.kestra.plugin.core.flow.Parallel`)
    ///
    /// `set("concurrent", n)` limits how many run at once. Defaults to all of them.
    #[must_use]
    pub fn parallel(id: impl Into<String>, tasks: impl IntoIterator<Item = Self>) -> Self {
        Self::new(id, "io.kestra.plugin.core.flow.Parallel").set("tasks", tasks.into_iter().collect::<Node>())
    }

    /// Creates a task that runs tasks if a condition is true. (`io.kestra.plugin.core.flow.If`)
    #[must_use]
    pub fn if_then(
        id: impl Into<String>,
        condition: impl Into<String>,
        then: impl IntoIterator<Item = Self>,
    ) -> Self {
        Self::new(id, "io.kestra.plugin.core.flow.If")
            .set("condition", condition.into())
            .set("then", then.into_iter().collect::<Node>())
    }

    /// Creates a task that runs the first tasks if a condition is true, and the second ones if it is false.
    /// (`io.kestra.plugin.core.flow.If`)
    #[must_use]
    pub fn if_then_else(
        id: impl Into<String>,
        condition: impl Into<String>,
        then: impl IntoIterator<Item = Self>,
        otherwise: impl IntoIterator<Item = Self>,
    ) -> Self {
        Self::if_then(id, condition, then).set("else", otherwise.into_iter().collect::<Node>())
    }

    /// Creates a task that executes another flow. (`io.kestra.plugin.core.flow.Subflow`)
    ///
    /// [`input`](Task::input) sets the inputs. The task waits until the other execution has ended; with
    /// `set("wait", false)` it doesn't wait.
    #[must_use]
    pub fn subflow(id: impl Into<String>, namespace: impl Into<String>, flow: impl Into<String>) -> Self {
        Self::new(id, "io.kestra.plugin.core.flow.Subflow")
            .set("namespace", namespace.into())
            .set("flowId", flow.into())
    }

    /// Creates a task that pauses the execution until it is resumed. (`io.kestra.plugin.core.flow.Pause`)
    #[must_use]
    pub fn pause(id: impl Into<String>) -> Self {
        Self::new(id, "io.kestra.plugin.core.flow.Pause")
    }

    /// Sets an input that a [`subflow`](Task::subflow) is executed with. (`inputs`)
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Node>) -> Self {
        self.0.put_in("inputs", name, value);
        self
    }

    /// Sets the timeout of the task. No limit by default. (`timeout`)
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set("timeout", timeout)
    }

    /// Sets how the task is retried. Not retried by default. (`retry`)
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        self.set("retry", retry)
    }

    /// Sets whether the task is left out. Defaults to `false`. (`disabled`)
    #[must_use]
    pub fn disabled(self, disabled: bool) -> Self {
        self.set("disabled", disabled)
    }

    /// Sets whether the execution goes on if the task fails, and ends in state WARNING. Defaults to `false`. (`allowFailure`)
    #[must_use]
    pub fn allow_failure(self, allow_failure: bool) -> Self {
        self.set("allowFailure", allow_failure)
    }

    /// Sets a condition; the task is skipped if the expression is false. (`runIf`)
    #[must_use]
    pub fn run_if(self, condition: impl Into<String>) -> Self {
        self.set("runIf", condition.into())
    }

    /// Returns the expression of an output of this task.
    ///
    /// ```
    /// use kestra_flow::Task;
    ///
    /// assert_eq!(Task::returns("answer", "42").output("value"), "{{ outputs.answer.value }}");
    /// ```
    #[must_use]
    pub fn output(&self, name: &str) -> String {
        expression::reference("outputs", &[self.id(), name])
    }
}
