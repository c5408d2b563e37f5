//! Servers within the process: HTTP/1.1 by hyper over streams in memory, which behave as a scenario says at that time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kestra::BoxError;
use kestra::layers::ConnectedStream;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};

use super::scenario::is_in_trouble;

/// The header by which a server tells the calls apart.
pub(crate) const CALL: &str = "x-call";

/// How many requests a server works on at once; the others wait.
const WORKERS: usize = 4;

/// What a server does about connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Open,
    /// Refuses connections, and has closed those that there were.
    Refused,
    /// Bytes are lost on the way, and repeated by TCP when they pass again.
    Partitioned,
}

/// How a server behaves at a time.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub(crate) reach: Reach,
    /// The share of requests that fail: half of them by 503, the others by a connection that is closed, before or after the work.
    pub(crate) failing: f64,
    /// How many times as long everything takes.
    pub(crate) slowness: f64,
    /// Whether requests are accepted and never get a response.
    pub(crate) is_mute: bool,
    pub(crate) limit: Option<RateLimit>,
}

/// A limit of requests a second, above which the status is 429.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimit {
    pub(crate) per_second: f64,
    pub(crate) retry_after: Option<u64>,
}

impl Behaviour {
    pub(crate) const HEALTHY: Self =
        Self { reach: Reach::Open, failing: 0.0, slowness: 1.0, is_mute: false, limit: None };

    pub(crate) const STOPPED: Self = Self { reach: Reach::Refused, ..Self::HEALTHY };

    /// Some trouble.
    pub(crate) fn random(random: &mut Rng) -> Self {
        let mut behaviour = Self::HEALTHY;
        match random.u8(..6) {
            0 => behaviour.reach = Reach::Refused,
            1 => behaviour.reach = Reach::Partitioned,
            2 => behaviour.failing = random.f64(),
            3 => behaviour.slowness = 1.0 + 100.0 * random.f64(),
            4 => behaviour.is_mute = true,
            _ => {
                let retry_after = random.bool().then(|| random.u64(1..5));
                behaviour.limit = Some(RateLimit { per_second: 0.1 + 5.0 * random.f64(), retry_after });
            }
        }
        behaviour
    }
}

/// What becomes of a request that reaches a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Success,
    Unavailable,
    ClosedBeforeWork,
    ClosedAfterWork,
}

/// The servers of one Kestra, with one database.
#[derive(Clone)]
pub(crate) struct Servers {
    all: Arc<Vec<Arc<Server>>>,
    pub(crate) tally: Arc<Tally>,
}

/// What reached the servers.
pub(crate) struct Tally {
    start: Instant,
    /// Requests, and connections that were not made.
    pub(crate) attempts: AtomicUsize,
    /// Those of them that were made during the trouble.
    pub(crate) attempts_in_trouble: AtomicUsize,
    at_once: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
    database: Mutex<Database>,
}

#[derive(Default)]
struct Database {
    /// Executions by their key.
    keys: HashMap<String, String>,
    /// How many executions each call has created.
    created: HashMap<String, usize>,
    count: usize,
}

/// A request that a server has and has not responded to.
struct Pending<'a>(&'a Tally);

struct Server {
    behaviour: Mutex<Behaviour>,
    changed: Notify,
    random: Mutex<Rng>,
    tokens: Mutex<(f64, Instant)>,
    workers: Arc<Semaphore>,
    tally: Arc<Tally>,
}

impl Servers {
    pub(crate) fn new(count: usize, seed: u64) -> Self {
        let tally = Arc::new(Tally {
            start: Instant::now(),
            attempts: AtomicUsize::new(0),
            attempts_in_trouble: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            database: Mutex::default(),
        });
        let server = |index| Server {
            behaviour: Mutex::new(Behaviour::HEALTHY),
            changed: Notify::new(),
            random: Mutex::new(Rng::with_seed(seed.wrapping_mul(31).wrapping_add(index as u64))),
            tokens: Mutex::new((0.0, Instant::now())),
            workers: Arc::new(Semaphore::new(WORKERS)),
            tally: Arc::clone(&tally),
        };
        let all = Arc::new((0..count).map(|index| Arc::new(server(index))).collect());
        Self { all, tally }
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The host of a server, without the port.
    pub(crate) fn host(index: usize) -> String {
        format!("server-{index}.test")
    }

    pub(crate) fn set(&self, index: usize, behaviour: Behaviour) {
        let server = &self.all[index];
        *server.behaviour.lock().unwrap() = behaviour;
        server.changed.notify_waiters();
    }

    /// Opens a connection to the server of this host.
    pub(crate) async fn connect(&self, host: &str) -> Result<ConnectedStream, BoxError> {
        let server = self.all.iter().enumerate().find(|(index, _)| Self::host(*index) == host);
        let server = Arc::clone(server.ok_or("no such host")?.1);
        if server.behaviour().reach != Reach::Open {
            self.tally.count();
        }
        sleep(Duration::from_millis(1)).await;
        server.reachable().await;
        if server.behaviour().reach == Reach::Refused {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
        }
        let (client, stream) = tokio::io::duplex(16 * 1024);
        tokio::spawn(server.serve(stream));
        Ok(ConnectedStream::new(client))
    }
}

impl Tally {
    fn count(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        if is_in_trouble(self.start.elapsed()) {
            self.attempts_in_trouble.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn pending(&self) -> Pending<'_> {
        self.count();
        let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(now, Ordering::Relaxed);
        Pending(self)
    }

    /// Calls that have created more than one execution.
    pub(crate) fn doubled(&self) -> Vec<String> {
        let database = self.database.lock().unwrap();
        let doubled = database.created.iter().filter(|(_, count)| **count > 1);
        doubled.map(|(call, _)| call.clone()).collect()
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Server {
    async fn serve(self: Arc<Self>, stream: DuplexStream) {
        let handler = {
            let server = Arc::clone(&self);
            service_fn(move |request| Arc::clone(&server).handle(request))
        };
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), handler);
        tokio::select! {
            biased;
            () = self.stopped() => {}
            _ = connection => {}
        }
    }

    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, BoxError> {
        let _pending = self.tally.pending();
        let (parts, body) = request.into_parts();
        body.collect().await?;
        self.reachable().await;
        let behaviour = self.behaviour();
        if behaviour.is_mute {
            return std::future::pending().await;
        }
        if let Some(limit) = behaviour.limit.filter(|limit| !self.take_token(limit.per_second)) {
            return Ok(too_many(limit.retry_after));
        }
        let fate = self.fate(behaviour.failing);
        match fate {
            Fate::Unavailable => return Ok(status(StatusCode::SERVICE_UNAVAILABLE)),
            Fate::ClosedBeforeWork => return Err("closed".into()),
            Fate::Success | Fate::ClosedAfterWork => {}
        }
        // A server goes on with what it has begun when the client has left.
        let response = tokio::spawn(Arc::clone(&self).work(parts)).await?;
        self.reachable().await;
        match (fate, response) {
            (Fate::Success, Some(response)) => Ok(response),
            _ => Err("closed".into()),
        }
    }

    /// Waits until bytes reach the server.
    async fn reachable(&self) {
        self.until(|behaviour| behaviour.reach != Reach::Partitioned).await;
    }

    async fn stopped(&self) {
        self.until(|behaviour| behaviour.reach == Reach::Refused).await;
    }

    /// Waits in an order that is the same each time, which that of a `watch` channel is not.
    async fn until(&self, reached: impl Fn(&Behaviour) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if reached(&self.behaviour.lock().unwrap()) {
                return;
            }
            changed.await;
        }
    }

    fn behaviour(&self) -> Behaviour {
        self.behaviour.lock().unwrap().clone()
    }

    fn fate(&self, failing: f64) -> Fate {
        let mut random = self.random.lock().unwrap();
        if random.f64() >= failing {
            return Fate::Success;
        }
        match random.u8(..4) {
            0 | 1 => Fate::Unavailable,
            2 => Fate::ClosedBeforeWork,
            _ => Fate::ClosedAfterWork,
        }
    }

    fn take_token(&self, per_second: f64) -> bool {
        let (mut tokens, now) = (self.tokens.lock().unwrap(), Instant::now());
        tokens.0 = (tokens.0 + now.duration_since(tokens.1).as_secs_f64() * per_second).min(per_second);
        tokens.1 = now;
        let has_one = tokens.0 >= 1.0;
        if has_one {
            tokens.0 -= 1.0;
        }
        has_one
    }

    /// Does what a request is about; `None` if the server was stopped meanwhile.
    async fn work(self: Arc<Self>, parts: http::request::Parts) -> Option<Response<Full<Bytes>>> {
        let worked = async {
            let _worker = self.workers.acquire().await;
            let slowness = self.behaviour().slowness;
            let time = self.service_time().mul_f64(slowness);
            sleep(time).await;
        };
        tokio::select! {
            biased;
            () = self.stopped() => None,
            () = worked => Some(self.tally.respond(&parts)),
        }
    }

    /// 10 to 30 ms, and ten times as long for one request of fifty.
    fn service_time(&self) -> Duration {
        let mut random = self.random.lock().unwrap();
        let usual = Duration::from_micros(random.u64(10_000..30_000));
        if random.u8(..50) == 0 { usual * 10 } else { usual }
    }
}

impl Tally {
    fn respond(&self, parts: &http::request::Parts) -> Response<Full<Bytes>> {
        let path = parts.uri.path().trim_start_matches("/api/v1/");
        let query = parts.uri.query().unwrap_or_default();
        match path {
            "configs" => json_response(&json!({"version": "2.0.0", "edition": "OSS"})),
            "main/executions/search" => json_response(&self.find(query)),
            "main/executions/company.team/hello" => {
                let call = parts.headers.get(CALL).and_then(|call| call.to_str().ok()).unwrap_or_default();
                json_response(&self.create(call, query))
            }
            "main/flows/company.team/hello" => {
                json_response(&json!({"id": "hello", "namespace": "company.team"}))
            }
            "main/flows/search" => json_response(&json!({"total": 0, "results": []})),
            path if path.ends_with("/follow") => events(path.split('/').nth_back(1).unwrap_or_default()),
            path if path.starts_with("main/logs/") => json_response(&json!([])),
            path if path.starts_with("main/executions/") => {
                json_response(&ended(path.rsplit('/').next().unwrap_or_default()))
            }
            // As Kestra says that an execution has no outputs.
            _ => {
                let mut missing = json_response(&json!({"message": "Not Found", "_links": {}}));
                *missing.status_mut() = StatusCode::NOT_FOUND;
                missing
            }
        }
    }

    fn find(&self, query: &str) -> Value {
        let database = self.database.lock().unwrap();
        let found = parameter(query, "system.correlationId%5D=")
            .and_then(|key| Some(execution(database.keys.get(key)?, key)))
            .into_iter()
            .collect::<Vec<_>>();
        json!({"total": found.len(), "results": found})
    }

    fn create(&self, call: &str, query: &str) -> Value {
        let mut database = self.database.lock().unwrap();
        database.count += 1;
        let id = format!("id-{}", database.count);
        *database.created.entry(call.to_owned()).or_default() += 1;
        let key = parameter(query, "system.correlationId%3A").unwrap_or_default();
        if !key.is_empty() {
            database.keys.insert(key.to_owned(), id.clone());
        }
        execution(&id, key)
    }
}

fn parameter<'a>(query: &'a str, before: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| Some(pair.split_once(before)?.1))
}

fn execution(id: &str, key: &str) -> Value {
    json!({
        "id": id, "originalId": id, "namespace": "company.team", "flowId": "hello", "taskRunList": [],
        "labels": [{"key": "system.correlationId", "value": key}],
        "state": {"current": "CREATED", "histories": [{"state": "CREATED"}]},
    })
}

fn ended(id: &str) -> Value {
    let mut execution = execution(id, "");
    execution["state"] =
        json!({"current": "SUCCESS", "histories": [{"state": "CREATED"}, {"state": "SUCCESS"}]});
    execution
}

/// A stream that tells of the end.
fn events(id: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("id: end\ndata: {}\n\n", ended(id))));
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn json_response(value: &Value) -> Response<Full<Bytes>> {
    Response::new(Full::from(value.to_string()))
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn too_many(retry_after: Option<u64>) -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::TOO_MANY_REQUESTS);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
    }
    response
}
