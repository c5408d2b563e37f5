//! Routes of dashboards, which open-source servers have on 1.x.

mod check;
mod data;
mod filters;
mod model;
mod records;
mod rows;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::dialect::Dialect::V1_3;
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply, Route, now};
use crate::query::{check_sort, sort_by};
use crate::yaml;

const YAML: &[&str] = &["application/x-yaml"];
const BYTES: &[&str] = &["application/octet-stream"];

/// Dashboards by their ids.
pub(crate) type Dashboards = BTreeMap<String, Value>;

/// All routes of dashboards.
pub(crate) fn routes() -> Vec<Route> {
    [
        Route::get("dashboards", now!(search)),
        Route::post("dashboards", now!(create)).consumes(YAML),
        Route::post("dashboards/validate", now!(validate)).consumes(YAML),
        Route::post("dashboards/validate/chart", now!(validate_chart)).consumes(YAML),
        Route::get("dashboards/{id}", now!(get)),
        Route::put("dashboards/{id}", now!(update)).consumes(YAML).answers_early(),
        Route::delete("dashboards/{id}", now!(delete)).consumes(&["*/*"]),
        Route::post("dashboards/{id}/charts/{chartId}", now!(data::of_chart)).answers_early(),
        Route::post("dashboards/{id}/charts/{chartId}/export/to-csv", now!(data::csv))
            .produces(BYTES)
            .answers_early(),
        Route::post("dashboards/charts/preview", now!(data::preview)),
        Route::post("dashboards/charts/export/to-csv", now!(data::preview_csv)).produces(BYTES),
    ]
    .into_iter()
    .map(|route| route.until(V1_3))
    .collect()
}

fn search(cx: &Context) -> Answer {
    let query = cx.query();
    let page = query.page("searchDashboards")?;
    let sorts = query.sort()?;
    check_sort(&sorts, &["id", "title", "description", "created", "updated"], cx.dialect())?;
    let q = query.first("q").unwrap_or_default().to_lowercase();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let mut found: Vec<Value> = cx.app.dashboards().values().cloned().collect();
    found.retain(|one| text(one, "title").unwrap_or_default().to_lowercase().contains(&q));
    sort_by(&mut found, &sorts, |one, field| text(one, field));
    Reply::json(&page.of(found))
}

fn get(cx: &Context) -> Answer {
    Reply::json(&find(cx)?)
}

/// The dashboard of the path.
fn find(cx: &Context) -> Result<Value, ApiError> {
    cx.app.dashboards().get(cx.param("id")).cloned().ok_or_else(ApiError::not_found)
}

fn create(cx: &Context) -> Answer {
    let source = cx.request.text();
    let dashboard = read(&source)?;
    let id = dashboard.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if id.is_empty() {
        return Err(ApiError::illegal_argument("Dashboard id is mandatory"));
    }
    if cx.app.dashboards().contains_key(&id) {
        return Err(ApiError::invalid_entity([("dashboard.id", "Dashboard id already exists")]));
    }
    let now = time::stored(Timestamp::now());
    keep(cx, &id, dashboard, &source, &json!(now))
}

fn update(cx: &Context) -> Answer {
    let before = find(cx)?;
    let source = cx.request.text();
    let mut dashboard = read(&source)?;
    let id = cx.param("id").to_owned();
    if dashboard.get("id").is_some_and(|own| *own != json!(id)) {
        return Err(ApiError::invalid_entity([("dashboard.id", "Illegal dashboard id update")]));
    }
    dashboard["id"] = json!(id);
    keep(cx, &id, dashboard, &source, &before["created"])
}

fn keep(cx: &Context, id: &str, mut dashboard: Value, source: &str, created: &Value) -> Answer {
    dashboard["deleted"] = json!(false);
    dashboard["created"] = created.clone();
    dashboard["updated"] = json!(time::stored(Timestamp::now()));
    dashboard["sourceCode"] = json!(source);
    cx.app.dashboards().insert(id.to_owned(), dashboard.clone());
    Reply::json(&dashboard)
}

fn delete(cx: &Context) -> Answer {
    let id = cx.param("id");
    match cx.app.dashboards().remove(id) {
        Some(_) => Ok(Reply::empty(204)),
        None => Err(ApiError::illegal_state(format!("Dashboard {id} doesn't exists"))),
    }
}

/// A source as the server keeps it.
fn read(source: &str) -> Result<Value, ApiError> {
    let broken = |message: &str| {
        ApiError::new(422, format!("Invalid entity: Illegal dashboard source: YAML parsing error: {message}"))
            .with_detail(format!("YAML parsing error: {message}"), Some("yaml".to_owned()))
    };
    let value = yaml::read(source).map_err(|error| broken(&error.message))?;
    if !value.is_object() {
        return Err(broken("Cannot construct instance of `io.kestra.core.models.dashboards.Dashboard`"));
    }
    let dashboard = model::dashboard(&value)?;
    check::dashboard(&value)?;
    Ok(dashboard)
}

fn validate(cx: &Context) -> Answer {
    verdict(read(&cx.request.text()).err())
}

fn validate_chart(cx: &Context) -> Answer {
    let chart = yaml::read(&cx.request.text()).unwrap_or_default();
    if chart.get("data").is_none() && !model::is_text(&chart) {
        let cause =
            "Cannot invoke \"com.fasterxml.jackson.databind.JsonNode.get(String)\" because \"node\" is null";
        return Reply::json(&json!({
            "index": 0,
            "constraints": format!("Unable to validate the chart: {cause}"),
            "outdated": false,
        }));
    }
    verdict(model::chart(&chart).and_then(|_| check::chart(&chart)).err())
}

fn verdict(error: Option<ApiError>) -> Answer {
    let mut verdict = json!({"index": 0, "outdated": false});
    if let Some(ApiError::Usual(error)) = error {
        verdict["constraints"] = json!(error.message);
    }
    Reply::json(&verdict)
}
