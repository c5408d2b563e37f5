//! From a flow and what was asked for to a new execution.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::execution::{Breakpoint, Execution};
use super::expression::{self, Scope};
use super::flow::{Check, FlowDefinition};
use super::input_error::InputError;
use super::inputs::{GivenInputs, ResolvedInputs, resolve};
use super::scope;
use super::table::CORRELATION;
use crate::app::App;
use crate::dialect::Dialect;
use crate::store::StoredFlow;

/// What a new execution is made of.
#[derive(Clone, Debug)]
pub(crate) struct Creation {
    pub(crate) flow: StoredFlow,
    pub(crate) given: GivenInputs,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) trigger: Option<Value>,
    pub(crate) schedule_date: Option<Timestamp>,
    pub(crate) kind: Option<String>,
    pub(crate) breakpoints: Option<Vec<Breakpoint>>,
    pub(crate) trace_parent: Option<String>,
}

/// A new execution, and its inputs as they are shown once.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    pub(crate) execution: Execution,
    pub(crate) fresh_inputs: Option<Map<String, Value>>,
}

impl Creation {
    /// An execution of a flow with inputs, and nothing else asked for.
    pub(crate) fn of(flow: &StoredFlow, given: GivenInputs) -> Self {
        Self {
            flow: flow.clone(),
            given,
            labels: Vec::new(),
            trigger: None,
            schedule_date: None,
            kind: None,
            breakpoints: None,
            trace_parent: None,
        }
    }
}

/// Makes an execution, and keeps the files that were given; doesn't start it.
pub(crate) fn create(app: &Arc<App>, creation: Creation) -> Result<Created, InputError> {
    let flow = &creation.flow;
    let definition = &flow.definition;
    let mut execution = Execution::new(flow.namespace(), flow.id(), flow.revision);
    execution.labels = definition.labels.clone();
    for (key, value) in &creation.labels {
        execution.set_label(key, value);
    }
    let from = if creation.trigger.is_some() { "trigger" } else { "api" };
    if app.dialect > Dialect::V1_0 && execution.label("system.from").is_none() {
        execution.set_label("system.from", from);
    }
    if execution.label(CORRELATION).is_none() {
        let id = execution.id.clone();
        execution.set_label(CORRELATION, &id);
    }
    if !definition.variables.is_empty() {
        execution.variables = Some(definition.variables.clone());
    }
    execution.trigger = creation.trigger;
    execution.schedule_date = creation.schedule_date;
    execution.kind = creation.kind;
    execution.breakpoints = creation.breakpoints;
    execution.trace_parent = creation.trace_parent;
    let open = app.engine.scripts(|scripts| scripts.get(flow.namespace(), flow.id())).is_some_and(|s| s.open);
    let mut fresh_inputs = None;
    if open {
        execution.inputs = Some(creation.given.as_texts());
    } else if !definition.inputs.is_empty() {
        let resolved = resolve_for(definition, &creation.given, &execution, app.dialect);
        if let Some(error) = resolved.first_error() {
            return Err(error);
        }
        execution.inputs = Some(resolved.stored());
        fresh_inputs = Some(resolved.fresh());
        for (uri, body) in resolved.files {
            app.engine.put_file(uri, body);
        }
    }
    Ok(Created { execution, fresh_inputs })
}

/// Resolves the inputs of a flow for an execution of it.
pub(crate) fn resolve_for(
    definition: &FlowDefinition,
    given: &GivenInputs,
    execution: &Execution,
    dialect: Dialect,
) -> ResolvedInputs {
    let scope = scope::of_execution(definition, execution);
    resolve(&definition.inputs, given, &execution.file_base(), &scope, dialect)
}

/// The checks of a flow that don't hold. A condition that can't be read counts as not holding.
pub(crate) fn failed_checks(definition: &FlowDefinition, inputs: &Map<String, Value>) -> Vec<Check> {
    let mut scope = Scope::default();
    scope.set("inputs", Value::Object(super::input_convert::unveil_map(inputs)));
    scope.set("vars", Value::Object(definition.variables.clone()));
    scope.set("flow", serde_json::json!({"id": definition.id, "namespace": definition.namespace}));
    let holds = |check: &&Check| {
        expression::render(&check.condition, &scope).is_ok_and(|text| expression::is_true(&text))
    };
    definition.checks.iter().filter(|check| !holds(check)).cloned().collect()
}
