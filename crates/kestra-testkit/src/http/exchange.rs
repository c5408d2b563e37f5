//! One exchange: what happens around a route.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, Method, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};

use super::auth::{Verdict, judge};
use super::{Answer, ApiError, Context, Handler, Reply, ReplyBody, Request, Route};
use crate::app::App;
use crate::routes;
use crate::socket::Reads;

/// The longest request line that is read, from the method to the version.
const MAX_LINE: usize = 4096;

/// The longest headers that are read.
const MAX_HEAD: usize = 32 * 1024;

/// The body of an answer on its way out.
pub(crate) type OutBody = UnsyncBoxBody<Bytes, io::Error>;

/// Everything around the routes: limits, credentials, faults, the log of requests.
#[derive(Debug)]
pub(crate) struct Shell {
    app: Arc<App>,
    table: Vec<Route>,
}

impl Shell {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let table = routes::table(app.dialect);
        Self { app, table }
    }

    /// Whether a new connection is closed at once.
    pub(crate) fn refuses_connection(&self) -> bool {
        false
    }

    /// Answers a request; an error breaks the connection off.
    pub(crate) async fn answer(
        &self,
        request: http::Request<Incoming>,
        reads: &Reads,
    ) -> Result<Response<OutBody>, io::Error> {
        let head = request.method() == Method::HEAD;
        let line = line_length(&request);
        let headers: usize =
            request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let request = read(request).await?;
        let target = request.target();
        let reply = if line > MAX_LINE {
            Err(too_long(Some("/bad-request")))
        } else if headers > MAX_HEAD {
            Err(too_long(None))
        } else {
            self.route(request).await
        };
        let reply = reply.unwrap_or_else(|error| error.into_reply(&target));
        reads.reset();
        Ok(outgoing(reply, head))
    }

    async fn route(&self, request: Request) -> Answer {
        if let Verdict::Refused(reply) = judge(&self.app, &request) {
            return Ok(*reply);
        }
        if let Some(broken) = malformed_escape(request.query.as_deref().unwrap_or_default()) {
            let target = request.target();
            let index = request.path.len() + 1 + broken;
            let mut error = ApiError::internal(format!("Malformed escape pair at index {index}: {target}"));
            if let ApiError::Usual(usual) = &mut error {
                usual.href = Some("/");
            }
            return Err(error);
        }
        let found = routes::find(&self.table, &request)?;
        let context = Context { app: Arc::clone(&self.app), request, params: found.params };
        match found.route.handler {
            Handler::Now(function) => function(&context),
            Handler::Later(function) => function(context).await,
            Handler::NotServed => {
                Err(ApiError::not_served(&format!("{} {}", context.request.method, context.request.path)))
            }
        }
    }
}

fn line_length(request: &http::Request<Incoming>) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    request.method().as_str().len() + target + " HTTP/1.1".len() + 1
}

fn too_long(href: Option<&'static str>) -> ApiError {
    let mut error =
        ApiError::new(413, "Request Entity Too Large").with_detail("Request Entity Too Large", None);
    if let ApiError::Usual(usual) = &mut error {
        usual.href = href;
    }
    error
}

/// The index of a percent sign that isn't followed by two hexadecimal digits.
fn malformed_escape(query: &str) -> Option<usize> {
    let bytes = query.as_bytes();
    let is_hex = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_hexdigit);
    (0..bytes.len()).find(|index| bytes[*index] == b'%' && !(is_hex(index + 1) && is_hex(index + 2)))
}

async fn read(request: http::Request<Incoming>) -> Result<Request, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(ToOwned::to_owned),
        headers: parts.headers,
        body,
    })
}

fn outgoing(reply: Reply, head: bool) -> Response<OutBody> {
    let body = match reply.body {
        ReplyBody::Bytes(bytes) => Full::new(bytes).map_err(never).boxed_unsync(),
        ReplyBody::Stream(stream) => StreamBody::new(stream.map(|part| part.map(Frame::data))).boxed_unsync(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    if head {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        *response.body_mut() = Full::new(Bytes::new()).map_err(never).boxed_unsync();
    }
    response
}

fn never(never: Infallible) -> io::Error {
    match never {}
}
