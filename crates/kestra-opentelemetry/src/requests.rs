//! The metrics of one HTTP request.

use std::error::Error as StdError;
use std::sync::Arc;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use kestra_core::{CallContext, Error};
use opentelemetry::StringValue;
use tokio::time::Instant;

use crate::attributes::{
    Attributes, ERROR_TYPE, OTHER, PROTOCOL_VERSION, REQUEST_METHOD, RESPONSE_STATUS, SERVER_ADDRESS,
    SERVER_PORT, URL_TEMPLATE, error_type, method, protocol_version, status_error,
};
use crate::instruments::Instruments;
use crate::layer::MetricsLayer;

/// A request whose response is pending. Dropping it before records that it was cancelled.
pub(crate) struct ActiveRequest {
    instruments: Arc<Instruments>,
    begun: Instant,
    method: &'static str,
    server: Option<(StringValue, i64)>,
    template: Option<&'static str>,
    size: Option<u64>,
    is_active: bool,
}

impl ActiveRequest {
    pub(crate) fn begin<B: Body>(layer: &MetricsLayer, request: &Request<B>) -> Self {
        let uri = request.uri();
        let server = uri.host().map(|host| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
            (layer.instruments.hosts.get(host), i64::from(uri.port_u16().unwrap_or(usual)))
        });
        let request = Self {
            instruments: Arc::clone(&layer.instruments),
            begun: Instant::now(),
            method: method(request.method()),
            server,
            template: if layer.has_template { template(request) } else { None },
            size: request.body().size_hint().exact().filter(|size| *size > 0),
            is_active: true,
        };
        request.instruments.active_requests.add(1, request.attributes().as_slice());
        request
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.set(REQUEST_METHOD, self.method);
        if let Some((address, port)) = &self.server {
            attributes.set(SERVER_ADDRESS, address.clone());
            attributes.set(SERVER_PORT, *port);
        }
        if let Some(template) = self.template {
            attributes.set(URL_TEMPLATE, template);
        }
        attributes
    }

    pub(crate) fn responded<B: Body>(&mut self, response: &Response<B>) {
        let status = response.status();
        let mut attributes = self.end();
        attributes.set(RESPONSE_STATUS, i64::from(status.as_u16()));
        if let Some(version) = protocol_version(response.version()) {
            attributes.set(PROTOCOL_VERSION, version);
        }
        if status.is_client_error() || status.is_server_error() {
            attributes.set(ERROR_TYPE, status_error(status));
        }
        let size = length(response.headers()).or_else(|| response.body().size_hint().exact());
        self.record(&attributes, size.filter(|size| *size > 0));
    }

    pub(crate) fn failed(&mut self, error: &(dyn StdError + 'static)) {
        let mut attributes = self.end();
        let mut status = None;
        let kind = match error.downcast_ref::<Error>() {
            Some(error) => {
                status = error.status();
                error_type(error)
            }
            None => OTHER.into(),
        };
        if let Some(status) = status {
            attributes.set(RESPONSE_STATUS, i64::from(status.as_u16()));
        }
        attributes.set(ERROR_TYPE, kind);
        self.record(&attributes, None);
    }

    /// Counts the request as active no more, and returns its attributes.
    fn end(&mut self) -> Attributes {
        self.is_active = false;
        let attributes = self.attributes();
        self.instruments.active_requests.add(-1, attributes.as_slice());
        attributes
    }

    fn record(&self, attributes: &Attributes, response_size: Option<u64>) {
        let (instruments, attributes) = (&self.instruments, attributes.as_slice());
        instruments.request_duration.record(self.begun.elapsed().as_secs_f64(), attributes);
        if let Some(size) = self.size {
            instruments.request_size.record(size, attributes);
        }
        if let Some(size) = response_size {
            instruments.response_size.record(size, attributes);
        }
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        if self.is_active {
            let mut attributes = self.end();
            attributes.set(ERROR_TYPE, "cancelled");
            self.record(&attributes, None);
        }
    }
}

/// Returns the length that a server gave, which is that of the compressed body.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns the route of the operation that the request is of: the newest with the method of the request.
fn template<B>(request: &Request<B>) -> Option<&'static str> {
    let operation = CallContext::of(request)?.operation()?;
    let route = operation.routes.iter().find(|route| route.method() == request.method());
    route.or(operation.routes.first()).map(|route| route.path)
}
