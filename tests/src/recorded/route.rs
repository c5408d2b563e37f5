//! Which operation a path belongs to.

use kestra_core::{OperationInfo, Route, Version};
use percent_encoding::percent_decode_str;

/// An operation and the variables of a path.
#[derive(Clone, Debug)]
pub struct Match {
    /// The operation.
    pub info: &'static OperationInfo,
    /// A version that has the route.
    pub version: Version,
    /// The tenant.
    pub tenant: String,
    /// Names and values of the other variables, decoded.
    pub variables: Vec<(&'static str, String)>,
}

/// The operations that a server of this version serves under a method and path, those with other kinds of body included.
///
/// Of two routes that fit, the one with more literal segments is it, as on the server.
pub fn find(method: &str, path: &str, version: Version) -> Vec<Match> {
    matching(method, path, |route| route.versions.contains(version).then_some(version))
}

/// The operations that servers of some version serve under a method and path.
pub(super) fn find_in_any_version(method: &str, path: &str) -> Vec<Match> {
    let known = [Version::NEWEST, Version::new(1, 3, 25), Version::OLDEST];
    matching(method, path, |route| known.into_iter().find(|version| route.versions.contains(*version)))
}

fn matching(method: &str, path: &str, version: impl Fn(&Route) -> Option<Version>) -> Vec<Match> {
    let mut best = Vec::new();
    let mut best_literals = 0;
    for info in kestra_operations::operations() {
        for route in info.routes.iter().filter(|route| route.method() == method) {
            let Some(version) = version(route) else { continue };
            let Some((literals, found)) = fit(info, route, version, path) else { continue };
            if literals > best_literals {
                best.clear();
                best_literals = literals;
            }
            if literals == best_literals {
                best.push(found);
            }
        }
    }
    best
}

fn fit(info: &'static OperationInfo, route: &Route, version: Version, path: &str) -> Option<(usize, Match)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let template: Vec<&'static str> = route.path.split('/').collect();
    let segments: Vec<&str> = path.split('/').collect();
    if template.len() != segments.len() {
        return None;
    }
    let mut found = Match { info, version, tenant: String::new(), variables: Vec::new() };
    let mut literals = 0;
    for (name, segment) in template.into_iter().zip(segments) {
        match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None if name == segment => literals += 1,
            None => return None,
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                let value = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
                match name {
                    "tenant" => found.tenant = value,
                    name => found.variables.push((name, value)),
                }
            }
        }
    }
    Some((literals, found))
}
