//! The state of an execution, and the inputs that it took.

use kestra_core::internal::ShowsInputs;
use serde_json::{Map, Value};

use crate::{Execution, State, StateType, TaskRun};

impl StateType {
    /// Returns whether the state is final.
    ///
    /// [`Retried`](Self::Retried) is final, too, although another execution continues in its place.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.is_success()
            || self.is_failed()
            || matches!(self, Self::Retried | Self::Resubmitted | Self::Skipped)
    }

    /// Returns whether the state is a success, with or without warnings.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success | Self::Warning)
    }

    /// Returns whether it failed, or was killed or cancelled.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed | Self::Killed | Self::Cancelled)
    }

    /// Returns whether it is paused or stopped at a breakpoint.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Paused | Self::Breakpoint)
    }
}

/// Adds the predicates of [`StateType`] to a type that has a state.
macro_rules! predicates {
    ($name:ident, $state:expr) => {
        impl $name {
            /// Returns whether the state is final; see [`StateType::is_terminal`].
            #[must_use]
            pub fn is_terminal(&self) -> bool {
                $state(self).is_some_and(StateType::is_terminal)
            }

            /// Returns whether it succeeded; see [`StateType::is_success`].
            #[must_use]
            pub fn is_success(&self) -> bool {
                $state(self).is_some_and(StateType::is_success)
            }

            /// Returns whether it failed, or was killed or cancelled; see [`StateType::is_failed`].
            #[must_use]
            pub fn is_failed(&self) -> bool {
                $state(self).is_some_and(StateType::is_failed)
            }

            /// Returns whether it waits to be resumed; see [`StateType::is_paused`].
            #[must_use]
            pub fn is_paused(&self) -> bool {
                $state(self).is_some_and(StateType::is_paused)
            }
        }
    };
}

fn current(state: &State) -> Option<&StateType> {
    Some(&state.current).filter(|current| !current.is_blank())
}

predicates!(State, current);
predicates!(Execution, Execution::state_type);

impl Execution {
    /// Returns the current state, or `None` if the response leaves it out.
    #[must_use]
    pub fn state_type(&self) -> Option<&StateType> {
        self.state.as_ref().and_then(current)
    }

    /// Returns whether the execution and all its task runs have ended.
    ///
    /// An execution whose own state is final may still run what comes after it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.as_ref().is_some_and(State::is_terminal)
            && self.task_runs().iter().all(|run| run.state.as_ref().is_none_or(State::is_terminal))
    }

    /// Returns the task runs, or an empty list if the response leaves them out.
    #[must_use]
    pub fn task_runs(&self) -> &[TaskRun] {
        self.task_run_list.as_deref().unwrap_or_default()
    }

    /// Returns the number of states so far, of the execution and of its task runs.
    ///
    /// Of two responses about one execution, the later one has the greater numbers, in whichever order they arrived.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let states = |state: &Option<State>| state.as_ref().map_or(0, |state| state.histories.len());
        (states(&self.state), self.task_runs().iter().map(|run| 1 + states(&run.state)).sum())
    }

    /// Returns the given inputs that the execution lacks: the server drops an input that the flow doesn't
    /// have, and the flow runs with its defaults.
    ///
    /// ```
    /// use kestra_models::Execution;
    ///
    /// let execution: Execution = serde_json::from_str(r#"{"id": "4kJ", "inputs": {"name": "world"}}"#)?;
    /// assert_eq!(execution.dropped_inputs(["name", "dryrun"]), ["dryrun"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn dropped_inputs<'a>(&self, started_with: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        started_with.into_iter().filter(|name| !shows(&self.inputs, name)).collect()
    }
}

impl ShowsInputs for Execution {
    fn execution_id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| !id.is_empty())
    }

    fn lacks<'a>(&self, sent: &'a [String]) -> Vec<&'a str> {
        self.dropped_inputs(sent.iter().map(String::as_str))
    }
}

/// Whether an input is there, by its name or, as a field of a form, by the path to it.
fn shows(inputs: &Map<String, Value>, name: &str) -> bool {
    if inputs.contains_key(name) {
        return true;
    }
    let Some((form, field)) = name.split_once('.') else { return false };
    inputs.get(form).and_then(Value::as_object).is_some_and(|fields| shows(fields, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_is_none_of_them() {
        let state = StateType::from("DREAMING");
        assert!(!state.is_terminal() && !state.is_success() && !state.is_failed() && !state.is_paused());
        assert!(!State::default().is_terminal());
    }

    #[test]
    fn retried_has_ended_but_is_no_success() {
        assert!(StateType::Retried.is_terminal() && !StateType::Retried.is_success());
    }

    #[test]
    fn a_breakpoint_waits() {
        assert!(StateType::Breakpoint.is_paused() && !StateType::Breakpoint.is_terminal());
    }

    fn execution(json: &str) -> Execution {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn it_is_over_when_its_task_runs_are() {
        assert!(execution(r#"{"state": {"current": "SUCCESS"}}"#).is_over());
        let runs = r#"{"state": {"current": "SUCCESS"}, "taskRunList": [{"state": {"current": "RUNNING"}}]}"#;
        assert!(!execution(runs).is_over());
        assert!(!execution(r#"{"state": {"current": "PAUSED"}}"#).is_over());
        assert!(!Execution::default().is_over());
    }

    #[test]
    fn progress_grows_with_states_first() {
        let early = execution(
            r#"{"state": {"histories": [{}]}, "taskRunList": [{"state": {"histories": [{}, {}]}}]}"#,
        );
        let later = execution(r#"{"state": {"histories": [{}, {}]}}"#);
        assert!(later.progress() > early.progress());
        assert_eq!(early.progress(), (1, 3));
    }

    #[test]
    fn a_field_of_a_form_is_named_by_its_path() {
        let inputs = serde_json::json!({"environment": {"region": null}, "a.b": 1});
        let inputs = inputs.as_object().cloned().unwrap_or_default();
        let execution = Execution { inputs, ..Execution::default() };
        let started_with = ["environment.region", "environment.zone", "a.b", "environment", "region"];
        assert_eq!(execution.dropped_inputs(started_with), ["environment.zone", "region"]);
    }
}
