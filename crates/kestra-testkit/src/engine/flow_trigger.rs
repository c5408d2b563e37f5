//! Flows that start when executions of others change their state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::condition;
use super::create::{Creation, create};
use super::execution::Execution;
use super::expression::{self, Scope, text_of};
use super::flow::{Task, label_pairs};
use super::inputs::GivenInputs;
use super::run;
use super::scope;
use super::state::State;
use super::table::CORRELATION;
use crate::app::App;
use crate::store::StoredFlow;

const KIND: &str = ".trigger.Flow";

/// What executions have met so far of the conditions of triggers that wait for several.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    met: BTreeMap<[String; 3], Window>,
}

#[derive(Debug, Default)]
struct Window {
    conditions: BTreeSet<String>,
    outputs: Map<String, Value>,
}

/// Starts the flows that wait for an execution in this state.
pub(crate) fn fire(app: &Arc<App>, execution: &Execution) {
    let state = execution.state.current();
    let is_ordinary = execution.kind.as_deref().is_none_or(|kind| kind == "NORMAL");
    if execution.deleted || !is_ordinary || execution.loop_run.is_some() {
        return;
    }
    let flows = app.flows().with_trigger(KIND);
    for flow in flows.iter().filter(|flow| !is_own(flow, execution)) {
        for trigger in &flow.definition.triggers {
            if trigger.kind.ends_with(KIND) && !trigger.flag("disabled", false) && hears(trigger, state) {
                evaluate(app, flow, trigger, execution);
            }
        }
    }
}

/// No flow starts itself.
fn is_own(flow: &StoredFlow, execution: &Execution) -> bool {
    flow.namespace() == execution.namespace && flow.id() == execution.flow_id
}

fn hears(trigger: &Task, state: State) -> bool {
    match trigger.properties.get("states").and_then(Value::as_array) {
        Some(states) => states.iter().any(|one| text_of(one) == state.name()),
        None => state.is_terminal() || state == State::Paused,
    }
}

fn evaluate(app: &Arc<App>, flow: &StoredFlow, trigger: &Task, execution: &Execution) {
    let scope = scope::of_execution(&flow.definition, execution);
    if !condition::holds(trigger, execution, &scope, app.dialect) {
        return;
    }
    let wanted = Wanted::of(trigger, app.dialect.is_v2());
    let outputs = match wanted {
        None => execution.outputs.clone().unwrap_or_default(),
        Some(wanted) => match wanted.note(app, flow, trigger, execution, &scope) {
            Some(outputs) => outputs,
            None => return,
        },
    };
    start(app, flow, trigger, execution, outputs);
}

/// Conditions that may be met by different executions.
struct Wanted<'a> {
    /// By name: a condition of 1.x, or the properties of an execution.
    conditions: Vec<(String, Kind<'a>)>,
    needed: usize,
    resets: bool,
}

enum Kind<'a> {
    Upstream(&'a Value),
    Filter(&'a Value),
    Condition(&'a Value),
}

impl<'a> Wanted<'a> {
    fn of(trigger: &'a Task, v2: bool) -> Option<Self> {
        let list =
            |value: &'a Value, key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
        let mut conditions: Vec<(String, Kind<'a>)> = Vec::new();
        let resets;
        if v2 {
            let upstream = trigger.properties.get("dependsOn")?.as_array()?;
            conditions.extend(upstream.iter().map(|one| (one.to_string(), Kind::Upstream(one))));
            resets = trigger.properties.get("window").and_then(|window| window.get("fireOnce"))
                != Some(&json!(false));
        } else if let Some(wanted) =
            trigger.properties.get("preconditions").filter(|wanted| !wanted.is_null())
        {
            let numbered = |index: usize, kind| (index.to_string(), kind);
            let upstream = list(wanted, "flows").map(Kind::Upstream);
            let filters = list(wanted, "where").map(Kind::Filter);
            conditions.extend(upstream.chain(filters).enumerate().map(|(index, kind)| numbered(index, kind)));
            resets = wanted.get("resetOnSuccess") != Some(&json!(false));
        } else {
            let all = trigger.properties.get("conditions").and_then(Value::as_array)?;
            let multiple = all.iter().find(|one| condition::is_multiple(one))?;
            let named = multiple.get("conditions").and_then(Value::as_object)?;
            conditions.extend(named.iter().map(|(name, one)| (name.clone(), Kind::Condition(one))));
            resets = multiple.get("resetOnSuccess") != Some(&json!(false));
        }
        let needed = match trigger.text("mode").filter(|_| v2).as_deref() {
            Some("ANY") => 1,
            Some("AT_LEAST") => trigger
                .properties
                .get("minSatisfied")
                .and_then(Value::as_u64)
                .and_then(|number| usize::try_from(number).ok())
                .unwrap_or(conditions.len()),
            _ => conditions.len(),
        };
        (!conditions.is_empty()).then_some(Self { conditions, needed, resets })
    }

    /// Notes what an execution meets; the outputs of all that took part, once enough is met.
    fn note(
        &self,
        app: &App,
        flow: &StoredFlow,
        trigger: &Task,
        execution: &Execution,
        scope: &Scope,
    ) -> Option<Map<String, Value>> {
        let met: Vec<&String> = self
            .conditions
            .iter()
            .filter(|(_, kind)| kind.is_met(execution, scope))
            .map(|(name, _)| name)
            .collect();
        let key = [flow.namespace().to_owned(), flow.id().to_owned(), trigger.id.clone()];
        app.engine.windows(|windows| {
            let window = windows.met.entry(key.clone()).or_default();
            if !met.is_empty()
                && let Some(outputs) = &execution.outputs
            {
                let of_namespace = window.outputs.entry(&*execution.namespace).or_insert_with(|| json!({}));
                of_namespace[&execution.flow_id] = json!(outputs);
            }
            window.conditions.extend(met.into_iter().cloned());
            if window.conditions.len() < self.needed {
                return None;
            }
            let mut outputs = execution.outputs.clone().unwrap_or_default();
            outputs.extend(window.outputs.clone());
            if self.resets {
                windows.met.remove(&key);
            }
            Some(outputs)
        })
    }
}

impl Kind<'_> {
    fn is_met(&self, execution: &Execution, scope: &Scope) -> bool {
        let state = execution.state.current().name();
        match self {
            Self::Condition(one) => condition::test(one, execution, scope),
            Self::Upstream(one) => {
                let is = |key: &str, own: &str| {
                    one.get(key).filter(|value| !value.is_null()).is_none_or(|value| text_of(value) == own)
                };
                let states = one.get("states").and_then(Value::as_array);
                is("namespace", &execution.namespace)
                    && is("flowId", &execution.flow_id)
                    && states.is_none_or(|states| states.iter().any(|value| text_of(value) == state))
                    && one.get("labels").is_none_or(|labels| condition::has_labels(labels, execution))
                    && one.get("when").is_none_or(|when| condition::is_true(&text_of(when), scope))
            }
            Self::Filter(one) => {
                let filters = one.get("filters").and_then(Value::as_array).into_iter().flatten();
                let mut results = filters.map(|filter| is_found(filter, execution, scope));
                if one.get("operand").and_then(Value::as_str) == Some("OR") {
                    results.any(|found| found)
                } else {
                    results.all(|found| found)
                }
            }
        }
    }
}

/// Whether a filter of `preconditions` finds an execution.
fn is_found(filter: &Value, execution: &Execution, scope: &Scope) -> bool {
    let value = filter.get("value").map(text_of).unwrap_or_default();
    let values = || filter.get("values").and_then(Value::as_array).into_iter().flatten().map(text_of);
    let own = match filter.get("field").and_then(Value::as_str).unwrap_or_default() {
        "FLOW_ID" => execution.flow_id.clone(),
        "NAMESPACE" => execution.namespace.clone(),
        "STATE" => execution.state.current().name().to_owned(),
        _ => match expression::render(&value, scope) {
            Ok(text) => text,
            Err(_) => return false,
        },
    };
    match filter.get("type").and_then(Value::as_str).unwrap_or_default() {
        "EQUAL_TO" => own == value,
        "NOT_EQUAL_TO" => own != value,
        "IN" => values().any(|one| one == own),
        "NOT_IN" => values().all(|one| one != own),
        "IS_TRUE" => expression::is_true(&own),
        "IS_FALSE" => !expression::is_true(&own),
        "IS_NOT_NULL" => true,
        "STARTS_WITH" => own.starts_with(&value),
        "ENDS_WITH" => own.ends_with(&value),
        "CONTAINS" => own.contains(&value),
        "REGEX" => regex::Regex::new(&format!("^(?:{value})$")).is_ok_and(|pattern| pattern.is_match(&own)),
        _ => false,
    }
}

fn start(
    app: &Arc<App>,
    flow: &StoredFlow,
    trigger: &Task,
    execution: &Execution,
    outputs: Map<String, Value>,
) {
    let mut scope = scope::of_execution(&flow.definition, execution);
    if !outputs.is_empty() {
        scope.set("trigger", json!({"outputs": outputs}));
    }
    let inputs = match trigger.properties.get("inputs").map(|inputs| expression::render_value(inputs, &scope))
    {
        None => Some(Map::new()),
        Some(Ok(Value::Object(inputs))) => Some(inputs),
        Some(_) => None,
    };
    let mut labels: Vec<(String, String)> = trigger
        .properties
        .get("labels")
        .map(label_pairs)
        .unwrap_or_default()
        .into_iter()
        .filter(|(key, _)| !key.starts_with("system."))
        .filter_map(|(key, value)| Some((key, expression::render(&value, &scope).ok()?)))
        .collect();
    labels.extend(execution.label(CORRELATION).map(|value| (CORRELATION.to_owned(), value.to_owned())));
    let creation = |inputs: &Map<String, Value>| Creation {
        labels: labels.clone(),
        trigger: Some(json!({
            "id": trigger.id,
            "type": trigger.kind,
            "variables": variables(execution, &outputs, app.dialect.is_v2()),
        })),
        ..Creation::of(flow, GivenInputs::from_json(inputs))
    };
    if let Some(created) = inputs.and_then(|inputs| create(app, creation(&inputs)).ok()) {
        let cell = app.engine.insert(created.execution.stored());
        run::start(app, &cell);
    } else if app.dialect.is_v2() {
        // 1.x starts nothing with inputs that don't fit; 2.0 shows that it failed.
        let mut failed = Execution::new(flow.namespace(), flow.id(), flow.revision);
        failed.trigger = creation(&Map::new()).trigger;
        failed.labels = labels.clone();
        failed.state.set(State::Failed);
        app.engine.insert(failed.stored());
    }
}

/// What the started execution sees as `trigger`.
fn variables(execution: &Execution, outputs: &Map<String, Value>, v2: bool) -> Value {
    let labels: Vec<(String, String)> =
        execution.labels.iter().filter(|(key, _)| key != CORRELATION).cloned().collect();
    let mut variables = json!({
        "executionId": execution.id,
        "executionLabels": scope::labels(&labels),
        "state": execution.state.current().name(),
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.revision,
    });
    if !outputs.is_empty() {
        variables["outputs"] = json!(outputs);
    }
    if v2 {
        variables["startDate"] = json!(super::time::stored(execution.state.start()));
        if let Some(end) = execution.state.end() {
            variables["endDate"] = json!(super::time::stored(end));
        }
        let failed = execution.runs().iter().find(|run| run.state.is(State::Failed));
        for (key, run) in [("firstFailedTaskId", failed), ("lastTaskId", execution.runs().last())] {
            if let Some(run) = run {
                variables[key] = json!(run.task_id);
            }
        }
    }
    variables
}
