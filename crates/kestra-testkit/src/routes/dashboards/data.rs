//! Routes of the data of charts: pages of rows, and CSV.

use serde_json::{Value, json};

use super::filters::{Window, of_request};
use super::{find, model, rows};
use crate::dialect::Dialect;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::query::{field_named, page_of};
use crate::yaml;

/// A chart with the body of the request about it.
struct Asked {
    chart: Value,
    filters: Value,
    window: Window,
}

/// The chart of the path.
fn stored(cx: &Context) -> Result<Asked, ApiError> {
    let filters: Value = cx.json("globalFilter")?;
    check_filters(&filters, cx.dialect())?;
    let dashboard = find(cx)?;
    let window = Window::of(of_request(&filters))?.within(&dashboard)?;
    let charts = dashboard.get("charts").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = charts.into_iter().find(|chart| chart["id"] == json!(cx.param("chartId")));
    Ok(Asked { chart: own.ok_or_else(ApiError::not_found)?, filters, window })
}

/// The chart of the body, which is stored nowhere.
fn unstored(cx: &Context, operation: &str) -> Result<Asked, ApiError> {
    let asked: Value = cx.json("previewRequest")?;
    let source = asked.get("chart").and_then(Value::as_str).unwrap_or_default();
    if source.trim().is_empty() {
        return Err(ApiError::invalid_entity([(
            format!("{operation}.previewRequest.chart"),
            "must not be blank",
        )]));
    }
    let filters = asked.get("globalFilter").cloned().unwrap_or_default();
    check_filters(&filters, cx.dialect())?;
    let window = Window::of(of_request(&filters))?;
    let chart = model::chart(&yaml::read(source).unwrap_or_default())?;
    Ok(Asked { chart, filters, window })
}

/// The rows of a chart.
pub(super) fn of_chart(cx: &Context) -> Answer {
    page(cx, &stored(cx)?)
}

/// The rows of a chart that is stored nowhere.
pub(super) fn preview(cx: &Context) -> Answer {
    page(cx, &unstored(cx, "previewChart")?)
}

fn page(cx: &Context, asked: &Asked) -> Answer {
    let rows = all_rows(cx, asked)?;
    let number =
        |key: &str| asked.filters.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    // One of the two alone asks for no page.
    let page = match (number("pageNumber"), number("pageSize")) {
        (Some(number), Some(size)) => page_of(number, size),
        _ => page_of(1, usize::MAX),
    };
    Reply::json(&page.of(rows))
}

/// The rows of a table as CSV.
pub(super) fn csv(cx: &Context) -> Answer {
    let name = format!("{}_{}", cx.param("id"), cx.param("chartId"));
    as_csv(cx, &stored(cx)?, &name)
}

/// The rows of a table that is stored nowhere as CSV.
pub(super) fn preview_csv(cx: &Context) -> Answer {
    let asked = unstored(cx, "exportChartToCsv")?;
    let id = asked.chart.get("id").and_then(Value::as_str).unwrap_or_default();
    let name = format!("default-dashboard_{id}");
    as_csv(cx, &asked, &name)
}

fn as_csv(cx: &Context, asked: &Asked, name: &str) -> Answer {
    if model::kind(&asked.chart).rsplit('.').next() != Some("Table") {
        return Err(ApiError::illegal_argument("Only Table data charts can be exported."));
    }
    let mut text = String::new();
    for row in all_rows(cx, asked)?.iter().filter_map(Value::as_object) {
        if text.is_empty() {
            text = row.keys().cloned().collect::<Vec<String>>().join(",") + "\r\n";
        }
        let cells: Vec<String> = row.values().map(cell).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    let disposition = format!("attachment; filename=\"{name}_export.csv\"");
    Ok(Reply::bytes("application/octet-stream", text)
        .with_header(http::header::CONTENT_DISPOSITION, &disposition))
}

/// A value as a column of CSV.
fn cell(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn all_rows(cx: &Context, asked: &Asked) -> Result<Vec<Value>, ApiError> {
    if model::is_text(&asked.chart) {
        return description(cx, &asked.chart);
    }
    rows::of(cx, &asked.chart, of_request(&asked.filters), asked.window)
}

/// The description of the flow that a text shows.
fn description(cx: &Context, chart: &Value) -> Result<Vec<Value>, ApiError> {
    let source = chart.get("source").unwrap_or(&Value::Null);
    if !model::kind(source).ends_with("FlowDescription") {
        return Err(ApiError::illegal_argument("Only data charts can be generated."));
    }
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
    let flow = cx.app.stored_flow(text("namespace"), text("flowId"), None);
    let flow = flow.ok_or_else(|| ApiError::illegal_argument("Flow not found"))?;
    let description = flow.definition.raw.get("description").and_then(Value::as_str).unwrap_or_default();
    Ok(vec![json!({"description": description})])
}

/// Refuses a filter by a field that is none.
fn check_filters(asked: &Value, dialect: Dialect) -> Result<(), ApiError> {
    for filter in of_request(asked) {
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
