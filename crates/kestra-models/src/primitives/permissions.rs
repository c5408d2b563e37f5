use kestra_core::internal::json::{Either, List, Map, Read, Shape};

use crate::{PermissionAction, PermissionResource};

/// Permissions that roles can give. 1.3 servers list the resources, 2.0 servers the actions on each.
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
    /// Actions by resource, in the server's order. Empty if the server lists only resources.
    pub by_resource: Vec<(PermissionResource, Vec<PermissionAction>)>,
}

impl Permissions {
    /// Returns the resources, in the server's order.
    pub fn resources(&self) -> impl Iterator<Item = &PermissionResource> {
        self.by_resource.iter().map(|(resource, _)| resource)
    }

    /// Returns the actions on a resource. Empty if the server lists only resources.
    #[must_use]
    pub fn actions(&self, resource: &PermissionResource) -> &[PermissionAction] {
        let found = self.by_resource.iter().find(|(known, _)| known == resource);
        found.map(|(_, actions)| actions.as_slice()).unwrap_or_default()
    }
}

read_by_shape! { Permissions }

impl Read for Permissions {
    fn blank() -> Self {
        Self::default()
    }

    fn shape(&mut self) -> Shape<'_> {
        Shape::Either(self)
    }
}

impl Either for Permissions {
    fn list(&mut self) -> Shape<'_> {
        Shape::List(self)
    }

    fn object(&mut self) -> Shape<'_> {
        Shape::Map(self)
    }

    fn expected(&self) -> &'static str {
        "a list of resources, or actions by resource"
    }
}

impl List for Permissions {
    fn element(&mut self) -> Shape<'_> {
        let at = self.by_resource.len();
        self.by_resource.push((PermissionResource::blank(), Vec::new()));
        self.by_resource[at].0.shape()
    }

    fn take_back(&mut self) {
        self.by_resource.pop();
    }
}

impl Map for Permissions {
    fn entry(&mut self, resource: String) -> Shape<'_> {
        let at = self.by_resource.len();
        self.by_resource.push((resource.into(), Vec::new()));
        self.by_resource[at].1.shape()
    }

    fn null(&mut self, resource: String) {
        self.by_resource.push((resource.into(), Vec::new()));
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Permissions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.by_resource.iter().map(|(resource, actions)| (resource, actions));
        serializer.collect_map(entries)
    }
}
