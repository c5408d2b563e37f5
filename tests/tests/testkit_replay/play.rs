//! The replay of a version.

use std::time::Duration;

use kestra_testkit::{Dialect, TestServer, TestServerBuilder};
use serde_json::Value;

use super::ids::Ids;
use super::recording::{self, Recording};
use super::report::{Line, Report};
use super::setup::Setup;
use super::shape::difference;
use super::wire::{Answer, PASSWORD, USER, send};

/// The areas that were recorded on one server, in their order.
const AREAS: &[&str] = &[
    "flows",
    "executions",
    "executions-search",
    "follow",
    "execution-actions",
    "logs",
    "outputs",
    "protocol",
];

/// The areas that stand for themselves.
const REST: &[&str] = &[
    "kv",
    "namespace-files",
    "namespaces",
    "triggers",
    "metrics",
    "misc",
    "dashboards",
    "plugins",
    "templates",
    "blueprints",
    "mcp",
];

/// How often a read is repeated until what runs has come as far as it had when it was recorded.
const REPEATS: usize = 20;

/// How long what was started has before the next request.
const MOMENT: Duration = Duration::from_millis(12);

/// How long a stream of an execution that isn't there stays open.
const PATIENCE: Duration = Duration::from_millis(300);

/// Replays a version.
pub(crate) async fn play(version: &str, dialect: Dialect) -> Report {
    let mut report = Report { version: version.to_owned(), lines: Vec::new() };
    let builder =
        TestServer::builder().dialect(dialect).basic_auth(USER, PASSWORD).missing_execution_timeout(PATIENCE);
    session(builder.clone(), version, AREAS, &mut report).await;
    session(builder.clone(), version, &["executions-bulk"], &mut report).await;
    let alone = builder.without_executor().wait_timeout(Duration::from_millis(100));
    session(alone, version, &["no-executor"], &mut report).await;
    report
}

/// Replays the areas beside flows and executions.
pub(crate) async fn play_rest(version: &str, dialect: Dialect) -> Report {
    let mut report = Report { version: version.to_owned(), lines: Vec::new() };
    let builder = TestServer::builder()
        .dialect(dialect)
        .basic_auth(USER, PASSWORD)
        .secret("REC_TOKEN", "secret")
        .missing_execution_timeout(PATIENCE);
    for area in REST {
        session(builder.clone(), version, &[area], &mut report).await;
    }
    session(TestServer::builder().dialect(dialect).first_start(), version, &["first-start"], &mut report)
        .await;
    report
}

/// Replays areas on a server of their own.
async fn session(builder: TestServerBuilder, version: &str, areas: &[&str], report: &mut Report) {
    let server = builder.start().await.expect("a server");
    let mut ids = Ids::default();
    for area in areas {
        replay(&server, version, area, &mut ids, report).await;
    }
}

async fn replay(server: &TestServer, version: &str, area: &str, ids: &mut Ids, report: &mut Report) {
    let setup = Setup::read();
    for (index, recording) in recording::area(version, area).iter().enumerate() {
        let during = setup.run(server.address(), version, recording, index == 0, ids).await;
        let address = server.address();
        let acting = tokio::spawn(async move {
            for action in during {
                action.act(address).await;
            }
        });
        let difference = compare(server, recording, ids).await;
        let _ = acting.await;
        if recording.request.method == "POST" && recording.request.path.contains("/executions/") {
            tokio::time::sleep(MOMENT).await;
        }
        report.lines.push(Line {
            area: area.to_owned(),
            file: recording.file.clone(),
            key: recording.key(),
            difference,
        });
    }
}

async fn compare(server: &TestServer, recording: &Recording, ids: &mut Ids) -> Option<String> {
    recording.request.query.iter().for_each(|(_, value)| ids.bind_files(value));
    let mut answer = send(server.address(), recording, ids).await;
    let mut found = difference(&recording.response, answer.as_ref());
    let stream = recording.response.body.as_ref().is_some_and(|body| body.kind == "sse");
    for _ in 0..REPEATS {
        if found.is_none() || recording.request.method != "GET" || stream {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = send(server.address(), recording, ids).await;
        found = difference(&recording.response, answer.as_ref());
    }
    learn(recording, answer.as_ref(), ids);
    found
}

/// Learns ids from an answer, but not from a list whose order is a matter of taste.
fn learn(recording: &Recording, answer: Option<&Answer>, ids: &mut Ids) {
    let recorded =
        recording.response.body.as_ref().and_then(|body| body.value.as_deref()).unwrap_or_default();
    let ours = answer.map(|answer| answer.body.clone()).unwrap_or_default();
    if let (Ok(recorded), Ok(ours)) =
        (serde_json::from_str::<Value>(recorded), serde_json::from_slice::<Value>(&ours))
        && recorded.get("results").is_none()
    {
        ids.learn_from(&recorded, &ours);
    }
}
