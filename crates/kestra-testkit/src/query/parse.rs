//! Reading `filters[..]` keys: `filters[field][OP]`, `filters[labels][OP][key]`, groups of 2.0.

use std::collections::BTreeMap;

use super::fields::{comparison_named, field_named, known, operations, shouted};
use super::filter::Patterns;
use super::legacy::legacy_filters;
use super::{Comparison, Filter, Filters, Node, Query, Resource};
use crate::dialect::Dialect;
use crate::http::ApiError;
use crate::query::checks::check_value;

/// How deep groups may nest.
const MAX_DEPTH: usize = 3;
/// How many members a group may have.
const MAX_WIDTH: usize = 20;

impl Query {
    /// The filters of a search or by-query action, checked against what the resource allows.
    ///
    /// The old parameters of 1.x (`namespace`, `state`, `labels`, ...) are read where no `filters[` is present; 2.0 ignores
    /// them.
    pub(crate) fn filters(&self, resource: Resource, dialect: Dialect) -> Result<Filters, ApiError> {
        let bracketed = self.pairs.iter().any(|(key, _)| key.starts_with("filters["));
        if !bracketed && !dialect.is_v2() {
            let filters = legacy_filters(self, resource, dialect)?;
            check(&filters, resource, dialect)?;
            return Ok(filters);
        }
        self.bracketed_filters(resource, dialect)
    }

    /// The same of a route that never looks at the old parameters.
    pub(crate) fn bracketed_filters(
        &self,
        resource: Resource,
        dialect: Dialect,
    ) -> Result<Filters, ApiError> {
        let mut level = Level::default();
        for (key, value) in &self.pairs {
            let Some(segments) = segments(key) else { continue };
            level.add(&segments, value, dialect, 1)?;
        }
        let mut filters = Filters { nodes: level.into_nodes(), ..Filters::default() };
        filters.labels_read_as_any = resource == Resource::Flow && !dialect.is_v2();
        filters.patterns = match dialect {
            Dialect::V1_0 => Patterns::Everywhere,
            Dialect::V1_3 => Patterns::Parts,
            Dialect::V2_0 => Patterns::Nowhere,
        };
        check(&filters, resource, dialect)?;
        Ok(filters)
    }
}

/// The bracketed segments of a key that begins with `filters`; a key of another shape is none, and so is one with a character that
/// the pattern for keys doesn't match.
fn segments(key: &str) -> Option<Vec<String>> {
    if key.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return None;
    }
    let inner = key.strip_prefix("filters[")?.strip_suffix(']')?;
    Some(inner.split("][").map(ToOwned::to_owned).collect())
}

/// The filters of one group, while they are read.
#[derive(Default)]
struct Level {
    plain: Vec<Filter>,
    any: BTreeMap<usize, Level>,
    all: BTreeMap<usize, Level>,
}

impl Level {
    fn add(
        &mut self,
        segments: &[String],
        value: &str,
        dialect: Dialect,
        depth: usize,
    ) -> Result<(), ApiError> {
        let [first, rest @ ..] = segments else { return Ok(()) };
        let group = dialect.is_v2() && (first == "or" || first == "and");
        if group {
            return self.add_to_group(first == "or", rest, value, dialect, depth);
        }
        let [op, key @ ..] = rest else { return Ok(()) };
        let field = field_named(first, dialect).ok_or_else(|| unsupported(first, dialect))?;
        let op = comparison_named(op, dialect).ok_or_else(|| {
            ApiError::illegal_argument(format!("No enum constant io.kestra.core.models.QueryFilter.Op.{op}"))
        })?;
        // What is empty is no key; 2.0 goes on without it, and finds everything.
        if !key.is_empty() && key.iter().all(String::is_empty) {
            return match dialect.is_v2() {
                true => Ok(()),
                false => Err(ApiError::illegal_argument("Invalid filter: a key is empty")),
            };
        }
        if field == "q" && finds_all(value, dialect) {
            return Ok(());
        }
        if key.is_empty() {
            self.plain.push(Filter { field, op, value: value.to_owned(), pairs: Vec::new() });
        } else {
            self.add_pair(field, op, key.join("]["), value);
        }
        Ok(())
    }

    /// Pairs of one operation become one filter; a key that is there already keeps its first value.
    fn add_pair(&mut self, field: &'static str, op: Comparison, key: String, value: &str) {
        let same = self.plain.iter_mut().find(|f| f.field == field && f.op == op && !f.pairs.is_empty());
        match same {
            Some(filter) => {
                if filter.pairs.iter().all(|(known, _)| *known != key) {
                    filter.pairs.push((key, value.to_owned()));
                }
            }
            None => {
                let pairs = vec![(key, value.to_owned())];
                self.plain.push(Filter { field, op, value: String::new(), pairs });
            }
        }
    }

    fn add_to_group(
        &mut self,
        any: bool,
        rest: &[String],
        value: &str,
        dialect: Dialect,
        depth: usize,
    ) -> Result<(), ApiError> {
        let [index, rest @ ..] = rest else { return Ok(()) };
        let Ok(index) = index.parse::<usize>() else { return Ok(()) };
        if depth > MAX_DEPTH {
            return Err(ApiError::illegal_argument(format!(
                "Filters may be nested {MAX_DEPTH} levels deep at most"
            )));
        }
        let group = if any { &mut self.any } else { &mut self.all };
        group.entry(index).or_default().add(rest, value, dialect, depth + 1)?;
        if group.len() > MAX_WIDTH {
            return Err(ApiError::illegal_argument(format!("A group may have {MAX_WIDTH} filters at most")));
        }
        Ok(())
    }

    fn into_nodes(self) -> Vec<Node> {
        let mut nodes: Vec<Node> = self.plain.into_iter().map(Node::One).collect();
        if !self.any.is_empty() {
            nodes
                .push(Node::Any(self.any.into_values().map(|level| Node::All(level.into_nodes())).collect()));
        }
        if !self.all.is_empty() {
            nodes
                .push(Node::All(self.all.into_values().map(|level| Node::All(level.into_nodes())).collect()));
        }
        nodes
    }
}

/// Whether a full text search is none, and finds everything: by `*`, and before 2.0 by nothing.
pub(super) fn finds_all(text: &str, dialect: Dialect) -> bool {
    text == "*" || (text.is_empty() && !dialect.is_v2())
}

fn unsupported(name: &str, dialect: Dialect) -> ApiError {
    let known = known(dialect).join(", ");
    ApiError::illegal_argument(format!("Unsupported field '{name}'. Expected one of: [{known}]"))
}

/// Fields and operations that the resource lacks are 400, all in one message; then each value is read.
fn check(filters: &Filters, resource: Resource, dialect: Dialect) -> Result<(), ApiError> {
    let fields = resource.fields(dialect);
    let mut faults = Vec::new();
    for filter in filters.each() {
        let name = shouted(filter.field, dialect);
        // Dates of triggers are for the parameter that says which date is meant.
        let dated = resource == Resource::Trigger && matches!(filter.field, "startDate" | "endDate");
        if !fields.contains(&filter.field) && !dated {
            let supported: Vec<String> =
                fields.iter().filter(|f| **f != "timeRange").map(|f| shouted(f, dialect)).collect();
            faults.push(format!(
                "Field {name} is not supported for resource {}. Supported fields are {}",
                resource.name(),
                supported.join(", ")
            ));
        } else if !operations(filter.field, dialect).contains(&filter.op) {
            let supported: Vec<&str> = operations(filter.field, dialect).iter().map(|op| op.name()).collect();
            faults.push(format!(
                "Operation {} is not supported for field {name}. Supported operations are {}",
                filter.op.name(),
                supported.join(", ")
            ));
        }
    }
    if !faults.is_empty() {
        let detail = faults.join(", ");
        return Err(ApiError::new(
            400,
            if dialect < Dialect::V1_3 {
                format!("{detail}: Provided query filters are invalid")
            } else {
                format!("Invalid query filters: Provided query filters are invalid: {detail}")
            },
        ));
    }
    filters.each().into_iter().try_for_each(|filter| check_labels(filter, resource, dialect))?;
    filters.each().into_iter().try_for_each(check_value)?;
    let dated = filters.has("startDate") || filters.has("endDate");
    if dated && filters.has("timeRange") {
        return Err(ApiError::illegal_argument(
            "Parameters 'startDate'/'endDate' and 'timeRange' are mutually exclusive",
        ));
    }
    Ok(())
}

/// Comparisons of labels that the list of operations has and the search itself lacks.
fn check_labels(filter: &Filter, resource: Resource, dialect: Dialect) -> Result<(), ApiError> {
    if filter.field != "labels" {
        return Ok(());
    }
    let op = filter.op.name();
    let keyed = !filter.pairs.is_empty();
    if dialect.is_v2() {
        let of_any = matches!(
            filter.op,
            Comparison::CONTAINS | Comparison::NOT_CONTAINS | Comparison::IS_NULL | Comparison::IS_NOT_NULL
        );
        return if keyed || of_any {
            Ok(())
        } else {
            Err(ApiError::new(
                400,
                format!(
                    "Invalid query filters: Provided query filters are invalid: Operation {op} on the labels field \
                     requires a key"
                ),
            ))
        };
    }
    let lacks = match resource {
        Resource::Flow => matches!(filter.op, Comparison::IN | Comparison::NOT_IN | Comparison::CONTAINS),
        _ => filter.op == Comparison::CONTAINS,
    };
    if keyed && lacks { Err(ApiError::internal(format!("Unsupported operation: {op}"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::http::ApiError;
    use crate::query::{Comparison, Node, Query, Resource};

    fn status(error: &ApiError) -> u16 {
        match error {
            ApiError::Usual(error) => error.status,
            ApiError::Reply(reply) => reply.status.as_u16(),
        }
    }

    fn refused(query: &str, resource: Resource, dialect: Dialect) -> Option<u16> {
        Query::parse(query).filters(resource, dialect).err().map(|error| status(&error))
    }

    #[test]
    fn labels_of_one_operation_are_one_filter_and_the_first_wins() {
        let query = Query::parse(
            "filters[labels][EQUALS][a.b]=1&filters[labels][EQUALS][c]=2&filters[labels][EQUALS][a.b]=3",
        );
        let filters = query.filters(Resource::Execution, Dialect::V2_0).expect("filters");
        let all = filters.each();
        assert_eq!(all.len(), 1);
        let expected = [("a.b".to_owned(), "1".to_owned()), ("c".to_owned(), "2".to_owned())];
        assert_eq!((all[0].op, all[0].pairs.as_slice()), (Comparison::EQUALS, expected.as_slice()));
    }

    #[test]
    fn groups_nest_three_deep_on_2_0_and_are_fields_before() {
        let deep = "filters[or][0][and][0][or][0][state][EQUALS]=FAILED";
        let filters = Query::parse(deep).filters(Resource::Execution, Dialect::V2_0).expect("filters");
        assert!(matches!(filters.nodes.as_slice(), [Node::Any(_)]));
        let deeper = "filters[or][0][and][0][or][0][and][0][state][EQUALS]=FAILED";
        assert_eq!(refused(deeper, Resource::Execution, Dialect::V2_0), Some(422));
        assert_eq!(refused(deep, Resource::Execution, Dialect::V1_3), Some(422));
    }

    #[test]
    fn what_a_version_lacks_is_refused() {
        let cases = [
            ("filters[kind][EQUALS]=TEST", Resource::Execution, Dialect::V1_0, Some(422)),
            ("filters[kind][EQUALS]=TEST", Resource::Execution, Dialect::V1_3, None),
            ("filters[flowId][EQUALS]=a", Resource::Flow, Dialect::V1_0, Some(400)),
            ("filters[flowId][IN]=a,b", Resource::Execution, Dialect::V1_0, Some(400)),
            ("filters[level][EQUALS]=WARN", Resource::Log, Dialect::V1_3, None),
            ("filters[level][EQUALS]=WARN", Resource::Log, Dialect::V2_0, Some(400)),
            ("filters[labels][IN][team]=a", Resource::Flow, Dialect::V1_3, Some(500)),
            ("filters[labels][IN][team]=a", Resource::Execution, Dialect::V1_3, None),
            ("filters[labels][CONTAINS][team]=a", Resource::Execution, Dialect::V1_3, Some(500)),
            ("filters[labels][IS_NULL][team]=true", Resource::Execution, Dialect::V1_3, Some(422)),
            ("filters[labels][IS_NULL][team]=true", Resource::Execution, Dialect::V2_0, None),
            ("filters[labels][CONTAINS]=a", Resource::Flow, Dialect::V2_0, None),
            ("filters[labels][EQUALS]=a", Resource::Flow, Dialect::V2_0, Some(400)),
            ("filters[level][IN]=WARN,ERROR", Resource::Log, Dialect::V2_0, None),
            ("filters[scope][IN]=USER,SYSTEM", Resource::Flow, Dialect::V2_0, None),
            ("filters[scope][IN]=USER,SYSTEM", Resource::Flow, Dialect::V1_3, Some(400)),
            ("filters[timeRange][NOT_EQUALS]=PT1H", Resource::Execution, Dialect::V2_0, None),
            ("filters[timeRange][IN]=PT1H", Resource::Execution, Dialect::V2_0, Some(422)),
            ("filters[state][EQUALS]=failed", Resource::Execution, Dialect::V2_0, Some(422)),
            ("filters[startDate][GREATER_THAN]=yesterday", Resource::Execution, Dialect::V2_0, Some(500)),
            ("filters[timeRange][EQUALS]=an hour", Resource::Execution, Dialect::V2_0, Some(422)),
        ];
        for (query, resource, dialect, expected) in cases {
            assert_eq!(refused(query, resource, dialect), expected, "{query} on {dialect:?}");
        }
    }

    #[test]
    fn what_a_version_skips_finds_everything() {
        let read = |query: &str, dialect| {
            Query::parse(query).filters(Resource::Execution, dialect).map(|filters| filters.each().len()).ok()
        };
        for (query, v1_3, v2_0) in [
            ("filters[labels][EQUALS][]=x", None, Some(0)),
            ("filters[labels][EQUALS][te%0Aam]=x", Some(0), Some(0)),
            ("filters[labels][EQUALS][te%00am]=x", Some(0), Some(0)),
            ("filters[namespace]=x", Some(0), Some(0)),
            ("Filters[namespace][EQUALS]=x", Some(0), Some(0)),
            ("filters[namespace][EQUALS]x=x", Some(0), Some(0)),
            ("filters[q][EQUALS]=", Some(0), Some(1)),
            ("filters[q][EQUALS]=*", Some(0), Some(0)),
        ] {
            assert_eq!(read(query, Dialect::V1_0), v1_3, "{query}");
            assert_eq!(read(query, Dialect::V1_3), v1_3, "{query}");
            assert_eq!(read(query, Dialect::V2_0), v2_0, "{query}");
        }
    }

    #[test]
    fn old_parameters_are_read_only_by_1_x_and_only_without_filters() {
        let old = "namespace=a&state=FAILED&state=KILLED";
        let read = |query: &str, dialect| {
            Query::parse(query).filters(Resource::Execution, dialect).expect("filters").each().len()
        };
        assert_eq!(read(old, Dialect::V1_3), 2);
        assert_eq!(read(old, Dialect::V2_0), 0);
        assert_eq!(read(&format!("{old}&filters[flowId][EQUALS]=x"), Dialect::V1_3), 1);
    }
}
