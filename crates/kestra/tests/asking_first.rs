//! A request whose early error would make the server hang is sent only where the server would carry it out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::models::{ChartFiltersOverrides, ConcurrencyLimit, Label, StateType, TaskRunStateRequest};
use kestra::{CallOptions, Client, Error, ErrorKind, RequestSent, Timeouts};
use kestra_testkit::{Dialect, Fault, TestServer};
use support::{FLOW, embedded, flow_of, once, seen};

const PUT: &str = "PUT /api/v1/main/flows/company.team/hello";
const GET: &str = "GET /api/v1/main/flows/company.team/hello";
const NAMESPACE: &str = "company.team";

/// A flow of one task, with a schedule and a limit, whose executions end or wait.
fn flow(id: &str, task: &str) -> String {
    format!(
        "id: {id}\nnamespace: {NAMESPACE}\nconcurrency:\n  limit: 5\ntriggers:\n  - id: daily\n    type: \
         io.kestra.plugin.core.trigger.Schedule\n    cron: \"0 0 * * *\"\ntasks:\n  - id: only\n    type: \
         io.kestra.plugin.core.{task}\n"
    )
}

const DASHBOARD: &str = "id: costs\ntitle: Costs\ncharts: []\n";

async fn serve(dialect: Dialect) -> (TestServer, Client) {
    let server = TestServer::builder().dialect(dialect).start().await.unwrap();
    let client = once(server.url()).build().unwrap();
    (server, client)
}

#[tokio::test]
async fn an_update_asks_whatever_its_size() -> Result<(), Error> {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await?;
    for source in [FLOW.to_owned(), flow_of(500), flow_of(2000), flow_of(60_000)] {
        server.clear_requests();
        let updated = client.flows().update_flow(NAMESPACE, "hello", source.clone()).await?;
        assert_eq!(updated.source, source);
        assert_eq!(seen(&server), [GET, PUT]);
    }
    Ok(())
}

/// What real servers were brought down with: one client, reads and small updates of what is missing in turn.
#[tokio::test]
async fn reads_and_updates_of_what_is_missing_take_turns() {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::early_errors_hang());
        for _ in 0..40 {
            assert!(client.flows().get_flow(NAMESPACE, "hello").await.unwrap_err().is_not_found());
            let error = client.flows().update_flow(NAMESPACE, "hello", flow_of(500)).await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
            assert_eq!(error.request_sent(), RequestSent::No);
            assert!(error.to_string().starts_with("update_flow"), "{error}");
        }
        assert!(server.requests().iter().all(|request| request.method == "GET"));
    }
}

/// The status that each of the operations fails with.
async fn statuses(client: &Client, execution: &str, trigger: &str, chart: &str) -> Vec<(&'static str, u16)> {
    let executions = client.executions();
    let (triggers, dashboards, flows) = (client.triggers(), client.dashboards(), client.flows());
    let run = TaskRunStateRequest::new(StateType::Failed, "none");
    let limit = ConcurrencyLimit::new().namespace(NAMESPACE).flow_id("none").running(0);
    let trigger = || (NAMESPACE, "waits", trigger);
    let within = ChartFiltersOverrides::new;
    let export = dashboards.export_dashboard_chart("costs", chart, within()).await.map(drop);
    let results = [
        ("limit", flows.update_concurrency_limit(NAMESPACE, "none", limit).await.map(drop)),
        ("state", executions.update_task_run_state(execution, run).await.map(drop)),
        ("labels", executions.set_execution_labels(execution, [Label::new("a", "b")]).await.map(drop)),
        ("pause", triggers.pause_backfill(trigger()).await.map(drop)),
        ("unpause", triggers.unpause_backfill(trigger()).await.map(drop)),
        ("delete", triggers.delete_backfill(trigger()).await.map(drop)),
        ("chart", dashboards.get_dashboard_chart_data("costs", chart, within()).await.map(drop)),
        ("export", export),
        ("dashboard", dashboards.update_dashboard("none", DASHBOARD).await.map(drop)),
    ];
    let mut statuses = Vec::new();
    for (name, result) in results {
        match result {
            Ok(()) => statuses.push((name, 200)),
            Err(error) if error.kind() == ErrorKind::Unsupported => statuses.push((name, 0)),
            Err(error) => {
                assert_eq!(error.request_sent(), RequestSent::No, "{name}: {error}");
                statuses.push((name, error.status().map_or(1, |status| status.as_u16())));
            }
        }
    }
    statuses
}

#[tokio::test]
async fn nothing_is_sent_to_what_is_missing_or_in_the_wrong_state() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(flow("waits", "flow.Pause")).unwrap();
        let paused = client.executions().create_execution(NAMESPACE, "waits").await?.id;
        if dialect != Dialect::V2_0 {
            client.dashboards().create_dashboard(DASHBOARD).await?;
        }
        server.fail(Fault::early_errors_hang());
        server.clear_requests();
        let (limit, dashboards) = match dialect {
            // 1.0 has no limits, and the embedded 2.0 server no dashboards.
            Dialect::V1_0 => (0, 404),
            Dialect::V2_0 => (404, 501),
            _ => (404, 404),
        };
        let expected = |labels, backfill| {
            [
                ("limit", limit),
                ("state", 404),
                ("labels", labels),
                ("pause", backfill),
                ("unpause", backfill),
                ("delete", backfill),
                ("chart", dashboards),
                ("export", dashboards),
                ("dashboard", dashboards),
            ]
        };
        assert_eq!(statuses(&client, "4bJ", "none", "none").await, expected(404, 404), "{dialect:?}");
        // From 2.0 on a server carries out what concerns a backfill that isn't there.
        let without_backfill = if dialect == Dialect::V2_0 { 200 } else { 409 };
        let found = statuses(&client, &paused, "daily", "none").await;
        assert_eq!(found, expected(409, without_backfill), "{dialect:?}");
        let sent: Vec<_> = seen(&server).into_iter().filter(|line| !line.starts_with("GET ")).collect();
        assert_eq!(sent.len(), if dialect == Dialect::V2_0 { 3 } else { 0 }, "{sent:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_there_and_in_the_right_state_is_changed() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::early_errors_hang());
        server.deploy(flow("ends", "debug.Return\n    format: x")).unwrap();
        let ended = client.executions().run(NAMESPACE, "ends").await?.execution;
        let (executions, triggers) = (client.executions(), client.triggers());
        let id = &ended.id;
        executions.set_execution_labels(id, [Label::new("a", "b")]).await?;
        let run = ended.task_run_list.as_ref().unwrap()[0].id.clone();
        executions.update_task_run_state(id, TaskRunStateRequest::new(StateType::Failed, run)).await?;
        if dialect != Dialect::V1_0 {
            let limit = ConcurrencyLimit::new().namespace(NAMESPACE).flow_id("ends").running(0);
            client.flows().update_concurrency_limit(NAMESPACE, "ends", limit).await?;
        }
        let id = (NAMESPACE, "ends", "daily");
        let backfill = triggers.backfill(id.0, id.1, id.2);
        backfill
            .start("2020-01-01T00:00:00Z".parse().unwrap())
            .end("2039-01-01T00:00:00Z".parse().unwrap())
            .await?;
        triggers.pause_backfill(id).await?;
        triggers.unpause_backfill(id).await?;
        triggers.delete_backfill(id).await?;
        if dialect != Dialect::V2_0 {
            client.dashboards().create_dashboard(DASHBOARD).await?;
            client.dashboards().update_dashboard("costs", DASHBOARD).await?;
        }
    }
    Ok(())
}

/// A thing may vanish between question and request, so a request is dangerous even then.
#[tokio::test]
async fn what_vanishes_in_between_meets_a_new_connection() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.fail(Fault::early_errors_hang());
        for _ in 0..10 {
            client.flows().search_flows().await?;
            let update = client.flows().update_flow(NAMESPACE, "hello", flow_of(500));
            let error = update.unchecked().timeout(Duration::from_secs(20)).await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
            assert_eq!(error.request_sent(), RequestSent::Yes);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_trigger_is_found_on_any_page() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_3).await;
    let mut source = flow("waits", "flow.Pause");
    for number in 0..150 {
        let trigger = format!(
            "triggers:\n  - id: t{number:03}\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: \"0 0 * * *\"\n"
        );
        source = source.replace("triggers:\n", &trigger);
    }
    server.deploy(&source).unwrap();
    server.fail(Fault::early_errors_hang());
    for trigger in ["daily", "t000", "t149"] {
        let error = client.triggers().pause_backfill((NAMESPACE, "waits", trigger)).await.unwrap_err();
        assert!(error.is_conflict(), "{trigger}: {error}");
    }
    let error = client.triggers().pause_backfill((NAMESPACE, "waits", "t150")).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_question_can_be_left_out() -> Result<(), Error> {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await?;
    server.clear_requests();
    client.flows().update_flow(NAMESPACE, "hello", flow_of(2000)).unchecked().await?;
    let unchecked = client.with_options(CallOptions::new().unchecked());
    unchecked.flows().update_flow(NAMESPACE, "hello", flow_of(2001)).await?;
    assert_eq!(seen(&server), [PUT, PUT]);

    // Without the question the server never reads the rest of a body that comes late.
    server.fail(Fault::early_errors_hang());
    let brief = Timeouts::default().attempt(Duration::from_secs(1));
    let update = client.flows().update_flow(NAMESPACE, "none", flow_of(60_000)).unchecked().timeouts(brief);
    assert!(update.await.unwrap_err().is_timeout());
    Ok(())
}

#[tokio::test]
async fn both_requests_share_options_and_time() -> Result<(), Error> {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await?;
    server.clear_requests();
    client.flows().update_flow(NAMESPACE, "hello", flow_of(2000)).header("x-release", "7").await?;
    assert!(server.requests().iter().all(|request| request.header("x-release") == Some("7")));

    server.fail(Fault::delay(Duration::from_millis(300)).always());
    let late =
        client.flows().update_flow(NAMESPACE, "hello", flow_of(2001)).timeout(Duration::from_millis(450));
    let error = late.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    server.heal();
    client.flows().update_flow(NAMESPACE, "hello", flow_of(2002)).timeout(Duration::MAX).await?;
    client.flows().deploy(flow_of(2003)).timeout(Duration::MAX).await?;
    Ok(())
}
