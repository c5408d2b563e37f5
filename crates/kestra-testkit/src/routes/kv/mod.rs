//! Routes of keys and values.

mod list;
mod value;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dialect::Dialect::{V1_0, V1_3};
use crate::engine::time;
use crate::http::{Answer, ApiError, Context, Reply, Route, now};

const TEXT: &[&str] = &["text/plain"];
const TEXT_OR_JSON: &[&str] = &["text/plain", "application/json"];
const ANY: &[&str] = &["*/*"];

/// All routes of keys and values.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("kv", now!(list::all)).since(V1_3),
        Route::get("namespaces/{namespace}/kv", now!(list::of_namespace)).until(V1_3),
        Route::get("namespaces/{namespace}/kv/inheritance", now!(list::inherited)),
        Route::get("namespaces/{namespace}/kv/{key}", now!(get)),
        Route::put("namespaces/{namespace}/kv/{key}", now!(set)).consumes(TEXT_OR_JSON).until(V1_0),
        Route::put("namespaces/{namespace}/kv/{key}", now!(set)).consumes(TEXT).since(V1_3),
        Route::delete("namespaces/{namespace}/kv/{key}", now!(delete)).consumes(ANY),
        Route::delete("namespaces/{namespace}/kv", now!(delete_many)),
    ]
}

fn get(cx: &Context) -> Answer {
    let (namespace, key) = named(cx)?;
    let entry = cx.app.kv().find(namespace, key).ok_or_else(|| {
        ApiError::not_found_because(format!("No value found for key '{key}' in namespace '{namespace}'"))
    })?;
    if entry.is_expired() {
        return Err(ApiError::new(410, "Resource has expired: The requested value has expired"));
    }
    let (kind, value) = value::typed(&entry.raw);
    let mut body = json!({"type": kind});
    if let Some(map) = body.as_object_mut() {
        if !value.is_null() {
            map.insert("value".to_owned(), value);
        }
        if cx.dialect() >= V1_3 {
            map.insert("revision".to_owned(), json!(entry.revision));
            map.insert("updated".to_owned(), json!(time::stored(entry.updated)));
        }
    }
    Reply::json(&body)
}

fn set(cx: &Context) -> Answer {
    let (namespace, key) = named(cx)?;
    if cx.request.body.is_empty() {
        return Err(ApiError::bad_argument("Required Body [value] not specified"));
    }
    let raw = cx.request.text();
    if cx.dialect() < V1_3 && !value::is_readable(&raw) {
        return Err(ApiError::illegal_argument(format!("Invalid JSON value for: {raw}")));
    }
    // Present, it has to be a duration: an empty one is none.
    let expires = match cx.request.headers.get("ttl") {
        None => None,
        Some(ttl) => Some(after(&String::from_utf8_lossy(ttl.as_bytes()))?),
    };
    cx.app.kv().set(namespace, key, raw, header(cx, "description"), expires);
    Ok(Reply::empty(200))
}

/// When something ends that lives as long as a duration says.
fn after(ttl: &str) -> Result<Timestamp, ApiError> {
    let unreadable = || ApiError::internal("Text cannot be parsed to a Duration");
    let ttl: SignedDuration = time::parse_duration(ttl).ok_or_else(unreadable)?;
    if ttl.is_negative() {
        return Err(ApiError::illegal_argument("ttl cannot be negative"));
    }
    Timestamp::now().checked_add(ttl).map_err(|_| unreadable())
}

fn header(cx: &Context, name: &str) -> Option<String> {
    let value = cx.request.headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned()).filter(|value| !value.is_empty())
}

fn delete(cx: &Context) -> Answer {
    let (namespace, key) = named(cx)?;
    Reply::json(&cx.app.kv().delete(namespace, key))
}

/// The keys to delete.
#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    keys: Vec<String>,
}

fn delete_many(cx: &Context) -> Answer {
    let request: Keys = cx.json("request")?;
    let mut store = cx.app.kv();
    let deleted: Vec<Value> = request
        .keys
        .into_iter()
        .filter(|key| store.delete(cx.param("namespace"), key))
        .map(Value::from)
        .collect();
    drop(store);
    Reply::json(&json!({"keys": deleted}))
}

/// Namespace and key of the path; 422 for a key that can't be one.
fn named(cx: &Context) -> Result<(&str, &str), ApiError> {
    let key = cx.param("key");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if key.starts_with(|c: char| c.is_ascii_alphanumeric()) && key.chars().all(plain) {
        return Ok((cx.param("namespace"), key));
    }
    Err(ApiError::illegal_argument(
        "Key must start with an alphanumeric character (uppercase or lowercase) and can contain alphanumeric characters \
         (uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only.",
    ))
}
