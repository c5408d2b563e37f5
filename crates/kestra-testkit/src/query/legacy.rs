//! The search parameters of 1.x: `namespace`, `flowId`, `state`, `labels`, ...

use super::checks::parameter;
use super::parse::finds_all;
use super::values::not_convertible;
use super::{Comparison, Filter, Filters, Node, Query, Resource};
use crate::dialect::Dialect;
use crate::http::ApiError;

/// The filters that the old parameters mean.
pub(crate) fn legacy_filters(
    query: &Query,
    resource: Resource,
    dialect: Dialect,
) -> Result<Filters, ApiError> {
    let mut filters = Filters::default();
    if matches!(resource, Resource::Kv | Resource::Secret | Resource::Namespace) {
        return Ok(filters);
    }
    if let Some(q) = query.first("q").filter(|q| !finds_all(q, dialect)) {
        filters.push("q", Comparison::EQUALS, q);
    }
    if let Some(namespace) = query.first("namespace") {
        filters.push("namespace", Comparison::PREFIX, namespace);
    }
    let scopes: Vec<&str> = query.all("scope");
    if !scopes.is_empty() {
        filters.push("scope", Comparison::EQUALS, scopes.join(","));
    }
    labels(query, &mut filters)?;
    if resource == Resource::Flow {
        return Ok(filters);
    }
    let mut texts = vec![("flowId", Comparison::EQUALS)];
    match resource {
        Resource::Execution => {
            texts.extend([("triggerExecutionId", Comparison::EQUALS), ("childFilter", Comparison::EQUALS)]);
            let states: Vec<&str> =
                query.all("state").into_iter().filter(|state| !state.is_empty()).collect();
            if !states.is_empty() {
                filters.push("state", Comparison::IN, states.join(","));
            }
        }
        _ => {
            texts.push(("triggerId", Comparison::EQUALS));
            if let Some(level) = query.first("minLevel") {
                filters.push("level", Comparison::EQUALS, level);
            }
        }
    }
    texts.push(("timeRange", Comparison::EQUALS));
    for (name, op) in texts {
        if let Some(value) = query.first(name) {
            filters.push(name, op, value);
        }
    }
    for (name, op) in [("startDate", Comparison::AT_LEAST), ("endDate", Comparison::AT_MOST)] {
        if let Some(value) = query.first(name) {
            let cause = format!("Text '{value}' could not be parsed at index 0");
            let at = parameter(value).ok_or_else(|| not_convertible(name, value, &cause))?;
            filters.push(name, op, at.to_string());
        }
    }
    Ok(filters)
}

fn labels(query: &Query, filters: &mut Filters) -> Result<(), ApiError> {
    let labels = query.labels("labels")?;
    if !labels.is_empty() {
        filters.nodes.push(Node::One(Filter {
            field: "labels",
            op: Comparison::EQUALS,
            value: String::new(),
            pairs: labels,
        }));
    }
    Ok(())
}

impl Query {
    /// Labels given as `key:value`, split at the first colon; 422 for one without, with an empty side, or given twice.
    pub(crate) fn labels(&self, name: &str) -> Result<Vec<(String, String)>, ApiError> {
        let mut labels: Vec<(String, String)> = Vec::new();
        for label in self.all(name) {
            if label.is_empty() {
                continue;
            }
            let (key, value) = label.split_once(':').unwrap_or_default();
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() || value.is_empty() {
                return Err(ApiError::unprocessable("Can't split the queryString parameter by ':'"));
            }
            if let Some((_, known)) = labels.iter().find(|(known, _)| known == key) {
                return Err(ApiError::unprocessable(format!(
                    "The queryString parameter keys contains duplicities: Duplicate key {key} (attempted merging values {known} and {value})"
                )));
            }
            labels.push((key.to_owned(), value.to_owned()));
        }
        Ok(labels)
    }
}
