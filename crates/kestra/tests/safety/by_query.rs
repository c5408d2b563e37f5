use kestra::{Error, ErrorKind, Filter};
use kestra_testkit::Dialect;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::Traces;
use crate::{executions, flow, run, serve};

#[tokio::test]
async fn an_action_without_a_filter_takes_everything_and_has_to_be_told() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        run(&client, "hello").await?;
        run(&client, "hello").await?;
        server.clear_requests();
        let forgotten = client.executions().delete_executions_by_query().await.unwrap_err();
        assert_eq!(forgotten.kind(), ErrorKind::Refused);
        assert!(forgotten.to_string().contains("`.all()`"), "{forgotten}");
        // How far to look back is no filter.
        let wide = client.executions().delete_executions_by_query().look_back("P30D").await.unwrap_err();
        assert_eq!(wide.kind(), ErrorKind::Refused);
        assert!(server.requests().is_empty());
        // What the server does when it is asked so: it takes all.
        let all = http::Request::delete("/api/v1/main/executions/by-query").body("").unwrap();
        client.request(all).await?;
        assert_eq!(executions(&client).await?, Some(0));
        run(&client, "hello").await?;
        run(&client, "hello").await?;

        let few = client.executions().delete_executions_by_query().filter(Filter::state().equals("FAILED"));
        assert_eq!(few.await?.total(), Some(0));
        assert_eq!(client.executions().delete_executions_by_query().all().await?.total(), Some(2));
        assert_eq!(executions(&client).await?, Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn a_filter_without_a_value_is_none() {
    let (server, client) = serve(Dialect::V2_0).await;
    for filter in [Filter::namespace().prefix(""), Filter::state().is_in(Vec::<String>::new())] {
        let error = client.flows().delete_flows_by_query().filter(filter).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_some_server_skips_is_refused() -> Result<(), Error> {
    for dialect in [Dialect::V1_0, Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        client.flows().create_flow(flow("hello")).await?;
        let all = || client.flows().search_flows();
        // What servers do with such queries: they find everything.
        for (pair, value) in [
            ("filters[labels][EQUALS][te\nam]", "x"),
            ("filters[labels][EQUALS][te\u{1}am]", "x"),
            ("filters[namespace]", "x"),
            ("filters[namespace][EQUALS]x", "x"),
            ("filters[q][EQUALS]", "*"),
        ] {
            assert_eq!(all().query_pair(pair, value).await?.total, Some(1), "{pair}");
        }
        let empty_key = all().query_pair("filters[labels][EQUALS][]", "x").await;
        match dialect {
            Dialect::V2_0 => assert_eq!(empty_key?.total, Some(1)),
            _ => assert_eq!(empty_key.unwrap_err().status().map(|status| status.as_u16()), Some(422)),
        }
        server.clear_requests();

        let delete = || client.flows().delete_flows_by_query();
        let same = || Filter::label("team").equals("x");
        for filters in [
            vec![Filter::label("").equals("x")],
            vec![Filter::label(" ").equals("x")],
            vec![Filter::label("te\nam").equals("x")],
            vec![Filter::label("te\u{1}am").equals("x")],
            vec![Filter::label("te\u{2028}am").equals("x")],
            vec![Filter::namespace().contains("")],
            vec![Filter::namespace().contains(" ")],
            vec![Filter::namespace().is_in(["other", " "])],
            vec![Filter::query("*")],
            vec![Filter::query(" . ")],
            vec![same(), same()],
            vec![same(), Filter::label("team").equals("y")],
            vec![Filter::field("namespace]").equals("x")],
            vec![Filter::any([Filter::label("").equals("x"), same()])],
        ] {
            let error = delete().filters(filters.clone()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Build, "{filters:?}: {error}");
        }
        for (pair, value) in [
            ("namespace", "x"),
            ("filters[namespace]", "x"),
            ("filters[namespace][EQUALS]x", "x"),
            ("Filters[namespace][EQUALS]", "x"),
            ("filters[labels][EQUALS][]", "x"),
        ] {
            let narrowed = || delete().filter(Filter::namespace().prefix("company"));
            let error = narrowed().query_pair(pair, value).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{pair}: {error}");
            assert!(error.to_string().contains("unchecked()"), "{error}");
        }
        assert!(server.requests().is_empty());
        assert_eq!(all().await?.total, Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn what_versions_read_otherwise_and_rows_do_not_tell_is_refused_with_what_to_say() {
    let (server, client) = serve(Dialect::V2_0).await;
    let executions = || client.executions().kill_executions_by_query();
    let triggers = client.triggers().unlock_triggers_by_query();
    let errors = [
        (
            executions().filter(Filter::scope().not_equals("SYSTEM")).await,
            "`Filter::scope().equals(\"USER\")`",
        ),
        (
            executions().filter(Filter::child_filter().not_equals("MAIN")).await,
            "`Filter::child_filter().equals(\"CHILD\")`",
        ),
        (executions().filter(Filter::field("q").not_equals("x")).await, "compare it by EQUALS"),
        (
            triggers.filter(Filter::start_date().at_least("2026-01-01T00:00:00Z")).await,
            "`Filter::last_triggered_date()`",
        ),
    ];
    for (result, replacement) in errors {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, kestra::RequestSent::No));
        assert!(
            error.to_string().contains(replacement) && error.to_string().contains("unchecked()"),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
    let insisted = executions().filter(Filter::scope().not_equals("SYSTEM")).unchecked().await;
    assert_eq!(insisted.unwrap().total(), Some(0));
}

#[tokio::test]
async fn actions_by_query_and_deletions_are_told() -> Result<(), Error> {
    let traces = Traces::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let (_server, client) = serve(Dialect::V2_0).await;
    client.flows().create_flow(flow("hello")).await?;
    let flows = client.flows();
    flows.disable_flows_by_query().filter(Filter::namespace().prefix("company")).await?;
    flows.disable_flows_by_query().filter(Filter::label("team").not_equals("x")).await?;
    flows.enable_flows_by_query().namespace("company").by_ids().await?;
    flows.disable_flows_by_query().filter(Filter::namespace().equals("none")).at_most(3).await?;
    flows.delete_flow(crate::NAMESPACE, "hello").await?;
    // Nothing was sent, so that there is nothing to tell.
    flows.delete_flows_by_query().await.unwrap_err();
    flows.search_flows().await?;

    let told = traces.of("kestra::bulk");
    let field = |name: &str| -> Vec<String> {
        told.iter().map(|trace| trace.fields.get(name).cloned().unwrap_or_default()).collect()
    };
    assert!(told.iter().all(|trace| trace.level == tracing::Level::INFO), "{told:?}");
    assert_eq!(
        field("operation"),
        [
            "disable_flows_by_query",
            "disable_flows_by_query",
            "enable_flows_by_ids",
            "disable_flows_by_query",
            "delete_flow"
        ]
    );
    assert_eq!(field("namespace"), ["company", "", "company", "none", crate::NAMESPACE]);
    assert_eq!(
        field("filters"),
        [
            "filters[namespace][PREFIX]=company",
            "filters[labels][NOT_EQUALS][team]=x",
            "filters[namespace][PREFIX]=company",
            "filters[namespace][EQUALS]=none",
            ""
        ]
    );
    // What is disabled already isn't changed.
    assert_eq!(field("count"), ["1", "0", "1", "0", ""]);
    Ok(())
}

#[tokio::test]
async fn a_blank_parameter_narrows_no_deletion() -> Result<(), Error> {
    for dialect in [Dialect::V1_0, Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        let logs = client.logs();
        for problem in [
            logs.delete_logs_from_execution("4kJ").task_id("").await.unwrap_err(),
            logs.delete_logs_from_execution("4kJ").task_run_id("  ").await.unwrap_err(),
            logs.delete_logs_from_flow("company.team", "hello").trigger_id("").await.unwrap_err(),
        ] {
            assert_eq!(problem.kind(), ErrorKind::Build, "{problem}");
        }
        assert!(server.requests().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn what_1_x_reads_as_a_pattern_goes_by_ids_of_rows_that_fit() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        for id in ["dev_one", "dev-two", "devops"] {
            client.flows().create_flow(flow(id)).await?;
            run(&client, id).await?;
        }
        // What a server does with such a filter that is sent as it is.
        let path = "/api/v1/main/executions/search?filters%5BflowId%5D%5BSTARTS_WITH%5D=dev_";
        let found = client
            .request(http::Request::get(path).body("").unwrap())
            .await?
            .into_body()
            .bytes()
            .await
            .unwrap();
        let found: serde_json::Value = serde_json::from_slice(&found).unwrap();
        assert_eq!(found["total"], if dialect == Dialect::V2_0 { 1 } else { 3 }, "{dialect:?}");

        server.clear_requests();
        let action = client.executions().delete_executions_by_query();
        action.filter(Filter::flow_id().starts_with("dev_")).await?;
        assert!(server.requests().iter().all(|request| !request.path.ends_with("by-query")));
        assert_eq!(executions(&client).await?, Some(2), "{dialect:?}");
    }
    Ok(())
}
