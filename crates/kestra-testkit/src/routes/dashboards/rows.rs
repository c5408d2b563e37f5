//! The rows of a chart: records grouped by columns, with aggregations, in order; and the number of a KPI.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value, json};

use super::filters::{Window, admits, holds};
use super::records::{Record, Source};
use crate::engine::flow::plain_text;
use crate::engine::time;
use crate::http::{ApiError, Context};

/// The functions that make one value of many.
pub(super) const AGGREGATIONS: &[&str] = &["AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM"];

/// The rows of a chart.
pub(super) fn of(
    cx: &Context,
    chart: &Value,
    filters: &[Value],
    window: Window,
) -> Result<Vec<Value>, ApiError> {
    let data = chart.get("data").unwrap_or(&Value::Null);
    let source = Source::of(data)?;
    let conditions = list(data, "where");
    let mut records = source.records(cx);
    records.retain(|record| window.contains(record) && admits(conditions, filters, record));
    if chart.get("type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with(".KPI")) {
        return Ok(vec![json!({"value": kpi(chart, data, &records)})]);
    }
    let empty = Map::new();
    let columns = data.get("columns").and_then(Value::as_object).unwrap_or(&empty);
    let mut rows = grouped(columns, &records);
    sort(&mut rows, list(data, "orderBy"));
    Ok(rows)
}

fn list<'a>(data: &'a Value, key: &str) -> &'a [Value] {
    data.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The aggregation of a column; none for a column that groups.
fn aggregation(column: &Value) -> Option<&str> {
    column.get("agg").and_then(Value::as_str)
}

fn grouped(columns: &Map<String, Value>, records: &[Record]) -> Vec<Value> {
    let keys: Vec<(&String, &Value)> =
        columns.iter().filter(|(_, column)| aggregation(column).is_none()).collect();
    let mut groups: BTreeMap<Vec<String>, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let key = keys.iter().map(|(_, column)| plain_text(&shown(column, record))).collect();
        groups.entry(key).or_default().push(record);
    }
    if keys.is_empty() && !columns.is_empty() {
        // Without a column to group by there is one row, also for no records.
        groups.entry(Vec::new()).or_default();
    }
    let row = |group: Vec<&Record>| {
        let mut row = Map::new();
        for (name, column) in columns {
            if let Some(function) = aggregation(column) {
                row.insert(name.clone(), aggregate(function, column, &group));
            }
        }
        for (name, column) in &keys {
            let value = group.first().map(|record| shown(column, record)).unwrap_or_default();
            row.insert((*name).clone(), value);
        }
        Value::Object(row)
    };
    groups.into_values().map(row).collect()
}

/// The value of a column; dates by the day.
fn shown(column: &Value, record: &Record) -> Value {
    let field = column.get("field").and_then(Value::as_str).unwrap_or_default();
    let value = record.field(field, column.get("labelKey").and_then(Value::as_str));
    match value.as_str().filter(|_| field.ends_with("DATE")).and_then(time::parse_instant) {
        Some(at) => json!(at.strftime("%Y-%m-%dT00:00:00.000Z").to_string()),
        None => value,
    }
}

fn aggregate(function: &str, column: &Value, group: &[&Record]) -> Value {
    let Some(field) = column.get("field").and_then(Value::as_str) else { return json!(group.len()) };
    let label = column.get("labelKey").and_then(Value::as_str);
    let values: Vec<Value> =
        group.iter().map(|record| record.field(field, label)).filter(|value| !value.is_null()).collect();
    let numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
    let sum: f64 = numbers.iter().sum();
    let number = |number: f64| Number::from_f64(number).map(Value::Number).unwrap_or_default();
    let least = |ordering: Ordering| {
        let chosen = values.iter().reduce(|a, b| if order(b, a) == ordering { b } else { a });
        chosen.cloned().unwrap_or_default()
    };
    match function {
        "COUNT" => json!(values.len()),
        "COUNT_DISTINCT" => json!(values.iter().map(plain_text).collect::<BTreeSet<String>>().len()),
        "MIN" => least(Ordering::Less),
        "MAX" => least(Ordering::Greater),
        _ if numbers.is_empty() => Value::Null,
        "AVG" => number(sum / count(numbers.len())),
        _ => number(sum),
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => plain_text(a).cmp(&plain_text(b)),
    }
}

fn count(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn sort(rows: &mut [Value], by: &[Value]) {
    rows.sort_by(|a, b| {
        by.iter().fold(Ordering::Equal, |found, one| {
            found.then_with(|| {
                let column = one.get("column").and_then(Value::as_str).unwrap_or_default();
                let order = order(&a[column], &b[column]);
                if one.get("order").and_then(Value::as_str) == Some("DESC") { order.reverse() } else { order }
            })
        })
    });
}

/// The number of a KPI: of the records that its numerator admits, or their share of all in per cent; two decimals.
fn kpi(chart: &Value, data: &Value, records: &[Record]) -> f64 {
    let column = data.get("columns").unwrap_or(&Value::Null);
    let value = |records: &[&Record]| {
        aggregate(aggregation(column).unwrap_or("COUNT"), column, records).as_f64().unwrap_or_default()
    };
    let all: Vec<&Record> = records.iter().collect();
    let numerator = list(data, "numerator");
    let counted: Vec<&Record> =
        all.iter().copied().filter(|record| numerator.iter().all(|one| holds(one, record))).collect();
    let is_share = chart.pointer("/chartOptions/numberType").and_then(Value::as_str) == Some("PERCENTAGE");
    let number = match (is_share, value(&all)) {
        (false, _) => value(&counted),
        (true, 0.0) => 0.0,
        (true, total) => value(&counted) / total * 100.0,
    };
    (number * 100.0).round() / 100.0
}
