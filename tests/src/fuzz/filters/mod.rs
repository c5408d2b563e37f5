//! Filters of searches and of actions by query.

mod meant;

use http::Request;
use kestra_core::{Body, Error, Target};
use kestra_operations::{DeleteExecutionsByQuery, DeleteFlowsByQuery, SearchExecutions};

pub use meant::Meant;

use super::read_back::{self, Group};
use super::{fields, text};

/// Filters are refused, or arrive on every version as what they mean, and have no name that a server skips; what narrows an action
/// is read alike by all versions, and finds by no text everything.
///
/// Fields: bytes that say how filters are compared and grouped; keys and values.
pub fn filters(data: &[u8]) {
    let mut fields = fields(data);
    let shape = fields.next().unwrap_or_default();
    let mut texts = fields.map(text);
    let mut shape = shape.iter().copied().peekable();
    let mut meant = Vec::new();
    while shape.peek().is_some() && meant.len() < 4 {
        meant.push(Meant::of(&mut shape, &mut texts, 0));
    }
    let filters = || meant.iter().map(Meant::filter);

    for version in ["1.0.3", "1.3.25", "2.0.0"] {
        let target = Target::new("http://localhost:8080").version(version);
        arrive(SearchExecutions::new().filters(filters()).into_request_for(&target), &meant, version);
    }
    for action in [
        DeleteExecutionsByQuery::new().filters(filters()).into_request(),
        DeleteFlowsByQuery::new().filters(filters()).into_request(),
    ] {
        if arrive(action, &meant, "any version") {
            assert!(!meant.is_empty(), "it is on everything");
            meant.iter().for_each(narrows);
        }
    }
}

/// Whether it isn't refused; the filters of the request are those that are meant.
fn arrive(request: Result<Request<Body>, Error>, meant: &[Meant], version: &str) -> bool {
    let Ok(request) = request else { return false };
    let uri = request.uri();
    let pairs: Vec<_> = read_back::query(uri)
        .into_iter()
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("filter"))
        .collect();
    for (name, _) in &pairs {
        let inner = name.strip_prefix("filters[").and_then(|name| name.strip_suffix(']')).unwrap_or_default();
        let has_line_end =
            name.contains(|end: char| end.is_control() || matches!(end, '\u{2028}' | '\u{2029}'));
        assert!(!has_line_end && inner.split("][").count() > 1, "{version} skips {name:?}");
        assert!(inner.split("][").any(|part| !part.trim().is_empty()), "{version} skips {name:?}");
        let is_group = ["or][", "and]["].iter().any(|group| inner.starts_with(group));
        // An action may have them, as a version without groups refuses them.
        assert!(!version.starts_with("1.") || !is_group, "{version} has no groups: {name}");
    }
    let read = Group::read(&pairs);
    for seed in 0..8 {
        let holds = |condition: &str| read_back::chance(condition, seed);
        assert_eq!(
            read.holds(&holds),
            meant.iter().all(|filter| filter.holds(&holds)),
            "{uri} for {version} means {meant:?}"
        );
    }
    true
}

/// Whether no version finds everything by it.
fn narrows(meant: &Meant) {
    match meant {
        Meant::Group { members, .. } => members.iter().for_each(narrows),
        Meant::Condition { field, key, operation, values } => {
            // Some versions read a part of a text as a pattern of SQL.
            let is_part = matches!(*operation, "CONTAINS" | "PREFIX" | "STARTS_WITH");
            assert!(!is_part || !values.iter().any(|value| value.contains(['%', '_', '\\'])), "{values:?}");
            assert!(
                key.as_ref()
                    .is_none_or(|key| !key.contains(['[', ']']) && key.trim() == key && !key.is_empty())
            );
            assert!(!values.is_empty() && values.iter().all(|value| !value.trim().is_empty()), "{values:?}");
            let has_word = |value: &String| value.contains(char::is_alphanumeric);
            assert!(*field != "q" || values.iter().all(has_word), "{values:?}");
        }
    }
}
