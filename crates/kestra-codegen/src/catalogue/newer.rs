//! What documents say that are newer than the corrections.
//!
//! A correction is written when documents of some versions are known. A range with an open end, such as `1.1..`, means "to the
//! newest of those", so that what a later document no longer has, or has elsewhere, is that document's to say.

use super::operation::{Operation, QueryParameter, Route};
use super::schema::{Kind, Schema};
use super::versions::{Version, Versions};
use crate::error::{Error, Result};

/// The newest version whose document the corrections were checked against; none means that of the newest document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked(pub(super) Option<Version>);

impl Checked {
    fn is_newer(self, version: Option<Version>) -> bool {
        self.0.zip(version).is_some_and(|(checked, version)| version > checked)
    }

    /// The range of a correction, with the end that a newer document gave.
    pub(super) fn range(self, corrected: Versions, imported: Versions) -> Versions {
        match corrected.until {
            None if self.is_newer(imported.until) => Versions { until: imported.until, ..corrected },
            _ => corrected,
        }
    }

    /// Takes out the routes that came after the corrections.
    pub(super) fn take_newer(self, routes: &mut Vec<Route>) -> Vec<Route> {
        let is_newer = |route: &Route| self.is_newer(route.versions.since);
        let (newer, older) = std::mem::take(routes).into_iter().partition(is_newer);
        *routes = older;
        newer
    }

    /// Puts them back in front, and ends the newest of the corrected routes where a newer document ended it.
    pub(super) fn put_back(self, newer: Vec<Route>, ended: Option<Version>, routes: &mut Vec<Route>) {
        if let Some(route) = routes.first_mut()
            && route.versions.until.is_none()
            && self.is_newer(ended)
        {
            route.versions.until = ended;
        }
        routes.splice(0..0, newer);
    }
}

/// Adds an operation of a correction to one that a newer document has as well.
///
/// The correction says more; of the document are routes, parameters and aliases that the correction hasn't.
pub(super) fn unite_operation(document: Operation, correction: &Operation) -> Operation {
    let mut united = correction.clone();
    united.area.clone_from(&document.area);
    for route in document.routes.into_iter().rev() {
        let is_same = |known: &&mut Route| known.method == route.method && known.path == route.path;
        match united.routes.iter_mut().find(is_same) {
            Some(known) => known.versions.until = route.versions.until,
            None => {
                if let Some(older) = united.routes.first_mut()
                    && older.versions.until.is_none()
                {
                    older.versions.until = route.versions.since;
                }
                united.routes.insert(0, route);
            }
        }
    }
    let is_new = |parameter: &QueryParameter| !united.query.iter().any(|known| known.name == parameter.name);
    let new: Vec<_> = document.query.into_iter().filter(is_new).collect();
    united.query.extend(new);
    united.query.sort_by(|a, b| a.name.cmp(&b.name));
    for alias in document.aliases {
        if !united.aliases.contains(&alias) {
            united.aliases.push(alias);
        }
    }
    united
}

/// Adds a schema of a correction to one that a newer document has as well; fields and values are those of either.
///
/// # Errors
///
/// The two are of different kinds.
pub(super) fn unite_schema(document: Schema, correction: &Schema) -> Result<Schema> {
    let mut united = correction.clone();
    united.documents = document.documents;
    match (document.kind, &mut united.kind) {
        (Kind::Object(new) | Kind::Open(new), Kind::Object(known) | Kind::Open(known)) => {
            for field in new.fields {
                if !known.fields.iter().any(|other| other.name == field.name) {
                    known.fields.push(field);
                }
            }
            known.fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
        (Kind::Enum(new), Kind::Enum(known)) => {
            for value in new {
                if !known.iter().any(|other| other.name == value.name) {
                    known.push(value);
                }
            }
            known.sort_by(|a, b| a.name.cmp(&b.name));
        }
        (a, b) if a == *b => {}
        _ => return Err(Error::invalid(&correction.name, "is there already, as another kind of schema")),
    }
    Ok(united)
}
