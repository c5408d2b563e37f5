//! Working out the URL of a request.

use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Request, Uri};
use kestra_core::internal::{BaseUrl, check_request_line};
use kestra_core::{Body, CallContext, CallOptions, Error, ErrorKind, Version};

use super::layer::Settings;
use crate::connect_to::set_address;
use crate::trace::{record_route, record_server};

/// What a request still needs before it can be sent.
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// The request depends on the server's version, which is set or was detected earlier.
    Route { version: Version, is_set: bool },
    /// The version of its server, by a request.
    Version,
}

const NONE: &CallOptions = &CallOptions::new();

/// Returns whether a request may go to any member of the cluster.
pub(super) fn is_for_any_member(settings: &Settings, request: &Request<Body>) -> bool {
    let context = CallContext::of(request);
    let operation = context.and_then(CallContext::operation);
    settings.servers.is_for_any_member(operation, context.map_or(NONE, CallContext::options))
}

/// Selects the server of a request.
pub(super) fn select(settings: &Settings, request: &Request<Body>) -> Result<BaseUrl, Error> {
    let context = CallContext::of(request);
    let operation = context.and_then(CallContext::operation);
    let base = settings
        .servers
        .resolve(operation, context.map_or(NONE, CallContext::options))
        .map_err(|error| error.with_operation(operation))?;
    record_server(&base);
    Ok(base)
}

/// What the request needs, given what is known about its server.
pub(super) fn need(settings: &Settings, request: &Request<Body>, base: &BaseUrl) -> Need {
    let Some(context) = CallContext::of(request) else { return Need::Nothing };
    if request.uri().authority().is_some() || !context.depends_on_version() {
        return Need::Nothing;
    }
    let set = context.options().get_api_version().or(settings.api_version);
    let known = || settings.versions.get(base, trusted(settings, request));
    match set.or_else(known) {
        Some(version) => Need::Route { version, is_set: set.is_some() },
        None => Need::Version,
    }
}

/// Returns how old a detected version may be for this request. What acts by query acts on everything where the server reads
/// its query otherwise, and a search for what is acted on finds everything, so before that the version is detected
/// again: servers are upgraded and rolled back.
pub(super) fn trusted(settings: &Settings, request: &Request<Body>) -> Duration {
    const JUST_NOW: Duration = Duration::from_secs(1);
    match CallContext::of(request).is_some_and(CallContext::needs_fresh_version) {
        true => settings.version_ttl.min(JUST_NOW),
        false => settings.version_ttl,
    }
}

/// Gives the request the method, path and query of this version.
pub(super) fn route(request: &mut Request<Body>, version: Version) -> Result<(), Error> {
    let Some(context) = CallContext::of(request) else { return Ok(()) };
    let route = context.route_for(version)?;
    if context.is_built_for(route, version) {
        // As it was built, and as layers above may have changed it.
        return Ok(());
    }
    let (method, path_and_query) = context.head_for(version)?;
    record_route(route);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path_and_query);
    Ok(())
}

/// Makes the request's URL absolute.
pub(super) fn make_absolute(request: &mut Request<Body>, base: &BaseUrl) -> Result<(), Error> {
    let operation = CallContext::of(request).and_then(CallContext::operation);
    make_absolute_at(request, base).map_err(|error| error.with_operation(operation))
}

fn make_absolute_at(request: &mut Request<Body>, base: &BaseUrl) -> Result<(), Error> {
    set_address(request, base);
    let uri = std::mem::take(request.uri_mut());
    let uri = if uri.authority().is_some() {
        if !base.is_origin_of(&uri) {
            return Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "the request is for {}, the server of the call is {base}, and credentials must not leave it: use \
                     a path without a host, or a client for that server",
                    origin(&uri)
                ),
            ));
        }
        check_request_line(request.method(), uri.path_and_query().map_or(1, |path| path.as_str().len()))?;
        uri
    } else {
        let path_and_query =
            uri.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if !path_and_query.as_str().starts_with('/') {
            return Err(Error::invalid("path", "it must begin with a slash"));
        }
        base.join(request.method(), path_and_query)?
    };
    *request.uri_mut() = uri;
    Ok(())
}

/// Scheme, host and port: a path may hold ids, and an authority credentials.
fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}
