//! The service.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response, Version};
use http_body::Body as _;
use kestra_core::{Body, BoxError, CallContext, Error, ErrorKind, OperationInfo, Timeouts, Traffic};
use tower_service::Service;

use super::builder::TransportBuilder;
use super::coding::Coding;
use super::future::{Attempt, Expected, TransportFuture};
use super::pool::Pool;
use super::upload::{RequestBody, SendLimits};
use crate::connect_to::{address_of, connect_wait};

/// Sends requests over the network; copies are cheap and share one pool of connections.
///
/// It is the innermost service of a stack. See the [module](super) for what it does.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) pool: Arc<Pool>,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_body_size: usize,
}

impl Transport {
    /// Starts a transport whose defaults fit most programs.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::new()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    fn send(&self, mut request: Request<Body>) -> TransportFuture {
        let inner = &*self.0;
        let context = CallContext::of(&request).cloned();
        if let Some(context) = &context {
            // The body raises it before a byte is written, so a timeout may take it at its word.
            context.sent().track();
            context.depart();
        }
        if let Err(error) = check(&request, context.as_ref()) {
            return TransportFuture::failed(Attempt::new(Arc::clone(&inner.pool), context), error);
        }
        say_that_empty(&mut request);
        let address = address_of(&request, context.as_ref());
        let connect_wait = connect_wait(&request, context.as_ref());
        let coding = Coding::ask(&mut request, context.as_ref().and_then(|context| context.operation()));
        let is_forwarded = inner.pool.connector().prepare(&mut request);
        let limits = context.as_ref().map(|context| context.limits(&inner.timeouts));
        let mut watch = None;
        let request = request.map(|body| {
            let send = limits.and_then(|limits| {
                let request_body = limits.request_body.filter(|_| is_upload(&body, context.as_ref()));
                let is_set = request_body.is_some() || limits.first_byte.is_some();
                is_set.then_some(SendLimits { request_body, first_byte: limits.first_byte })
            });
            let mut body = RequestBody::new(body, context.clone());
            watch = send.map(|limits| body.watch(limits));
            body
        });
        let attempt = Attempt::new(Arc::clone(&inner.pool), context);
        // After an early error a server may hang on the connection.
        let is_private = attempt.operation().is_some_and(|operation| operation.early_error);
        TransportFuture::sending(
            attempt,
            Pool::call(request, address, is_private).connect_wait(connect_wait),
            watch,
            inner.max_body_size,
            limits.and_then(|limits| limits.idle),
            Expected { coding, is_forwarded },
        )
    }
}

/// Refuses what no server can be found for.
fn check(request: &Request<Body>, context: Option<&CallContext>) -> Result<(), Error> {
    // The URL of an operation was put together from parts that were looked at before.
    let is_foreign = context.and_then(CallContext::operation).is_none();
    let uri = request.uri();
    let problem = match (uri.scheme_str(), uri.authority()) {
        (None, _) | (_, None) => {
            "the request has no server: put a `ServerLayer` above the transport, or use an absolute URL"
        }
        (Some("http" | "https"), Some(authority)) if is_foreign && authority.as_str().contains('@') => {
            "the URL contains credentials: set them with `auth`"
        }
        (Some("http" | "https"), Some(_)) if *request.method() == Method::CONNECT => {
            "the method CONNECT is not supported: set a proxy with `proxy`"
        }
        (Some("http" | "https"), Some(_)) => match request.version() {
            Version::HTTP_10 | Version::HTTP_11 | Version::HTTP_2 => return Ok(()),
            _ => "unsupported HTTP version: use HTTP/1.1 or HTTP/2",
        },
        (Some(_), Some(_)) => "the scheme is not http or https",
    };
    Err(Error::new(ErrorKind::Server, problem))
}

/// Returns whether the timeout of the request's body applies: if it may be large.
fn is_upload(body: &Body, context: Option<&CallContext>) -> bool {
    let is_upload = |operation: &OperationInfo| operation.traffic == Traffic::Upload;
    body.as_bytes().is_none() || context.and_then(CallContext::operation).is_some_and(is_upload)
}

/// Some proxies respond with 411 where a body is usual and neither one nor its length comes.
fn say_that_empty(request: &mut Request<Body>) {
    let usual = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    if usual && request.body().is_end_stream() {
        request.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = TransportFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> TransportFuture {
        self.send(request)
    }
}

kestra_core::debug_fields! {
    Transport, this => {
        connector: this.0.pool.connector(), timeouts: this.0.timeouts, max_body_size: this.0.max_body_size,
    }
}
