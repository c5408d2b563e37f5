use crate::{Execution, State, TaskRun};

impl Execution {
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
