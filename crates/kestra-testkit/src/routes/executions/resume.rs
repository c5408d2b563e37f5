//! Letting executions go on.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{breakpoints, cell_or, confirmed, execution_not_found, raw, refused};
use crate::app::App;
use crate::dialect::Dialect;
use crate::engine::actions;
use crate::engine::cell::Cell;
use crate::engine::execution::Execution;
use crate::engine::flow::InputDefinition;
use crate::engine::inputs::{GivenInputs, ResolvedInputs, resolve};
use crate::engine::pause::{paused_run, resume as go_on};
use crate::engine::run;
use crate::engine::scope;
use crate::engine::state::State;
use crate::http::{Answer, ApiError, Context, Reply};

/// Resumes a paused execution, with inputs if its pause declares some.
pub(super) async fn resume(cx: Context) -> Answer {
    let cell = cell_or(&cx, execution_not_found)?;
    let execution = paused(&cell)?;
    let given = GivenInputs::from_parts(cx.request.parts().await)?;
    let resolved = inputs(&cx, &execution, &given);
    if let Some(error) = resolved.first_error() {
        return Err(error.into_error(cx.dialect()));
    }
    let values = resolved.stored();
    for (uri, body) in resolved.files {
        cx.app.engine.put_file(uri, body);
    }
    cell.expect();
    resume_one(&cx.app, &cell, Some(values)).map_err(|()| not_paused(&execution))?;
    if cx.dialect().is_v2() {
        return raw(&cx, &*confirmed(&cx.app, &cell).await?);
    }
    Ok(Reply::empty(204))
}

/// Says what would become of the inputs of a resumption.
pub(super) async fn validate(cx: Context) -> Answer {
    let cell = cell_or(&cx, execution_not_found)?;
    let execution = paused(&cell)?;
    let given = GivenInputs::from_parts(cx.request.parts().await)?;
    let resolved = inputs(&cx, &execution, &given);
    let mut answer = json!({
        "id": execution.flow_id,
        "namespace": execution.namespace,
        "inputs": resolved.report(cx.dialect()),
    });
    if cx.dialect() > Dialect::V1_0 {
        answer["checks"] = json!([]);
    }
    Reply::json(&answer)
}

fn paused(cell: &Cell) -> Result<Arc<Execution>, ApiError> {
    let execution = cell.now();
    if execution.state.is(State::Paused) { Ok(execution) } else { Err(not_paused(&execution)) }
}

fn not_paused(execution: &Execution) -> ApiError {
    ApiError::illegal_state(format!("Execution '{}' is not paused, can't resume it", execution.id))
}

/// The inputs of the pause task at which the execution stands.
fn inputs(cx: &Context, execution: &Execution, given: &GivenInputs) -> ResolvedInputs {
    let Some(flow) = cx.app.flow_of(execution) else { return ResolvedInputs::default() };
    let task = paused_run(execution).and_then(|run| flow.find_task(&run.task_id));
    let declared = InputDefinition::list(task.as_ref().and_then(|task| task.properties.get("onResume")));
    let scope = scope::of_execution(&flow, execution);
    resolve(&declared, given, &execution.file_base(), &scope, cx.dialect())
}

/// Lets a paused execution go on.
pub(super) fn resume_one(
    app: &Arc<App>,
    cell: &Arc<Cell>,
    values: Option<Map<String, Value>>,
) -> Result<(), ()> {
    let resumed = cell.try_update(|execution| {
        if !execution.state.is(State::Paused) {
            return Err(());
        }
        go_on(execution, State::Success, values, None);
        Ok(())
    });
    match resumed {
        Some(Ok(())) => {
            run::start(app, cell);
            Ok(())
        }
        _ => Err(()),
    }
}

/// Goes on from a breakpoint.
pub(super) async fn from_breakpoint(cx: Context) -> Answer {
    let cell = cell_or(&cx, execution_not_found)?;
    let points = breakpoints(&cx);
    cell.expect();
    let left = cell.try_update(|execution| {
        if !execution.state.is(State::Breakpoint) {
            return Err(());
        }
        actions::leave_breakpoint(execution, points);
        Ok(())
    });
    if left != Some(Ok(())) {
        let old = ApiError::illegal_state("Execution is not suspended");
        return Err(refused(&cx, old, "Cannot resume execution: execution is not suspended."));
    }
    run::start(&cx.app, &cell);
    if cx.dialect().is_v2() {
        return raw(&cx, &*confirmed(&cx.app, &cell).await?);
    }
    Ok(Reply::empty(200))
}
