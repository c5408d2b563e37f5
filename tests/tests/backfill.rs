//! Backfills begin, pause, go on and end in the same way on servers of all versions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::{CallOptions, Client, ErrorKind, Retry};
use kestra_testkit::{Dialect, Fault, TestServer};
use on_server::NAMESPACE;

const FLOW: &str = "id: report\nnamespace: company.team\ninputs:\n  - id: region\n    type: STRING\n    defaults: none\ntasks:\n  \
                    - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: hi\ntriggers:\n  - id: daily\n    \
                    type: io.kestra.plugin.core.trigger.Schedule\n    cron: \"0 0 * * *\"\n";

async fn server(dialect: Dialect, interval: Duration) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).backfill_interval(interval).start().await.unwrap();
    let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
    server.deploy(FLOW).unwrap();
    (server, client)
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_backfill_runs_to_its_end() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, Duration::from_millis(20)).await;
        let backfill = client.triggers().backfill(NAMESPACE, "report", "daily");
        let start = backfill.start(time("2026-01-01T00:00:00Z")).end(time("2026-01-05T12:00:00Z"));
        let state = start.input("region", "emea").label("reason", "repair").await.unwrap();
        assert!(state.backfill.is_some(), "{dialect:?}");

        let seen = Arc::new(Mutex::new(0));
        let reports = Arc::clone(&seen);
        let watch = backfill.watch().every(Duration::from_millis(10)).timeout(Duration::from_secs(20));
        let state = watch.on_progress(move |_| *reports.lock().unwrap() += 1).await.unwrap();
        assert_eq!(state.trigger_id, "daily");
        assert!(*seen.lock().unwrap() > 0);
        let ran = server.executions_of(NAMESPACE, "report");
        assert_eq!(ran.len(), 5, "{dialect:?}: from the first to the fifth, both included");
        assert!(ran.iter().all(|execution| execution.label("reason") == Some("repair")));
        assert!(ran.iter().all(|execution| execution.inputs["region"] == "emea"));
    }
}

#[tokio::test]
async fn a_backfill_pauses_goes_on_and_can_be_cancelled() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect, Duration::from_millis(200)).await;
        let backfill = client.triggers().backfill(NAMESPACE, "report", "daily");
        let from = time("2026-01-01T00:00:00Z");
        backfill.start(from).end(time("2026-03-01T00:00:00Z")).await.unwrap();
        let paused = backfill.pause().await.unwrap();
        assert_eq!(paused.backfill.and_then(|backfill| backfill.paused), Some(true));
        let error = backfill
            .watch()
            .every(Duration::from_millis(5))
            .timeout(Duration::from_millis(30))
            .await
            .unwrap_err();
        assert!(error.is_timeout());
        let going = backfill.resume().await.unwrap();
        assert_eq!(going.backfill.and_then(|backfill| backfill.paused), Some(false));

        // A second one would replace the first without a word before 2.0.
        let error = backfill.start(from).await.unwrap_err();
        match dialect {
            Dialect::V2_0 => assert!(error.is_conflict(), "{error}"),
            _ => assert_eq!(error.kind(), ErrorKind::Refused, "{error}"),
        }
        assert!(backfill.cancel().await.unwrap().backfill.is_none());
        assert!(backfill.watch().await.unwrap().backfill.is_none());

        let missing = client.triggers().backfill(NAMESPACE, "report", "nothing").start(from).await;
        assert!(missing.is_err());
        let turned = backfill.start(from).end(time("2025-01-01T00:00:00Z")).await.unwrap_err();
        assert_eq!(turned.kind(), ErrorKind::Build);
    }
}

#[tokio::test]
async fn a_trigger_is_switched_off_and_on() {
    for dialect in Dialect::ALL {
        let (_server, client) = server(dialect, Duration::from_secs(1)).await;
        let triggers = client.triggers();
        let current = || async {
            let state = triggers.backfill(NAMESPACE, "report", "daily").state().await.unwrap().unwrap();
            (state.is_disabled(), state.backfill.is_some())
        };
        let backfill = triggers.backfill(NAMESPACE, "report", "daily");
        backfill.start(time("2026-01-01T00:00:00Z")).end(time("2026-12-01T00:00:00Z")).await.unwrap();
        let off = triggers.disable(NAMESPACE, "report", "daily").await.unwrap();
        assert_eq!(
            (off.is_disabled(), current().await),
            (true, (true, true)),
            "{dialect:?}: the backfill stays"
        );
        let on = triggers.enable(NAMESPACE, "report", "daily").await.unwrap();
        assert_eq!((on.is_disabled(), current().await), (false, (false, true)));

        let error = triggers.disable(NAMESPACE, "report", "nothing").await.unwrap_err();
        assert!(error.is_not_found() && error.kind() == ErrorKind::Status, "{dialect:?}: {error}");
    }
}

#[tokio::test]
async fn a_watch_outlasts_an_outage_and_reads_once_more_at_its_end() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect, Duration::from_millis(20)).await;
        let client = client.with_options(CallOptions::new().retry(Retry::none()));
        let backfill = client.triggers().backfill(NAMESPACE, "report", "daily");
        let begin = async || {
            let start = backfill.start(time("2026-01-01T00:00:00Z")).end(time("2026-01-05T12:00:00Z"));
            start.await.unwrap();
        };
        let search = "/api/v1/{tenant}/triggers/**";
        begin().await;
        server.fail(Fault::status(503).on("GET", search).skip(1).times(4));
        let watch = backfill.watch().every(Duration::from_millis(1)).timeout(Duration::MAX);
        assert!(!watch.await.unwrap().trigger_id.is_empty());

        begin().await;
        let watch = backfill.watch().every(Duration::from_mins(10)).timeout(Duration::from_secs(2));
        assert!(!watch.await.unwrap().trigger_id.is_empty(), "{dialect:?}");
        assert_eq!(server.executions_of(NAMESPACE, "report").len(), 10);

        // That nothing can be read at all is told at once.
        server.fail(Fault::status(503).on("GET", search));
        assert_eq!(backfill.watch().await.unwrap_err().status().map(|status| status.as_u16()), Some(503));
    }
}
