//! A recorded request made again with a builder, and compared.

use http::header::CONTENT_TYPE;
use kestra_core::{Call, CallOptions, Error, ErrorKind, OperationInfo, Target, Version};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::compare::{differences, same_text};
use super::exchange::{Body, Exchange};
use super::obstacle::Obstacle;
use super::request::{OTHER_CONTENT_TYPE, Recorded};
use super::route::{Match, find, find_in_any_version};
use super::{filters, form};

/// What became of a recorded request.
#[derive(Debug)]
pub enum Rebuilt {
    /// The builder makes the same request.
    Same,
    /// The builder makes a request that asks for the same: its filters are grouped or said otherwise.
    SameInMeaning(String),
    /// The builder makes the same request once a user insists on it.
    SameWhenForced(String),
    /// No builder can make it.
    NotExpressible(Obstacle),
    /// The builder makes another request.
    Different(Vec<String>),
}

/// Makes a recorded request again, with the builders of the operation that the server takes it for, or else of one that has
/// the route on other versions.
pub fn rebuild(exchange: &Exchange) -> Rebuilt {
    let version = exchange.recorded.server_version.parse().unwrap_or(Version::NEWEST);
    let request = &exchange.request;
    let mut candidates = find(&request.method, &request.path, version);
    candidates.extend(find_in_any_version(&request.method, &request.path));
    let mut best = None;
    for found in candidates {
        let recorded = Recorded::new(exchange, &found);
        let rebuilt = match crate::generated::requests::rebuild(found.info.name, &recorded) {
            Some(Ok(call)) => judge(exchange, &found, &recorded, call),
            Some(Err(obstacle)) => Rebuilt::NotExpressible(obstacle),
            None => continue,
        };
        match (&rebuilt, &best) {
            (Rebuilt::Same | Rebuilt::SameInMeaning(_) | Rebuilt::SameWhenForced(_), _) => return rebuilt,
            (_, None) => best = Some(rebuilt),
            // Another builder of the operation may have the body that was recorded.
            (_, Some(Rebuilt::NotExpressible(obstacle))) if obstacle.rule == OTHER_CONTENT_TYPE => {
                best = Some(rebuilt)
            }
            _ => {}
        }
    }
    let what = || format!("{} {}", request.method, request.path);
    best.unwrap_or_else(|| Rebuilt::NotExpressible(Obstacle::new("a path that is no operation's", what())))
}

fn judge(exchange: &Exchange, found: &Match, recorded: &Recorded<'_>, call: Call) -> Rebuilt {
    let server = exchange.recorded.server_version.parse().unwrap_or(Version::NEWEST);
    match made(exchange, found, server, call) {
        Ok(compared) if compared.is_same() => Rebuilt::Same,
        Ok(compared) if found.version == server => compared.judged(Rebuilt::SameInMeaning),
        Ok(_) => forced(exchange, found, recorded, format!("made for {}", found.version)),
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Refused) => {
            forced(exchange, found, recorded, error.to_string())
        }
        Err(error) => Rebuilt::NotExpressible(Obstacle::new("refused before it is sent", error.to_string())),
    }
}

/// Makes the request with everything that a user can insist on: the route's version, what the version doesn't know, and
/// what would do harm.
fn forced(exchange: &Exchange, found: &Match, recorded: &Recorded<'_>, reason: String) -> Rebuilt {
    let Some(Ok(mut call)) = crate::generated::requests::rebuild(found.info.name, recorded) else {
        return Rebuilt::Different(vec![reason]);
    };
    call.change_options(|options| options.any_version().unchecked());
    match made(exchange, found, found.version, call) {
        Ok(compared) => compared.judged(|_| Rebuilt::SameWhenForced(reason)),
        Err(error) => Rebuilt::NotExpressible(Obstacle::new("refused before it is sent", error.to_string())),
    }
}

/// A request beside the recorded one.
#[derive(Debug, Default)]
struct Compared {
    differences: Vec<String>,
    /// Filters that ask for the same in other words.
    otherwise: Vec<String>,
}

impl Compared {
    fn is_same(&self) -> bool {
        self.differences.is_empty() && self.otherwise.is_empty()
    }

    fn judged(self, same: impl FnOnce(String) -> Rebuilt) -> Rebuilt {
        if self.differences.is_empty() {
            return same(self.otherwise.join("; "));
        }
        Rebuilt::Different(self.differences)
    }
}

/// How the request for a server of a version differs from what was recorded.
fn made(exchange: &Exchange, found: &Match, version: Version, call: Call) -> Result<Compared, Error> {
    let target = Target::new("http://localhost:8080").version(version.to_string()).tenant(&found.tenant);
    call.into_request_for(&target).map(|request| compare(exchange, &request))
}

fn compare(exchange: &Exchange, request: &http::Request<kestra_core::Body>) -> Compared {
    let mut compared = Compared::default();
    let found = &mut compared.differences;
    let recorded = &exchange.request;
    if recorded.method != request.method().as_str() {
        found.push(format!("the method is {} in place of {}", request.method(), recorded.method));
    }
    let path = recorded.path.strip_suffix('/').unwrap_or(&recorded.path);
    if decoded(path) != decoded(request.uri().path()) {
        found.push(format!("the path is {} in place of {}", request.uri().path(), recorded.path));
    }
    compare_body(recorded.body.as_ref(), request, found);
    compare_query(&recorded.query, request.uri().query().unwrap_or_default(), &mut compared);
    compared
}

fn decoded(path: &str) -> Vec<Vec<u8>> {
    path.split('/').map(|segment| percent_decode_str(segment).collect()).collect()
}

/// Pairs of different names may stand in any order, those of one name may not.
fn compare_query(recorded: &[(String, String)], query: &str, compared: &mut Compared) {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let sent: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    let (replaced, old) = filters::replaced(recorded, &sent);
    let same_filters = filters::meaning(&replaced) == filters::meaning(&sent);
    let mut found = |name: &str, difference: String| {
        let otherwise = same_filters && (filters::is_filter(name) || old.contains(&name));
        if otherwise { &mut compared.otherwise } else { &mut compared.differences }.push(difference);
    };
    let mut pairs = sent;
    for (name, value) in recorded {
        match pairs.iter().position(|(other, _)| other == name) {
            Some(place) => {
                let (_, other) = pairs.remove(place);
                if !same_text(value, &other) {
                    found(name, format!("{name} is `{other}` in place of `{value}`"));
                }
            }
            None => found(name, format!("{name}={value} is not sent")),
        }
    }
    for (name, value) in pairs {
        found(&name, format!("{name}={value} is sent besides"));
    }
}

fn compare_body(
    recorded: Option<&Body>,
    request: &http::Request<kestra_core::Body>,
    found: &mut Vec<String>,
) {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(bytes) = request.body().as_bytes() else {
        return found.push("the body is not in memory".to_owned());
    };
    let Some(recorded) = recorded else {
        if !bytes.is_empty() || content_type.is_some() {
            found.push("a body is sent besides".to_owned());
        }
        return;
    };
    if recorded.kind == "multipart" {
        return compare_form(recorded, content_type, bytes, found);
    }
    if form::media_type(content_type) != form::media_type(recorded.content_type.as_deref()) {
        found.push(format!("the content type is {content_type:?} in place of {:?}", recorded.content_type));
    }
    let Some(expected) = recorded.bytes() else {
        return found.push("the recorded body was not kept".to_owned());
    };
    match (serde_json::from_slice(&expected), serde_json::from_slice(bytes)) {
        (Ok(expected), Ok(sent)) => {
            let expected = with_tenants(labels_as_list(expected, &sent), &sent);
            found.extend(
                differences(&expected, &sent).into_iter().map(|difference| format!("body{difference}")),
            );
        }
        _ if expected == bytes[..] => {}
        _ if same_value(&expected, bytes) => {}
        _ => found.push("the body is another".to_owned()),
    }
}

/// Servers read a map where builders send a list of labels.
fn labels_as_list(expected: Value, sent: &Value) -> Value {
    let labels = |list: &Value| {
        let is_label = |label: &Value| label["key"].is_string() && label.get("value").is_some();
        list.as_array().is_some_and(|list| list.iter().all(is_label))
    };
    match expected {
        Value::Object(map) if labels(sent) => {
            map.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
        }
        other => other,
    }
}

/// A trigger's id without a tenant, which 1.x servers take and find nothing with, is sent with that of the request.
fn with_tenants(expected: Value, sent: &Value) -> Value {
    match expected {
        Value::Object(mut map) if map.contains_key("triggerId") && !map.contains_key("tenantId") => {
            map.extend(sent.get("tenantId").map(|tenant| ("tenantId".to_owned(), tenant.clone())));
            Value::Object(map)
        }
        Value::Array(rows) => {
            let of = |place: usize| sent.get(place).unwrap_or(&Value::Null);
            rows.into_iter().enumerate().map(|(place, row)| with_tenants(row, of(place))).collect()
        }
        other => other,
    }
}

/// Whether two texts are the same instant, in whatever zone.
fn same_value(expected: &[u8], sent: &[u8]) -> bool {
    let texts = (std::str::from_utf8(expected), std::str::from_utf8(sent));
    matches!(texts, (Ok(expected), Ok(sent)) if same_text(expected, sent))
}

fn compare_form(recorded: &Body, content_type: Option<&str>, bytes: &[u8], found: &mut Vec<String>) {
    let sent = match content_type {
        None if bytes.is_empty() => Vec::new(),
        content_type => form::parse(content_type.unwrap_or_default(), bytes).unwrap_or_default(),
    };
    if sent.len() != recorded.parts.len() {
        found.push(format!("{} parts are sent in place of {}", sent.len(), recorded.parts.len()));
    }
    for (part, built) in recorded.parts.iter().zip(sent) {
        let name = &built.name;
        if part.name != *name || part.filename != built.file_name || part.bytes() != built.content {
            found.push(format!("the part `{name}` is not the recorded `{}`", part.name));
        }
        if part.content_type.is_some() && part.content_type != built.content_type {
            found.push(format!("the part `{name}` has another content type"));
        }
    }
}

/// Why there is no request.
#[derive(Debug)]
pub enum Unmade {
    /// The exchange doesn't fit a builder.
    Unfit(String),
    /// The builder refuses it.
    Refused(kestra_core::Error),
}

impl std::fmt::Display for Unmade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unfit(why) => f.write_str(why),
            Self::Refused(error) => write!(f, "{error:#}"),
        }
    }
}

/// The request that a builder makes of what an exchange asks for, for a server of a version.
///
/// # Errors
///
/// Why the builder can't make it.
pub fn request_of(
    operation: &OperationInfo,
    exchange: &Exchange,
    version: Version,
) -> Result<http::Request<kestra_core::Body>, Unmade> {
    let found = find(&exchange.request.method, &exchange.request.path, version);
    let found = found.iter().find(|found| found.info.name == operation.name);
    let found = found
        .ok_or_else(|| Unmade::Unfit(format!("`{}` is another operation's path", exchange.request.path)))?;
    let recorded = Recorded::new(exchange, found);
    let call = crate::generated::requests::rebuild(operation.name, &recorded);
    let call = call.ok_or_else(|| Unmade::Unfit("has no builder".to_owned()))?;
    let mut call = call.map_err(|obstacle| Unmade::Unfit(obstacle.to_string()))?;
    // It may ask for what this client refuses by itself.
    call.change_options(CallOptions::unchecked);
    let target = Target::new("http://localhost:8080").version(version.to_string()).tenant("main");
    call.into_request_for(&target).map_err(Unmade::Refused)
}

/// The parts of a form that was built, as names and values; a file's value is the text in it.
///
/// # Errors
///
/// The body is no form.
pub fn parts_of(request: &http::Request<kestra_core::Body>) -> Result<Vec<(String, String)>, String> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let bytes = request.body().as_bytes().ok_or_else(|| "the form is not in memory".to_owned())?;
    let parts = form::parse(content_type.unwrap_or_default(), bytes).unwrap_or_default();
    let text = |part: Vec<u8>| String::from_utf8_lossy(&part).into_owned();
    Ok(parts.into_iter().map(|part| (part.name, text(part.content))).collect())
}
