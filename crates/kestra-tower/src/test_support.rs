//! Operations and a server that tests of several layers use.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, Uri};
use kestra_core::{
    Body, BoxError, Call, CallContext, CallOptions, Error, ErrorKind, OperationInfo, Replay, RequestSent,
    Route, Version, Versions,
};
use tokio::time::Instant;
use tower_service::Service;

const V1_3: Version = Version::new(1, 3, 0);
const V2: Version = Version::new(2, 0, 0);

pub(crate) static READ: OperationInfo =
    OperationInfo::new("get_flow", "flows", &[Route::get("/api/v1/{tenant}/flows/{id}", Versions::ALL)])
        .go_key("FlowsAPIService.GetFlow")
        .path_parameters(&["id"])
        .replay(Replay::Safe);

pub(crate) static UPDATE: OperationInfo =
    OperationInfo::new("update_flow", "flows", &[Route::put("/api/v1/{tenant}/flows/{id}", Versions::ALL)])
        .path_parameters(&["id"])
        .replay(Replay::Idempotent)
        .early_error();

pub(crate) static START: OperationInfo = OperationInfo::new(
    "create_execution",
    "executions",
    &[Route::post("/api/v1/{tenant}/executions/{id}", Versions::ALL)],
)
.path_parameters(&["id"])
.replay(Replay::NonIdempotent);

/// An operation with another route on 2.0.
pub(crate) static MOVED: OperationInfo = OperationInfo::new(
    "move_flow",
    "flows",
    &[
        Route::post("/api/v1/{tenant}/flows/{id}/new", Versions::since(V2)),
        Route::put("/api/v1/{tenant}/flows/{id}/old", Versions::until(V2)),
    ],
)
.path_parameters(&["id"])
.replay(Replay::Idempotent);

/// An operation that 1.0 lacks.
pub(crate) static RECENT: OperationInfo = OperationInfo::new(
    "recent_flow",
    "flows",
    &[Route::get("/api/v1/{tenant}/flows/{id}/recent", Versions::since(V1_3))],
)
.path_parameters(&["id"])
.replay(Replay::Safe);

/// An action by query that 2.0 lacks.
pub(crate) static SWEPT: OperationInfo = OperationInfo::new(
    "sweep_flows_by_query",
    "flows",
    &[Route::delete("/api/v1/{tenant}/flows/{id}/by-query", Versions::until(V2))],
)
.path_parameters(&["id"])
.acts_by_query()
.replay(Replay::Idempotent);

pub(crate) static WEBHOOK: OperationInfo = OperationInfo::new(
    "trigger_by_webhook",
    "executions",
    &[Route::post("/api/v1/{tenant}/executions/webhook/{id}", Versions::ALL)],
)
.path_parameters(&["id"])
.webhook();

pub(crate) fn request(operation: &'static OperationInfo) -> Request<Body> {
    request_with(operation, CallOptions::new())
}

pub(crate) fn request_with(operation: &'static OperationInfo, options: CallOptions) -> Request<Body> {
    let mut call = Call::new(operation).path("private-id");
    call.change_options(|_| options);
    call.into_request().unwrap()
}

pub(crate) fn context(request: &Request<Body>) -> CallContext {
    CallContext::of(request).unwrap().clone()
}

/// What a peer does with a request.
pub(crate) enum Reply {
    Status(u16, HeaderMap),
    Text(u16, String),
    Fail(BoxError),
    After(Duration, Box<Reply>),
    Never,
}

pub(crate) fn status(status: u16) -> Reply {
    Reply::Status(status, HeaderMap::new())
}

pub(crate) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
}

pub(crate) fn version(version: &str) -> Reply {
    Reply::Text(200, format!(r#"{{"uuid":"u","version":"{version}","edition":"OSS"}}"#))
}

pub(crate) fn fail(kind: ErrorKind, sent: RequestSent) -> Reply {
    Reply::Fail(Error::new(kind, "scripted").with_request_sent(sent).into())
}

pub(crate) fn after(wait: Duration, reply: Reply) -> Reply {
    Reply::After(wait, Box::new(reply))
}

/// A server that does what a script says, then answers 200; copies share script and log.
#[derive(Clone, Default)]
pub(crate) struct Peer(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    script: VecDeque<Reply>,
    log: Vec<Seen>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
    pub(crate) has_context: bool,
}

impl Peer {
    pub(crate) fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let peer = Self::default();
        peer.add(script);
        peer
    }

    pub(crate) fn add(&self, script: impl IntoIterator<Item = Reply>) {
        self.0.lock().unwrap().script.extend(script);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().log.clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().log.len()
    }

    pub(crate) fn uris(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.uri)).collect()
    }
}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut inner = self.0.lock().unwrap();
        inner.log.push(Seen {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            body: request.body().as_bytes().map(|bytes| bytes.to_vec()).unwrap_or_default(),
            at: Instant::now(),
            has_context: CallContext::of(&request).is_some(),
        });
        let reply = inner.script.pop_front().unwrap_or(status(200));
        Box::pin(answer(reply))
    }
}

/// Servers by their hosts, each with a script of its own.
#[derive(Clone)]
pub(crate) struct Peers<const N: usize>([(&'static str, Peer); N]);

impl<const N: usize> Peers<N> {
    pub(crate) fn new(hosts: [&'static str; N]) -> Self {
        Self(hosts.map(|host| (host, Peer::default())))
    }

    pub(crate) fn of(&self, host: &str) -> &Peer {
        &self.0.iter().find(|(known, _)| *known == host).unwrap().1
    }

    /// How many requests each got.
    pub(crate) fn counts(&self) -> [usize; N] {
        self.0.each_ref().map(|(_, peer)| peer.count())
    }
}

impl<const N: usize> Service<Request<Body>> for Peers<N> {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = <Peer as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let host = request.uri().host().unwrap().to_owned();
        self.of(&host).clone().call(request)
    }
}

async fn answer(mut reply: Reply) -> Result<Response<Body>, BoxError> {
    loop {
        match reply {
            Reply::Status(status, headers) => {
                let mut response = Response::builder().status(status).body(Body::empty()).unwrap();
                *response.headers_mut() = headers;
                return Ok(response);
            }
            Reply::Text(status, text) => {
                return Ok(Response::builder().status(status).body(Body::from(text)).unwrap());
            }
            Reply::Fail(error) => return Err(error),
            Reply::After(wait, next) => {
                tokio::time::sleep(wait).await;
                reply = *next;
            }
            Reply::Never => std::future::pending().await,
        }
    }
}

/// Has every callsite ask whoever listens, each time. Else one that a test without a subscriber reaches first may count as
/// dead while another test listens.
pub(crate) fn keep_asking() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(Deaf);
    });
}

struct Deaf;

impl tracing::Subscriber for Deaf {
    fn register_callsite(&self, _: &'static tracing::Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        false
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
