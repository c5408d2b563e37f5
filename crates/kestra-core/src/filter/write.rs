//! The brackets of filters and groups.

use super::{Condition, Filter, Kind};
use crate::operation::{Comparison, FilterField, FilterResource};

/// The most that groups may be nested.
pub(super) const MAX_DEPTH: usize = 3;
/// The most filters that a group may have.
pub(super) const MAX_WIDTH: usize = 20;

const ROOT: &str = "filters";

/// Gives each condition with the path of the group that it is in.
pub(super) fn all<'a>(filters: impl IntoIterator<Item = &'a Filter>, each: &mut dyn FnMut(&Condition, &str)) {
    level(&flat(filters), ROOT, each);
}

/// Returns each condition, and whether it is in a group.
pub(super) fn conditions(filters: &[Filter]) -> Vec<(&Condition, bool)> {
    fn collect<'a>(filter: &'a Filter, grouped: bool, found: &mut Vec<(&'a Condition, bool)>) {
        match &filter.0 {
            Kind::Condition(condition) => found.push((condition, grouped)),
            Kind::Group { filters, .. } => filters.iter().for_each(|filter| collect(filter, true, found)),
        }
    }
    let mut found = Vec::with_capacity(filters.len());
    for filter in flat(filters) {
        collect(filter, false, &mut found);
    }
    found
}

/// What is left of groups that all hold, at a level where all hold anyway.
///
/// Those that compare one key twice in the same way stay groups, as servers read only one of two side by side.
pub(super) fn flat<'a>(filters: impl IntoIterator<Item = &'a Filter>) -> Vec<&'a Filter> {
    let mut found = Vec::new();
    for filter in filters {
        let filter = filter.simplest();
        match &filter.0 {
            Kind::Group { all: true, filters } if !repeats(filters) => found.extend(flat(filters)),
            _ => found.push(filter),
        }
    }
    found
}

/// Whether one key is compared twice in the same way.
fn repeats(filters: &[Filter]) -> bool {
    repeated(filters.iter().filter_map(|filter| match &filter.simplest().0 {
        Kind::Condition(condition) => Some(condition),
        Kind::Group { .. } => None,
    }))
    .is_some()
}

/// Returns the first condition that compares a key in the same way as one before.
pub(super) fn repeated<'a>(conditions: impl Iterator<Item = &'a Condition>) -> Option<&'a Condition> {
    let mut seen: Vec<&Condition> = Vec::new();
    for condition in conditions {
        if seen.iter().any(|known| known.is_of_the_same_key(condition)) {
            return Some(condition);
        }
        seen.push(condition);
    }
    None
}

/// Filters that all hold. Two groups of alternatives would become one, so each of several is put into a place of its own.
fn level(filters: &[&Filter], path: &str, each: &mut dyn FnMut(&Condition, &str)) {
    let alternatives =
        filters.iter().filter(|filter| matches!(filter.0, Kind::Group { all: false, .. })).count();
    let mut place = 0;
    let mut next = || {
        place += 1;
        place - 1
    };
    for filter in filters {
        match &filter.0 {
            Kind::Condition(condition) => each(condition, path),
            Kind::Group { all: true, filters } => {
                for filter in filters {
                    level(&[filter.simplest()], &format!("{path}[and][{}]", next()), each);
                }
            }
            Kind::Group { all: false, filters } => {
                let path = match alternatives {
                    1 => path.to_owned(),
                    _ => format!("{path}[and][{}]", next()),
                };
                for (place, filter) in filters.iter().enumerate() {
                    level(&[filter.simplest()], &format!("{path}[or][{place}]"), each);
                }
            }
        }
    }
}

/// How deep and how wide groups are.
pub(super) fn extent(filters: &[Filter]) -> (usize, usize) {
    fn inner(filter: &Filter) -> (usize, usize) {
        match &filter.simplest().0 {
            Kind::Condition(_) => (0, 0),
            Kind::Group { filters, .. } => filters
                .iter()
                .map(inner)
                .fold((1, filters.len()), |(depth, width), (d, w)| (depth.max(d + 1), width.max(w))),
        }
    }
    let flat = flat(filters);
    let alternatives =
        flat.iter().filter(|filter| matches!(filter.0, Kind::Group { all: false, .. })).count();
    let (depth, width) =
        flat.into_iter().map(inner).fold((0, 0), |(depth, width), (d, w)| (depth.max(d), width.max(w)));
    match alternatives {
        0 | 1 => (depth, width),
        _ => (depth + 1, width.max(alternatives)),
    }
}

impl Condition {
    /// Whether both compare one key in the same way.
    pub(super) fn is_of_the_same_key(&self, other: &Self) -> bool {
        self.key.is_some()
            && self.field == other.field
            && self.key == other.key
            && self.comparison == other.comparison
    }

    /// Whether it is about any label, not the one with a key: by a part of its key or its value.
    pub(super) fn is_any_label(&self) -> bool {
        self.field == "labels"
            && self.key.is_none()
            && matches!(self.comparison, Comparison::CONTAINS | Comparison::NOT_CONTAINS)
    }

    /// Returns the field of a resource that it compares.
    pub(super) fn field_of(&self, resource: &FilterResource) -> Option<&'static FilterField> {
        resource.field(&self.field, self.is_any_label())
    }

    /// The name of its pair, within a group's path.
    pub(super) fn name(&self, path: &str, comparison: Comparison) -> String {
        let mut name = format!("{path}[{}][{}]", self.field, comparison.name());
        if let Some(key) = &self.key {
            name.push('[');
            name.push_str(key);
            name.push(']');
        }
        name
    }

    /// The value of its pair. Lists are decoded a second time by the server.
    pub(super) fn value(&self) -> String {
        let joined = self.values.join(",");
        // In other letters it is no filter.
        if self.field == "triggerState" {
            return joined.to_ascii_lowercase();
        }
        if self.comparison.is_list() && joined.contains(['%', '+']) {
            return joined.replace('%', "%25").replace('+', "%2B");
        }
        // A zone in brackets is an addition of ours to the standard that servers read.
        if joined.contains('[')
            && let Some(date) = super::check::zoned(self)
        {
            return date;
        }
        joined
    }
}
