use kestra::models::{
    CreateCaseFromExecutionsByQueryRequest, CreateCaseRequest, LinkCaseExecutionsByQueryRequest, QueryFilter,
    RunByQueryRequest,
};
use kestra::{Client, Error, ErrorKind, Filter, RequestSent};
use kestra_testkit::{Dialect, TestServer};
use serde_json::{Value, json};

use crate::{NAMESPACE, flow, run, serve};

/// Returns the bodies of the requests to a path.
fn bodies(server: &TestServer, path: &str) -> Vec<Value> {
    let requests = server.requests();
    let own = requests.iter().filter(|request| request.path.ends_with(path));
    own.map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect()
}

fn filter(field: &str, operation: &str, value: Value) -> QueryFilter {
    serde_json::from_value(json!({"field": field, "operation": operation, "value": value})).unwrap()
}

fn assert_refused(error: &Error, part: &str) {
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Refused, RequestSent::No), "{error}");
    let text = error.to_string();
    assert!(text.contains(part) && text.contains("unchecked()"), "{text}");
}

#[tokio::test]
async fn filters_of_enterprise_are_checked_in_rows_and_the_action_goes_by_ids() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    // A server that ignores the filter, and would so delete both.
    let rows = json!({"total": 2, "results": [
        {"id": "a", "namespace": "company.team", "metadata": {"owner": "x"}},
        {"id": "b", "namespace": "company.other", "metadata": {"owner": "y"}},
    ]});
    server.stub("GET", "/api/v1/main/assets/search").json(&rows);
    server.stub("DELETE", "/api/v1/main/assets/by-ids").json(&json!({"count": 1}));
    let delete = || client.assets().delete_assets_by_query();
    for filter in [Filter::namespace().prefix("company.team"), Filter::metadata("owner").equals("x")] {
        server.clear_requests();
        assert_eq!(delete().filter(filter.clone()).dry_run().await?, 1);
        assert_eq!(delete().filter(filter.clone()).await?.total(), Some(1));
        assert_eq!(bodies(&server, "/assets/by-ids"), [json!(["a"])]);
        delete().filter(filter).at_most(1).await?;
    }
    server.clear_requests();
    let most = delete().filter(Filter::namespace().prefix("company")).at_most(1).await.unwrap_err();
    assert!(most.to_string().contains("at_most(1)"), "{most}");
    assert!(bodies(&server, "/assets/by-ids").is_empty());
    // What rows don't tell.
    server.clear_requests();
    let error = delete().filter(Filter::query("a")).await.unwrap_err();
    assert_refused(&error, "delete_assets_by_ids");
    assert_refused(&delete().filter(Filter::query("a")).dry_run().await.unwrap_err(), "search_assets");
    let assignee = client.cases().delete_cases_by_query().filter(Filter::field("assignee").equals("a"));
    assert_refused(&assignee.await.unwrap_err(), "delete_cases_by_ids");
    assert!(server.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn filters_of_enterprise_without_an_action_by_ids_are_refused() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    server.stub("DELETE", "/api/v1/main/assets/usages/by-query").json(&json!({"count": 1}));
    server.clear_requests();
    let of_team = || Filter::namespace().prefix(NAMESPACE);
    let usages = || client.assets().delete_asset_usages_by_query().filter(of_team());
    assert_refused(&usages().await.unwrap_err(), "namespace");
    assert_refused(&usages().at_most(5).await.unwrap_err(), "namespace");
    let events = client.assets().delete_asset_lineage_events_by_query().filter(of_team());
    assert_refused(&events.await.unwrap_err(), "namespace");
    assert!(server.requests().is_empty());
    usages().unchecked().await?;
    Ok(())
}

async fn two_executions(server: &TestServer, client: &Client) -> Result<String, Error> {
    for id in ["hello", "other"] {
        client.flows().create_flow(flow(id)).await?;
    }
    run(client, "other").await?;
    let id = client.executions().run(NAMESPACE, "hello").await?.id().to_owned();
    for path in ["from-executions", "from-executions/by-query", "c/executions", "c/executions/by-query"] {
        server.stub("POST", format!("/api/v1/main/cases/{path}")).json(&json!({"id": "c"}));
    }
    server.clear_requests();
    Ok(id)
}

#[tokio::test]
async fn cases_are_made_of_the_executions_that_a_search_finds() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let id = two_executions(&server, &client).await?;
    let case = || CreateCaseRequest::new(NAMESPACE, "a title");
    let create = |filters: Vec<QueryFilter>| {
        client.cases().create_case_from_executions_by_query(CreateCaseFromExecutionsByQueryRequest::new(
            case(),
            filters,
        ))
    };
    let link = |filters: Vec<QueryFilter>| {
        client.cases().link_case_executions_by_query("c", LinkCaseExecutionsByQueryRequest::new(filters))
    };
    let hello = || vec![filter("FLOW_ID", "EQUALS", json!("hello"))];
    let every = || vec![filter("NAMESPACE", "PREFIX", json!("company"))];

    assert_eq!(create(hello()).dry_run().await?, 1);
    assert_eq!(link(every()).dry_run().await?, 2);
    assert!(create(every()).at_most(1).await.unwrap_err().to_string().contains("at_most(1)"));
    assert!(server.requests().iter().all(|request| request.method == "GET"));
    create(hello()).await?;
    link(hello()).at_most(1).await?;
    let created = json!({"case": {"namespace": NAMESPACE, "title": "a title"}, "executionIds": [id]});
    assert_eq!(bodies(&server, "/cases/from-executions"), [created]);
    assert_eq!(bodies(&server, "/cases/c/executions"), [json!({"executionIds": [id]})]);
    assert!(bodies(&server, "/by-query").is_empty());

    let none = create(vec![filter("FLOW_ID", "EQUALS", json!("nothing"))]).await.unwrap_err();
    assert!(none.to_string().contains("match nothing"), "{none}");
    server.clear_requests();
    let labels = create(vec![filter("LABELS", "EQUALS", json!("a:b"))]).await.unwrap_err();
    assert_refused(&labels, "form of the filter");
    assert_eq!(create(Vec::new()).await.unwrap_err().kind(), ErrorKind::Refused);
    let blank = link(vec![filter("FLOW_ID", "STARTS_WITH", json!(" "))]).await.unwrap_err();
    assert_eq!(blank.request_sent(), RequestSent::No);
    assert!(server.requests().is_empty());
    link(every()).unchecked().await?;
    assert_eq!(bodies(&server, "/cases/c/executions/by-query").len(), 1);
    Ok(())
}

#[tokio::test]
async fn tests_that_a_server_selects_by_the_body_are_refused() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    server.stub("POST", "/api/v1/main/tests/run").json(&json!({}));
    server.stub("GET", "/api/v1/main/tests/search").json(&json!({"total": 3, "results": []}));
    server.clear_requests();
    let tests = || {
        let request = RunByQueryRequest::new().namespace(NAMESPACE).flow_id("hello");
        client.test_suites().run_test_suites_by_query(request)
    };
    assert_refused(&tests().await.unwrap_err(), "search_test_suites");
    assert!(server.requests().is_empty());
    assert_eq!(tests().unchecked().dry_run().await?, 3);
    let search = &server.requests()[0].query;
    for (name, value) in [("namespace", NAMESPACE), ("flowId", "hello")] {
        assert!(search.contains(&(name.to_owned(), value.to_owned())), "{search:?}");
    }
    let most = tests().unchecked().at_most(2).await.unwrap_err();
    assert!(most.to_string().contains("at_most(2)"), "{most}");
    assert!(bodies(&server, "/tests/run").is_empty());
    tests().unchecked().at_most(3).await?;
    Ok(())
}
