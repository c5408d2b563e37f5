//! Filters once they are read.

use jiff::{SignedDuration, Timestamp};
use kestra_core::Comparison;

use crate::http::ApiError;

/// How far a search of executions or logs looks back without a start.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(8 * 24);

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// The wire name of the field: `flowId`, `q`, ...
    pub(crate) field: &'static str,
    pub(crate) op: Comparison,
    /// The value as sent; empty for fields that are maps.
    pub(crate) value: String,
    /// The pairs of a field that is a map (`labels`).
    pub(crate) pairs: Vec<(String, String)>,
}

impl Filter {
    /// The values of a list: the value without brackets, decoded once more, split at commas.
    pub(crate) fn list(&self) -> Vec<String> {
        let bare: String = self.value.chars().filter(|c| !matches!(c, '[' | ']')).collect();
        let spaced = bare.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
        decoded.split(',').map(|item| item.trim().to_owned()).collect()
    }
}

/// Filters joined by and / or.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    One(Filter),
    All(Vec<Node>),
    Any(Vec<Node>),
}

/// Which comparisons read `%` and `_` as patterns do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Patterns {
    /// None: 2.0.
    #[default]
    Nowhere,
    /// Those of the beginning, the end and a part: 1.3.
    Parts,
    /// Those and the prefix of namespaces: 1.0.
    Everywhere,
}

/// What a search asks for: all of these.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    pub(crate) nodes: Vec<Node>,
    /// Whether "not this label" means "any other label": so 1.x searches flows.
    pub(crate) labels_read_as_any: bool,
    /// Whether parts of texts are compared by patterns, as servers before 2.0 do; 1.0 does so for prefixes as well.
    pub(crate) patterns: Patterns,
}

impl Filters {
    /// Every single filter, also those within groups.
    pub(crate) fn each(&self) -> Vec<&Filter> {
        let mut found = Vec::new();
        for node in &self.nodes {
            collect(node, &mut found);
        }
        found
    }

    /// Whether a field is asked for anywhere.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.each().iter().any(|filter| filter.field == field)
    }

    /// Returns where a search of executions or logs begins, if it has no start of its own. An end before its start is refused.
    pub(crate) fn look_back(&self) -> Result<Option<Timestamp>, ApiError> {
        let date = |field| {
            let found = self.each().into_iter().find(|filter| filter.field == field);
            found.and_then(|filter| filter.value.parse::<Timestamp>().ok())
        };
        let has_start = self.has("startDate") || self.has("timeRange");
        let since = (!has_start).then(|| Timestamp::now() - LOOK_BACK);
        match (date("startDate").or(since), date("endDate")) {
            (Some(start), Some(end)) if start > end => {
                Err(ApiError::illegal_argument("Start date must be before End Date"))
            }
            _ => Ok(since),
        }
    }

    /// The value that all that is found has in a label, if one is asked for.
    pub(crate) fn equal_label(&self, key: &str) -> Option<&str> {
        let filters = self.nodes.iter().filter_map(|node| match node {
            Node::One(filter) if filter.field == "labels" && filter.op == Comparison::EQUALS => Some(filter),
            _ => None,
        });
        filters.flat_map(|filter| &filter.pairs).find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// Adds a filter that must hold too.
    pub(crate) fn push(&mut self, field: &'static str, op: Comparison, value: impl Into<String>) {
        self.nodes.push(Node::One(Filter { field, op, value: value.into(), pairs: Vec::new() }));
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Filter>) {
    match node {
        Node::One(filter) => found.push(filter),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, found)),
    }
}
