//! Decodes a response whose status is no error.

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use serde_json::Value;

use crate::body::Body;
use crate::download::Download;
use crate::error::{Error, ErrorKind, ErrorResponse};
use crate::json::{self, Fresh, Read};
use crate::operation::{Guard, OperationInfo};
use crate::redact::brief;
use crate::sent_inputs::{SentInputs, ShowsInputs};

/// Reads JSON.
// Compiled once for all crates of a program, as it isn't inlined.
#[inline(never)]
pub fn json<T: Read>(response: Response<Body>, info: &'static OperationInfo) -> Result<Response<T>, Error> {
    let mut value = T::blank();
    let parts = read_json(response, info, &mut value)?;
    Ok(Response::from_parts(parts, value))
}

/// Reads the JSON response to a creation, and logs a warning for each input that the server dropped.
pub fn created<T: Read + ShowsInputs>(
    mut response: Response<Body>,
    info: &'static OperationInfo,
) -> Result<Response<T>, Error> {
    let sent = response.extensions_mut().remove::<SentInputs>();
    let response = json::<T>(response, info)?;
    if let Some(sent) = sent {
        sent.compare(response.body());
    }
    Ok(response)
}

fn read_json(
    response: Response<Body>,
    info: &'static OperationInfo,
    value: &mut dyn Fresh,
) -> Result<Parts, Error> {
    let (parts, bytes) = complete(response, info)?;
    match json::fill_from_slice(&bytes, value) {
        Ok(()) => Ok(parts),
        Err(problem) => Err(undecodable(info, parts, bytes, &problem)),
    }
}

/// Reads JSON where some versions respond with an empty body or null.
pub fn optional<T: Read>(
    response: Response<Body>,
    info: &'static OperationInfo,
) -> Result<Response<Option<T>>, Error> {
    let (parts, bytes) = collected(response, info)?;
    if bytes.is_empty() || bytes.trim_ascii() == b"null" {
        return Ok(Response::from_parts(parts, None));
    }
    Ok(json::<T>(Response::from_parts(parts, bytes.into()), info)?.map(Some))
}

/// Reads whatever the body is: JSON, or else text as a string, or nothing.
///
/// # Errors
///
/// None of its own.
pub fn any<T: From<Option<Value>>>(
    response: Response<Body>,
    info: &'static OperationInfo,
) -> Result<Response<T>, Error> {
    let (parts, bytes) = collected(response, info)?;
    let value = match json::from_slice::<Value>(&bytes) {
        _ if bytes.is_empty() => None,
        Ok(value) => Some(value),
        Err(_) => Some(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
    };
    Ok(Response::from_parts(parts, value.into()))
}

/// Reads text.
pub fn text(response: Response<Body>, info: &'static OperationInfo) -> Result<Response<String>, Error> {
    let (parts, bytes) = collected(response, info)?;
    match String::from_utf8(bytes.into()) {
        Ok(text) => Ok(Response::from_parts(parts, text)),
        Err(problem) => {
            let message = format!("the body is not UTF-8 ({})", problem.utf8_error());
            Err(fault(info, parts, problem.into_bytes().into(), message))
        }
    }
}

/// Reads nothing: a body that says nothing is dropped.
pub fn empty(response: Response<Body>, info: &'static OperationInfo) -> Result<Response<()>, Error> {
    let (parts, _) = collected(response, info)?;
    Ok(Response::from_parts(parts, ()))
}

/// Leaves the body a stream.
pub fn stream(response: Response<Body>, _: &'static OperationInfo) -> Result<Response<Body>, Error> {
    Ok(response)
}

/// Leaves the body a stream, with the file's name and length.
pub fn download(response: Response<Body>, info: &'static OperationInfo) -> Result<Response<Download>, Error> {
    let (parts, body) = response.into_parts();
    let mut head = Response::new(body);
    *head.headers_mut() = parts.headers.clone();
    Ok(Response::from_parts(parts, Download::new(head, info)))
}

fn collected(response: Response<Body>, info: &'static OperationInfo) -> Result<(Parts, Bytes), Error> {
    let (parts, body) = response.into_parts();
    match body.into_bytes() {
        Ok(bytes) => Ok((parts, bytes)),
        Err(_) => Err(fault(info, parts, Bytes::new(), "the executor didn't collect the body".to_owned())),
    }
}

/// The body, unless it lists failures.
fn complete(response: Response<Body>, info: &'static OperationInfo) -> Result<(Parts, Bytes), Error> {
    let (parts, bytes) = collected(response, info)?;
    if info.guard != Some(Guard::ListedFailures) {
        return Ok((parts, bytes));
    }
    match json::from_slice::<Vec<String>>(&bytes) {
        Ok(failures) if !failures.is_empty() => {
            let message = format!("{} failed: {}; the others succeeded", failures.len(), failures.join(", "));
            Err(Error::new(ErrorKind::Incomplete, message)
                .with_response(ErrorResponse::new(parts, bytes))
                .with_operation(info)
                .with_failures(failures))
        }
        _ => Ok((parts, bytes)),
    }
}

fn undecodable(info: &'static OperationInfo, parts: Parts, bytes: Bytes, problem: &json::Problem) -> Error {
    if bytes.is_empty() {
        return fault(info, parts, bytes, "the body is empty, JSON was expected".to_owned());
    }
    let mut message = match problem.path() {
        Some(path) => format!("invalid JSON at `{path}`: {}", problem),
        None => format!("the body is not the expected JSON: {}", problem),
    };
    let content_type = parts.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some(content_type) = content_type.filter(|content_type| !content_type.contains("json")) {
        message.push_str(" (the content type is `");
        message.push_str(&brief(content_type, 100));
        message.push_str("`)");
    }
    fault(info, parts, bytes, message)
}

fn fault(info: &'static OperationInfo, parts: Parts, bytes: Bytes, message: String) -> Error {
    Error::new(ErrorKind::Decode, message)
        .with_response(ErrorResponse::new(parts, bytes))
        .with_operation(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    static INFO: OperationInfo = OperationInfo::new("wait", "executions", &[]);

    #[test]
    fn an_optional_answer_may_be_nothing_or_null() {
        let read = |body: &'static str| {
            let response = Response::new(Body::from(body));
            optional::<Vec<String>>(response, &INFO).map(Response::into_body).ok()
        };
        assert_eq!(read(""), Some(None));
        assert_eq!(read("null"), Some(None));
        assert_eq!(read(r#"["a"]"#), Some(Some(vec!["a".to_owned()])));
        assert_eq!(read("nothing"), None);
    }
}
