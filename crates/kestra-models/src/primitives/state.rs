use crate::{Execution, State, StateType};

impl StateType {
    /// Whether nothing more happens: it has ended, one way or another.
    ///
    /// [`Retried`](Self::Retried) has ended too, but another execution goes on in its place.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.is_success()
            || self.is_failed()
            || matches!(self, Self::Retried | Self::Resubmitted | Self::Skipped)
    }

    /// Whether it has done its work, with or without warnings.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success | Self::Warning)
    }

    /// Whether it has ended without its work done: it failed, or somebody or something ended it.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed | Self::Killed | Self::Cancelled)
    }

    /// Whether it waits to be resumed.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Paused | Self::Breakpoint)
    }
}

impl State {
    /// Whether nothing more happens; see [`StateType::is_terminal`].
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.current.as_ref().is_some_and(StateType::is_terminal)
    }

    /// Whether it has done its work; see [`StateType::is_success`].
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.current.as_ref().is_some_and(StateType::is_success)
    }

    /// Whether it has ended without its work done; see [`StateType::is_failed`].
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.current.as_ref().is_some_and(StateType::is_failed)
    }

    /// Whether it waits to be resumed; see [`StateType::is_paused`].
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.current.as_ref().is_some_and(StateType::is_paused)
    }
}

impl Execution {
    /// The state that it is in; `None` where the answer left it out.
    #[must_use]
    pub fn state_type(&self) -> Option<&StateType> {
        self.state.as_ref().and_then(|state| state.current.as_ref())
    }

    /// Whether nothing more happens; see [`StateType::is_terminal`].
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.state_type().is_some_and(StateType::is_terminal)
    }

    /// Whether it has done its work; see [`StateType::is_success`].
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.state_type().is_some_and(StateType::is_success)
    }

    /// Whether it has ended without its work done; see [`StateType::is_failed`].
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.state_type().is_some_and(StateType::is_failed)
    }

    /// Whether it waits to be resumed; see [`StateType::is_paused`].
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.state_type().is_some_and(StateType::is_paused)
    }
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
}
