//! Routes of plugins: the core only, with as little about each as a client needs to find its way.

use std::collections::BTreeSet;

use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use crate::dialect::Dialect::V2_0;
use crate::engine::task_types;
use crate::http::{Answer, ApiError, Context, Reply, Route, now};
use crate::query::not_convertible;

/// Types of inputs in every version.
const INPUTS: &[&str] = &[
    "STRING",
    "SELECT",
    "INT",
    "FLOAT",
    "BOOL",
    "DATETIME",
    "DATE",
    "TIME",
    "DURATION",
    "FILE",
    "JSON",
    "URI",
    "SECRET",
    "ARRAY",
    "MULTISELECT",
    "YAML",
    "EMAIL",
];

/// What there are schemas of.
const SCHEMAS: &[&str] = &["flow", "task", "trigger", "dashboard", "template", "apps", "testsuites"];

/// All routes of plugins.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/plugins", now!(list)),
        Route::get("/api/v1/plugins/groups/subgroups", now!(subgroups)),
        Route::get("/api/v1/plugins/icons", now!(icons)),
        Route::get("/api/v1/plugins/icons/groups", now!(icons)),
        Route::get("/api/v1/plugins/icons/{cls}", now!(nowhere)),
        Route::get("/api/v1/plugins/inputs", now!(inputs)),
        Route::get("/api/v1/plugins/inputs/{type}", now!(input)),
        Route::get("/api/v1/plugins/schemas/{type}", now!(schema)),
        Route::get("/api/v1/plugins/properties/{type}", now!(schema)),
        Route::get("/api/v1/plugins/{cls}", now!(documentation)),
        Route::get("/api/v1/plugins/{cls}/versions", now!(versions)),
        Route::get("/api/v1/plugins/{cls}/versions/{version}", now!(documentation)),
        Route::post("/api/v1/plugins/pluginUiManifest", now!(manifest)).since(V2_0),
    ]
}

fn nowhere(_: &Context) -> Answer {
    Err(ApiError::not_found())
}

/// The core as a list shows it.
fn core(cx: &Context) -> Value {
    let tasks = task_types::core(cx.dialect());
    let of = |triggers: bool| -> Value {
        let own = tasks.iter().filter(|kind| kind.contains(".core.trigger.") == triggers);
        own.map(|kind| json!({"cls": kind, "title": kind.rsplit('.').next()})).collect()
    };
    let mut core = json!({
        "name": "core",
        "title": "core",
        "group": "io.kestra.plugin.core",
        "manifest": {
            "X-Kestra-Title": "core",
            "X-Kestra-Group": "io.kestra.plugin.core",
            "Manifest-Version": "1.0",
        },
        "tasks": of(false),
        "triggers": of(true),
        "categories": ["CORE"],
    });
    for key in [
        "guides",
        "aliases",
        "storages",
        "secrets",
        "taskRunners",
        "apps",
        "appBlocks",
        "charts",
        "dataFilters",
        "dataFiltersKPI",
        "logExporters",
        "additionalPlugins",
    ] {
        core[key] = json!([]);
    }
    if !cx.dialect().is_v2() {
        core["conditions"] = json!([]);
    }
    core
}

/// All plugins: a list on 1.x, pages on 2.0.
fn list(cx: &Context) -> Answer {
    if !cx.dialect().is_v2() {
        return Reply::json(&[core(cx)]);
    }
    let page = cx.query().page_of("listPlugins", 10_000)?;
    Reply::json(&page.of(vec![core(cx)]))
}

/// The core as a whole, and each of its packages.
fn subgroups(cx: &Context) -> Answer {
    let whole = core(cx);
    let kinds = task_types::core(cx.dialect());
    let packages: BTreeSet<&str> =
        kinds.iter().filter_map(|kind| kind.rsplit_once('.').map(|(package, _)| package)).collect();
    let of = |package: &str| {
        let mut group = whole.clone();
        let within = |entry: &&Value| {
            entry["cls"]
                .as_str()
                .and_then(|kind| kind.rsplit_once('.'))
                .is_some_and(|(own, _)| own == package)
        };
        for key in ["tasks", "triggers"] {
            let own = whole[key].as_array().into_iter().flatten().filter(within).cloned().collect();
            group[key] = Value::Array(own);
        }
        group["title"] = json!(package.rsplit('.').next());
        group["subGroup"] = json!(package);
        group
    };
    let groups: Vec<Value> = packages.into_iter().map(of).collect();
    Reply::json(&std::iter::once(whole.clone()).chain(groups).collect::<Vec<Value>>())
}

/// An answer that may be kept for an hour.
fn kept(value: &Value) -> Answer {
    Ok(Reply::json(value)?.with_header(CACHE_CONTROL, "public, max-age=3600"))
}

fn icons(_: &Context) -> Answer {
    kept(&json!({}))
}

fn inputs(_: &Context) -> Answer {
    kept(&INPUTS.iter().map(|kind| json!({"type": kind, "cls": kind})).collect::<Value>())
}

fn documented(name: &str) -> Answer {
    let schema = json!({"properties": {"properties": {}, "title": name}, "outputs": {}, "definitions": {}});
    kept(&json!({"markdown": format!("# {name}\n"), "schema": schema}))
}

fn input(cx: &Context) -> Answer {
    let kind = cx.param("type");
    if !INPUTS.contains(&kind.to_uppercase().as_str()) {
        return Err(not_convertible(
            "type",
            kind,
            &format!("No enum constant io.kestra.core.models.flows.Type.{kind}"),
        ));
    }
    documented(kind)
}

fn documentation(cx: &Context) -> Answer {
    let class = cx.param("cls");
    if !task_types::core(cx.dialect()).iter().any(|known| known == class) {
        return Err(ApiError::not_found_because(format!("Class '{class}' doesn't exists ")));
    }
    documented(class)
}

fn versions(cx: &Context) -> Answer {
    Reply::json(&json!({"type": cx.param("cls"), "versions": []}))
}

/// A schema that takes anything.
fn schema(cx: &Context) -> Answer {
    let kind = cx.param("type").to_lowercase();
    let known = SCHEMAS.contains(&kind.as_str()) || kind == "plugindefault" && !cx.dialect().is_v2();
    if !known {
        let kind = cx.param("type");
        let class = "io.kestra.core.docs.SchemaType";
        return Err(not_convertible("type", kind, &format!("No enum constant {class}.{kind}")));
    }
    kept(&json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {}}))
}

fn manifest(_: &Context) -> Answer {
    Reply::json(&json!({"manifest": {}}))
}
