use kestra::models::{SetDisabledRequest, TriggerId};
use kestra::{Error, ErrorKind, Filter};
use kestra_testkit::Dialect;

use crate::{NAMESPACE, executions, flow, run, serve};

#[tokio::test]
async fn a_parameter_that_is_gone_would_be_no_filter_at_all() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    client.flows().create_flow(flow("hello")).await?;
    run(&client, "hello").await?;
    server.clear_requests();
    // An action says it by the filter that it is.
    let obeyed = client.executions().delete_executions_by_query().namespace("no.such").await?;
    assert_eq!(obeyed.total(), Some(0));
    assert_eq!(
        server.requests().last().unwrap().query,
        [("filters[namespace][PREFIX]".to_owned(), "no.such".to_owned())]
    );
    // So does a search.
    let found = client.executions().search_executions().namespace("no.such").await?;
    assert_eq!(found.total, Some(0));

    // As a filter it is obeyed; the old way it deletes what it doesn't name.
    let obeyed =
        client.executions().delete_executions_by_query().filter(Filter::namespace().prefix("no.such"));
    assert_eq!(obeyed.await?.total(), Some(0));
    let obeyed = client.executions().delete_executions_by_query().namespace("no.such").any_version();
    assert_eq!(obeyed.await?.total(), Some(0));
    let harm = http::Request::delete("/api/v1/main/executions/by-query?namespace=no.such").body("").unwrap();
    client.request(harm).await?;
    assert_eq!(executions(&client).await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn what_came_later_is_refused_by_older_servers() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_0).await;
    let flows = client.flows();
    let (executions, files) = (client.executions(), client.files());
    let part = || kestra::FilePart::bytes("flows.yaml", flow("imported"));
    let refused = [
        flows.import_flows(part()).fail_on_error(true).await.unwrap_err(),
        files.get_file_content(NAMESPACE, "/a.txt").revision(1).await.unwrap_err(),
        executions.search_executions().filter(Filter::kind().equals("TEST")).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("any_version()"), "{error}");
    }
    assert!(server.requests().iter().all(|request| request.path == "/api/v1/configs"));
    // The old server sends today's content, whatever revision is asked for.
    for text in [&b"first"[..], b"second"] {
        files.create_namespace_file(NAMESPACE, "/a.txt", kestra::FilePart::bytes("a.txt", text)).await?;
    }
    let harm = files.get_file_content(NAMESPACE, "/a.txt").revision(1).any_version().await?;
    assert_eq!(harm.bytes().await?, "second");
    // It imports what it can and says nothing of the parameter.
    let harm = flows.import_flows(part()).fail_on_error(true).any_version().await?;
    assert!(harm.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_level_is_translated() -> Result<(), Error> {
    for (dialect, name) in
        [(Dialect::V1_3, "minLevel"), (Dialect::V2_0, "filters[level][GREATER_THAN_OR_EQUAL_TO]")]
    {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        let id = run(&client, "hello").await?;
        client.logs().list_logs_from_execution(&id).filter(Filter::level().at_least("WARN")).await?;
        let request = server.requests().pop().unwrap();
        assert_eq!(request.query, [(name.to_owned(), "WARN".to_owned())]);
    }
    Ok(())
}

const SCHEDULED: &str = "\
id: report
namespace: company.team
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - {id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: \"0 0 * * *\"}
";

#[tokio::test]
async fn a_pause_of_backfills_looks_at_no_old_parameter() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_3).await;
    server.deploy(SCHEDULED).unwrap();
    let backfill = client.triggers().backfill(NAMESPACE, "report", "daily");
    backfill.start("2026-01-01T00:00:00Z".parse().unwrap()).await?;

    // The builder has no such parameter, and without a filter the action is refused.
    let pause = || client.triggers().pause_backfill_by_query();
    let refused = pause().query_pair("namespace", "no.such").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(pause().filter(Filter::namespace().prefix("no.such")).await?.total(), Some(0));
    // The server pauses what the parameter doesn't name.
    assert_eq!(pause().query_pair("namespace", "no.such").all().await?.total(), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_trigger_of_another_tenant_would_be_passed_over() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_3).await;
    server.deploy(SCHEDULED).unwrap();
    let backfill = client.triggers().backfill(NAMESPACE, "report", "daily");
    backfill.start("2026-01-01T00:00:00Z".parse().unwrap()).await?;
    server.clear_requests();
    let switch = || {
        let id = TriggerId::new(NAMESPACE, "report", "daily").tenant_id("acme");
        client.triggers().set_triggers_disabled_by_ids(SetDisabledRequest::new(true, [id]))
    };
    let refused = switch().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert!(refused.to_string().contains("has the tenant `acme`, the request goes to `main`"), "{refused}");
    assert!(server.requests().is_empty());
    // It says that it has done it.
    assert_eq!(switch().unchecked().await?.total(), Some(1));
    assert!(!backfill.state().await?.unwrap().is_disabled());

    let id = TriggerId::new(NAMESPACE, "report", "daily").tenant_id("main");
    let elsewhere = client.triggers().unlock_triggers_by_ids([id]).tenant("acme").await.unwrap_err();
    assert!(elsewhere.to_string().contains("set `tenant_id(\"acme\")`"), "{elsewhere}");
    Ok(())
}

#[tokio::test]
async fn a_trigger_without_tenant_is_in_that_of_the_request() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        server.deploy(SCHEDULED).unwrap();
        let triggers = client.triggers();
        let backfill = triggers.backfill(NAMESPACE, "report", "daily");
        backfill.start("2026-01-01T00:00:00Z".parse().unwrap()).await?;
        let id = || (NAMESPACE, "report", "daily");
        let paused = async || {
            backfill.state().await.map(|state| state.unwrap().backfill.unwrap().paused == Some(true))
        };
        triggers.pause_backfill(id()).await?;
        assert!(paused().await?);
        assert_eq!(triggers.unpause_backfill_by_ids([id()]).await?.total(), Some(1));
        assert!(!paused().await?);
        let disable = SetDisabledRequest::new(true, [id()]);
        assert_eq!(triggers.set_triggers_disabled_by_ids(disable).unchecked().await?.total(), Some(1));
        assert!(backfill.state().await?.unwrap().is_disabled());
        triggers.delete_backfill(id()).await?;
        assert!(backfill.state().await?.unwrap().backfill.is_none());
    }
    Ok(())
}

#[tokio::test]
async fn a_state_of_triggers_in_other_letters_would_be_no_filter() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.deploy(SCHEDULED).unwrap();
        let delete = || client.triggers().delete_triggers_by_query();
        let left = async || client.triggers().search_triggers().await.map(|page| page.total);
        // None is disabled.
        delete().filter(Filter::trigger_state().equals("DISABLED")).await?;
        assert_eq!(left().await?, Some(1));
        let refused = delete().filter(Filter::trigger_state().equals("off")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Build);
        delete().query_pair("filters[triggerState][EQUALS]", "DISABLED").all().await?;
        assert_eq!(left().await?, Some(0));
    }
    Ok(())
}
