//! What a server refuses in a dashboard beside what it can't read.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::engine::flow::plain_text;
use crate::engine::time;
use crate::http::ApiError;

const CLASS: &str = "io.kestra.core.models.dashboards.Dashboard";

/// The fields of a dashboard.
const FIELDS: &[&str] = &[
    "tenantId",
    "id",
    "title",
    "description",
    "timeWindow",
    "charts",
    "deleted",
    "created",
    "updated",
    "sourceCode",
];

/// A chart of data.
struct Chart {
    name: &'static str,
    /// The options that name columns.
    options: &'static [&'static str],
    /// How many columns may be aggregations, from and to.
    aggregations: Option<(usize, usize)>,
}

const CHARTS: &[Chart] = &[
    Chart { name: "Bar", options: &["column"], aggregations: Some((1, 1)) },
    Chart { name: "Pie", options: &["colorByColumn"], aggregations: Some((1, 1)) },
    Chart { name: "Table", options: &[], aggregations: None },
    Chart { name: "TimeSeries", options: &["column", "colorByColumn"], aggregations: Some((1, 2)) },
];

/// Refuses a dashboard whose fields or values aren't allowed.
pub(super) fn dashboard(source: &Value) -> Result<(), ApiError> {
    let fields = source.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    if let Some((field, _)) = fields.into_iter().find(|(key, _)| !FIELDS.contains(&key.as_str())) {
        let message = format!("Unrecognized field \"{field}\" (class {CLASS}), not marked as ignorable");
        return Err(ApiError::new(422, format!("Invalid entity: {message}"))
            .with_detail(message, Some(format!("{CLASS}[\"{field}\"]"))));
    }
    let mut faults: Vec<(String, String)> = Vec::new();
    if source.get("title").and_then(Value::as_str).is_some_and(|title| title.trim().is_empty()) {
        faults.push(("title".to_owned(), "must not be blank".to_owned()));
    }
    faults.extend(window(source).into_iter().map(|(path, message)| (path.to_owned(), message.to_owned())));
    for (index, one) in source.get("charts").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = |path: String| {
            if path.is_empty() { format!("charts[{index}]") } else { format!("charts[{index}].{path}") }
        };
        faults.extend(chart_faults(one).into_iter().map(|(own, message)| (path(own), message)));
    }
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid_entity(faults)) }
}

/// Refuses a chart whose values aren't allowed.
pub(super) fn chart(source: &Value) -> Result<(), ApiError> {
    let faults = chart_faults(source);
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid_entity(faults)) }
}

fn window(source: &Value) -> Vec<(&'static str, &'static str)> {
    let duration = |key: &str, default: &str| {
        let text = source.pointer(&format!("/timeWindow/{key}")).and_then(Value::as_str).unwrap_or(default);
        time::parse_duration(text).unwrap_or_default()
    };
    let (default, max) = (duration("default", "P30D"), duration("max", "P366D"));
    let year = jiff::SignedDuration::from_hours(366 * 24);
    let mut faults = Vec::new();
    for (path, value) in [("timeWindow.defaultDuration", default), ("timeWindow.max", max)] {
        if value > year {
            faults.push((path, "Time window can't be more than 1 year (366 days)."));
        }
    }
    if default > max {
        faults.push(("timeWindow", "Invalid data chart: Default duration can't exceed max duration"));
    }
    faults
}

/// Path and message of each fault of a chart; the path of the chart itself is empty.
fn chart_faults(chart: &Value) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let mut fault = |path: &str, message: String| faults.push((path.to_owned(), message));
    let is_id = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_alphanumeric())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    match chart.get("id").filter(|id| !id.is_null()).map(plain_text) {
        None => fault("id", "must not be null".to_owned()),
        Some(id) if !is_id(&id) => fault("id", "must match \"^[a-zA-Z0-9][a-zA-Z0-9_-]*\"".to_owned()),
        Some(_) => {}
    }
    let kind = chart.get("type").and_then(Value::as_str).and_then(|kind| kind.rsplit('.').next());
    if kind == Some("KPI") {
        faults.extend(kpi_faults(chart));
        return faults;
    }
    let Some(of) = CHARTS.iter().find(|of| Some(of.name) == kind) else { return faults };
    let Some(data) = chart.get("data").filter(|data| !data.is_null()) else {
        fault("data", "must not be null".to_owned());
        return faults;
    };
    let option = |key: &str| chart.pointer(&format!("/chartOptions/{key}")).and_then(Value::as_str);
    if of.options.contains(&"column") && chart.get("chartOptions").is_some() && option("column").is_none() {
        fault("chartOptions.column", "must not be null".to_owned());
    }
    let needed: Vec<&str> = of.options.iter().filter_map(|key| option(key)).collect();
    let problems = data_problems(data, &needed, of);
    if !problems.is_empty() {
        fault("", format!("Invalid data chart: {}", problems.join(", ")));
    }
    faults
}

fn kpi_faults(chart: &Value) -> Vec<(String, String)> {
    let Some(data) = chart.get("data").filter(|data| !data.is_null()) else {
        return vec![("data".to_owned(), "must not be null".to_owned())];
    };
    let part = |key: &str| data.pointer(&format!("/columns/{key}")).filter(|value| !value.is_null());
    let mut problems = Vec::new();
    if part("agg").is_none() {
        problems.push("Agg on column is required.");
    }
    if part("field").and_then(Value::as_str) == Some("LABELS") {
        problems.push("LABELS column is only supported with an ElasticSearch database.");
    }
    if problems.is_empty() {
        return Vec::new();
    }
    vec![(String::new(), format!("Invalid data chart: {}", problems.join(", ")))]
}

fn data_problems(data: &Value, needed: &[&str], of: &Chart) -> Vec<String> {
    let mut problems = Vec::new();
    let empty = serde_json::Map::new();
    let columns = data.get("columns").and_then(Value::as_object).unwrap_or(&empty);
    for column in needed.iter().filter(|column| !columns.contains_key(**column)) {
        problems.push(format!(
            "Column '{column}' is requested by the chart but not present in `data.columns` keys."
        ));
    }
    let order = data.get("orderBy").and_then(Value::as_array).into_iter().flatten();
    for column in order.filter_map(|by| by.get("column").and_then(Value::as_str)) {
        if !columns.contains_key(column) {
            problems.push(format!(
                "Column '{column}' is used in `orderBy` but not present in `data.columns` keys."
            ));
        }
    }
    let part = |column: &Value, key: &str| column.get(key).filter(|value| !value.is_null()).map(plain_text);
    for (key, column) in columns {
        if part(column, "field").is_none() && part(column, "agg").as_deref() != Some("COUNT") {
            problems.push(format!("Column '{key}' doesn't have a field to select from."));
        }
    }
    let count = columns.values().filter(|column| part(column, "agg").is_some()).count();
    let class = format!("io.kestra.plugin.core.dashboard.chart.{}", of.name);
    if let Some((least, most)) = of.aggregations {
        if count < least {
            problems.push(format!("At least {least} aggregation is needed for {class}."));
        }
        if count > most {
            problems.push(format!("At most {least} aggregation can be provided for {class}."));
        }
    }
    let used: BTreeSet<_> =
        columns.values().map(|column| ["agg", "field", "labelKey"].map(|key| part(column, key))).collect();
    if used.len() != columns.len() {
        problems.push("Fields can only appear once in `data.columns`.".to_owned());
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{chart, dashboard};

    #[test]
    fn a_kpi_has_an_aggregation_that_is_not_of_labels() {
        let good = "id: k\ntype: io.kestra.plugin.core.dashboard.chart.KPI\n\
                    data: {type: io.kestra.plugin.core.dashboard.data.ExecutionsKPI, columns: {field: ID, agg: COUNT}}\n";
        let is_taken = |source: &str| crate::yaml::read(source).is_ok_and(|value| chart(&value).is_ok());
        assert!(is_taken(good));
        for (from, to) in [(", agg: COUNT", ""), ("field: ID", "field: LABELS"), ("data:", "nothing:")] {
            assert!(!is_taken(&good.replace(from, to)), "{to}");
        }
    }

    #[test]
    fn broken_dashboards_are_refused() {
        let good = "title: t\ncharts:\n  - id: a\n    type: io.kestra.plugin.core.dashboard.chart.TimeSeries\n    \
                    chartOptions: {column: date}\n    data:\n      columns: {date: {field: START_DATE}, total: {agg: COUNT}}\n";
        let is_taken = |source: &str| crate::yaml::read(source).is_ok_and(|value| dashboard(&value).is_ok());
        assert!(is_taken(good));
        for (from, to) in [
            ("title: t", "title: t\nnope: 1"),
            ("title: t", "title: ''"),
            ("title: t", "title: t\ntimeWindow: {default: P40D, max: P30D}"),
            ("title: t", "title: t\ntimeWindow: {max: P400D}"),
            ("id: a", "id: '-a'"),
            ("column: date", "column: day"),
            ("total: {agg: COUNT}", "total: {}"),
            ("total: {agg: COUNT}", "total: {agg: COUNT}, again: {agg: COUNT}"),
            ("      columns:", "      orderBy: [{column: nope, order: ASC}]\n      columns:"),
        ] {
            assert!(!is_taken(&good.replace(from, to)), "{to}");
        }
    }
}
