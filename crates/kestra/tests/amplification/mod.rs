//! A server that is down for a time, as a service, and the calls that meet it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode, Uri};
use kestra::layers::{RetryLayer, ServerLayer, TimeoutLayer};
use kestra::{Body, BoxError, Client, Error, ErrorKind, RequestSent, Retry};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tower::{ServiceBuilder, service_fn};

/// How the server fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Unavailable,
    Refused,
    Reset,
    Hang,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Unavailable, Self::Refused, Self::Reset, Self::Hang];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "503",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Hang => "no response",
        }
    }
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    Search,
    Create,
    CreateWithKey,
    Start,
    StartWithKey,
    StartWithoutKey,
    Run,
    Wait,
    Follow,
    FollowLogs,
}

/// Each kind of call, as the table names it.
pub(crate) const KINDS: &[(&str, Kind)] = &[
    ("`get_flow`", Kind::Get),
    ("`search_flows`", Kind::Search),
    ("`create_execution`", Kind::Create),
    ("`create_execution` with a key", Kind::CreateWithKey),
    ("`start`", Kind::Start),
    ("`start` with a key", Kind::StartWithKey),
    ("`start` without a key", Kind::StartWithoutKey),
    ("`run`", Kind::Run),
    ("`wait`", Kind::Wait),
    ("`follow_execution`", Kind::Follow),
    ("`follow_logs`", Kind::FollowLogs),
];

impl Kind {
    /// Whether it starts an execution and outlasts an outage.
    pub(crate) fn is_a_start(self) -> bool {
        matches!(
            self,
            Self::CreateWithKey | Self::Start | Self::StartWithKey | Self::StartWithoutKey | Self::Run
        )
    }

    /// How many requests one call is that meets a server in good health at first: the end of a log is found by following its
    /// execution as well.
    fn requests(self) -> usize {
        if self == Self::FollowLogs { 2 } else { 1 }
    }

    async fn call(self, client: Client, number: usize) -> Result<(), Error> {
        let executions = client.executions();
        let key = format!("key-{number}");
        match self {
            Self::Get => client.flows().get_flow("company.team", "hello").await.map(drop),
            Self::Search => client.flows().search_flows().await.map(drop),
            Self::Create => executions.create_execution("company.team", "hello").await.map(drop),
            Self::CreateWithKey => {
                executions.create_execution("company.team", "hello").idempotency_key(key).await.map(drop)
            }
            Self::Start => executions.start("company.team", "hello").await.map(drop),
            Self::StartWithKey => {
                executions.start("company.team", "hello").idempotency_key(key).await.map(drop)
            }
            Self::StartWithoutKey => executions.start("company.team", "hello").no_key().await.map(drop),
            Self::Run => executions.run("company.team", "hello").await.map(drop),
            Self::Wait => executions.wait("known").await.map(drop),
            Self::Follow => {
                let mut states = executions.follow_execution("known").stream();
                while let Some(state) = states.next().await {
                    state?;
                }
                Ok(())
            }
            Self::FollowLogs => {
                let mut lines = client.logs().follow_logs_from_execution("known").stream();
                while let Some(line) = lines.next().await {
                    line?;
                }
                Ok(())
            }
        }
    }
}

/// A server that is down from the first call on.
#[derive(Clone)]
pub(crate) struct Outage {
    fault: Fault,
    until: Instant,
    server: Arc<Mutex<Server>>,
}

#[derive(Default)]
struct Server {
    /// Requests that came while it was down.
    refused: usize,
    /// Executions by their key.
    executions: HashMap<String, String>,
}

impl Outage {
    pub(crate) fn new(fault: Fault, lasts: Duration) -> Self {
        Self { fault, until: Instant::now() + lasts, server: Arc::default() }
    }

    /// Requests a call, or a stream, while the server is down, of calls that begin with this pause after each other.
    pub(crate) async fn of_calls(&self, kind: Kind, calls: usize, pause: Duration) -> f64 {
        self.run(kind, calls, pause).await;
        self.server.lock().unwrap().refused as f64 / (calls * kind.requests()) as f64
    }

    /// The results of calls.
    pub(crate) async fn run(&self, kind: Kind, calls: usize, pause: Duration) -> Vec<Result<(), Error>> {
        let client = self.client();
        let mut running = JoinSet::new();
        for number in 0..calls {
            let client = client.clone();
            running.spawn(async move {
                sleep(pause * number as u32).await;
                kind.call(client, number).await
            });
        }
        running.join_all().await
    }

    pub(crate) fn executions(&self) -> usize {
        self.server.lock().unwrap().executions.len()
    }

    /// The default stack over the server.
    fn client(&self) -> Client {
        let outage = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let outage = outage.clone();
            async move { outage.answer(request.uri().clone()).await }
        });
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::total(Duration::from_mins(2)))
            .layer(RetryLayer::new(Retry::standard()))
            .layer(TimeoutLayer::attempt(Duration::from_mins(1)))
            .layer(ServerLayer::new("http://kestra:8080"))
            .service(service);
        Client::builder().service(stack).build().unwrap()
    }

    async fn answer(&self, uri: Uri) -> Result<Response<Body>, BoxError> {
        if Instant::now() >= self.until {
            return Ok(self.healthy(&uri));
        }
        self.server.lock().unwrap().refused += 1;
        match self.fault {
            Fault::Unavailable => {
                Ok(Response::builder().status(StatusCode::SERVICE_UNAVAILABLE).body(Body::empty())?)
            }
            Fault::Refused => Err(Error::new(ErrorKind::Connect, "refused").into()),
            Fault::Reset => {
                Err(Error::new(ErrorKind::Transport, "reset").with_request_sent(RequestSent::Maybe).into())
            }
            Fault::Hang => std::future::pending().await,
        }
    }

    fn healthy(&self, uri: &Uri) -> Response<Body> {
        let path = uri.path().trim_start_matches("/api/v1/").to_owned();
        let query = uri.query().unwrap_or_default();
        let mut server = self.server.lock().unwrap();
        let body = match path.as_str() {
            "configs" => json!({"version": "2.0.0", "edition": "OSS"}),
            "main/executions/search" => {
                let key =
                    query.split('&').find_map(|pair| pair.split_once("system.correlationId%5D=")?.1.into());
                let found: Vec<Value> = key
                    .and_then(|key: &str| server.executions.get(key).map(|id| execution(id, key)))
                    .into_iter()
                    .collect();
                json!({"total": found.len(), "results": found})
            }
            "main/flows/search" => json!({"total": 0, "results": []}),
            "main/executions/company.team/hello" => {
                let number = server.executions.len();
                let key = query.split('&').find_map(|pair| pair.split_once("system.correlationId%3A"));
                let key = key.map_or_else(|| format!("none-{number}"), |(_, key)| key.to_owned());
                let id = format!("id-{number}");
                server.executions.insert(key.clone(), id.clone());
                execution(&id, &key)
            }
            path if path.ends_with("/follow") => {
                let id = path.split('/').nth_back(1).unwrap_or_default();
                let event = format!("id: end\ndata: {}\n\n", execution(id, ""));
                return Response::builder()
                    .header("content-type", "text/event-stream")
                    .body(Body::from(event))
                    .unwrap_or_default();
            }
            path if path.starts_with("main/logs/") => json!([]),
            path if path.starts_with("main/outputs/") => {
                let mut missing = Response::new(Body::from(r#"{"message":"Not Found","_links":{}}"#));
                *missing.status_mut() = StatusCode::NOT_FOUND;
                return missing;
            }
            path => execution(path.rsplit('/').next().unwrap_or_default(), ""),
        };
        Response::new(Body::from(body.to_string()))
    }
}

fn execution(id: &str, key: &str) -> Value {
    json!({
        "id": id, "originalId": id, "namespace": "company.team", "flowId": "hello", "taskRunList": [],
        "labels": [{"key": "system.correlationId", "value": key}],
        "state": {"current": "SUCCESS", "histories": [{"state": "CREATED"}, {"state": "SUCCESS"}]},
    })
}
