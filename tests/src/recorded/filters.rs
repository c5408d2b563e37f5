//! Filters of recorded queries, as values of `Filter`.

use kestra_core::Filter;
use percent_encoding::percent_decode_str;

use super::obstacle::Obstacle;

/// A level of a group: its conditions, and its groups by their place.
#[derive(Default)]
struct Level {
    filters: Vec<Filter>,
    groups: Vec<(bool, Vec<(usize, Level)>)>,
}

/// Whether a name is that of a filter.
pub(super) fn is_filter(name: &str) -> bool {
    name.starts_with("filters[")
}

/// The filters of a query.
pub(super) fn parse(query: &[(String, String)]) -> Result<Vec<Filter>, Obstacle> {
    read(query).map(flatten)
}

/// What the filters of a query ask for, in one form for all ways to group and to say it.
pub(super) fn meaning(query: &[(String, String)]) -> Option<String> {
    Some(canonical(read(query).ok()?))
}

/// Replaces parameters that are not sent by the filters that all versions read alike, and names these parameters.
pub(super) fn replaced<'a>(
    recorded: &'a [(String, String)],
    sent: &[(String, String)],
) -> (Vec<(String, String)>, Vec<&'a str>) {
    let mut query = Vec::new();
    let mut old: Vec<&str> = Vec::new();
    for (name, value) in recorded {
        let filter = match name.as_str() {
            "q" => Some(("filters[q][EQUALS]".to_owned(), value.clone())),
            "namespace" => Some(("filters[namespace][PREFIX]".to_owned(), value.clone())),
            "minLevel" => Some((format!("filters{AT_LEAST}"), value.clone())),
            "state" => Some(("filters[state][IN]".to_owned(), value.clone())),
            "labels" => {
                let label = value.split_once(':');
                label.map(|(key, value)| (format!("filters[labels][EQUALS][{key}]"), value.to_owned()))
            }
            _ => None,
        };
        match filter.filter(|_| !sent.iter().any(|(other, _)| other == name)) {
            Some(filter) => {
                old.push(name);
                query.push(filter);
            }
            None => query.push((name.clone(), value.clone())),
        }
    }
    (query, old)
}

fn read(query: &[(String, String)]) -> Result<Level, Obstacle> {
    let mut top = Level::default();
    for (name, value) in query.iter().filter(|(name, _)| is_filter(name)) {
        let malformed = || Obstacle::new("a filter that no server reads as one", name);
        let inner =
            name.strip_prefix("filters[").and_then(|rest| rest.strip_suffix(']')).ok_or_else(malformed)?;
        if value.contains(',') && ["labels][IN][", "labels][NOT_IN]["].iter().any(|list| inner.contains(list))
        {
            return Err(Obstacle::new("a list of values of a label, which servers read as one", name));
        }
        add(&mut top, inner, value).ok_or_else(malformed)?;
    }
    Ok(top)
}

/// All of a group that holds as a whole, and of a group of one, holds like what stands beside it.
fn canonical(level: Level) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut levels = vec![level];
    while let Some(level) = levels.pop() {
        // "At least this level" is `EQUALS` before 2.0.
        let text = |filter: Filter| format!("{:?}", filter.pairs()).replace("[level][EQUALS]", AT_LEAST);
        parts.extend(level.filters.into_iter().map(text));
        for (all, members) in level.groups {
            let mut members: Vec<Level> = members.into_iter().map(|(_, member)| member).collect();
            if all || members.len() == 1 {
                levels.append(&mut members);
            } else {
                let mut members: Vec<String> = members.into_iter().map(canonical).collect();
                members.sort();
                parts.push(format!("any({})", members.join(", ")));
            }
        }
    }
    parts.sort();
    parts.join(" and ")
}

const AT_LEAST: &str = "[level][GREATER_THAN_OR_EQUAL_TO]";

/// Adds `field][OPERATION`, `field][OPERATION][key` or `or][0][...`.
fn add(level: &mut Level, inner: &str, value: &str) -> Option<()> {
    let (first, rest) = inner.split_once("][")?;
    if let ("and" | "or", Some((place, rest))) = (first, rest.split_once("][")) {
        let all = first == "and";
        let place: usize = place.parse().ok()?;
        let group = match level.groups.iter().position(|(known, _)| *known == all) {
            Some(index) => index,
            None => {
                level.groups.push((all, Vec::new()));
                level.groups.len() - 1
            }
        };
        let members = &mut level.groups[group].1;
        let member = match members.iter().position(|(known, _)| *known == place) {
            Some(index) => index,
            None => {
                members.push((place, Level::default()));
                members.len() - 1
            }
        };
        return add(&mut members[member].1, rest, value);
    }
    let (operation, key) = match rest.split_once("][") {
        Some((operation, key)) => (operation, Some(key)),
        None => (rest, None),
    };
    level.filters.push(condition(first, operation, key, value)?);
    Some(())
}

fn condition(field: &str, operation: &str, key: Option<&str>, value: &str) -> Option<Filter> {
    // A label that is there or not: its key may stand for the value.
    let (key, value) = match (field, operation, key) {
        ("labels", "IS_NULL" | "IS_NOT_NULL", None) => (Some(value), ""),
        (_, _, key) => (key, value),
    };
    let named = match key {
        Some(key) if field == "labels" => Filter::label(key),
        Some(_) => return None,
        None => Filter::field(field),
    };
    // Servers decode the values of a list a second time.
    let list = || {
        value
            .split(',')
            .map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    Some(match operation {
        "EQUALS" => named.equals(value),
        "NOT_EQUALS" => named.not_equals(value),
        "GREATER_THAN" => named.greater_than(value),
        "LESS_THAN" => named.less_than(value),
        "GREATER_THAN_OR_EQUAL_TO" => named.at_least(value),
        "LESS_THAN_OR_EQUAL_TO" => named.at_most(value),
        "IN" => named.is_in(list()),
        "NOT_IN" => named.not_in(list()),
        "STARTS_WITH" => named.starts_with(value),
        "ENDS_WITH" => named.ends_with(value),
        "CONTAINS" => named.contains(value),
        "NOT_CONTAINS" => named.not_contains(value),
        "IS_NULL" => named.is_missing(),
        "IS_NOT_NULL" => named.exists(),
        "REGEX" => named.matches(value),
        "PREFIX" => named.prefix(value),
        _ => return None,
    })
}

fn flatten(level: Level) -> Vec<Filter> {
    let mut filters = level.filters;
    for (all, members) in level.groups {
        let members = members.into_iter().flat_map(|(_, member)| flatten(member));
        filters.push(if all { Filter::all(members) } else { Filter::any(members) });
    }
    filters
}
