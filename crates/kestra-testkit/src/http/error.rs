//! Errors in the shape that a Kestra server gives them.

use http::header::HeaderName;
use serde_json::{Map, Value, json};

use super::Reply;

/// An error answer: either the usual body, or an answer of another shape.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// `{message, logref, path, _links, _embedded}`.
    Usual(UsualError),
    /// An answer of its own shape.
    Reply(Box<Reply>),
}

/// The parts of the usual error body.
#[derive(Debug, Default)]
pub(crate) struct UsualError {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// Message and path of each entry of `_embedded.errors`.
    pub(crate) details: Vec<(String, Option<String>)>,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// Instead of the request's own target.
    pub(crate) href: Option<&'static str>,
}

impl ApiError {
    /// An error with a status and its whole message.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self::Usual(UsualError { status, message: message.into(), ..UsualError::default() })
    }

    /// An answer of another shape, given as an error.
    pub(crate) fn reply(reply: Reply) -> Self {
        Self::Reply(Box::new(reply))
    }

    /// 404 without detail.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 404 with detail.
    pub(crate) fn not_found_because(detail: impl std::fmt::Display) -> Self {
        Self::new(404, format!("Not Found: {detail}"))
    }

    /// 400 with detail.
    pub(crate) fn bad_request(detail: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {detail}"))
    }

    /// 409: the state of the thing doesn't allow it.
    pub(crate) fn illegal_state(detail: impl std::fmt::Display) -> Self {
        Self::new(409, format!("Illegal state: {detail}"))
    }

    /// 409 of a command that was refused.
    pub(crate) fn conflict(detail: impl std::fmt::Display) -> Self {
        Self::new(409, format!("Conflict: {detail}"))
    }

    /// 422: a value that the server can't take.
    pub(crate) fn illegal_argument(detail: impl std::fmt::Display) -> Self {
        Self::new(422, format!("Illegal argument: {detail}"))
    }

    /// 422 with a message of its own and no details.
    pub(crate) fn unprocessable(message: impl std::fmt::Display) -> Self {
        Self::new(422, format!("Unprocessable Entity: {message}"))
    }

    /// 422 of a parameter or body that can't be converted.
    pub(crate) fn bad_argument(detail: impl std::fmt::Display) -> Self {
        Self::new(422, format!("Invalid route params: {detail}"))
    }

    /// 422 of a constraint: pairs of path and message.
    pub(crate) fn invalid_entity<P, M>(violations: impl IntoIterator<Item = (P, M)>) -> Self
    where
        P: Into<String>,
        M: Into<String>,
    {
        let details: Vec<(String, Option<String>)> =
            violations.into_iter().map(|(path, message)| (message.into(), Some(path.into()))).collect();
        let lines: Vec<String> = details
            .iter()
            .map(|(message, path)| format!("{}: {message}", path.as_deref().unwrap_or_default()))
            .collect();
        Self::Usual(UsualError {
            status: 422,
            message: format!("Invalid entity: {}", lines.join("\n")),
            details,
            ..UsualError::default()
        })
    }

    /// 500 with detail.
    pub(crate) fn internal(detail: impl std::fmt::Display) -> Self {
        Self::new(500, format!("Internal server error: {detail}"))
    }

    /// 501: this server is a small one.
    pub(crate) fn not_served(what: &str) -> Self {
        Self::new(
            501,
            format!("Not Implemented: the testkit doesn't serve {what}; give it a stubbed response"),
        )
    }

    /// The same with an entry of `_embedded.errors`.
    #[must_use]
    pub(crate) fn with_detail(mut self, message: impl Into<String>, path: Option<String>) -> Self {
        if let Self::Usual(error) = &mut self {
            error.details.push((message.into(), path));
        }
        self
    }

    /// The same with a header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        if let Self::Usual(error) = &mut self {
            error.headers.push((name, value.into()));
        }
        self
    }

    /// The answer that says so to a request for `target`.
    pub(crate) fn into_reply(self, target: &str) -> Reply {
        match self {
            Self::Reply(reply) => *reply,
            Self::Usual(error) => {
                let body = error_body(&error, error.href.unwrap_or(target));
                let mut reply = Reply::bytes("application/json", body.to_string()).with_status(error.status);
                for (name, value) in error.headers {
                    reply = reply.with_header(name, &value);
                }
                reply
            }
        }
    }
}

fn error_body(error: &UsualError, href: &str) -> Value {
    let mut embedded = Map::new();
    if !error.details.is_empty() {
        let entries = error.details.iter().map(|(message, path)| {
            json!({"message": message, "logref": null, "path": path, "_links": {}, "_embedded": {}})
        });
        embedded.insert("errors".to_owned(), entries.collect());
    }
    json!({
        "message": error.message,
        "logref": null,
        "path": null,
        "_links": {"self": link_to(href)},
        "_embedded": embedded,
    })
}

fn link_to(href: &str) -> Value {
    json!({
        "href": href,
        "templated": false,
        "profile": null,
        "deprecation": null,
        "title": null,
        "hreflang": null,
        "type": null,
        "name": null,
    })
}
