//! Whether the catalogue is whole: names resolve, routes don't overlap, path variables are declared.

use std::collections::BTreeSet;

use super::reach::{request_types, schema_types};
use super::{Catalogue, Operation, Replay, Type};
use crate::error::{Error, Result};

/// Checks all operations and schemas.
pub(super) fn check(catalogue: &Catalogue) -> Result<()> {
    let known = |place: &str, ty: &Type| match ty.schema() {
        Some(name) if !catalogue.schemas.contains_key(name) => {
            Err(Error::invalid(place, format!("names the schema `{name}`, which is not there")))
        }
        _ => Ok(()),
    };
    for schema in catalogue.schemas.values() {
        for ty in schema_types(schema) {
            known(&schema.name, ty)?;
        }
    }
    for operation in catalogue.areas.values().flatten() {
        let place = format!("{}.{}", operation.area, operation.name);
        for ty in request_types(operation).chain(operation.answer.ty()) {
            known(&place, ty)?;
        }
        check_operation(&place, operation)?;
        check_comparisons(&place, operation, catalogue)?;
        for kind in operation.query.iter().filter_map(|parameter| parameter.characters.as_ref()) {
            if !catalogue.characters.contains_key(kind) {
                return Err(Error::invalid(
                    &place,
                    format!("names the characters of `{kind}`, which are not there"),
                ));
            }
        }
        if let Some(precheck) = &operation.precheck
            && !catalogue.areas.get(&operation.area).is_some_and(|area| {
                area.iter().any(|other| other.name == precheck.operation && other.replay == Replay::Safe)
            })
        {
            let message =
                format!("its precheck `{}` is no operation of its area that only reads", precheck.operation);
            return Err(Error::invalid(&place, message));
        }
        if operation.early_error != operation.precheck.is_some() {
            return Err(Error::invalid(&place, "may answer an error early, and says not what to ask first"));
        }
    }
    catalogue.filters.check(catalogue)
}

/// Refuses an operation whose name and facts disagree, so that the facts of an imported one are decided by a person.
fn check_facts(place: &str, operation: &Operation) -> Result<()> {
    if operation.name.starts_with("delete_") != operation.deletes.is_some() {
        return Err(Error::invalid(place, "is called as what deletes, and `deletes` says otherwise"));
    }
    let is_by_query = operation.name.ends_with("_by_query") && operation.replay != Replay::Safe;
    if is_by_query != operation.acts_by_query {
        return Err(Error::invalid(
            place,
            "is called as an action by query, and `acts_by_query` says otherwise",
        ));
    }
    Ok(())
}

fn check_operation(place: &str, operation: &Operation) -> Result<()> {
    check_facts(place, operation)?;
    if operation.routes.is_empty() {
        return Err(Error::invalid(place, "has no route"));
    }
    if operation.replay == Replay::Idempotent && operation.evidence.is_none() {
        return Err(Error::invalid(place, "is repeated and writes, and has no evidence that twice is once"));
    }
    if operation.instead.is_some() && operation.versions().is_all() && operation.stops_server.is_none() {
        return Err(Error::invalid(place, "says what to use instead, and every version has it"));
    }
    if operation.stops_server.is_some() && operation.instead.is_none() {
        return Err(Error::invalid(place, "may stop a server, and says not what to use instead"));
    }
    for name in &operation.needs_one_of {
        if !operation.query.iter().any(|parameter| parameter.name == *name) {
            return Err(Error::invalid(
                place,
                format!("needs the query parameter `{name}`, which it hasn't"),
            ));
        }
    }
    for route in &operation.routes {
        let named: Vec<&str> = route
            .path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .filter(|v| *v != "tenant")
            .collect();
        let declared: Vec<&str> = operation.path.iter().map(|parameter| parameter.name.as_str()).collect();
        if named != declared {
            return Err(Error::invalid(
                place,
                format!("`{}` has other variables than {declared:?}", route.path),
            ));
        }
    }
    for pair in operation.routes.windows(2) {
        if let [newer, older] = pair
            && older.versions.until.is_none_or(|until| newer.versions.since.is_none_or(|since| since < until))
        {
            return Err(Error::invalid(place, format!("`{}` and `{}` overlap", newer.path, older.path)));
        }
    }
    let mut names = BTreeSet::new();
    let arguments = operation.path.iter().map(|parameter| &parameter.rust);
    let setters = operation.query.iter().map(|parameter| &parameter.rust);
    for name in arguments.chain(setters) {
        if !names.insert(name) {
            return Err(Error::invalid(place, format!("has two parameters called `{name}`")));
        }
    }
    Ok(())
}

/// Refuses a comparison that is none of Kestra's.
fn check_comparisons(place: &str, operation: &Operation, catalogue: &Catalogue) -> Result<()> {
    let alike = operation.read_alike.values().flatten().map(String::as_str);
    let filters = operation.query.iter().filter_map(|parameter| parameter.filter.as_deref());
    let filters = filters.map(|filter| filter.rsplit(' ').next().unwrap_or_default());
    for comparison in alike.chain(filters) {
        if !catalogue.has_comparison(comparison) {
            return Err(Error::invalid(place, format!("compares by `{comparison}`, which no server knows")));
        }
    }
    Ok(())
}
