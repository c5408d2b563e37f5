//! What searches and actions by query can be filtered by: `filters.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::read_or_default;
use super::versions::{Version, Versions};
use super::{Catalogue, Kind, Operation, Type};
use crate::error::{Error, Result};

/// The schema whose values are the comparisons.
const COMPARISONS: &str = "QueryFilterOp";

/// The name of the file.
pub(super) const FILE: &str = "filters.yaml";

/// Everything in `filters.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filters {
    /// The versions that read groups of filters.
    pub groups: Versions,
    /// Comparisons that newer servers call otherwise, by field.
    pub renamed: BTreeMap<String, Renamed>,
    /// Query parameters that say what a filter says.
    pub parameters: Vec<FilterParameter>,
    /// Sets of comparisons, by the name that fields use.
    pub comparisons: BTreeMap<String, Vec<String>>,
    /// What is searched, by name.
    pub resources: BTreeMap<String, FilterResource>,
}

/// A comparison that newer servers call otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// The name before.
    pub older: String,
    /// The name since.
    pub newer: String,
    /// The first version with the newer name.
    pub since: Version,
}

/// A query parameter that says what a filter says; the first of several of one name is the filter that is sent in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterParameter {
    /// The filter's field.
    pub field: String,
    /// How the filter compares it.
    pub comparison: String,
    /// The parameter's name.
    pub parameter: String,
}

/// What is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterResource {
    /// What is found, in the plural, as messages say it.
    pub title: String,
    /// The operations that it belongs to, each with its area.
    pub operations: Vec<String>,
    /// The fields that are known, if they are.
    #[serde(default)]
    pub fields: Option<BTreeMap<String, Compared>>,
    /// The fields of which any entry can be compared, without a key.
    #[serde(default)]
    pub entries: BTreeMap<String, Compared>,
    /// What to use where a version lacks a field.
    #[serde(default)]
    pub instead: BTreeMap<String, String>,
}

/// How a field may be compared, by range of versions.
pub type Compared = BTreeMap<String, ComparisonSet>;

/// The name of a set of comparisons, or a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ComparisonSet {
    /// The name of a set.
    Named(String),
    /// The comparisons.
    Listed(Vec<String>),
}

impl Filters {
    /// Reads the file.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        read_or_default(&folder.join(FILE))
    }

    /// The resource of an operation, by its area and name.
    #[must_use]
    pub fn resource(&self, area: &str, name: &str) -> Option<&str> {
        let place = format!("{area}.{name}");
        let mut resources = self.resources.iter();
        resources.find(|(_, resource)| resource.operations.contains(&place)).map(|(name, _)| name.as_str())
    }

    /// The comparisons of a set.
    ///
    /// # Errors
    ///
    /// A set that isn't there.
    pub fn comparisons<'a>(&'a self, set: &'a ComparisonSet) -> Result<&'a [String]> {
        match set {
            ComparisonSet::Listed(list) => Ok(list),
            ComparisonSet::Named(name) => self
                .comparisons
                .get(name)
                .map(Vec::as_slice)
                .ok_or_else(|| Error::invalid(FILE, format!("has no set of comparisons `{name}`"))),
        }
    }

    /// Sets the filters that stand for parameters which newer servers ignore.
    ///
    /// A parameter has one if each version that has the operation reads either the filter, or the parameter and no filters.
    pub(super) fn replace_parameters(&self, operation: &mut Operation) -> Result<()> {
        let Some(resource) = self.resource(&operation.area, &operation.name) else { return Ok(()) };
        let Some(fields) = self.resources.get(resource).and_then(|resource| resource.fields.as_ref()) else {
            return Ok(());
        };
        let Some(filters) = operation.query.iter().find(|parameter| parameter.ty == Type::Filters) else {
            return Ok(());
        };
        let (reads_filters, routes) = (filters.versions, operation.routes.clone());
        for parameter in &mut operation.query {
            if parameter.versions.until.is_none() || parameter.filter.is_some() {
                continue;
            }
            let listed = self.parameters.iter().find(|known| known.parameter == parameter.name);
            let (field, comparison) = match listed {
                Some(known) => (known.field.as_str(), known.comparison.as_str()),
                None => (parameter.name.as_str(), "EQUALS"),
            };
            let Some(compared) = fields.get(field).filter(|_| !matches!(parameter.ty, Type::Map(_))) else {
                continue;
            };
            let mut read = Vec::new();
            for (versions, set) in compared {
                if self.comparisons(set)?.iter().any(|known| known == comparison) {
                    read.push(versions.parse().map_err(|_| Error::invalid(FILE, "has a bad range"))?);
                }
            }
            let ranges: Vec<Versions> =
                read.iter().copied().chain([reads_filters, parameter.versions]).collect();
            let is_read = |version| match reads_filters.contains(version) {
                true => read.iter().any(|versions| versions.contains(version)),
                false => parameter.versions.contains(version),
            };
            let has_route = |version: &Version| routes.iter().any(|route| route.versions.contains(*version));
            let of_routes = routes.iter().map(|route| route.versions);
            if starts(ranges.into_iter().chain(of_routes)).filter(has_route).all(is_read) {
                parameter.filter = Some(format!("{field} {comparison}"));
            }
        }
        Ok(())
    }

    /// Checks that operations, comparisons and versions are there, and no operation is in two resources.
    pub(super) fn check(&self, catalogue: &Catalogue) -> Result<()> {
        let mut named = BTreeSet::new();
        for (name, resource) in &self.resources {
            for operation in &resource.operations {
                if !named.insert(operation.as_str()) {
                    return Err(Error::invalid(FILE, format!("has `{operation}` in two resources")));
                }
            }
            let fields = resource.fields.iter().flatten().chain(&resource.entries);
            for (field, compared) in fields {
                for (versions, set) in compared {
                    let place = format!("{FILE}: {name}.{field}");
                    versions
                        .parse::<Versions>()
                        .map_err(|problem| Error::invalid(&place, problem.to_string()))?;
                    for comparison in self.comparisons(set)? {
                        known(catalogue, &place, comparison)?;
                    }
                }
            }
        }
        for comparison in self.parameters.iter().map(|it| &it.comparison) {
            known(catalogue, FILE, comparison)?;
        }
        for operation in catalogue.areas.values().flatten() {
            let place = format!("{}.{}", operation.area, operation.name);
            let has_filters = operation.query.iter().any(|parameter| parameter.ty == Type::Filters);
            if named.remove(place.as_str()) && !has_filters {
                return Err(Error::invalid(FILE, format!("has `{place}`, which has no filters")));
            }
        }
        match named.first() {
            Some(place) => Err(Error::invalid(FILE, format!("names `{place}`, which is not there"))),
            None => Ok(()),
        }
    }
}

/// Returns the oldest version and those in which a range begins or has ended: what holds for each of them holds for all.
fn starts(ranges: impl Iterator<Item = Versions>) -> impl Iterator<Item = Version> {
    let ends = ranges.flat_map(|range| [range.since, range.until]);
    ends.flatten().chain([Version::OLDEST])
}

fn known(catalogue: &Catalogue, place: &str, comparison: &str) -> Result<()> {
    match catalogue.has_comparison(comparison) {
        true => Ok(()),
        false => Err(Error::invalid(
            place,
            format!("compares by `{comparison}`, which is no value of {COMPARISONS}"),
        )),
    }
}

impl Catalogue {
    /// Returns whether a name is that of a comparison.
    pub(super) fn has_comparison(&self, name: &str) -> bool {
        match self.schemas.get(COMPARISONS).map(|schema| &schema.kind) {
            Some(Kind::Enum(values)) => values.iter().any(|value| value.name == name),
            _ => false,
        }
    }
}
