//! Paths as requests name them, read as each version reads them.

use crate::dialect::Dialect;
use crate::http::{ApiError, Context};
use crate::query::not_convertible;
use crate::uri;

/// How long the name of a file may be.
const MAX_NAME: usize = 255;

/// A path that a query must have.
pub(super) fn required(cx: &Context, name: &str) -> Result<String, ApiError> {
    let query = cx.query();
    let path = query.required(name)?;
    normal(cx, &given(cx, path))
}

/// A path that a query may have; the root if it hasn't.
pub(super) fn optional(cx: &Context) -> Result<String, ApiError> {
    let query = cx.query();
    match query.one("path")? {
        Some(path) => normal(cx, &given(cx, path)),
        None => Ok(String::new()),
    }
}

/// A path that a query must have as a URI.
pub(super) fn moved(cx: &Context, name: &str) -> Result<String, ApiError> {
    let query = cx.query();
    let text = query.required(name)?;
    if let Some((index, _)) = uri::illegal(text) {
        return Err(not_convertible(
            name,
            text,
            &format!("Illegal character in path at index {index}: {text}"),
        ));
    }
    normal(cx, &uri::decoded(uri::before_query(text)))
}

/// The path to delete as it is asked for, which is where the server begins to climb.
pub(super) fn to_delete(cx: &Context) -> Result<String, ApiError> {
    let query = cx.query();
    let path = given(cx, query.required("path")?);
    Ok(if path.starts_with('/') { path } else { format!("/{path}") })
}

/// Before 2.0 a blank is encoded as in a form, and read as in a path.
fn given(cx: &Context, path: &str) -> String {
    if cx.dialect().is_v2() { path.to_owned() } else { path.replace(' ', "+") }
}

/// The path as it is stored: absolute, without a slash at the end; the root is empty.
pub(super) fn normal(cx: &Context, path: &str) -> Result<String, ApiError> {
    let mut path = path.replace('\\', "/");
    if cx.dialect() < Dialect::V1_3 {
        path = without_drives(&path);
    }
    if path.split('/').any(|segment| segment == "..") {
        return Err(ApiError::illegal_argument(
            "File should be accessed with their full path and not using relative '..' path.",
        ));
    }
    if !cx.dialect().is_v2()
        && let Some((index, _)) = uri::illegal(&path)
    {
        return Err(ApiError::illegal_argument(format!(
            "Illegal character in path at index {index}: {path}"
        )));
    }
    if cx.dialect() < Dialect::V1_3 {
        path = uri::decoded(uri::before_query(&path));
    }
    // Slashes at the beginning are left out, and with them what stands there.
    let path = path.trim_start_matches(['/', '|']);
    let segments = path.split('/').filter(|segment| !matches!(*segment, "" | "."));
    let path: String = segments.map(|segment| format!("/{segment}")).collect();
    let forbidden = path == "/_flows" || path.starts_with("/_flows/");
    if forbidden && cx.request.method != http::Method::POST {
        return Err(ApiError::illegal_argument(format!("Forbidden path: {path}")));
    }
    Ok(path)
}

/// What looks like the drive of another system becomes a folder of its letter.
fn without_drives(path: &str) -> String {
    let lower = |before: Option<char>, character: char| match before {
        Some(':') => character.to_ascii_lowercase(),
        _ => character,
    };
    let mut characters = path.chars().peekable();
    let mut found = String::new();
    while let Some(character) = characters.next() {
        if character != ':' {
            found.push(lower(characters.peek().copied(), character));
        }
    }
    found
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

/// 1.0 can't walk over names that are no URI, such as one with a blank that came in encoded.
pub(super) fn check_listed<'a>(
    cx: &Context,
    mut paths: impl Iterator<Item = &'a str>,
) -> Result<(), ApiError> {
    let found = paths.find_map(|path| uri::illegal(path).map(|(index, _)| (index, path)));
    match found.filter(|_| cx.dialect() < Dialect::V1_3) {
        Some((index, path)) => {
            Err(ApiError::illegal_argument(format!("Illegal character in path at index {index}: {path}")))
        }
        None => Ok(()),
    }
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
