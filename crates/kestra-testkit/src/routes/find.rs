//! From a path to its route.

use http::{Method, header};
use percent_encoding::percent_decode_str;

use crate::dialect::Dialect;
use crate::http::{ApiError, Request, Route};

/// What the first segment below the tenant may be on a real server though it isn't served here, and since when.
const NOT_SERVED: &[(&str, Dialect)] = &[
    ("ai", Dialect::V1_0),
    ("cluster", Dialect::V1_0),
    ("concurrency-limit", Dialect::V1_3),
    ("dashboards", Dialect::V1_0),
];

/// A route and the parameters of its path.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) route: Route,
    pub(crate) params: Vec<(&'static str, String)>,
}

type Match<'a> = (&'a Route, Vec<(&'static str, String)>);

/// Finds the route of a request, or says what the server says when there is none.
pub(crate) fn find(table: &[Route], request: &Request, dialect: Dialect) -> Result<Found, ApiError> {
    let path = request.path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(&request.path);
    let whole: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let fixed = matching(table, &whole, true);
    if !fixed.is_empty() {
        return choose(fixed, request);
    }
    let ["api", "v1", below @ ..] = whole.as_slice() else { return Err(ApiError::not_found()) };
    if let [tenant, rest @ ..] = below {
        let found = matching(table, rest, false);
        if !found.is_empty() {
            tenant_is_main(tenant)?;
            return choose(found, request);
        }
    }
    // Routes without a tenant mean `main`.
    let found = matching(table, below, false);
    if !found.is_empty() {
        return choose(found, request);
    }
    match below {
        [tenant, area, ..] if is_elsewhere(area, dialect) => {
            tenant_is_main(tenant)?;
            Err(ApiError::not_served(&format!("{} {}", request.method, request.path)))
        }
        [area, ..] if is_elsewhere(area, dialect) => {
            Err(ApiError::not_served(&format!("{} {}", request.method, request.path)))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// Whether a real server has routes there.
fn is_elsewhere(area: &str, dialect: Dialect) -> bool {
    NOT_SERVED.iter().any(|(name, since)| *name == area && *since <= dialect)
}

fn tenant_is_main(tenant: &str) -> Result<(), ApiError> {
    if tenant == "main" {
        return Ok(());
    }
    Err(ApiError::bad_request("Tenant must be 'main' for OSS version"))
}

fn matching<'a>(table: &'a [Route], segments: &[&str], fixed: bool) -> Vec<Match<'a>> {
    table
        .iter()
        .filter(|route| route.template.starts_with('/') == fixed)
        .filter_map(|route| Some((route, fits(route.template.trim_start_matches('/'), segments)?)))
        .collect()
}

/// The parameters, if the path is of the template.
fn fits(template: &'static str, segments: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let mut path = segments.iter();
    for expected in template.split('/') {
        let segment = path.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => params.push((name, percent_decode_str(segment).decode_utf8_lossy().into_owned())),
            None if expected == *segment => {}
            None => return None,
        }
    }
    if path.next().is_some() { None } else { Some(params) }
}

/// Among the routes of a path: by method, then body, then accepted answer, then the most literal template.
fn choose(found: Vec<Match<'_>>, request: &Request) -> Result<Found, ApiError> {
    let asked = if request.method == Method::HEAD { &Method::GET } else { &request.method };
    let (fit, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|(route, _)| route.method == *asked);
    if fit.is_empty() {
        return Err(wrong_method(&rest, request));
    }
    let fit = by_body(fit, request)?;
    let fit = by_accept(fit, request)?;
    let literal =
        |route: &Route| route.template.split('/').filter(|segment| !segment.starts_with('{')).count();
    // A route that takes any body gives way to one that names its type, but not when no type is named.
    let typed = request.media_type().is_some();
    let exact = |route: &Route| (route.consumes != ["*/*"]) == typed;
    let best = fit.into_iter().max_by_key(|(route, _)| (literal(route), exact(route)));
    best.map(|(route, params)| Found { route: route.clone(), params }).ok_or_else(ApiError::not_found)
}

fn wrong_method(others: &[Match<'_>], request: &Request) -> ApiError {
    let mut allowed: Vec<&str> = Vec::new();
    for (route, _) in others {
        let method = route.method.as_str();
        if method == "GET" && !allowed.contains(&"HEAD") {
            allowed.push("HEAD");
        }
        if !allowed.contains(&method) {
            allowed.push(method);
        }
    }
    let allowed = allowed.join(", ");
    ApiError::new(
        405,
        format!(
            "Method Not Allowed: Method [{}] not allowed for URI [{}]. Allowed methods: [{allowed}]",
            request.method,
            request.target()
        ),
    )
    .with_header(header::ALLOW, allowed)
}

fn by_body<'a>(found: Vec<Match<'a>>, request: &Request) -> Result<Vec<Match<'a>>, ApiError> {
    let Some(sent) = request.media_type() else { return Ok(found) };
    if matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(found);
    }
    let mut allowed: Vec<&str> = Vec::new();
    let mut fit = Vec::new();
    for (route, params) in found {
        if route.consumes.iter().any(|media| *media == "*/*" || *media == sent) {
            fit.push((route, params));
        } else {
            allowed.extend(
                route.consumes.iter().filter(|media| !allowed.contains(media)).copied().collect::<Vec<_>>(),
            );
        }
    }
    if fit.is_empty() {
        let sent = request.header(header::CONTENT_TYPE).unwrap_or_default();
        return Err(ApiError::new(
            415,
            format!(
                "Unsupported Media Type: Content Type [{sent}] not allowed. Allowed types: [{}]",
                allowed.join(", ")
            ),
        ));
    }
    Ok(fit)
}

fn by_accept<'a>(found: Vec<Match<'a>>, request: &Request) -> Result<Vec<Match<'a>>, ApiError> {
    let Some(accept) = request.header(header::ACCEPT) else { return Ok(found) };
    let wanted: Vec<String> = accept.split(',').map(crate::http::media_type_of).collect();
    let mut produced: Vec<&str> = Vec::new();
    let mut fit = Vec::new();
    for (route, params) in found {
        if route.produces.iter().any(|media| wanted.iter().any(|wanted| accepts(wanted, media))) {
            fit.push((route, params));
        } else {
            produced.extend(
                route.produces.iter().filter(|media| !produced.contains(media)).copied().collect::<Vec<_>>(),
            );
        }
    }
    if fit.is_empty() {
        return Err(ApiError::new(
            406,
            format!(
                "Not Acceptable: Specified Accept Types [{accept}] not supported. Supported types: [{}]",
                produced.join(", ")
            ),
        ));
    }
    Ok(fit)
}

fn accepts(wanted: &str, produced: &str) -> bool {
    if wanted == "*/*" || produced == "*/*" || wanted == produced {
        return true;
    }
    let (range, _) = produced.split_once('/').unwrap_or_default();
    wanted.strip_suffix("/*").is_some_and(|wanted| wanted == range)
}
