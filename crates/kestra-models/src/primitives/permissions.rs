use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::lenient::List;
use crate::{PermissionAction, PermissionResource};

/// What may be permitted, by resource: 1.3 lists the resources, 2.0 what can be done with each.
///
/// ```
/// use kestra_models::{PermissionResource, Permissions};
///
/// let old: Permissions = serde_json::from_str(r#"["FLOW"]"#)?;
/// let new: Permissions = serde_json::from_str(r#"{"FLOW": ["CREATE", "EXECUTE"]}"#)?;
/// assert!(old.resources().eq(new.resources()));
/// assert_eq!((old.actions(&PermissionResource::Flow).len(), new.actions(&PermissionResource::Flow).len()), (0, 2));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Permissions {
    /// The actions of each resource, in the server's order; none where the server lists resources alone.
    pub by_resource: Vec<(PermissionResource, Vec<PermissionAction>)>,
}

impl Permissions {
    /// The resources, in the server's order.
    pub fn resources(&self) -> impl Iterator<Item = &PermissionResource> {
        self.by_resource.iter().map(|(resource, _)| resource)
    }

    /// What can be done with a resource; nothing where the server doesn't tell.
    #[must_use]
    pub fn actions(&self, resource: &PermissionResource) -> &[PermissionAction] {
        let found = self.by_resource.iter().find(|(known, _)| known == resource);
        found.map(|(_, actions)| actions.as_slice()).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PermissionsVisitor)
    }
}

struct PermissionsVisitor;

impl<'de> Visitor<'de> for PermissionsVisitor {
    type Value = Permissions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of resources, or actions by resource")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Permissions::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut by_resource = Vec::new();
        while let Some(resource) = list.next_element::<Option<_>>()? {
            by_resource.extend(resource.map(|resource| (resource, Vec::new())));
        }
        Ok(Permissions { by_resource })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut by_resource = Vec::new();
        while let Some((resource, List(actions))) = map.next_entry()? {
            by_resource.push((resource, actions));
        }
        Ok(Permissions { by_resource })
    }
}

#[cfg(feature = "serialize")]
impl serde::Serialize for Permissions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.by_resource.iter().map(|(resource, actions)| (resource, actions));
        serializer.collect_map(entries)
    }
}
