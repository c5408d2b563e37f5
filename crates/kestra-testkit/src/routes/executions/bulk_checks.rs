//! Whether all executions of a bulk action allow it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::restart::may_restart;
use super::stop::may_change;
use crate::dialect::Dialect;
use crate::engine::cell::Cell;
use crate::engine::execution::Execution;
use crate::engine::state::State;
use crate::http::{ApiError, Context, Reply};

/// What is done to many executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Kill,
    Pause,
    Resume,
    Restart,
    Replay,
    Change,
    Labels,
    /// Labels of whatever a query finds.
    AnyLabels,
    Unqueue,
    ForceRun,
    Delete {
        any_state: bool,
    },
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Restart => "restart",
            Self::Replay => "replay",
            Self::Change => "change executions state",
            Self::Labels | Self::AnyLabels => "set labels",
            Self::Unqueue => "unqueue",
            Self::ForceRun => "force run",
            Self::Delete { .. } => "delete",
        }
    }

    /// Why an execution doesn't allow it.
    fn refusal(self, execution: &Execution, dialect: Dialect) -> Option<String> {
        let state = execution.state.current();
        let ended = state.is_terminal();
        let (allowed, why) = match self {
            Self::Kill => (!ended, "execution already finished"),
            Self::Pause => (state == State::Running, "execution not in state RUNNING"),
            Self::Resume => (state == State::Paused, "execution not in state PAUSED"),
            Self::Replay | Self::AnyLabels => (true, ""),
            Self::Restart => return restart_refusal(execution, dialect),
            Self::Change => {
                (may_change(execution, dialect), "execution not in a terminated state or is killed")
            }
            Self::Labels => (ended, "execution is not terminated"),
            Self::Unqueue => (state == State::Queued, "execution not in state QUEUED"),
            Self::ForceRun => (!ended, "execution in a terminated state"),
            Self::Delete { any_state } => (ended || any_state, "execution not found"),
        };
        (!allowed).then(|| why.to_owned())
    }
}

fn restart_refusal(execution: &Execution, dialect: Dialect) -> Option<String> {
    let state = execution.state.current();
    if dialect == Dialect::V1_0 {
        return (state != State::Failed).then(|| "execution not in state FAILED".to_owned());
    }
    if may_restart(execution, dialect) {
        return None;
    }
    let wanted = if dialect.is_v2() { "terminated or paused" } else { "terminated or paused and not killed" };
    Some(format!(
        "Execution '{}' must be {wanted} to be restarted, current state is '{}' !",
        execution.id,
        state.name()
    ))
}

/// The executions, or what is wrong with which of them.
pub(super) fn check(cx: &Context, ids: &[String], action: Action) -> Result<Vec<Arc<Cell>>, ApiError> {
    let mut cells = Vec::with_capacity(ids.len());
    let mut invalid = Vec::new();
    for id in ids {
        match cx.app.engine.find(id) {
            None => invalid.push(fault("execution not found", id)),
            Some(cell) => {
                if let Some(why) = action.refusal(&cell.now(), cx.dialect()) {
                    invalid.push(fault(&why, id));
                }
                cells.push(cell);
            }
        }
    }
    if invalid.is_empty() {
        return Ok(cells);
    }
    let body = json!({"message": format!("invalid bulk {}", action.name()), "invalids": invalid});
    Err(ApiError::reply(Reply::json(&body)?.with_status(400)))
}

fn fault(message: &str, id: &str) -> Value {
    json!({
        "message": message,
        "rootBean": id,
        "rootBeanClass": "java.lang.String",
        "leafBean": id,
        "propertyPath": [{"name": "execution", "kind": "PROPERTY", "inIterable": false}],
        "invalidValue": id,
        "messageTemplate": "{messageTemplate}",
        "executableParameters": [],
    })
}
