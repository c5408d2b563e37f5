//! Names and values of attributes.

use std::sync::{Arc, PoisonError, RwLock};

use http::{Method, StatusCode, Version};
use kestra_core::Error;
use opentelemetry::{Key, KeyValue, StringValue, Value};

pub(crate) const CONNECTION_STATE: &str = "http.connection.state";
pub(crate) const ERROR_TYPE: &str = "error.type";
pub(crate) const HEDGE_WINNER: &str = "kestra.hedge.winner";
pub(crate) const OPERATION: &str = "kestra.operation";
pub(crate) const OUTCOME: &str = "kestra.outcome";
pub(crate) const PROTOCOL_VERSION: &str = "network.protocol.version";
pub(crate) const REQUEST_METHOD: &str = "http.request.method";
pub(crate) const RESPONSE_STATUS: &str = "http.response.status_code";
pub(crate) const SERVER_ADDRESS: &str = "server.address";
pub(crate) const SERVER_PORT: &str = "server.port";
pub(crate) const URL_TEMPLATE: &str = "url.template";

/// The value of `error.type` that stands for every other.
pub(crate) const OTHER: &str = "_OTHER";

/// More attributes than any metric has.
const MAX: usize = 8;

/// The attributes of one measurement, without an allocation.
pub(crate) struct Attributes {
    list: [KeyValue; MAX],
    count: usize,
}

impl Attributes {
    pub(crate) fn new() -> Self {
        Self { list: std::array::from_fn(|_| KeyValue::new("", false)), count: 0 }
    }

    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(place) = self.list.get_mut(self.count) {
            *place = KeyValue::new(Key::from_static_str(key), value);
            self.count += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[KeyValue] {
        self.list.get(..self.count).unwrap_or_default()
    }
}

/// How many hosts are kept: far more than a program calls, and a bound for one that calls others without end.
const MAX_HOSTS: usize = 64;

/// The names of hosts that were called before, so that a measurement shares them.
#[derive(Default)]
pub(crate) struct Hosts(RwLock<Vec<Arc<str>>>);

impl Hosts {
    pub(crate) fn get(&self, host: &str) -> StringValue {
        let is_it = |known: &&Arc<str>| known.as_ref() == host;
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(is_it) {
            return Arc::clone(known).into();
        }
        let new: Arc<str> = Arc::from(host);
        let mut hosts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() < MAX_HOSTS && !hosts.contains(&new) {
            hosts.push(Arc::clone(&new));
        }
        new.into()
    }
}

/// Returns the name of a method that HTTP defines, and `_OTHER` for any else, so that the number of values is bounded.
pub(crate) fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        "QUERY" => "QUERY",
        _ => OTHER,
    }
}

pub(crate) fn protocol_version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

/// Returns the `error.type` of a status that is an error.
pub(crate) fn status_error(status: StatusCode) -> StringValue {
    Arc::<str>::from(status.as_str()).into()
}

/// Returns the `error.type` of an error of the client: the status if the server responded with one, else the kind.
pub(crate) fn error_type(error: &Error) -> StringValue {
    match error.status() {
        Some(status) if error.kind() == kestra_core::ErrorKind::Status => status_error(status),
        _ => error.kind().error_type().into(),
    }
}
