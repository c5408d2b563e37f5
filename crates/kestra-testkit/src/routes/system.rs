//! Routes about the server itself; their templates are whole paths.

use serde_json::{Value, json};

use crate::dialect::Dialect;
use crate::http::{Answer, Context, Reply, Route, now};
use crate::query::{Resource, operations, shouted};

/// The routes, with templates from the root on.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/configs", now!(configs)),
        Route::get("/ping", now!(ping)),
        Route::get("/api/v1/basicAuthValidationErrors", now!(no_errors)),
        Route::get("/", now!(to_the_ui)).produces(&["*/*"]),
    ]
}

fn configs(cx: &Context) -> Answer {
    let dialect = cx.dialect();
    let mut configs = json!({
        "uuid": "4uqm2Cq0rsHtgpS3V8TkAb",
        "version": cx.app.settings.version(),
        "edition": "OSS",
        "isCustomDashboardsEnabled": !dialect.is_v2(),
        "isAnonymousUsageEnabled": false,
        "isUiAnonymousUsageEnabled": false,
        "url": format!("{}/", cx.app.url),
        "preview": {"initial": 100, "max": 5000},
        "systemNamespace": "system",
        "hiddenLabelsPrefixes": ["system.", "internal."],
        "isAiEnabled": dialect.is_v2(),
        "isBasicAuthInitialized": !cx.app.settings.first_start || cx.app.credentials().pair.is_some(),
        "pluginsHash": 0,
    });
    if let Some(map) = configs.as_object_mut() {
        if dialect < Dialect::V1_3 {
            map.insert("isTaskRunEnabled".to_owned(), json!(false));
            map.insert("resourceToFilters".to_owned(), resources(dialect));
        } else {
            map.insert("chartDefaultDuration".to_owned(), json!("PT24H"));
            map.insert("isAiApiKeyConfigured".to_owned(), json!(false));
            map.insert("isConcurrencyViewEnabled".to_owned(), json!(true));
        }
        if dialect.is_v2() {
            map.insert("flowTemplate".to_owned(), json!(""));
        } else {
            map.insert("isTemplateEnabled".to_owned(), json!(false));
        }
    }
    Reply::json(&configs)
}

/// The fields that each resource can be filtered by, and how.
fn resources(dialect: Dialect) -> Value {
    let entry = |name: &str| json!({"name": name, "value": name});
    let field = |field: &&'static str| {
        json!({
            "name": shouted(field, dialect).to_lowercase(),
            "value": field,
            "operations": operations(field, dialect).iter().map(|op| entry(op.name())).collect::<Value>(),
        })
    };
    [Resource::Flow, Resource::Execution, Resource::Log]
        .iter()
        .map(|resource| {
            let fields = resource.fields(dialect);
            json!({"name": resource.name().to_lowercase(), "fields": fields.iter().map(field).collect::<Value>()})
        })
        .collect()
}

fn ping(_: &Context) -> Answer {
    Ok(Reply::bytes("application/json", "pong"))
}

fn no_errors(_: &Context) -> Answer {
    Reply::json(&json!([]))
}

fn to_the_ui(_: &Context) -> Answer {
    Ok(Reply::empty(307).with_header(http::header::LOCATION, "/ui/"))
}
