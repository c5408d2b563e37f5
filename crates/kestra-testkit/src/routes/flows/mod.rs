//! Routes of flows.

mod bulk;
pub(crate) mod dependencies;
mod graph;
mod import;
mod json_variant;
mod read;
mod search;
mod selection;
mod source_pattern;
mod source_replace;
mod source_search;
mod validate;
mod view;
mod write;

use crate::dialect::Dialect::{V1_3, V2_0};
use crate::http::{Route, later, now};

const YAML: &[&str] = &["application/x-yaml"];
const PARTS: &[&str] = &["multipart/form-data"];
const ANY: &[&str] = &["*/*"];
const ZIP: &[&str] = &["application/octet-stream"];
const CSV: &[&str] = &["text/csv"];

/// All routes of flows.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = reading();
    routes.extend(writing());
    routes.extend(many());
    routes.extend(validating());
    routes
}

fn reading() -> Vec<Route> {
    vec![
        Route::get("flows/search", now!(search::search)),
        Route::get("flows/source", now!(source_search::search)),
        Route::get("flows/distinct-namespaces", now!(read::distinct_namespaces)),
        Route::get("flows/deprecated", now!(read::deprecated)).since(V1_3),
        Route::get("flows/{namespace}", now!(read::list)),
        Route::get("flows/{namespace}/{id}", now!(read::get)),
        Route::get("flows/{namespace}/{id}/revisions", now!(read::revisions)),
        Route::get("flows/{namespace}/{id}/tasks/{taskId}", now!(read::task)),
        Route::get("flows/{namespace}/{id}/graph", now!(graph::of_flow)),
        Route::post("flows/graph", now!(graph::of_source)).consumes(YAML),
        Route::get("flows/{namespace}/{id}/dependencies", now!(dependencies::of_flow)),
        Route::get("namespaces/{namespace}/dependencies", now!(dependencies::of_namespace)),
        Route::post("flows/expressions", now!(read::expressions)).consumes(YAML).since(V2_0),
    ]
}

fn writing() -> Vec<Route> {
    vec![
        Route::post("flows", now!(write::create)).consumes(YAML),
        Route::post("flows", now!(json_variant::create)).consumes(ANY).until(V1_3),
        Route::put("flows/{namespace}/{id}", now!(write::update)).consumes(YAML).answers_early(),
        Route::put("flows/{namespace}/{id}", now!(json_variant::update))
            .consumes(ANY)
            .until(V1_3)
            .answers_early(),
        Route::delete("flows/{namespace}/{id}", now!(write::delete)).consumes(ANY),
        Route::delete("flows/{namespace}/{id}/revisions", now!(write::delete_revisions))
            .consumes(ANY)
            .since(V1_3),
        Route::patch("flows/{namespace}/{id}/{taskId}", now!(json_variant::update_task)).until(V1_3),
    ]
}

fn many() -> Vec<Route> {
    vec![
        Route::post("flows/bulk", now!(bulk::update_all)).consumes(YAML),
        Route::post("flows/{namespace}", now!(bulk::update_namespace)).consumes(YAML),
        Route::post("flows/{namespace}", now!(json_variant::update_namespace)).until(V1_3),
        Route::post("flows/{namespace}", later!(bulk::update_namespace_from_files))
            .consumes(PARTS)
            .since(V1_3),
        Route::post("flows/source/replace/preview", now!(source_replace::preview)).since(V2_0),
        Route::post("flows/source/replace/apply", now!(source_replace::apply)).since(V2_0),
        Route::post("flows/source/replace/line", now!(source_replace::line)).since(V2_0),
        Route::post("flows/import", later!(import::import)).consumes(PARTS),
        Route::post("flows/enable/by-ids", now!(selection::enable_by_ids)),
        Route::post("flows/enable/by-query", now!(selection::enable_by_query)).consumes(ANY),
        Route::post("flows/disable/by-ids", now!(selection::disable_by_ids)),
        Route::post("flows/disable/by-query", now!(selection::disable_by_query)).consumes(ANY),
        Route::delete("flows/delete/by-ids", now!(selection::delete_by_ids)),
        Route::delete("flows/delete/by-query", now!(selection::delete_by_query)).consumes(ANY),
        Route::post("flows/export/by-ids", now!(selection::export_by_ids)).produces(ZIP),
        Route::get("flows/export/by-query", now!(selection::export_by_query)).produces(ZIP),
        Route::get("flows/export/by-query/csv", now!(selection::export_csv)).produces(CSV).since(V1_3),
    ]
}

fn validating() -> Vec<Route> {
    vec![
        Route::post("flows/validate", now!(validate::source)).consumes(YAML),
        Route::post("flows/validate", now!(validate::json)).until(V1_3),
        Route::post("flows/validate", later!(validate::files)).consumes(PARTS).since(V1_3),
        Route::post("flows/validate/task", now!(validate::task_source)).consumes(YAML),
        Route::post("flows/validate/task", now!(validate::task_json)),
        Route::post("flows/validate/trigger", now!(validate::trigger)),
    ]
}
