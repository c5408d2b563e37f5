//! Routes of executions.

mod answer;
mod bulk;
mod bulk_checks;
mod bulk_labels;
mod change;
mod create;
mod delete;
mod dependencies;
mod eval;
mod files;
mod follow;
mod graph;
mod labels;
mod list;
mod outputs;
mod queue;
mod read;
mod restart;
mod resume;
mod search;
mod stop;
mod webhook;

use http::Method;

use crate::dialect::Dialect;
use crate::http::{Handler, Route, later, now};

const FORM: &[&str] = &["multipart/form-data"];
const ANY: &[&str] = &["*/*"];
const EVENTS: &[&str] = &["text/event-stream"];
const BYTES: &[&str] = &["application/octet-stream"];

/// All routes of executions.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::post("executions/{namespace}/{id}", later!(create::create)).consumes(FORM),
        Route::post("executions/trigger/{namespace}/{id}", later!(create::create))
            .consumes(FORM)
            .until(Dialect::V1_3),
        Route::post("executions/{namespace}/{id}/validate", later!(create::validate)).consumes(FORM),
        Route::get("executions/{executionId}", now!(read::get)),
        Route::delete("executions/{executionId}", now!(delete::delete)).consumes(ANY),
        Route::get("executions", now!(list::of_flow)),
        Route::post("executions/latest", now!(list::latest)),
        Route::get("executions/namespaces", now!(read::namespaces)),
        Route::get("executions/namespaces/{namespace}/flows", now!(read::flows_of_namespace)),
        Route::get("executions/flows/{namespace}/{flowId}", now!(read::flow)),
        Route::get("executions/{executionId}/flow", now!(read::flow_of_execution)),
        Route::get("executions/{executionId}/graph", now!(graph::of_execution)),
        Route::get("executions/search", now!(search::search)),
        Route::get("executions/export/by-query/csv", now!(search::csv))
            .produces(&["text/csv"])
            .since(Dialect::V1_3),
        Route::get("executions/distinct-field-values", now!(list::distinct)).since(Dialect::V2_0),
        Route::get("executions/{executionId}/follow", now!(follow::follow)).produces(EVENTS),
        Route::get("executions/{executionId}/follow-dependencies", later!(dependencies::follow))
            .produces(EVENTS),
        Route::get("executions/{executionId}/file", now!(files::download)).produces(BYTES),
        Route::get("executions/{executionId}/file/metas", now!(files::metas)),
        Route::get("executions/{executionId}/file/preview", now!(files::preview)),
        Route::put("concurrency-limit/{namespace}/{flowId}", now!(queue::set_limit))
            .since(Dialect::V1_3)
            .answers_early(),
        Route::get("concurrency-limit/search", now!(queue::limits)).since(Dialect::V1_3),
        Route::get("outputs/executions/{executionId}", now!(outputs::of_execution)).since(Dialect::V2_0),
        Route::get("outputs/tasks/{executionId}", now!(outputs::list)).since(Dialect::V2_0),
        Route::get("outputs/tasks/{executionId}/{taskRunId}", now!(outputs::of_task_run))
            .since(Dialect::V2_0),
    ];
    routes.extend(webhooks());
    routes.extend(actions());
    routes.extend(bulk::routes());
    routes
}

fn webhooks() -> Vec<Route> {
    let key = "executions/webhook/{namespace}/{id}/{key}";
    let path = "executions/webhook/{namespace}/{id}/{key}/{path}";
    let mut routes = Vec::new();
    for method in [Method::POST, Method::PUT, Method::GET] {
        let hook = |template| Route::new(method.clone(), template, later!(webhook::call)).produces(ANY);
        routes.push(hook(key).until(Dialect::V1_0));
        routes.push(hook(key).consumes(ANY).since(Dialect::V1_3));
        routes.push(hook(path).consumes(ANY).since(Dialect::V1_3));
    }
    routes
}

/// What is done to one execution: `{id}/<action>` on 1.x, `{id}/actions/<action>` on 2.0.
fn actions() -> Vec<Route> {
    let mut routes = Vec::new();
    let mut both = |method: Method, old: &'static str, new: &'static str, handler: Handler| {
        routes.push(Route::new(method.clone(), old, handler).until(Dialect::V1_3));
        routes.push(Route::new(method, new, handler).since(Dialect::V2_0));
    };
    macro_rules! action {
        ($method:ident, $name:literal, $handler:expr) => {
            both(
                Method::$method,
                concat!("executions/{executionId}/", $name),
                concat!("executions/{executionId}/actions/", $name),
                $handler,
            );
        };
    }
    action!(DELETE, "kill", later!(stop::kill));
    action!(POST, "pause", later!(stop::pause));
    action!(POST, "resume", later!(resume::resume));
    action!(POST, "resume/validate", later!(resume::validate));
    action!(POST, "resume-from-breakpoint", later!(resume::from_breakpoint));
    action!(POST, "restart", later!(restart::restart));
    action!(POST, "replay", later!(restart::replay));
    action!(POST, "replay-with-inputs", later!(restart::replay_with_inputs));
    action!(POST, "change-status", later!(change::status));
    action!(POST, "state", later!(change::task_run_state));
    action!(POST, "labels", now!(labels::set));
    action!(POST, "unqueue", later!(queue::unqueue));
    action!(POST, "force-run", later!(queue::force_run));
    action!(POST, "eval", now!(eval::of_execution));
    action!(POST, "eval/{taskRunId}", now!(eval::of_task_run));
    for route in &mut routes {
        match route.template.rsplit('/').next() {
            Some("resume" | "replay-with-inputs") => route.consumes = FORM,
            Some("validate") => route.consumes = FORM,
            Some("eval" | "{taskRunId}") => route.consumes = &["text/plain"],
            Some("kill") => route.produces = &["text/json"],
            _ => {}
        }
        if route.template == "executions/{executionId}/eval" {
            route.since = Dialect::V1_3;
        }
        if route.template.ends_with("/kill") {
            route.consumes = ANY;
        }
        if route.template.ends_with("/labels") || route.template.ends_with("/state") {
            route.early = Some(Dialect::V1_3);
        }
    }
    routes
}
