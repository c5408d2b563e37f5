//! Following an execution and those that belong to it.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use super::follow::{awaited, frame};
use crate::app::App;
use crate::dialect::Dialect;
use crate::engine::CORRELATION;
use crate::engine::execution::Execution;
use crate::faults::Shutdown;
use crate::http::{Answer, ApiError, Context, Reply};
use crate::routes::flows::dependencies;

/// How often the states are looked at.
const POLL: Duration = Duration::from_millis(10);

/// The states of the executions with the correlation id of one, as far as their flows depend on its flow or it on them.
pub(super) async fn follow(cx: Context) -> Answer {
    let id = cx.param("executionId").to_owned();
    let Some(cell) = awaited(&cx.app, &id).await else {
        return Err(ApiError::internal(if cx.dialect() < Dialect::V2_0 {
            "Await failed to terminate within PT10S."
        } else {
            "Lambda expression in io.kestra.webserver.controllers.api.ExecutionController expected the predicate to return \
             <true> but was null within 10 seconds."
        }));
    };
    let now = cell.now();
    let Some(correlation) = now.label(CORRELATION).map(ToOwned::to_owned) else {
        return Err(ApiError::internal("Execution has no correlation id"));
    };
    let watched = Watched {
        app: Arc::clone(&cx.app),
        flows: dependencies::names(&cx, &now.namespace, &now.flow_id),
        id,
        correlation,
        seen: HashMap::new(),
        ready: VecDeque::new(),
        over: false,
    };
    Ok(Reply::stream("text/event-stream", events(watched)))
}

struct Watched {
    app: Arc<App>,
    id: String,
    correlation: String,
    /// The flows of which no execution has ended yet.
    flows: Vec<(String, String)>,
    /// How many states of each execution were shown.
    seen: HashMap<String, usize>,
    ready: VecDeque<Bytes>,
    over: bool,
}

fn events(mut watched: Watched) -> impl Stream<Item = io::Result<Bytes>> {
    watched.ready.push_back(frame("start", &watched.only_id()));
    let ended = watched.app.engine.find(&watched.id).is_none_or(|cell| cell.now().is_over());
    if ended {
        watched.flows.clear();
    }
    stream::unfold(watched, |mut watched| async move {
        loop {
            if let Some(event) = watched.ready.pop_front() {
                return Some((Ok(event), watched));
            }
            if watched.over {
                return None;
            }
            watched.look();
            if watched.ready.is_empty() {
                tokio::time::sleep(POLL).await;
                watched.may_stop_server();
            }
        }
    })
}

impl Watched {
    fn only_id(&self) -> Value {
        json!({"executionId": self.id})
    }

    /// From 2.0 on the server reads every execution of which something happened since such a stream was open, and shuts down
    /// when one of them was deleted.
    fn may_stop_server(&self) {
        if self.app.engine.takes_deletions() && self.app.dialect >= Dialect::V2_0 {
            self.app.faults.go_down(Some(Shutdown::HangingWrites));
        }
    }

    /// Queues what has changed. The end comes when each flow has had an execution that has ended, and only then: a flow that
    /// isn't executed keeps the stream open.
    fn look(&mut self) {
        for execution in self.app.engine.correlated(&self.correlation) {
            let flow = (execution.namespace.clone(), execution.flow_id.clone());
            if !execution.is_normal() || !self.flows.contains(&flow) {
                continue;
            }
            let states = self.seen.entry(execution.id.clone()).or_default();
            let count = execution.state.entries().len();
            if *states == count {
                continue;
            }
            *states = count;
            let kind = if execution.is_over() { "end" } else { "progress" };
            self.ready.push_back(frame(kind, &status(&execution, self.app.dialect)));
            if execution.is_over() {
                self.flows.retain(|other| *other != flow);
            }
        }
        if self.flows.is_empty() {
            self.ready.push_back(frame("end-all", &self.only_id()));
            self.over = true;
        }
    }
}

fn status(execution: &Execution, dialect: Dialect) -> Value {
    json!({
        "executionId": execution.id,
        "tenantId": "main",
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "state": execution.state.to_json(dialect),
    })
}
