//! Who may ask.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Method, header};

use super::{ApiError, Reply, Request};
use crate::app::App;
use crate::dialect::Dialect;

/// Whether a request goes on to its route.
pub(crate) enum Verdict {
    Allowed,
    Refused(Box<Reply>),
}

/// Judges origin, cookies and credentials.
pub(crate) fn judge(app: &App, request: &Request) -> Verdict {
    if request.headers.contains_key(header::ORIGIN) {
        return refused(Reply::empty(403));
    }
    let settings = &app.settings;
    let credentials = app.credentials();
    let asks = credentials.pair.is_some() || !settings.tokens.is_empty() || settings.first_start;
    if !asks || is_open(app.dialect, &request.path, credentials.over_api) {
        return Verdict::Allowed;
    }
    if credentials.pair.is_none() && settings.first_start && sets_credentials(&request.path) {
        return Verdict::Allowed;
    }
    let cookie = cookie(request, "BASIC_AUTH");
    if cookie.is_some() && app.dialect.is_v2() && !is_reading(&request.method) {
        return refused(Reply::empty(403));
    }
    let given = request.header(header::AUTHORIZATION).unwrap_or_default();
    let (scheme, value) = given.split_once(' ').unwrap_or((given, ""));
    if scheme.eq_ignore_ascii_case("bearer") && settings.tokens.iter().any(|token| token == value.trim()) {
        return Verdict::Allowed;
    }
    let encoded = cookie.unwrap_or_else(|| {
        if scheme.eq_ignore_ascii_case("basic") { value.trim().to_owned() } else { String::new() }
    });
    let decoded = BASE64_STANDARD.decode(encoded.as_bytes());
    if decoded.is_err() && app.dialect < Dialect::V1_3 {
        let error = ApiError::illegal_argument("Input byte array has incorrect ending byte");
        return refused(error.into_reply(&request.target()));
    }
    let decoded = decoded.unwrap_or_default();
    match &credentials.pair {
        Some((username, password)) if decoded == format!("{username}:{password}").into_bytes() => {
            Verdict::Allowed
        }
        _ => unauthorized(request),
    }
}

fn refused(reply: Reply) -> Verdict {
    Verdict::Refused(Box::new(reply))
}

/// 401 with an empty body; the login page is not asked for credentials by the browser.
fn unauthorized(request: &Request) -> Verdict {
    let reply = Reply::empty(401);
    let referer = request.header(header::REFERER).unwrap_or_default();
    let page = referer.split(['?', '#']).next().unwrap_or_default();
    if page.ends_with("/login") {
        return refused(reply);
    }
    refused(reply.with_header(header::WWW_AUTHENTICATE, "Basic"))
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Paths that need no credentials.
fn is_open(dialect: Dialect, path: &str, over_api: bool) -> bool {
    if !path.starts_with("/api/v1") {
        return true;
    }
    let configs =
        if dialect < Dialect::V1_3 { path.ends_with("/configs") } else { path == "/api/v1/configs" };
    if path == "/api/v1/basicAuthValidationErrors" || configs {
        return true;
    }
    // 1.0 loses the list of open paths when credentials are set over the API.
    let webhooks = dialect >= Dialect::V1_3 || !over_api;
    webhooks
        && (path.starts_with("/api/v1/executions/webhook/")
            || path.starts_with("/api/v1/main/executions/webhook/"))
}

/// The paths that are open until there are credentials.
fn sets_credentials(path: &str) -> bool {
    path.starts_with("/api/v1") && path.ends_with("/basicAuth")
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    request.header(header::COOKIE)?.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}
