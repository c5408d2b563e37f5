//! The order in which servers send the fields of objects: `wire_order.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use super::files::read_or_default;
use super::{Catalogue, Kind};
use crate::error::{Error, Result};

/// The name of the file.
pub(super) const FILE: &str = "wire_order.yaml";

/// Names of fields on the wire, by schema. Fields that no recorded response has are left out.
pub type WireOrder = BTreeMap<String, Vec<String>>;

/// Reads the order of the fields.
pub(super) fn load(folder: &Path, catalogue: &Catalogue) -> Result<WireOrder> {
    let orders: WireOrder = read_or_default(&folder.join(FILE))?;
    for (name, order) in &orders {
        let Some(Kind::Object(object)) = catalogue.schemas.get(name).map(|schema| &schema.kind) else {
            return Err(Error::invalid(name.as_str(), "has an order of fields, but is no object"));
        };
        if let Some(unknown) =
            order.iter().find(|name| object.fields.iter().all(|field| field.name != **name))
        {
            return Err(Error::invalid(
                name.as_str(),
                format!("has no field `{unknown}`, which its order names"),
            ));
        }
    }
    Ok(orders)
}
