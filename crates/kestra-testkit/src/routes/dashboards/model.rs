//! Dashboards with the defaults of the model filled in.

use serde_json::{Map, Value, json};

use crate::engine::time;
use crate::http::ApiError;

/// The charts of the core, and what their options have beside width and name.
const CHARTS: &[(&str, &[&str])] = &[
    ("Bar", &["tooltip", "legend"]),
    ("KPI", &[]),
    ("Markdown", &[]),
    ("Pie", &["legend"]),
    ("Table", &["header", "pagination"]),
    ("TimeSeries", &["tooltip", "legend"]),
];

const CHART: &str = "io.kestra.plugin.core.dashboard.chart.";

/// Whether a chart shows a text and no data.
pub(super) fn is_text(chart: &Value) -> bool {
    kind(chart).ends_with(".Markdown")
}

fn kind(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// A dashboard of a source.
pub(super) fn dashboard(source: &Value) -> Result<Value, ApiError> {
    let mut out = json!({"tenantId": "main"});
    for key in ["id", "title", "description"] {
        if let Some(value) = source.get(key) {
            out[key] = value.clone();
        }
    }
    let window = source.get("timeWindow");
    let duration = |key: &str, default: &str| {
        let text = window.and_then(|window| window.get(key)).and_then(Value::as_str).unwrap_or(default);
        time::parse_duration(text).map_or_else(|| text.to_owned(), time::write_duration)
    };
    out["timeWindow"] = json!({"max": duration("max", "P366D"), "default": duration("default", "P30D")});
    let charts = source.get("charts").and_then(Value::as_array).cloned().unwrap_or_default();
    out["charts"] = charts.iter().map(chart).collect::<Result<Value, ApiError>>()?;
    if out.get("title").is_none() {
        return Err(ApiError::invalid_entity([("title", "must not be null")]));
    }
    Ok(out)
}

/// One chart.
pub(super) fn chart(source: &Value) -> Result<Value, ApiError> {
    let kind = kind(source);
    let known = CHARTS.iter().find(|(name, _)| kind.strip_prefix(CHART) == Some(*name));
    let Some((name, options)) = known else {
        let message = format!("Invalid type: {kind}");
        let path = Some("io.kestra.core.models.dashboards.Dashboard[\"charts\"]".to_owned());
        return Err(ApiError::new(422, format!("Invalid entity: {message}"))
            .with_detail(format!("Could not resolve type id '{kind}'"), path.clone())
            .with_detail(message, path));
    };
    let mut out = source.clone();
    let mut with = source.get("chartOptions").and_then(Value::as_object).cloned().unwrap_or_default();
    with.entry("width").or_insert(json!(6));
    for option in *options {
        let default = if *option == "tooltip" { json!("ALL") } else { json!({"enabled": true}) };
        with.entry(*option).or_insert(default);
    }
    out["chartOptions"] = Value::Object(with);
    if *name == "Table" {
        let columns = out.pointer_mut("/data/columns").and_then(Value::as_object_mut);
        for column in columns.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            column.entry("columnAlignment").or_insert(json!("LEFT"));
        }
    }
    Ok(out)
}
