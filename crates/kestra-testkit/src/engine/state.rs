//! States of executions and task runs, and how they came to be.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::time;
use crate::dialect::Dialect;

/// What an execution, a task run or an attempt is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Created,
    Submitted,
    Running,
    Paused,
    Restarted,
    Killing,
    Success,
    Warning,
    Failed,
    Killed,
    Cancelled,
    Queued,
    Retrying,
    Retried,
    Skipped,
    Breakpoint,
    Resubmitted,
}

const ALL: &[(State, &str)] = &[
    (State::Created, "CREATED"),
    (State::Submitted, "SUBMITTED"),
    (State::Running, "RUNNING"),
    (State::Paused, "PAUSED"),
    (State::Restarted, "RESTARTED"),
    (State::Killing, "KILLING"),
    (State::Success, "SUCCESS"),
    (State::Warning, "WARNING"),
    (State::Failed, "FAILED"),
    (State::Killed, "KILLED"),
    (State::Cancelled, "CANCELLED"),
    (State::Queued, "QUEUED"),
    (State::Retrying, "RETRYING"),
    (State::Retried, "RETRIED"),
    (State::Skipped, "SKIPPED"),
    (State::Breakpoint, "BREAKPOINT"),
    (State::Resubmitted, "RESUBMITTED"),
];

impl State {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// The state of a wire name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    /// Whether nothing more happens by itself.
    pub(crate) fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Success
                | Self::Warning
                | Self::Failed
                | Self::Killed
                | Self::Cancelled
                | Self::Retried
                | Self::Skipped
        )
    }
}

/// A state and the ones before it.
#[derive(Clone, Debug)]
pub(crate) struct StateLog {
    entries: Vec<(State, Timestamp)>,
}

impl StateLog {
    /// Just created.
    pub(crate) fn created() -> Self {
        Self::created_at(time::now())
    }

    /// Created at an instant.
    pub(crate) fn created_at(at: Timestamp) -> Self {
        Self { entries: vec![(State::Created, at)] }
    }

    /// The state now.
    pub(crate) fn current(&self) -> State {
        self.entries.last().map_or(State::Created, |(state, _)| *state)
    }

    /// Whether the state now is this one.
    pub(crate) fn is(&self, state: State) -> bool {
        self.current() == state
    }

    /// Goes on to another state; the same once more is no change.
    pub(crate) fn set(&mut self, state: State) {
        if !self.is(state) {
            self.entries.push((state, time::now()));
        }
    }

    /// The instant of the first state.
    pub(crate) fn start(&self) -> Timestamp {
        self.entries.first().map(|(_, at)| *at).unwrap_or_default()
    }

    /// The instant of the last state, if that is an end.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        self.entries.last().filter(|(state, _)| state.is_terminal()).map(|(_, at)| *at)
    }

    /// All states, oldest first.
    pub(crate) fn entries(&self) -> &[(State, Timestamp)] {
        &self.entries
    }

    /// The same when it had this many states.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self { entries: self.entries.iter().take(count).copied().collect() }
    }

    /// The same, earlier.
    pub(crate) fn older(mut self, by: jiff::SignedDuration) -> Self {
        for (_, at) in &mut self.entries {
            *at = at.checked_sub(by).unwrap_or(Timestamp::MIN);
        }
        self
    }

    /// The same with instants as the database keeps them.
    pub(crate) fn truncated(mut self) -> Self {
        for (_, at) in &mut self.entries {
            *at = time::truncate(*at);
        }
        self
    }

    /// The state as the API writes it. Before the end there is a duration on 1.0 only.
    pub(crate) fn to_json(&self, dialect: Dialect) -> Value {
        let write = |at: Timestamp| {
            let fresh = at.subsec_nanosecond() % 1_000 != 0;
            if fresh { time::fresh(at) } else { time::stored(at) }
        };
        let histories: Vec<Value> = self
            .entries
            .iter()
            .map(|(state, at)| json!({"state": state.name(), "date": write(*at)}))
            .collect();
        let mut map = Map::new();
        map.insert("current".to_owned(), json!(self.current().name()));
        map.insert("histories".to_owned(), Value::Array(histories));
        map.insert("startDate".to_owned(), json!(write(self.start())));
        let last = self.entries.last().map(|(_, at)| *at).unwrap_or_default();
        let ended = self.current().is_terminal() || self.is(State::Paused);
        if ended {
            map.insert("endDate".to_owned(), json!(write(last)));
        }
        if ended || dialect == Dialect::V1_0 {
            let until = if ended { last } else { Timestamp::now() };
            let duration = until.duration_since(self.start());
            map.insert("duration".to_owned(), json!(time::write_duration(duration)));
        }
        Value::Object(map)
    }
}
