//! What to do about the known traps.

use http::StatusCode;

use super::{Error, ErrorKind, ErrorResponse, TimeoutPhase};

/// Returns the hint of an error that none was set for.
pub(super) fn of(error: &Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::Dns => Some(DNS),
        ErrorKind::Connect if error.is_version_detection() => Some(CONNECT_FOR_VERSION),
        _ if error.is_version_detection() => Some(SKIP_DETECTION),
        // The message names what is missing.
        ErrorKind::Status if error.0.is_missing => None,
        ErrorKind::Status => {
            let response = error.response()?;
            let is_webhook = error.operation().is_some_and(|operation| operation.webhook);
            if is_webhook && response.parts.status == StatusCode::UNAUTHORIZED {
                return Some(WEBHOOK);
            }
            status_hint(response)
        }
        ErrorKind::Decode => Some(if error.response()?.is_html() { HTML } else { UNREADABLE }),
        ErrorKind::ExecutionFailed => Some(EXECUTION),
        ErrorKind::Connect if error.0.failed_servers > 1 => Some(CONNECT_CLUSTER),
        ErrorKind::Connect => Some(CONNECT),
        ErrorKind::Proxy => {
            Some("check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or set the proxy explicitly")
        }
        ErrorKind::Timeout(TimeoutPhase::Attempt) => Some(
            "raise the attempt timeout if the server is slow; servers may also hang on an update of a missing \
             resource: use `deploy`, which checks first",
        ),
        ErrorKind::Timeout(TimeoutPhase::VersionProbe) => Some(SKIP_DETECTION),
        // What a wait or a start came to has the failure of a request as its cause.
        _ => error.0.source.as_ref()?.0.downcast_ref::<Error>()?.hint(),
    }
}

const DNS: &str = "check the host in the URL of the server, and the DNS of this machine";

const CONNECT: &str = "is the server running? Check host and port of its URL; the API listens on 8080 by default, 8081 is for \
                       management";

const CONNECT_CLUSTER: &str = "are the servers running? Check hosts and ports of their URLs; the API listens on 8080 by default, 8081 is \
                               for management";

const CONNECT_FOR_VERSION: &str = "is the server running? Check host and port of its URL; the API listens on 8080 by default. Set \
                                   `KESTRA_API_VERSION` or `api_version` to skip the detection";

const SKIP_DETECTION: &str = "set `KESTRA_API_VERSION` or `api_version` to skip the detection";

const UNREADABLE: &str = "see the body with `Error::response`";

const EXECUTION: &str = "see the execution's log, or `Finished::of(&error)`";

const WEBHOOK: &str = "webhooks are called without credentials, as the server stores all headers with the execution; \
                       call `webhook_credentials` if the webhook requires them (Kestra 1.0)";

const HTML: &str =
    "a proxy or another web server responded: check the server URL, its path prefix and the proxy";

/// Whether it says no more than the status does.
fn is_bare(message: &str) -> bool {
    message.split([':', ';']).all(|part| matches!(part.trim(), "Not Found" | "Page Not Found"))
}

fn status_hint(response: &ErrorResponse) -> Option<&'static str> {
    let status = response.parts.status;
    if response.is_html() {
        return Some(HTML);
    }
    if status.is_redirection() {
        return Some("use the target's scheme, host and context path as the server URL");
    }
    let message = response.message();
    let says = |text: &str| message.as_deref().is_some_and(|message| message.contains(text));
    match status {
        StatusCode::UNAUTHORIZED if response.body.is_empty() => Some(
            "credentials are missing or wrong: set `auth`, or `KESTRA_USERNAME` and `KESTRA_PASSWORD`. The \
             open-source edition supports basic auth only; bearer tokens require Enterprise Edition",
        ),
        StatusCode::BAD_REQUEST if says("Tenant must be") => {
            Some("open-source Kestra has one tenant: `main`")
        }
        StatusCode::UNPROCESSABLE_ENTITY if says("Start date must be before End Date") => Some(
            "searches of executions and logs look back 8 days if they have no start: set `since` or a filter \
             on the start",
        ),
        StatusCode::UNPROCESSABLE_ENTITY if says("issing required input") => Some(
            "the flow requires more inputs than were sent: set them; if their Rust types are generated, generate them again",
        ),
        StatusCode::FORBIDDEN if response.body.is_empty() => {
            Some("an Origin header or a cookie makes Kestra expect a CSRF token: send neither")
        }
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG => Some(
            "a request line may have 4096 bytes: use fewer labels, ids or filters in a call; a proxy may limit the body as \
             well",
        ),
        StatusCode::GATEWAY_TIMEOUT if says("state transition") => Some(
            "the command is queued and may still be carried out: don't repeat it, look for its effect first",
        ),
        StatusCode::NOT_FOUND if !response.is_kestra_error() => Some(HTML),
        StatusCode::NOT_FOUND if message.as_deref().is_none_or(is_bare) => Some(
            "check ids, namespace and tenant; if nothing at all is found, the server URL lacks its path prefix",
        ),
        StatusCode::NOT_FOUND => Some("check ids, namespace and tenant"),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            Some("the server, or a proxy in front of it, is restarting or overloaded: retry later")
        }
        _ => None,
    }
}
