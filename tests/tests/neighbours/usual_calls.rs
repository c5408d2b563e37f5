//! The calls that everybody makes, as one of each kind meets what is in between in its own way.

use bytes::Bytes;
use futures_util::StreamExt as _;
use kestra::models::{Execution, StateType};
use kestra::{Client, FilePart};
use kestra_testkit::TestServer;

use crate::NAMESPACE;

/// A flow with a line, a pause that lasts until the execution is resumed, and another line.
pub(crate) const PAUSING: &str = "
id: pausing
namespace: company.team
tasks:
  - {id: before, type: io.kestra.plugin.core.log.Log, message: before}
  - {id: pause, type: io.kestra.plugin.core.flow.Pause}
  - {id: after, type: io.kestra.plugin.core.log.Log, message: after}
";

/// A flow with one line.
pub(crate) const JOB: &str = "
id: job
namespace: company.team
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
";

/// Deploys, runs, follows, uploads, downloads and searches.
pub(crate) async fn make(client: &Client, server: &TestServer) {
    let executions = client.executions();
    client.flows().deploy(JOB).await.unwrap();
    let before = server.executions_of(NAMESPACE, "job").len();

    let run = executions.run(NAMESPACE, "job").await.unwrap();
    assert_eq!(run.state(), Some(&StateType::Success));
    let started = executions.start(NAMESPACE, "job").await.unwrap();
    let states = states(client, started.id()).await;
    assert_eq!(state(states.last().unwrap()), StateType::Success);
    let lines: Vec<_> = client.logs().follow_logs_from_execution(started.id()).stream().collect().await;
    assert_eq!(lines.len(), 1);
    assert_eq!(server.executions_of(NAMESPACE, "job").len(), before + 2);

    let content = content(700_000);
    let part = FilePart::bytes("data.bin", content.clone());
    client.files().create_namespace_file(NAMESPACE, "/data.bin", part).await.unwrap();
    let download = client.files().get_file_content(NAMESPACE, "/data.bin").await.unwrap();
    assert!(download.bytes().await.unwrap() == content);
    assert_eq!(client.flows().search_flows().await.unwrap().results.len(), 1);
}

/// Follows an execution to its end. Returns its states, of which each came once and in order.
pub(crate) async fn states(client: &Client, id: &str) -> Vec<Execution> {
    let states: Vec<_> = client.executions().follow_execution(id).stream().collect().await;
    let states: Vec<Execution> = states.into_iter().collect::<Result<_, _>>().unwrap();
    let before = &states[..states.len() - 1];
    assert!(before.windows(2).all(|pair| pair[0].progress() < pair[1].progress()), "{states:?}");
    states
}

pub(crate) fn state(execution: &Execution) -> StateType {
    execution.state.as_ref().unwrap().current.clone()
}

/// Bytes of which no thousand are like the next.
pub(crate) fn content(size: usize) -> Bytes {
    let mut rng = fastrand::Rng::with_seed(size as u64);
    std::iter::repeat_with(|| rng.u8(..)).take(size).collect()
}
