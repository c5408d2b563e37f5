//! Routes of little things: names of functions, numbers of use, blueprints that are elsewhere.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::dialect::Dialect::{V1_3, V2_0};
use crate::http::{Answer, ApiError, Context, Reply, Route, now};
use crate::query::not_convertible;

/// Functions of expressions and the names of their arguments.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("fromJson", &["json"]),
    ("json", &["json"]),
    ("ksuid", &[]),
    ("max", &[]),
    ("min", &[]),
    ("nanoId", &[]),
    ("now", &["existingFormat", "format"]),
    ("printContext", &[]),
    ("randomInt", &["lower", "upper"]),
    ("range", &["start", "end"]),
    ("render", &["toRender"]),
    ("secret", &["key"]),
    ("uuid", &[]),
];

/// Filters of expressions.
const FILTERS: &[&str] = &[
    "abs",
    "capitalize",
    "date",
    "default",
    "first",
    "join",
    "keys",
    "last",
    "length",
    "lower",
    "replace",
    "rsort",
    "slice",
    "sort",
    "split",
    "title",
    "toJson",
    "trim",
    "upper",
    "urlencode",
];

/// The routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/pebble/functions", now!(functions)).since(V1_3),
        Route::get("/api/v1/pebble/filters", now!(filters)).since(V1_3),
        Route::get("cluster/metrics/{serviceType}", now!(cluster_metrics)).since(V2_0),
        Route::get("usages/all", now!(usages)),
        Route::get("blueprints/community/{kind}", now!(blueprints)),
        Route::get("blueprints/community/{kind}/tags", now!(blueprints)),
        Route::get("blueprints/community/{kind}/{id}", now!(blueprints)),
        Route::get("blueprints/community/{kind}/{id}/source", now!(blueprints))
            .produces(&["application/yaml"]),
        Route::get("blueprints/community/{kind}/{id}/graph", now!(blueprints)),
    ]
}

fn functions(cx: &Context) -> Answer {
    if !cx.dialect().is_v2() {
        return Reply::json(&FUNCTIONS.iter().map(|(name, _)| *name).collect::<Vec<&str>>());
    }
    let arguments = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Value>();
    let one = |(name, names): &(&str, &[&str])| json!({"name": name, "arguments": arguments(names)});
    Reply::json(&FUNCTIONS.iter().map(one).collect::<Value>())
}

fn filters(_: &Context) -> Answer {
    Reply::json(FILTERS)
}

/// The kinds of services that a server is made of.
const SERVICES: &[&str] = &["EXECUTOR", "INDEXER", "SCHEDULER", "WEBSERVER", "WORKER"];

/// The gauges of a worker, and their values while nothing runs.
const WORKER_GAUGES: &[(&str, &str, f64)] = &[
    ("kestra.worker.running.count", "The number of tasks currently running inside the Worker", 0.0),
    ("kestra.worker.job.thread", "The number of worker threads", 8.0),
];

/// What the services of a kind measure.
fn cluster_metrics(cx: &Context) -> Answer {
    let kind = cx.param("serviceType");
    if !SERVICES.contains(&kind) {
        let class = "io.kestra.core.server.ServiceType";
        return Err(not_convertible("serviceType", kind, &format!("No enum constant {class}.{kind}")));
    }
    let gauges = if kind == "WORKER" { WORKER_GAUGES } else { &[] };
    let tags = json!([{"key": "worker_group", "value": "default"}]);
    let one = |(name, description, value): &(&str, &str, f64)| json!({"name": name, "type": "GAUGE", "description": description, "tags": tags, "value": value});
    Reply::json(&gauges.iter().map(one).collect::<Value>())
}

/// How much there is: flows by namespaces and types, executions of each of the last days.
fn usages(cx: &Context) -> Answer {
    let flows = cx.app.flows().all();
    let mut namespaces: Vec<&str> = flows.iter().map(|flow| flow.namespace()).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let mut tasks: BTreeMap<&str, u64> = BTreeMap::new();
    let mut triggers: BTreeMap<&str, u64> = BTreeMap::new();
    for flow in &flows {
        flow.definition.tasks.iter().for_each(|task| *tasks.entry(&task.kind).or_default() += 1);
        flow.definition.triggers.iter().for_each(|one| *triggers.entry(&one.kind).or_default() += 1);
    }
    let mut days: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
    for execution in cx.app.engine.all() {
        let day = execution.state.start().strftime("%Y-%m-%dT00:00:00Z").to_string();
        *days.entry(day).or_default().entry(execution.state.current().name()).or_default() += 1;
    }
    let daily: Value = days
        .into_iter()
        .map(|(day, counts)| {
            let count: u64 = counts.values().sum();
            let mut entry = json!({
                "startDate": day,
                "duration": {"count": count},
                "executionCounts": counts,
                "groupBy": "day",
            });
            if cx.dialect().is_v2() {
                entry["taskRunsDuration"] = json!({"count": count});
            }
            entry
        })
        .collect();
    Reply::json(&json!({
        "flows": {
            "count": flows.len(),
            "namespacesCount": namespaces.len(),
            "taskTypeCount": tasks,
            "triggerTypeCount": triggers,
            "taskRunnerTypeCount": {},
        },
        "executions": {"dailyExecutionsCount": daily},
    }))
}

/// Blueprints are on a host that this server doesn't ask.
fn blueprints(cx: &Context) -> Answer {
    let kind = cx.param("kind");
    if !["flow", "dashboard", "app"].contains(&kind.to_lowercase().as_str()) {
        let class = "io.kestra.webserver.controllers.api.BlueprintController.Kind";
        return Err(not_convertible("kind", kind, &format!("No enum constant {class}.{kind}")));
    }
    Err(ApiError::internal(
        "Connect Error: the embedded server asks no other host; give it a stubbed response",
    ))
}
