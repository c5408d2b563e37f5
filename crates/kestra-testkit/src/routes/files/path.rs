//! Paths as requests name them.

use crate::dialect::Dialect;
use crate::http::{ApiError, Context};

/// How long the name of a file may be.
const MAX_NAME: usize = 255;

/// A path that a query must have.
pub(super) fn required(cx: &Context, name: &str) -> Result<String, ApiError> {
    let query = cx.query();
    let path = query.required(name)?;
    normal(cx, path)
}

/// A path that a query may have; the root if it hasn't.
pub(super) fn optional(cx: &Context) -> Result<String, ApiError> {
    let query = cx.query();
    match query.one("path")? {
        Some(path) => normal(cx, path),
        None => Ok(String::new()),
    }
}

/// The path as it is stored: absolute, without a slash at the end.
fn normal(cx: &Context, path: &str) -> Result<String, ApiError> {
    if path.split('/').any(|segment| segment == "..") {
        return Err(ApiError::illegal_argument(
            "File should be accessed with their full path and not using relative '..' path.",
        ));
    }
    let mut path = format!("/{}", path.trim_matches('/'));
    if path == "/" {
        return Ok(String::new());
    }
    if !cx.dialect().is_v2() {
        path = path.replace(' ', "+");
    }
    if cx.dialect() < Dialect::V1_3 {
        // What looks like the fragment of an address is lost.
        path.truncate(path.find('#').unwrap_or(path.len()));
    }
    let forbidden = path == "/_flows" || path.starts_with("/_flows/");
    if forbidden && cx.request.method != http::Method::POST {
        return Err(ApiError::illegal_argument(format!("Forbidden path: {path}")));
    }
    Ok(path)
}

/// Refuses names that are too long.
pub(super) fn check_names(cx: &Context, path: &str) -> Result<(), ApiError> {
    if path.split('/').all(|name| name.len() <= MAX_NAME) {
        return Ok(());
    }
    Err(if cx.dialect() < Dialect::V1_3 {
        ApiError::not_found_because(format!("{path} (File name too long)"))
    } else {
        ApiError::illegal_argument(format!(
            "A file or folder name exceeds the maximum length of {MAX_NAME} characters."
        ))
    })
}

/// 404: nothing is there.
pub(super) fn missing(cx: &Context, path: &str) -> ApiError {
    if cx.dialect() < Dialect::V1_3 {
        return ApiError::not_found_because(format!("{path} (No such file or directory)"));
    }
    ApiError::not_found_because(format!(
        "File '{path}' was not found in namespace '{}'.",
        cx.param("namespace")
    ))
}
