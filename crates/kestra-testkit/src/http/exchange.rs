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
use super::compress;
use super::{Answer, ApiError, Context, Handler, Reply, ReplyBody, Request, Route};
use crate::app::App;
use crate::faults::{self, Act, Cut, Farewell, Plan};
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
        self.app.faults.cuts_connection()
    }

    /// Answers a request; an error breaks the connection off.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: http::Request<Incoming>,
        reads: &Reads,
    ) -> Result<Response<OutBody>, io::Error> {
        let head = request.method() == Method::HEAD;
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let plan = self.app.faults.plan(request.method(), target);
        let (line, headers) = (line_length(&request), head_length(&request));
        if matches!(plan.act, Some(Act::Cut(Cut::BeforeRead))) {
            self.app.requests.push(&without_body(request), reads.count());
            return Err(cut());
        }
        let request = read(request).await?;
        let is_dangerous = reads.count() > 1 || reads.is_used();
        let takes_gzip = compress::takes_gzip(&request.headers);
        self.app.requests.push(&request, reads.count());
        let target = request.target();
        let shell = Arc::clone(self);
        // What was asked for is done even if nobody waits for the answer any more.
        let work = async move {
            if line > MAX_LINE {
                Ok((too_long(Some("/bad-request")).into_reply(&target), None))
            } else if headers > MAX_HEAD {
                Ok((too_long(None).into_reply(&target), None))
            } else {
                shell.carry_out(request, plan, is_dangerous).await
            }
        };
        let (reply, length) = tokio::spawn(work).await.map_err(io::Error::other)??;
        reads.reset();
        // What a fault has cut to a length is sent as it is.
        let reply = if takes_gzip && length.is_none() { compress::gzip(reply)? } else { reply };
        Ok(outgoing(reply, head, length))
    }

    /// Does what was asked, or what a fault says instead; gives the answer and the length that its head shall announce.
    async fn carry_out(
        self: Arc<Self>,
        request: Request,
        plan: Plan,
        is_dangerous: bool,
    ) -> Result<(Reply, Option<usize>), io::Error> {
        if !plan.delay.is_zero() {
            tokio::time::sleep(plan.delay).await;
        }
        let target = request.target();
        let instead = match plan.act {
            Some(Act::Answer(reply)) => Some(Ok((reply, None))),
            Some(Act::Cut(Cut::AfterRead)) => Some(Err(cut())),
            Some(Act::Late) => {
                let error =
                    ApiError::new(504, "Gateway Timeout: Operation timed out waiting for state transition");
                Some(Ok((error.into_reply(&target), None)))
            }
            Some(Act::Hang) => None,
            _ => return self.carry_out_now(request, plan, is_dangerous).await,
        };
        if let Some(after) = plan.carried_out_after {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                // Nobody waits for this answer any more.
                let _ = self.route(request).await;
            });
        }
        match instead {
            Some(instead) => instead,
            None => std::future::pending().await,
        }
    }

    /// Does what was asked; a fault may spoil the answer.
    async fn carry_out_now(
        &self,
        request: Request,
        plan: Plan,
        is_dangerous: bool,
    ) -> Result<(Reply, Option<usize>), io::Error> {
        let target = request.target();
        let down = self.app.faults.down();
        let farewell = down.borrow().map(|style| style.farewell(&request));
        if matches!(farewell, Some(Farewell::Fail)) {
            return Ok((faults::database_closed().into_reply(&target), None));
        }
        let (answer, early) = self.route(request).await;
        match farewell {
            Some(Farewell::Close) => return Err(cut()),
            Some(Farewell::Hang) => std::future::pending().await,
            _ => {}
        }
        let reply = answer.unwrap_or_else(|error| error.into_reply(&target));
        if plan.early_errors_hang && early && is_dangerous && reply.status.as_u16() >= 400 {
            std::future::pending::<()>().await;
        }
        let reply = faults::until_shutdown(reply, down);
        match plan.act {
            Some(Act::EndStream(lie)) => Ok((faults::end_falsely(reply, lie), None)),
            Some(Act::Cut(Cut::AfterProcessing)) => Err(cut()),
            Some(Act::Cut(Cut::WithinBody)) => Ok(faults::cut_within(reply)),
            Some(Act::CutStream(events)) => Ok((faults::cut_stream(reply, events), None)),
            Some(Act::Malform) => Ok((faults::malform(reply), None)),
            _ => Ok((reply, None)),
        }
    }

    /// The answer of a route, and whether it may answer errors before it has read the body.
    async fn route(&self, request: Request) -> (Answer, bool) {
        if let Verdict::Refused(reply) = judge(&self.app, &request) {
            return (Ok(*reply), false);
        }
        if let Some(reply) = self.app.stubs.find(&request) {
            return (Ok(reply), false);
        }
        if let Some(broken) = malformed_escape(request.query.as_deref().unwrap_or_default()) {
            return (Err(broken_escape(&request, broken)), false);
        }
        let found = match routes::find(&self.table, &request, self.app.dialect) {
            Ok(found) => found,
            Err(error) => return (Err(error), false),
        };
        let context = Context { app: Arc::clone(&self.app), request, params: found.params };
        let answer = match found.route.handler {
            Handler::Now(function) => function(&context),
            Handler::Later(function) => function(context).await,
        };
        (answer, found.route.early.is_some_and(|last| self.app.dialect <= last))
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose")
}

fn broken_escape(request: &Request, at: usize) -> ApiError {
    let index = request.path.len() + 1 + at;
    let mut error =
        ApiError::internal(format!("Malformed escape pair at index {index}: {}", request.target()));
    if let ApiError::Usual(usual) = &mut error {
        usual.href = Some("/");
    }
    error
}

fn head_length(request: &http::Request<Incoming>) -> usize {
    request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
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
    Ok(buffered(parts, body))
}

fn without_body(request: http::Request<Incoming>) -> Request {
    buffered(request.into_parts().0, Bytes::new())
}

fn buffered(parts: http::request::Parts, body: Bytes) -> Request {
    Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(ToOwned::to_owned),
        headers: parts.headers,
        body,
    }
}

fn outgoing(reply: Reply, head: bool, length: Option<usize>) -> Response<OutBody> {
    let body = match reply.body {
        _ if head => Full::new(Bytes::new()).map_err(never).boxed_unsync(),
        ReplyBody::Bytes(bytes) => Full::new(bytes).map_err(never).boxed_unsync(),
        ReplyBody::Stream(stream) => StreamBody::new(stream.map(|part| part.map(Frame::data))).boxed_unsync(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    if let Some(length) = length {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if head {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn never(never: Infallible) -> io::Error {
    match never {}
}
