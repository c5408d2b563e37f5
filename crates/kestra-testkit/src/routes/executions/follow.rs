//! Following an execution.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::Value;
use tokio::sync::watch::Receiver;

use crate::app::App;
use crate::engine::cell::Cell;
use crate::engine::execution::Execution;
use crate::engine::execution_json::View;
use crate::http::{Answer, Context, Reply};

/// How often the server looks for an execution that isn't there yet.
const POLL: Duration = Duration::from_millis(50);

/// An event of a stream: a kind and a line of JSON, nothing else.
pub(super) fn frame(kind: &str, data: &Value) -> Bytes {
    Bytes::from(format!("id: {kind}\ndata: {data}\n\n"))
}

/// The states of an execution, until it ends.
pub(super) fn follow(cx: &Context) -> Answer {
    let id = cx.param("executionId").to_owned();
    Ok(Reply::stream("text/event-stream", events(Arc::clone(&cx.app), id)))
}

/// Where a stream stands.
enum Stage {
    /// Nothing was sent yet.
    Start,
    /// Only the stub was sent.
    Stub,
    /// The states so far were sent.
    Live(Receiver<Arc<Execution>>),
    Over,
}

fn events(app: Arc<App>, id: String) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((app, id, Stage::Start), |(app, id, stage)| async move {
        let (event, stage) = match stage {
            Stage::Start => (Ok(frame("start", &Execution::stub(&id))), Stage::Stub),
            Stage::Stub => match awaited(&app, &id).await {
                Some(cell) => next(&app, cell.watch(), true).await?,
                None => (Err(cut()), Stage::Over),
            },
            Stage::Live(changes) => next(&app, changes, false).await?,
            Stage::Over => return None,
        };
        Some((event, (app, id, stage)))
    })
}

/// The execution, for which the server waits a while if it isn't there.
pub(super) async fn awaited(app: &App, id: &str) -> Option<Arc<Cell>> {
    let search = async {
        loop {
            if let Some(cell) = app.engine.find(id) {
                return cell;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(app.engine.timing().missing_execution_timeout, search).await.ok()
}

/// A stream that breaks off in the middle.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the execution was not found")
}

/// The state now, or the next one.
async fn next(
    app: &App,
    mut changes: Receiver<Arc<Execution>>,
    now: bool,
) -> Option<(io::Result<Bytes>, Stage)> {
    if !now && changes.changed().await.is_err() {
        return None;
    }
    let execution = Arc::clone(&changes.borrow_and_update());
    if execution.deleted {
        return None;
    }
    let data = execution.to_json(View::Raw, app.dialect);
    Some(if execution.is_over() {
        (Ok(frame("end", &data)), Stage::Over)
    } else {
        (Ok(frame("progress", &data)), Stage::Live(changes))
    })
}
