//! Joins the documents' operations by method and path.

use std::collections::{BTreeMap, BTreeSet};

use super::case;
use super::identity::Identity;
use super::unite::{self, Findings};
use crate::catalogue::{
    Answer, Content, Edition, Operation, PathParameter, QueryParameter, Replay, Route, Traffic, Version,
    Versions,
};
use crate::error::{Error, Result};
use crate::openapi::DocumentOperation;

/// An operation of a document, its types renamed already.
pub(crate) type Entry = (Version, DocumentOperation);

/// Joins the operations, given newest version first.
pub(crate) fn join(
    all: &BTreeSet<Version>,
    entries: Vec<Entry>,
    identity: &Identity,
    findings: &mut Findings,
) -> Result<BTreeMap<String, Vec<Operation>>> {
    let mut groups: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (version, operation) in entries {
        let route = format!("{} {}", operation.method, operation.path);
        let key = identity.moved(&route).to_owned();
        groups.entry(key).or_default().push((version, operation));
    }
    let mut areas: BTreeMap<String, Vec<(String, Operation)>> = BTreeMap::new();
    for (route, entries) in groups {
        let operation = unite_entries(all, &route, &entries, identity, findings)?;
        areas.entry(operation.area.clone()).or_default().push((route, operation));
    }
    areas.into_iter().map(|(area, operations)| Ok((area, name_all(operations, identity)?))).collect()
}

/// Names the operations of an area; of several with one id, the route that sorts first keeps it.
fn name_all(operations: Vec<(String, Operation)>, identity: &Identity) -> Result<Vec<Operation>> {
    // A name stays with an operation that moved, without being said again for the new route.
    let given = |route: &str, operation: &Operation| {
        let older = operation.routes.iter().map(|route| format!("{} {}", route.method, route.path));
        std::iter::once(route.to_owned()).chain(older).find_map(|route| identity.operation(&route))
    };
    let mut taken = BTreeSet::new();
    for (route, operation) in &operations {
        if let Some(name) = given(route, operation)
            && !taken.insert(name.to_owned())
        {
            return Err(Error::invalid(route.as_str(), format!("the name `{name}` is given twice")));
        }
    }
    let mut named = Vec::new();
    for (route, mut operation) in operations {
        operation.name = given(&route, &operation).map_or_else(
            || {
                let base = case::snake(operation.aliases.first().map_or("", String::as_str));
                let mut name = base.clone();
                let mut number = 2;
                while !taken.insert(name.clone()) {
                    name = format!("{base}_{number}");
                    number += 1;
                }
                name
            },
            str::to_owned,
        );
        named.push(operation);
    }
    named.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(named)
}

fn unite_entries(
    all: &BTreeSet<Version>,
    route: &str,
    entries: &[Entry],
    identity: &Identity,
    findings: &mut Findings,
) -> Result<Operation> {
    let (_, newest) = entries.first().ok_or_else(|| Error::invalid(route, "has no entry"))?;
    let (_, oldest) = entries.last().unwrap_or(&entries[0]);
    let owner: BTreeSet<Version> = entries.iter().map(|(version, _)| *version).collect();

    let mut aliases = Vec::new();
    for (_, entry) in entries {
        if !aliases.contains(&entry.id) {
            aliases.push(entry.id.clone());
        }
    }
    let has_oldest = all.first().is_some_and(|first| owner.contains(first));
    let go = if has_oldest { oldest } else { newest };
    let go_key = identity
        .go_key(route)
        .map_or_else(|| format!("{}APIService.{}", case::go(&go.tag), case::go(&go.id)), str::to_owned);

    let mut answer = newest.answer.clone();
    let mut produces = Vec::new();
    for (_, entry) in entries {
        answer = unite::answers(&answer, &entry.answer, route, findings);
        for media in &entry.produces {
            if !produces.contains(media) {
                produces.push(media.clone());
            }
        }
    }
    let bodies: Vec<_> = entries.iter().map(|(version, entry)| (*version, entry.body.as_ref())).collect();
    let body = unite::bodies(route, all, &bodies, findings);

    let multipart = |content: &Content| matches!(content, Content::Multipart(_));
    let traffic = match &answer {
        Answer::Events(_) => Traffic::Follow,
        Answer::Download => Traffic::Download,
        _ if body.iter().flat_map(|body| &body.variants).any(|variant| multipart(&variant.content)) => {
            Traffic::Upload
        }
        _ => Traffic::Quick,
    };
    Ok(Operation {
        area: identity.area(&newest.tag, route),
        tag: newest.tag.clone(),
        go_key,
        aliases,
        edition: if newest.edition == Edition::Enterprise {
            Edition::Enterprise
        } else {
            Edition::OpenSource
        },
        replay: if newest.method == "GET" { Replay::Safe } else { Replay::NonIdempotent },
        deprecated: newest.deprecated,
        routes: routes(all, &owner, newest, entries),
        path: path(route, entries, findings),
        query: query(all, &owner, route, entries, identity, findings),
        body,
        answer,
        produces,
        traffic,
        ..Operation::default()
    })
}

fn routes(
    all: &BTreeSet<Version>,
    owner: &BTreeSet<Version>,
    newest: &DocumentOperation,
    entries: &[Entry],
) -> Vec<Route> {
    let mut routes: Vec<(Route, BTreeSet<Version>)> = Vec::new();
    for (version, entry) in entries {
        let path = rename_variables(&entry.path, newest);
        match routes.iter_mut().find(|(route, _)| route.method == entry.method && route.path == path) {
            Some((_, part)) => _ = part.insert(*version),
            None => {
                let route = Route { method: entry.method.clone(), path, versions: Versions::ALL };
                routes.push((route, BTreeSet::from([*version])));
            }
        }
    }
    let mut seen: BTreeSet<Version> = owner.clone();
    let united = routes.into_iter().map(|(route, part)| {
        // A route begins where the older one ends, and versions between two documents are the older's.
        let mut versions = unite::versions(all, all, &part);
        seen.retain(|version| !part.contains(version));
        if versions.until.is_none() && part.last() != all.last() {
            versions.until = part.last().and_then(|last| all.iter().find(|version| *version > last)).copied();
        }
        Route { versions, ..route }
    });
    united.collect()
}

/// Gives the variables of an old route the names of the newest.
fn rename_variables(path: &str, newest: &DocumentOperation) -> String {
    let mut names = newest.path_parameters.iter();
    let mut renamed = String::new();
    for (index, part) in path.split('{').enumerate() {
        match part.split_once('}').filter(|_| index > 0) {
            Some(("tenant", rest)) => renamed.push_str(&format!("{{tenant}}{rest}")),
            Some((name, rest)) => {
                let name = names.next().map_or(name, |parameter| parameter.name.as_str());
                renamed.push_str(&format!("{{{name}}}{rest}"));
            }
            None => renamed.push_str(part),
        }
    }
    renamed
}

fn path(route: &str, entries: &[Entry], findings: &mut Findings) -> Vec<PathParameter> {
    let mut united: Vec<PathParameter> = Vec::new();
    for (index, (_, entry)) in entries.iter().enumerate() {
        if index == 0 {
            united.clone_from(&entry.path_parameters);
        }
        for (known, parameter) in united.iter_mut().zip(&entry.path_parameters) {
            known.ty = unite::types(&known.ty, &parameter.ty, &format!("{route} {}", known.name), findings);
        }
    }
    united
}

fn query(
    all: &BTreeSet<Version>,
    owner: &BTreeSet<Version>,
    route: &str,
    entries: &[Entry],
    identity: &Identity,
    findings: &mut Findings,
) -> Vec<QueryParameter> {
    let mut united: BTreeMap<&str, (QueryParameter, BTreeSet<Version>)> = BTreeMap::new();
    for (version, entry) in entries {
        for parameter in &entry.query {
            let (known, part) =
                united.entry(&parameter.name).or_insert_with(|| (parameter.clone(), BTreeSet::new()));
            known.ty =
                unite::types(&known.ty, &parameter.ty, &format!("{route} ?{}", parameter.name), findings);
            known.required &= parameter.required;
            known.deprecated |= parameter.deprecated;
            part.insert(*version);
        }
    }
    let stripped = |version: &Version| identity.without_deprecated.contains(&version.to_string());
    let parameters = united.into_values().map(|(mut parameter, mut part)| {
        if parameter.deprecated {
            part.extend(owner.iter().filter(|version| stripped(version)));
        }
        parameter.required &= part == *owner;
        parameter.versions = unite::versions(all, owner, &part);
        parameter
    });
    parameters.collect()
}
