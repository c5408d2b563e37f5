//! The catalogue: what is known of Kestra's HTTP API, as data.

mod characters;
mod check;
mod class;
mod corrections;
mod files;
mod filters;
mod newer;
mod operation;
mod patch;
mod reach;
mod schema;
mod summaries;
mod types;
mod versions;
mod wire_order;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use self::characters::{CharacterRule, CharacterRules};
pub use self::class::{Check, Deletion, Edition, Effect, Precheck, Replay, Traffic};
pub(crate) use self::files::{read_imported, read_or_default, write_imported};
pub use self::filters::{Compared, ComparisonSet, FilterParameter, FilterResource, Filters, Renamed};
pub use self::operation::{
    Answer, Body, BodyVariant, Content, HeaderParameter, KnownValues, Multipart, Operation, Part,
    PathParameter, Problems, QueryParameter, Route, Style,
};
pub use self::schema::{EnumValue, Field, Kind, Member, Object, Presence, Schema, Union};
pub use self::types::{BadType, Type};
pub use self::versions::{BadVersion, Version, Versions};
pub use self::wire_order::WireOrder;
use crate::error::Result;

/// All operations and schemas, with corrections applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Operations by area (module name, such as `flows`), each area sorted by the operation's name.
    pub areas: BTreeMap<String, Vec<Operation>>,
    /// Schemas by Rust name.
    pub schemas: BTreeMap<String, Schema>,
    /// Characters of names that some versions read as something else, by kind of name.
    pub characters: CharacterRules,
    /// What searches and actions by query can be filtered by.
    pub filters: Filters,
    /// The fields of objects in the order in which servers send them, by schema.
    pub wire_order: WireOrder,
    /// What of it is generated.
    pub generation: Generation,
}

/// What of the catalogue is generated: `generation.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Areas whose operations are generated, with the schemas that they reach.
    #[serde(default)]
    pub areas: Vec<String>,
    /// The newest version whose document the corrections were checked against: where a newer document ends something, an open
    /// end in a correction doesn't say otherwise. None if they were checked against all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Version>,
}

impl Catalogue {
    /// Reads the catalogue from its folder and applies the corrections.
    ///
    /// # Errors
    ///
    /// A file that can't be read or parsed, a correction of something that isn't there, or a name that nothing has.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut catalogue = files::read_imported(folder)?;
        corrections::apply(folder, &mut catalogue)?;
        summaries::apply(folder, &mut catalogue)?;
        catalogue.characters = characters::load(folder)?;
        catalogue.filters = Filters::load(folder)?;
        for operation in catalogue.areas.values_mut().flatten() {
            operation.accept = accept(&operation.produces);
            catalogue.filters.replace_parameters(operation)?;
        }
        catalogue.wire_order = wire_order::load(folder, &catalogue)?;
        catalogue.settle();
        check::check(&catalogue)?;
        Ok(catalogue)
    }
}

impl Catalogue {
    /// Returns the last version of each minor release in which some route begins or ends, oldest first.
    #[must_use]
    pub fn documented_versions(&self) -> Vec<Version> {
        let routes = self.areas.values().flatten().flat_map(|operation| &operation.routes);
        let ends = routes.flat_map(|route| [route.versions.since, route.versions.until]);
        let mut last = BTreeMap::new();
        for version in ends.flatten().chain([Version::OLDEST]) {
            let known = last.entry((version.major, version.minor)).or_insert(version);
            *known = version.max(*known);
        }
        last.into_values().collect()
    }
}

/// The `Accept` header: the operation's own types first, since that is what selects the route, then JSON, then any.
fn accept(produces: &[String]) -> String {
    let own: Vec<&str> =
        produces.iter().map(String::as_str).filter(|media| *media != "application/json").collect();
    if own.is_empty() {
        "application/json, */*;q=0.1".to_owned()
    } else {
        format!("{}, application/json;q=0.9, */*;q=0.1", own.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_type_comes_first() {
        assert_eq!(accept(&[]), "application/json, */*;q=0.1");
        assert_eq!(accept(&["application/json".to_owned()]), "application/json, */*;q=0.1");
        assert_eq!(accept(&["text/json".to_owned()]), "text/json, application/json;q=0.9, */*;q=0.1");
    }
}
