use std::time::Duration;

use kestra::catalogue::{Edition, OperationInfo, Route, Versions};
use kestra::{Call, CallOptions, Client, Error, ErrorKind, Executor, Filter, RequestSent};
use kestra_testkit::{Dialect, Fault, TestServer};
use serde_json::json;

use crate::{NAMESPACE, flow, run, serve};

fn enterprise(server: &TestServer, version: &str) {
    server.stub("GET", "/api/v1/configs").json(&json!({"version": version, "edition": "EE"}));
}

#[tokio::test]
async fn open_source_would_publish_a_draft() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let error = client.flows().create_flow(flow("hello")).draft(true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("`draft` requires Kestra Enterprise Edition"), "{error}");
    assert!(server.requests().iter().all(|request| request.path == "/api/v1/configs"));
    client.flows().create_flow(flow("plain")).draft(false).await?;
    // It runs, which no draft does.
    client.flows().create_flow(flow("hello")).draft(true).unchecked().await?;
    run(&client, "hello").await?;
    Ok(())
}

#[tokio::test]
async fn enterprise_keeps_it() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    enterprise(&server, "2.0.0");
    client.flows().create_flow(flow("hello")).draft(true).await?;
    assert_eq!(server.requests().pop().unwrap().query_value("draft"), Some("true"));
    Ok(())
}

#[tokio::test]
async fn the_question_counts_to_the_limit_of_the_call() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    enterprise(&server, "2.0.0");
    client.flows().create_flow(flow("hello")).draft(true).timeout(Duration::MAX).await?;
    server.fail(Fault::delay(Duration::from_millis(300)).always());
    let late = client.flows().create_flow(flow("late")).draft(true).timeout(Duration::from_millis(450));
    let error = late.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    Ok(())
}

/// Calls with something that only Enterprise reads, and the parameter that says it.
async fn calls(client: &Client) -> Vec<(&'static str, Result<(), Error>)> {
    let (namespaces, logs, flows) = (client.namespaces(), client.logs(), client.flows());
    let existing = namespaces.search_namespaces().existing(true).await.map(drop);
    let cursor = logs.search_logs().cursor("next").await.map(drop);
    let direction =
        flows.get_flow_dependencies_from_namespace(NAMESPACE).destination_only(true).await.map(drop);
    vec![("existing", existing), ("cursor", cursor), ("destinationOnly", direction)]
}

#[tokio::test]
async fn open_source_would_answer_as_if_nothing_were_said() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    client.flows().create_flow(flow("hello")).await?;
    server.clear_requests();
    for (name, answer) in calls(&client).await {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{name}");
        assert!(error.to_string().contains(&format!("`{name}` requires Kestra Enterprise")), "{error}");
    }
    assert!(server.requests().iter().all(|request| request.path == "/api/v1/configs"));
    client.namespaces().search_namespaces().existing(false).await?;

    // Nobody made a namespace, and yet there they are.
    let insisting = client.with_options(CallOptions::new().unchecked());
    let all = client.namespaces().search_namespaces().await?.total;
    let found = insisting.namespaces().search_namespaces().existing(true).await?.total;
    assert!(found > Some(0));
    assert_eq!(found, all);
    for (name, answer) in calls(&insisting).await {
        answer?;
        assert!(server.requests().iter().any(|request| request.query_value(name).is_some()), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn enterprise_is_told() {
    let (server, client) = serve(Dialect::V2_0).await;
    enterprise(&server, "2.0.0");
    for (name, answer) in calls(&client).await {
        answer.unwrap();
        let sent = server.requests().iter().any(|request| request.query_value(name).is_some());
        assert!(sent, "{name}");
    }
}

#[tokio::test]
async fn a_filter_that_becomes_such_a_parameter_is_refused_as_well() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V1_3).await;
    let only = || client.namespaces().search_namespaces().filter(Filter::existing_only().equals(true));
    assert_eq!(only().await.unwrap_err().kind(), ErrorKind::Refused);
    enterprise(&server, "1.3.25");
    only().await?;
    assert_eq!(server.requests().pop().unwrap().query_value("existing"), Some("true"));
    Ok(())
}

#[tokio::test]
async fn a_cursor_that_the_server_gave_needs_no_question() -> Result<(), Error> {
    let (server, client) = serve(Dialect::V2_0).await;
    let line = json!({"namespace": NAMESPACE, "flowId": "hello", "message": "a"});
    let page = |next: Option<&str>| json!({"results": [line], "type": "CURSOR", "nextCursor": next});
    let search = || server.stub("GET", "/api/v1/{tenant}/logs/search");
    search().json(&page(None));
    search().times(1).json(&page(Some("more")));
    let mut lines = client.logs().search_logs().items();
    let mut count = 0;
    while lines.next().await.transpose()?.is_some() {
        count += 1;
    }
    assert_eq!(count, 2);
    let requests = server.requests();
    // The parameter's version is asked for once, the edition isn't.
    assert_eq!(requests.iter().filter(|request| request.path == "/api/v1/configs").count(), 1);
    assert_eq!(requests.last().unwrap().query_value("cursor"), Some("more"));
    Ok(())
}

/// An operation that only Enterprise has.
static GET_ROLE: OperationInfo =
    OperationInfo::new("get_role", "roles", &[Route::get("/api/v1/{tenant}/roles/{id}", Versions::ALL)])
        .edition(Edition::Enterprise)
        .path_parameters(&["id"]);

/// Kestra's error without detail.
const NONE: &str =
    r#"{"message":"Not Found","_links":{"self":{"href":"/x","templated":false}},"_embedded":{}}"#;

#[tokio::test]
async fn open_source_says_that_an_operation_of_enterprise_is_not_found() -> Result<(), Error> {
    for dialect in Dialect::ALL {
        let (server, client) = serve(dialect).await;
        let get = || client.execute(Call::new(&GET_ROLE).path("admin"));
        for status in [404, 405] {
            server.stub("GET", "/api/v1/{tenant}/roles/**").status(status).body("application/json", NONE);
            let error = get().await.unwrap_err();
            assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Unsupported, RequestSent::Yes));
            assert!(!error.is_not_found() && error.to_string().contains("Enterprise Edition"), "{error}");
        }
        // What is missing on an Enterprise server is missing.
        server.stub("GET", "/api/v1/{tenant}/roles/**").status(404).body("application/json", NONE);
        enterprise(&server, dialect.version());
        assert!(get().await.unwrap_err().is_not_found());
        // A server that doesn't say what it is leaves it at that.
        server.stub("GET", "/api/v1/configs").status(500);
        assert!(get().await.unwrap_err().is_not_found());
    }
    Ok(())
}
