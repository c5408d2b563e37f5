//! Dashboards with the defaults of the model filled in.

use serde_json::{Map, Value, json};

use super::filters::CONDITIONS;
use super::records::Source;
use super::rows::AGGREGATIONS;
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

/// The type of a chart or of a part of it.
pub(super) fn kind(value: &Value) -> &str {
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
    if let Some(data) = source.get("data").filter(|data| !data.is_null()) {
        check_words(data)?;
    }
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

/// Refuses fields, aggregations and conditions that are none of the server's.
fn check_words(data: &Value) -> Result<(), ApiError> {
    // Data that the testkit doesn't count is kept as it is.
    let fields = Source::of(data).map(Source::fields).unwrap_or_default();
    let check = |of: &Value, key: &str, words: &[&str], class: &str| {
        let word = of.get(key).and_then(Value::as_str);
        match word.filter(|word| !words.is_empty() && !words.contains(word)) {
            None => Ok(()),
            Some(word) => Err(not_a_word(word, words, class)),
        }
    };
    let columns = data.get("columns").unwrap_or(&Value::Null);
    // A KPI has one column, without a name.
    let named = columns.as_object().filter(|columns| columns.values().all(Value::is_object));
    for column in named.map_or_else(|| vec![columns], |columns| columns.values().collect()) {
        check(column, "field", fields, "Fields")?;
        check(column, "agg", AGGREGATIONS, "AggregationType")?;
    }
    for condition in ["where", "numerator"].iter().filter_map(|key| data.get(key)?.as_array()).flatten() {
        check(condition, "type", CONDITIONS, "FilterType")?;
        check(condition, "field", fields, "Fields")?;
    }
    Ok(())
}

fn not_a_word(word: &str, words: &[&str], class: &str) -> ApiError {
    let message = format!(
        "Cannot deserialize value of type `{class}` from String \"{word}\": not one of the values accepted for Enum class: [{}]",
        words.join(", ")
    );
    ApiError::new(422, format!("Invalid entity: {message}")).with_detail(message, Some("yaml".to_owned()))
}
