//! The request for a server's version.

use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kestra_core::internal::{BaseUrl, json};
use kestra_core::{Body, BoxError, Error, ErrorKind, ErrorResponse, TimeoutPhase, Version, object};
use tokio::time::timeout;
use tower_service::Service;

use crate::oneshot::Oneshot;

pub(super) const PATH: &str = "/api/v1/configs";

/// More than any server's configuration has, in bytes.
const LIMIT: usize = 1024 * 1024;

#[derive(Default)]
struct Configuration {
    version: String,
}

object! {
    Configuration {
        0 version = "version",
    }
}

/// Sends `GET /api/v1/configs`; the limit is for all of it, from readiness to the last byte of the body.
pub(super) async fn probe<S, B>(
    service: S,
    base: &BaseUrl,
    headers: HeaderMap,
    limit: Duration,
) -> Result<Version, Error>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    let uri = base
        .join(PathAndQuery::from_static(PATH))
        .map_err(|problem| Error::new(ErrorKind::Server, problem.to_string()))?;
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let answer = async {
        let response = Oneshot::new(service, request).await.map_err(Error::from_boxed)?;
        let (parts, body) = response.into_parts();
        match Limited::new(body, LIMIT).collect().await {
            Ok(body) => version_in(parts, body.to_bytes()),
            Err(problem) if problem.is::<LengthLimitError>() => {
                Err(Error::new(ErrorKind::Decode, format!("the response has more than {LIMIT} bytes")))
            }
            Err(problem) => Err(Error::from_boxed(problem)),
        }
    };
    timeout(limit, answer).await.unwrap_or_else(|_| {
        let message = format!("no response within {limit:?}");
        Err(Error::new(ErrorKind::Timeout(TimeoutPhase::VersionProbe), message))
    })
}

/// The version in an answer.
fn version_in(parts: Parts, bytes: Bytes) -> Result<Version, Error> {
    if !parts.status.is_success() {
        return Err(Error::from_response(ErrorResponse::new(parts, bytes)));
    }
    let answer: Option<Configuration> = json::from_slice(&bytes).ok();
    answer.and_then(|answer| Version::reported(&answer.version)).ok_or_else(|| {
        let error = Error::new(ErrorKind::Decode, "the response has no version");
        error.with_response(ErrorResponse::new(parts, bytes))
    })
}
