//! Streams, waits and downloads go on at another member.

use std::future::IntoFuture as _;
use std::time::Duration;

use kestra::models::StateType;
use kestra::{FilePart, Filter};
use kestra_testkit::{Cut, Dialect, Fault, Shutdown};

use super::{NAMESPACE, client, cluster, counts, members};

#[tokio::test]
async fn runs_waits_and_streams_go_on_at_another_member_however_the_first_goes_down() {
    for (dialect, style) in [
        (Dialect::V1_0, Shutdown::Unanswered),
        (Dialect::V1_3, Shutdown::DatabaseClosed),
        (Dialect::V2_0, Shutdown::HangingWrites),
    ] {
        let mut members = members([dialect; 2]).await;
        let client = client(cluster(&members));
        let executions = client.executions();
        let started = executions.start(NAMESPACE, "job").await.unwrap();
        let id = started.id().to_owned();
        let wait = started.wait().poll_interval(Duration::from_millis(100));
        let run = executions.run(NAMESPACE, "job");
        let logs = client.logs();
        let lines = async {
            let follow = logs.follow_logs_from_execution(&id).filter(Filter::level().at_least("INFO"));
            let (mut lines, mut said) = (follow.stream(), Vec::new());
            while let Some(line) = lines.next().await {
                said.push(line.unwrap().message);
            }
            said
        };
        let states = async {
            let mut states = executions.follow_execution(&id).stream();
            let mut last = None;
            while let Some(execution) = states.next().await {
                last = execution.unwrap().state_type().cloned();
            }
            last
        };
        let goes = async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            members[0].shutdown(style);
            tokio::time::sleep(Duration::from_millis(300)).await;
            members[0].stop().await;
        };
        let (wait, run, said, last, ()) =
            tokio::join!(wait.into_future(), run.into_future(), lines, states, goes);
        for finished in [wait, run] {
            assert_eq!(finished.unwrap().outputs()["said"], "yes", "{style:?}");
        }
        let said: Vec<_> =
            said.iter().map(String::as_str).filter(|line| ["begun", "done"].contains(line)).collect();
        assert_eq!((said, last), (vec!["begun", "done"], Some(StateType::Success)), "{style:?}");
        assert_eq!(members[1].executions_of(NAMESPACE, "job").len(), 2);
        assert!(counts(&members).iter().all(|count| *count > 0));
    }
}

#[tokio::test]
async fn a_download_is_resumed_at_another_member() {
    const TAKES: &str = "id: takes\nnamespace: company.team\ninputs:\n  - id: file\n    type: FILE\ntasks:\n  - id: log\n    \
                         type: io.kestra.plugin.core.log.Log\n    message: hi\n";
    for dialect in Dialect::ALL {
        let mut members = members([dialect; 2]).await;
        let client = client(cluster(&members));
        members[0].deploy(TAKES).unwrap();
        let content: String = (0..60_000).map(|number| format!("{number}\n")).collect();
        let part = FilePart::bytes("data.csv", content.clone());
        let create = client.executions().create_execution(NAMESPACE, "takes").input_file("file", part);
        let id = create.await.unwrap().id;
        let execution = client.executions().get_execution(&id).await.unwrap();
        let uri = execution.inputs["file"].as_str().unwrap();

        members[0]
            .fail(Fault::cut(Cut::WithinBody).on("GET", "/api/v1/{tenant}/executions/{executionId}/file"));
        let download = client.executions().download(uri).await.unwrap();
        members[0].stop().await;
        assert!(download.bytes().await.unwrap() == content, "{dialect:?}: no byte lost or doubled");
        assert!(members[1].requests().iter().any(|request| request.header("range").is_some()));
    }
}
