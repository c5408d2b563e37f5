//! Changes of one field.

use serde::Deserialize;

use super::newer::Checked;
use super::schema::{Field, Object, Presence};
use super::types::Type;
use super::versions::Versions;
use crate::error::{Error, Result};
use crate::import::case;

/// What is changed in a field; one that isn't there is added.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FieldPatch {
    remove: bool,
    rust: Option<String>,
    #[serde(rename = "type")]
    ty: Option<Type>,
    required: Option<bool>,
    presence: Option<Presence>,
    sensitive: Option<bool>,
    versions: Option<Versions>,
}

impl FieldPatch {
    pub(super) fn apply(&self, place: &str, name: &str, object: &mut Object, checked: Checked) -> Result<()> {
        let position = object.fields.iter().position(|field| field.name == name);
        if self.remove {
            let position = position.ok_or_else(|| Error::invalid(place, format!("has no field `{name}`")))?;
            object.fields.remove(position);
            return Ok(());
        }
        let position = match position {
            Some(position) => position,
            None => {
                let ty = self.ty.clone().ok_or_else(|| {
                    Error::invalid(place, format!("has no field `{name}`, and to add it a type is needed"))
                })?;
                object.fields.push(Field::new(name, case::snake(name), ty));
                object.fields.len() - 1
            }
        };
        if let Some(field) = object.fields.get_mut(position) {
            set(&mut field.rust, self.rust.as_ref());
            set(&mut field.ty, self.ty.as_ref());
            set(&mut field.required, self.required.as_ref());
            set(&mut field.sensitive, self.sensitive.as_ref());
            if let Some(versions) = self.versions {
                field.versions = checked.range(versions, field.versions);
            }
            if self.presence.is_some() {
                field.presence = self.presence;
            }
        }
        Ok(())
    }
}

/// Replaces a value if there is another.
pub(super) fn set<T: Clone>(target: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        target.clone_from(value);
    }
}
