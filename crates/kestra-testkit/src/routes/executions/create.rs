//! Creating executions, and asking whether one could be created.

use serde_json::{Value, json};

use super::answer::{breakpoints, check_system_labels, confirmed, timed_out, url};
use crate::dialect::Dialect;
use crate::engine::CORRELATION;
use crate::engine::create::{Creation, create as make, failed_checks, resolve_for};
use crate::engine::execution::Execution;
use crate::engine::execution_json::View;
use crate::engine::flow::Check;
use crate::engine::inputs::GivenInputs;
use crate::engine::state::State;
use crate::engine::{run, time};
use crate::http::{Answer, ApiError, Context, Part, Reply};
use crate::store::{LogEntry, StoredFlow};

/// Creates an execution, and starts it.
pub(super) async fn create(cx: Context) -> Answer {
    let query = cx.query();
    let flow = flow_of(&cx)?;
    if flow.definition.disabled {
        return Err(ApiError::illegal_state("Requested Flow is disabled."));
    }
    let labels = query.labels("labels")?;
    check_system_labels(&labels, cx.dialect(), &[CORRELATION, "system.from"])?;
    let parts = cx.request.parts().await;
    let old_style = parts.iter().any(is_old_style);
    let creation = Creation {
        labels,
        // What can't be read is dropped without a word, like on the real server.
        schedule_date: query.first("scheduleDate").and_then(time::parse_instant),
        kind: query.first("kind").and_then(|kind| kind_named(kind, cx.dialect())),
        breakpoints: breakpoints(&cx),
        ..Creation::of(&flow, GivenInputs::from_parts(parts)?)
    };
    let created = make(&cx.app, creation).map_err(|error| error.into_error(cx.dialect()))?;
    let inputs = created.execution.inputs.clone().unwrap_or_default();
    let failed = failed_checks(&flow.definition, &inputs);
    let blocking = messages(&failed, "BLOCK_EXECUTION");
    if !blocking.is_empty() {
        return Err(ApiError::illegal_argument(format!(
            "Flow execution blocked: one or more condition checks evaluated to false.\nFailed checks: {}",
            blocking.join(", ")
        )));
    }
    if old_style {
        warn(&cx, &created.execution);
    }
    let mut execution = created.execution.clone();
    if !messages(&failed, "FAIL_EXECUTION").is_empty() {
        execution.state.set(State::Failed);
    }
    if cx.app.settings.no_executor && cx.dialect().is_v2() {
        // It waits in the queue, where nobody sees it.
        tokio::time::sleep(cx.app.settings.wait_timeout()).await;
        return Err(timed_out());
    }
    let fresh = Execution { inputs: created.fresh_inputs.or(execution.inputs.clone()), ..execution.clone() };
    let cell = cx.app.engine.insert(execution.stored());
    if !fresh.state.is(State::Failed) {
        run::start(&cx.app, &cell);
    }
    if query.flag("wait") {
        let ended = cell.until(|execution| execution.deleted || execution.is_over()).await;
        return answer(&cx, &ended);
    }
    if cx.dialect().is_v2() {
        let taken = confirmed(&cx.app, &cell).await?;
        return answer(&cx, &taken);
    }
    answer(&cx, &fresh)
}

fn answer(cx: &Context, execution: &Execution) -> Answer {
    let mut json = execution.to_json(View::Raw, cx.dialect());
    json["url"] = json!(url(&cx.app, execution));
    Reply::json(&json)
}

fn is_old_style(part: &Part) -> bool {
    part.name == "files" && part.filename.is_some()
}

/// The flow of the path, in the revision of the query; a revision that is no number means the newest, a negative one none. Before
/// 2.0 the newest may be the flow's deletion, which is executed anyway.
fn flow_of(cx: &Context) -> Result<StoredFlow, ApiError> {
    let revision =
        cx.query().number_or_none("revision").map(|number| u64::try_from(number).unwrap_or_default());
    let (namespace, id) = (cx.param("namespace"), cx.param("id"));
    let flow = match revision {
        None if !cx.dialect().is_v2() => cx.app.flows().newest(namespace, id),
        revision => cx.app.stored_flow(namespace, id, revision),
    };
    flow.ok_or_else(|| ApiError::not_found_because("Requested Flow is not found."))
}

fn kind_named(kind: &str, dialect: Dialect) -> Option<String> {
    let upper = kind.to_ascii_uppercase();
    let known =
        matches!(upper.as_str(), "NORMAL" | "TEST" | "PLAYGROUND") || dialect.is_v2() && upper == "LOOP";
    known.then_some(upper)
}

fn messages(checks: &[Check], behavior: &str) -> Vec<String> {
    checks.iter().filter(|check| check.behavior == behavior).map(|check| check.message.clone()).collect()
}

/// Logs that a file came in the old style.
fn warn(cx: &Context, execution: &Execution) {
    let message = "Using a deprecated way to upload a FILE input. You must set the input 'id' as part name and set the name of \
                   the file using the regular 'filename' part attribute.";
    cx.app.logs.push(LogEntry {
        namespace: execution.namespace.clone(),
        flow_id: execution.flow_id.clone(),
        execution_id: execution.id.clone(),
        task_id: None,
        task_run_id: None,
        trigger_id: None,
        attempt: None,
        timestamp: time::now(),
        level: "WARN",
        thread: "webserver_0".to_owned(),
        message: message.to_owned(),
    });
}

/// Says what would become of inputs.
pub(super) async fn validate(cx: Context) -> Answer {
    let labels = cx.query().labels("labels")?;
    check_system_labels(&labels, cx.dialect(), &[CORRELATION, "system.from"])?;
    let flow = flow_of(&cx)?;
    let given = GivenInputs::from_parts(cx.request.parts().await)?;
    let execution = Execution::new(flow.namespace(), flow.id(), flow.revision);
    let resolved = resolve_for(&flow.definition, &given, &execution, cx.dialect());
    let failed = if resolved.first_error().is_none() {
        failed_checks(&flow.definition, &resolved.stored())
    } else {
        Vec::new()
    };
    let mut answer = json!({
        "id": flow.id(),
        "namespace": flow.namespace(),
        "inputs": resolved.report(cx.dialect()),
    });
    if cx.dialect() > Dialect::V1_0 {
        answer["checks"] = failed.iter().map(check_json).collect();
    }
    Reply::json(&answer)
}

fn check_json(check: &Check) -> Value {
    json!({"message": check.message, "style": check.style, "behavior": check.behavior})
}
