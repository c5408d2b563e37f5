//! A server that answers as a test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::{Response, header};
use http_body_util::StreamBody;
use kestra_core::{Body, BoxError, Call, CallFuture, Error, ErrorKind, ErrorResponse, Executor, RequestSent};
use tokio::time::Instant;

type Script = Box<dyn FnMut(&str, usize, Duration) -> Reply + Send>;

/// Answers calls by the name of their operation, how often that was called before, and the time since the beginning.
#[derive(Clone)]
pub(crate) struct Fake(Arc<Mutex<Inner>>);

struct Inner {
    script: Script,
    counts: HashMap<&'static str, usize>,
    begun: Instant,
}

/// What a call is answered.
pub(crate) enum Reply {
    /// Nobody listens.
    Refuse,
    /// A status with an error body as Kestra's.
    Status(u16),
    /// 200 with JSON.
    Json(String),
    /// A stream of events, with this `Date`, that breaks off after a while.
    Events { text: String, date: Option<&'static str>, lasts: Duration },
}

impl Reply {
    pub(crate) fn json(text: impl Into<String>) -> Self {
        Self::Json(text.into())
    }

    /// The stub, and these events.
    pub(crate) fn events(events: impl IntoIterator<Item = String>) -> Self {
        let stub = frame("start", r#"{"id":"it"}"#);
        let text = std::iter::once(stub).chain(events).collect();
        Self::Events { text, date: None, lasts: Duration::ZERO }
    }

    pub(crate) fn lasting(mut self, time: Duration) -> Self {
        if let Self::Events { lasts, .. } = &mut self {
            *lasts = time;
        }
        self
    }

    pub(crate) fn dated(mut self, day: Option<&'static str>) -> Self {
        if let Self::Events { date, .. } = &mut self {
            *date = day;
        }
        self
    }
}

impl Fake {
    pub(crate) fn new(script: impl FnMut(&str, usize, Duration) -> Reply + Send + 'static) -> Self {
        let inner = Inner { script: Box::new(script), counts: HashMap::new(), begun: Instant::now() };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.0.lock().unwrap().counts.get(operation).copied().unwrap_or_default()
    }
}

impl kestra_core::internal::Sealed for Fake {}

impl Executor for Fake {
    fn execute(&self, call: Call) -> CallFuture {
        let info = call.info();
        let mut inner = self.0.lock().unwrap();
        let since = inner.begun.elapsed();
        let count = inner.counts.entry(info.name).or_default();
        let before = *count;
        *count += 1;
        let reply = (inner.script)(info.name, before, since);
        Box::pin(async move { answer(reply).map_err(|error| error.with_operation(info)) })
    }
}

fn answer(reply: Reply) -> Result<Response<Body>, Error> {
    match reply {
        Reply::Refuse => Err(Error::new(ErrorKind::Connect, "refused").with_request_sent(RequestSent::No)),
        Reply::Status(status) => {
            let (parts, ()) = Response::builder().status(status).body(()).unwrap().into_parts();
            Err(Error::from_response(ErrorResponse::new(parts, Bytes::from_static(br#"{"_links":{}}"#))))
        }
        Reply::Json(text) => {
            let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
            Ok(response.body(Body::from(text)).unwrap())
        }
        Reply::Events { text, date, lasts } => {
            let first = stream::iter([Ok::<_, BoxError>(data(text))]);
            let end = stream::once(tokio::time::sleep(lasts)).filter_map(|()| async { None });
            let mut response = Response::builder();
            if let Some(date) = date {
                response = response.header(header::DATE, date);
            }
            Ok(response.body(Body::new(StreamBody::new(Box::pin(first.chain(end))))).unwrap())
        }
    }
}

fn data(text: String) -> http_body::Frame<Bytes> {
    http_body::Frame::data(text.into())
}

/// An event.
pub(crate) fn frame(id: &str, data: &str) -> String {
    format!("id: {id}\ndata: {data}\n\n")
}

/// An execution that has been in so many states.
pub(crate) fn execution(id: &str, state: &str, states: usize) -> String {
    let histories = vec!["{}"; states].join(",");
    format!(
        r#"{{"id":"{id}","namespace":"n","flowId":"f","state":{{"current":"{state}","histories":[{histories}]}}}}"#
    )
}
