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
use crate::http::{Answer, ApiError, Context, Reply};

/// How often the states are looked at.
const POLL: Duration = Duration::from_millis(10);

/// The states of all executions with the correlation id of one, until they have ended.
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
    let Some(correlation) = cell.now().label(CORRELATION).map(ToOwned::to_owned) else {
        return Err(ApiError::internal("Execution has no correlation id"));
    };
    let watched = Watched {
        app: Arc::clone(&cx.app),
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
    /// How many states of each execution were shown, and whether its end was.
    seen: HashMap<String, (usize, bool)>,
    ready: VecDeque<Bytes>,
    over: bool,
}

fn events(mut watched: Watched) -> impl Stream<Item = io::Result<Bytes>> {
    let only_id = json!({"executionId": watched.id});
    watched.ready.push_back(frame("start", &only_id));
    let ended = watched.app.engine.find(&watched.id).is_none_or(|cell| cell.now().is_over());
    if ended {
        watched.ready.push_back(frame("end-all", &only_id));
        watched.over = true;
    }
    stream::unfold(watched, |mut watched| async move {
        loop {
            if let Some(event) = watched.ready.pop_front() {
                return Some((Ok(event), watched));
            }
            if watched.over {
                return None;
            }
            if !watched.look() {
                tokio::time::sleep(POLL).await;
            }
        }
    })
}

impl Watched {
    /// Queues what has changed; false if nothing has.
    fn look(&mut self) -> bool {
        let mut all_over = true;
        for execution in self.app.engine.correlated(&self.correlation) {
            if !execution.is_normal() {
                continue;
            }
            all_over &= execution.is_over();
            let (states, ended) = self.seen.entry(execution.id.clone()).or_default();
            let count = execution.state.entries().len();
            if *ended || *states == count && !execution.is_over() {
                continue;
            }
            *states = count;
            *ended = execution.is_over();
            let kind = if *ended { "end" } else { "progress" };
            self.ready.push_back(frame(kind, &status(&execution, self.app.dialect)));
        }
        if all_over {
            self.ready.push_back(frame("end-all", &json!({"executionId": self.id})));
            self.over = true;
        }
        !self.ready.is_empty()
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
