//! The data of charts: executions and logs, grouped and counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{find, model};
use crate::dialect::Dialect;
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::{field_named, page_of};
use crate::yaml;

/// The chart of the path.
fn chart(cx: &Context) -> Result<Value, ApiError> {
    let dashboard = find(cx)?;
    let charts = dashboard.get("charts").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = charts.into_iter().find(|chart| chart["id"] == json!(cx.param("chartId")));
    own.ok_or_else(ApiError::not_found)
}

/// The rows of a chart.
pub(super) fn of_chart(cx: &Context) -> Answer {
    let asked: Value = cx.json("globalFilter")?;
    let chart = chart(cx)?;
    page(cx, &chart, &asked)
}

/// The rows of a chart that is kept nowhere.
pub(super) fn preview(cx: &Context) -> Answer {
    let asked: Value = cx.json("previewRequest")?;
    let source = asked.get("chart").and_then(Value::as_str).unwrap_or_default();
    if source.trim().is_empty() {
        return Err(ApiError::invalid_entity([("previewChart.previewRequest.chart", "must not be blank")]));
    }
    let chart = yaml::read(source).unwrap_or_default();
    page(cx, &model::chart(&chart)?, &asked["globalFilter"])
}

fn page(cx: &Context, chart: &Value, asked: &Value) -> Answer {
    let rows = rows(cx, chart, asked)?;
    let number = |key: &str| asked.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let size = number("pageSize").unwrap_or(usize::MAX);
    Reply::json(&page_of(number("pageNumber").unwrap_or(1), size).of(rows))
}

/// All rows as lines of text.
pub(super) fn csv(cx: &Context) -> Answer {
    let asked: Value = cx.json("globalFilter")?;
    let rows = rows(cx, &chart(cx)?, &asked)?;
    let mut text = String::new();
    for row in rows.iter().filter_map(Value::as_object) {
        if text.is_empty() {
            text = row.keys().cloned().collect::<Vec<String>>().join(",") + "\r\n";
        }
        let cells: Vec<String> = row.values().map(cell).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    let (id, chart) = (cx.param("id"), cx.param("chartId"));
    let name = format!("attachment; filename=\"{id}_{chart}_export.csv\"");
    Ok(Reply::bytes("application/octet-stream", text).with_header(http::header::CONTENT_DISPOSITION, &name))
}

/// A value as a column of CSV.
fn cell(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn rows(cx: &Context, chart: &Value, asked: &Value) -> Result<Vec<Value>, ApiError> {
    check_filters(asked, cx.dialect())?;
    if model::is_text(chart) {
        return Err(ApiError::illegal_argument("Only data charts can be generated."));
    }
    let source = chart.pointer("/data/type").and_then(Value::as_str).unwrap_or_default();
    if source.ends_with("KPI") {
        return Ok(vec![json!({"value": ratio(cx, chart)})]);
    }
    let columns = chart.pointer("/data/columns").and_then(Value::as_object).cloned().unwrap_or_default();
    let at = |key: &str| asked.get(key).and_then(Value::as_str).and_then(time::parse_instant);
    let (from, to) = (at("startDate").unwrap_or(Timestamp::MIN), at("endDate").unwrap_or(Timestamp::MAX));
    let mut groups: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    let keys: Vec<(&String, &str)> = columns
        .iter()
        .filter(|(_, column)| column.get("agg").is_none())
        .map(|(name, column)| (name, column.get("field").and_then(Value::as_str).unwrap_or_default()))
        .collect();
    let mut count = |values: Vec<String>| *groups.entry(values).or_default() += 1;
    if source.ends_with(".Logs") {
        for entry in cx.app.logs.all(|entry| (from..=to).contains(&entry.timestamp)) {
            count(keys.iter().map(|(_, field)| log_field(&entry, field)).collect());
        }
    } else {
        for execution in cx.app.engine.all() {
            if (from..=to).contains(&execution.state.start()) {
                count(keys.iter().map(|(_, field)| execution_field(&execution, field)).collect());
            }
        }
    }
    let row = |(values, count): (Vec<String>, u64)| {
        let mut row = Map::new();
        for (name, column) in &columns {
            if column.get("agg").is_some() {
                row.insert(name.clone(), json!(count));
            }
        }
        row.extend(keys.iter().zip(values).map(|((name, _), value)| ((*name).clone(), json!(value))));
        Value::Object(row)
    };
    Ok(groups.into_iter().map(row).collect())
}

/// The share of executions that fit the numerator, in per cent.
fn ratio(cx: &Context, chart: &Value) -> f64 {
    let wanted =
        chart.pointer("/data/numerator/0/values").and_then(Value::as_array).cloned().unwrap_or_default();
    let all = cx.app.engine.all();
    let fit = all.iter().filter(|one| wanted.contains(&json!(one.state.current().name()))).count();
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all.is_empty() { 0.0 } else { 100.0 * number(fit) / number(all.len()) }
}

fn execution_field(execution: &crate::engine::execution::Execution, field: &str) -> String {
    match field {
        "ID" => execution.id.clone(),
        "NAMESPACE" => execution.namespace.clone(),
        "FLOW_ID" => execution.flow_id.clone(),
        "FLOW_REVISION" => execution.revision.to_string(),
        "STATE" => execution.state.current().name().to_owned(),
        "START_DATE" => day(execution.state.start()),
        "END_DATE" => execution.state.end().map(day).unwrap_or_default(),
        _ => String::new(),
    }
}

fn log_field(entry: &crate::store::LogEntry, field: &str) -> String {
    match field {
        "NAMESPACE" => entry.namespace.clone(),
        "FLOW_ID" => entry.flow_id.clone(),
        "EXECUTION_ID" => entry.execution_id.clone(),
        "TASK_ID" => entry.task_id.clone().unwrap_or_default(),
        "LEVEL" => entry.level.to_owned(),
        "DATE" => day(entry.timestamp),
        _ => String::new(),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT00:00:00.000Z").to_string()
}

/// Refuses a filter by a field that is none.
fn check_filters(asked: &Value, dialect: Dialect) -> Result<(), ApiError> {
    for filter in asked.get("filters").and_then(Value::as_array).into_iter().flatten() {
        let field = filter.get("field").and_then(Value::as_str).unwrap_or_default();
        let known = field_named(field, dialect).is_some() || field.chars().all(|c| !c.is_lowercase());
        if !known {
            let message = format!(
                "Failed to convert argument [globalFilter] for value [null] due to: Unsupported field '{field}'"
            );
            let path = Some("io.kestra.webserver.models.ChartFiltersOverrides[\"filters\"]".to_owned());
            return Err(ApiError::new(422, "Invalid json mapping").with_detail(message, path));
        }
    }
    Ok(())
}
