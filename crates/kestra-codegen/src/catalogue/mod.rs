//! The catalogue: what is known of Kestra's HTTP API, as data.

mod files;
mod operation;
mod reach;
mod schema;
mod types;
mod versions;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use self::files::{read_imported, read_or_default, write_imported};
pub use self::operation::{
    Answer, Body, BodyVariant, Content, Edition, HeaderParameter, Multipart, Operation, Part, PathParameter,
    QueryParameter, Replay, Route, Style, Traffic,
};
pub use self::schema::{EnumValue, Field, Kind, Member, Object, Presence, Schema, Union};
pub use self::types::{BadType, Type};
pub use self::versions::{BadVersion, Version, Versions};
use crate::error::Result;

/// All operations and schemas, with corrections applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Operations by area (module name, such as `flows`), each area sorted by the operation's name.
    pub areas: BTreeMap<String, Vec<Operation>>,
    /// Schemas by Rust name.
    pub schemas: BTreeMap<String, Schema>,
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
}

impl Catalogue {
    /// Reads the catalogue from its folder and applies the corrections.
    ///
    /// # Errors
    ///
    /// A file that can't be read or parsed, or a correction of something that isn't there.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut catalogue = files::read_imported(folder)?;
        catalogue.settle();
        Ok(catalogue)
    }
}
