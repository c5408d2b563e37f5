use crate::{Execution, State, StateType};

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

impl State {
    /// Returns whether the state is final; see [`StateType::is_terminal`].
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.current.is_terminal()
    }

    /// Returns whether it succeeded; see [`StateType::is_success`].
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.current.is_success()
    }

    /// Returns whether it failed, or was killed or cancelled; see [`StateType::is_failed`].
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.current.is_failed()
    }

    /// Returns whether it waits to be resumed; see [`StateType::is_paused`].
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.current.is_paused()
    }
}

impl Execution {
    /// Returns the current state, or `None` if the response leaves it out.
    #[must_use]
    pub fn state_type(&self) -> Option<&StateType> {
        self.state.as_ref().map(|state| &state.current).filter(|current| !current.is_blank())
    }

    /// Returns whether the state is final; see [`StateType::is_terminal`].
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.state_type().is_some_and(StateType::is_terminal)
    }

    /// Returns whether it succeeded; see [`StateType::is_success`].
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.state_type().is_some_and(StateType::is_success)
    }

    /// Returns whether it failed, or was killed or cancelled; see [`StateType::is_failed`].
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.state_type().is_some_and(StateType::is_failed)
    }

    /// Returns whether it waits to be resumed; see [`StateType::is_paused`].
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
