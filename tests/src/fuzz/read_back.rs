//! Path, query and filters, read as Kestra reads them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use percent_encoding::percent_decode_str;

/// Segments of a path, decoded; a path has no other blanks than encoded ones.
pub fn segments(path: &str) -> Vec<String> {
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8().unwrap().into_owned()).collect()
}

/// Names and values of a query, decoded.
pub fn query(uri: &http::Uri) -> Vec<(String, String)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// In a query, a plus is a blank.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned()
}

/// A condition as text, the same for what is meant and what is read.
pub fn condition(field: &str, operation: &str, key: Option<&str>, values: &[String]) -> String {
    format!("{field} {operation} {key:?} {values:?}")
}

/// Whether a condition holds, by chance, the same for the same condition and seed.
pub fn chance(condition: &str, seed: u64) -> bool {
    let mut hasher = DefaultHasher::new();
    (condition, seed).hash(&mut hasher);
    hasher.finish().is_multiple_of(2)
}

/// A group of conditions and groups: all of them hold, of the alternatives one.
#[derive(Debug, Default)]
pub struct Group {
    conditions: Vec<String>,
    /// Labels that were compared, with the operation: a second comparison is dropped.
    labels: Vec<String>,
    all: BTreeMap<usize, Group>,
    any: BTreeMap<usize, Group>,
}

impl Group {
    /// The filters of a query.
    pub fn read(query: &[(String, String)]) -> Self {
        let mut group = Self::default();
        for (name, value) in query {
            let inner = name.strip_prefix("filters[").and_then(|name| name.strip_suffix(']'));
            group.add(inner.unwrap(), value);
        }
        group
    }

    fn add(&mut self, name: &str, value: &str) {
        let (first, rest) = name.split_once("][").unwrap();
        let groups = match first {
            "and" => &mut self.all,
            "or" => &mut self.any,
            field => return self.add_condition(field, rest, value),
        };
        let (place, rest) = rest.split_once("][").unwrap();
        groups.entry(place.parse().unwrap()).or_default().add(rest, value);
    }

    fn add_condition(&mut self, field: &str, rest: &str, value: &str) {
        let (operation, key) = match rest.split_once("][") {
            Some((operation, key)) => (operation, Some(key)),
            None => (rest, None),
        };
        if let Some(key) = key {
            let label = format!("{operation} {key}");
            if self.labels.contains(&label) {
                return;
            }
            self.labels.push(label);
        }
        let values: Vec<String> = match operation {
            // The brackets of a list go, and what is left is decoded once more.
            "IN" | "NOT_IN" => value.replace(['[', ']'], "").split(',').map(decoded).collect(),
            _ => vec![value.to_owned()],
        };
        self.conditions.push(condition(field, operation, key, &values));
    }

    /// Whether it holds where exactly those conditions hold that `holds` says.
    pub fn holds(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        self.conditions.iter().all(|condition| holds(condition))
            && self.all.values().all(|group| group.holds(holds))
            && (self.any.is_empty() || self.any.values().any(|group| group.holds(holds)))
    }
}
