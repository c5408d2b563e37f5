//! What generated builders do with values that are more than one.

use std::fmt::Display;

use http::HeaderValue;
use kestra_core::{Body, Call, Error, FilePart, Filter, ParameterValue};

/// The largest YAML source that is sent, in bytes: far above any flow, far below what would trouble a server.
const YAML_LIMIT: usize = 16 * 1024 * 1024;

/// Adds a value of a parameter for each of these.
pub(crate) fn repeat<V, I>(call: &mut Call, index: usize, values: I)
where
    V: ParameterValue,
    I: IntoIterator,
    I::Item: Into<V>,
{
    let mut values = values.into_iter().peekable();
    if values.peek().is_none() {
        return refuse_empty(call, index);
    }
    for value in values {
        call.add_query(index, value.into());
    }
}

/// Refuses a list without values where it selects what is found or acted on: without the parameter that would be everything.
fn refuse_empty(call: &mut Call, index: usize) {
    if call.info().filters.is_some() {
        fail(call, index, EMPTY);
    }
}

const EMPTY: &str =
    "the list of values is empty, and without values it finds everything: leave the setter out to mean that";

/// Sets a parameter to values that are joined by commas.
pub(crate) fn comma<V, I>(call: &mut Call, index: usize, values: I)
where
    V: ParameterValue,
    I: IntoIterator,
    I::Item: Into<V>,
{
    let mut joined = String::new();
    let mut problem = None;
    for value in values {
        value.into().with_text(|text| {
            if text.contains(',') {
                problem = Some(format!("`{text}` has a comma, which the server reads as the end of a value"));
            }
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(text);
        });
    }
    match problem {
        Some(problem) => fail(call, index, problem),
        None if joined.is_empty() => refuse_empty(call, index),
        None => call.set_query(index, joined),
    }
}

/// Sets a parameter to the keys and values of a map in turn, joined by commas.
#[cfg(feature = "enterprise")]
pub(crate) fn comma_pairs<K, V>(call: &mut Call, index: usize, pairs: impl IntoIterator<Item = (K, V)>)
where
    K: Into<String>,
    V: Into<String>,
{
    let texts = pairs.into_iter().flat_map(|(key, value)| [key.into(), value.into()]);
    comma::<String, _>(call, index, texts);
}

/// Adds the filters of a search.
pub(crate) fn filters(call: &mut Call, index: usize, filters: impl IntoIterator<Item = Filter>) {
    for filter in filters {
        call.add_filter(index, &filter);
    }
}

/// Adds entries of a map, written `key:value`.
pub(crate) fn pairs<K, V>(call: &mut Call, index: usize, pairs: impl IntoIterator<Item = (K, V)>)
where
    K: Into<String>,
    V: Into<String>,
{
    let mut pairs = pairs.into_iter().peekable();
    if pairs.peek().is_none() {
        return refuse_empty(call, index);
    }
    for (key, value) in pairs {
        pair(call, index, key.into(), value.into());
    }
}

/// Adds an entry of a map, written `key:value`: the server splits at the first colon and trims both.
pub(crate) fn pair(call: &mut Call, index: usize, key: String, value: String) {
    let (key, value) = (key.trim(), value.trim());
    let problem = if key.is_empty() {
        format!("the value `{value}` has no key")
    } else if value.is_empty() {
        format!("`{key}` has no value")
    } else if key.contains(':') {
        format!("the key `{key}` has a colon, which the server reads as its end")
    } else if key.contains(char::is_whitespace) {
        format!("the key `{key}` has a blank")
    } else {
        let start = format!("{key}:");
        if !call.has_query_value(index, &start) {
            return call.add_query(index, start + value);
        }
        format!("`{key}` is set twice")
    };
    fail(call, index, problem);
}

/// Sets a parameter that builders send as `true` by themselves: without it the server takes `false`.
pub(crate) fn unless_false(call: &mut Call, index: usize, value: bool) {
    if value {
        call.set_query(index, true);
    } else {
        call.clear_query(index);
    }
}

/// Sets whether the server responds only when the execution has ended.
pub(crate) fn wait(call: &mut Call, index: usize, wait: bool) {
    call.set_waits(wait);
    call.set_query(index, wait);
}

/// Sets a header.
pub(crate) fn header(call: &mut Call, name: &'static str, value: impl ParameterValue) {
    match value.with_text(|text| HeaderValue::from_bytes(text.as_bytes())) {
        Ok(value) => call.change_options(|options| options.header(name, value)),
        Err(problem) => call.fail(Error::invalid(name, problem)),
    }
}

/// Sets a body of JSON.
pub(crate) fn json(call: &mut Call, content_type: &'static str, value: &impl serde::Serialize) {
    set_json(call, content_type, serde_json::to_vec(value));
}

fn set_json(call: &mut Call, content_type: &'static str, bytes: serde_json::Result<Vec<u8>>) {
    match bytes {
        Ok(bytes) => call.set_body(content_type, Body::from(bytes)),
        Err(problem) => call.fail(Error::invalid("body", problem)),
    }
}

/// Sets a body of YAML.
pub(crate) fn yaml(call: &mut Call, source: String) {
    if source.len() > YAML_LIMIT {
        let length = source.len();
        call.fail(Error::invalid("source", format_args!("it has {length} bytes, more than {YAML_LIMIT}")));
    } else {
        call.set_body("application/x-yaml", source.into());
    }
}

/// Sets a body of form fields; one that is neither a string, a number nor a boolean can't be a field.
#[cfg(feature = "enterprise")]
pub(crate) fn form(call: &mut Call, fields: &impl serde::Serialize) {
    match serde_json::to_value(fields) {
        Ok(fields) => crate::form::set(call, fields),
        Err(problem) => call.fail(Error::invalid("body", problem)),
    }
}

/// Adds files, all under one name.
pub(crate) fn files<F: Into<FilePart>>(call: &mut Call, name: &str, files: impl IntoIterator<Item = F>) {
    for file in files {
        call.multipart().file(name, file.into());
    }
}

/// Adds a part of text.
pub(crate) fn part(call: &mut Call, name: &str, value: impl ParameterValue) {
    value.with_text(|text| {
        call.multipart().text(name, text);
    });
}

fn fail(call: &mut Call, index: usize, problem: impl Display) {
    let name = call.info().query_parameters.get(index).map_or("parameter", |parameter| parameter.name);
    call.fail(Error::invalid(name, problem));
}
