//! Trying again: a task, or a whole execution.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::execution::Execution;
use super::run::{self, Runner};
use super::state::{State, StateLog};
use super::{ids, time};

/// When to try again, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    attempts: Option<usize>,
    interval: Duration,
    /// The factor by which the interval grows.
    factor: f64,
    max_interval: Option<Duration>,
    pub(crate) new_execution: bool,
}

impl Retry {
    /// Reads a `retry`; nothing if there is none.
    pub(crate) fn of(value: Option<&Value>) -> Option<Self> {
        value.and_then(Value::as_object).map(Self::from_map)
    }

    fn from_map(map: &Map<String, Value>) -> Self {
        let duration = |key: &str| {
            let text = map.get(key).and_then(Value::as_str)?;
            Duration::try_from(time::parse_duration(text)?).ok()
        };
        let attempts = map.get("maxAttempts").or_else(|| map.get("maxAttempt")).and_then(Value::as_u64);
        let kind = map.get("type").and_then(Value::as_str).unwrap_or("constant");
        Self {
            attempts: attempts.and_then(|attempts| usize::try_from(attempts).ok()),
            interval: duration("interval").or_else(|| duration("minInterval")).unwrap_or_default(),
            factor: match kind {
                "exponential" => map.get("delayFactor").and_then(Value::as_f64).unwrap_or(2.0),
                _ => 1.0,
            },
            max_interval: duration("maxInterval"),
            new_execution: map.get("behavior").and_then(Value::as_str) == Some("CREATE_NEW_EXECUTION"),
        }
    }

    /// How long to wait before the next attempt, if there is one.
    pub(crate) fn next(&self, attempts: usize) -> Option<Duration> {
        if self.attempts.is_some_and(|max| attempts >= max) || self.attempts.is_none() && attempts >= 100 {
            return None;
        }
        let power = i32::try_from(attempts.saturating_sub(1)).unwrap_or_default();
        let wait = self.interval.mul_f64(self.factor.powi(power).clamp(1.0, 1e6));
        Some(self.max_interval.map_or(wait, |max| wait.min(max)))
    }
}

/// Retries a failed execution, if its flow says so: it ends as `RETRIED` and goes on in a new one after the interval.
pub(crate) fn flow_is_retried(runner: &Runner) -> bool {
    let Some(retry) = runner.flow.retry.as_ref().map(Retry::from_map) else { return false };
    let execution = runner.cell.now();
    let attempts = usize::try_from(execution.attempt).unwrap_or(usize::MAX);
    let Some(wait) = retry.next(attempts) else { return false };
    if retry.new_execution {
        continue_anew(runner, wait);
    } else {
        restart_later(runner, wait);
    }
    true
}

/// Ends the execution as `RETRIED` and starts another one later.
pub(crate) fn continue_anew(runner: &Runner, wait: Duration) -> String {
    let old = runner.cell.now();
    let next = Execution {
        id: ids::new_id(),
        parent_id: Some(old.id.clone()),
        attempt: old.attempt + 1,
        state: StateLog::created(),
        task_runs: None,
        outputs: None,
        schedule_date: None,
        deleted: false,
        ..Execution::clone(&old)
    };
    let id = next.id.clone();
    runner.cell.update(|execution| {
        execution.state.set(State::Failed);
        execution.state.set(State::Retried);
    });
    let app = Arc::clone(&runner.app);
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        let cell = app.engine.insert(next);
        run::start(&app, &cell);
    });
    id
}

fn restart_later(runner: &Runner, wait: Duration) {
    runner.cell.update(|execution| {
        execution.state.set(State::Failed);
        execution.state.set(State::Retrying);
    });
    let (app, cell) = (Arc::clone(&runner.app), Arc::clone(&runner.cell));
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        let restarted = cell.update(|execution| {
            let waits = execution.state.is(State::Retrying) && !execution.deleted;
            if waits {
                super::actions::restart_failed(execution);
            }
            waits
        });
        if restarted == Some(true) {
            run::start(&app, &cell);
        }
    });
}
