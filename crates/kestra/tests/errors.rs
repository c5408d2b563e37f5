//! What goes wrong with an answer is a typed error that carries the answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::layers::AdaptiveConcurrencyLayer;
use kestra::{Auth, Client, Error, ErrorKind, RequestSent};
use kestra_testkit::{Cut, Dialect, Fault, TestServer};
use support::{FLOW, embedded, once};
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

const SEARCH: &str = "/api/v1/{tenant}/flows/search";

fn body(error: &Error) -> String {
    let response = error.response().unwrap();
    assert_eq!((response.status(), response.headers()), (response.parts.status, &response.parts.headers));
    response.text().into_owned()
}

#[tokio::test]
async fn missing() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = once(server.url()).build().unwrap();
        let error = client.flows().get_flow("company.team", "missing").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Status);
        assert!(error.is_not_found());
        assert_eq!(error.request_sent(), RequestSent::Yes);
        assert_eq!(error.attempts(), 1);
        assert_eq!(error.operation().unwrap().name, "get_flow");
        let line = error.to_string();
        assert!(
            line.starts_with("get_flow (GET /api/v1/{tenant}/flows/{namespace}/{id}): 404 Not Found"),
            "{line}"
        );
        assert!(!line.contains("missing"), "{line}");
    }
}

#[tokio::test]
async fn invalid_and_already_there() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = once(server.url()).build().unwrap();
        let error = client.flows().create_flow("id: a b\nnamespace: company.team\n").await.unwrap_err();
        assert_eq!(error.status().unwrap(), 422);
        assert!(error.is_invalid() && !error.already_exists(), "{error}");
        assert!(error.api_message().is_some());

        client.flows().create_flow(FLOW).await.unwrap();
        let error = client.flows().create_flow(FLOW).await.unwrap_err();
        assert!(error.already_exists(), "{error}");
    }
}

#[tokio::test]
async fn not_json() {
    let (server, client) = embedded().await;
    server.stub("GET", SEARCH).body("application/json", "oops").header("x-request-id", "7");
    let error = client.flows().search_flows().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Decode, 200));
    assert_eq!(body(&error), "oops");
    assert_eq!(error.response().unwrap().parts.headers["x-request-id"], "7");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn malformed() {
    let (server, client) = embedded().await;
    server.fail(Fault::malformed());
    let error = client.flows().search_flows().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!body(&error).is_empty());
}

#[tokio::test]
async fn json_of_another_kind_is_named_by_its_path() {
    let (server, client) = embedded().await;
    server.stub("GET", SEARCH).body("application/json", r#"{"results": [{"id": ["a"]}], "total": 1}"#);
    let error = client.flows().search_flows().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("results[0].id"), "{error}");
}

#[tokio::test]
async fn cut_short() {
    let (server, client) = embedded().await;
    client.flows().create_flow(FLOW).await.unwrap();
    server.fail(Fault::cut(Cut::WithinBody));
    let error = client.flows().get_flow("company.team", "hello").await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Transport, 200));
    assert!(body(&error).starts_with('{'), "{}", body(&error));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_404_that_is_cut_short_is_read_again() {
    let (server, _) = embedded().await;
    let client = Client::builder().server(server.url()).tenant("main").build().unwrap();
    server.fail(Fault::cut(Cut::WithinBody));
    let error = client.flows().get_flow("company.team", "missing").await.unwrap_err();
    assert!(error.is_not_found(), "{error:#}");
    server.fail(Fault::cut(Cut::WithinBody).always());
    let error = client.flows().get_flow("company.team", "missing").await.unwrap_err();
    assert!(!error.is_not_found() && error.is_transient(), "{error:#}");
    assert!(error.to_string().ends_with("the connection ended within the body of the response"), "{error}");
}

#[tokio::test]
async fn over_the_limit() {
    let (server, _) = embedded().await;
    let client = once(server.url()).max_body_size(100).build().unwrap();
    let error = client.flows().create_flow(FLOW).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Decode, 200));
    assert!(error.to_string().contains("100 bytes"), "{error}");
    assert_eq!(error.request_sent(), RequestSent::Yes);
}

#[tokio::test]
async fn nothing_where_a_body_is_expected() {
    let (server, client) = embedded().await;
    for status in [200, 204] {
        server.stub("GET", SEARCH).status(status);
        let error = client.flows().search_flows().await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Decode, status));
        assert!(error.to_string().contains("empty"), "{error}");
    }
}

#[tokio::test]
async fn html() {
    let (server, client) = embedded().await;
    for (status, kind) in [(200, ErrorKind::Decode), (502, ErrorKind::Status), (404, ErrorKind::Status)] {
        let page = "<!DOCTYPE html><html><head><title>Bad gateway</title></head></html>";
        server.stub("GET", SEARCH).status(status).body("text/html; charset=utf-8", page);
        let error = client.flows().search_flows().await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (kind, status));
        assert!(error.api_message().unwrap().contains("Bad gateway"));
        assert!(error.hint().unwrap().contains("proxy"), "{error:#}");
        assert_eq!(body(&error), page);
    }
}

#[tokio::test]
async fn an_empty_401() {
    let server = TestServer::builder().basic_auth("a@b.example", "Passw0rd").start().await.unwrap();
    let client = once(server.url()).auth(Auth::bearer("hush")).build().unwrap();
    let error = client.flows().search_flows().await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!((error.api_message(), body(&error)), (None, String::new()));
    assert!(error.hint().unwrap().contains("basic auth only"));
    assert!(!format!("{error}{error:#}{error:?}").contains("hush"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_bare_string() {
    let (server, client) = embedded().await;
    let text = "The execution is not terminated";
    server.stub("POST", "/api/v1/{tenant}/executions/**").status(400).json(text);
    let error = client
        .executions()
        .set_execution_labels("abc", [kestra::models::Label::new("team", "data")])
        .unchecked()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Status, 400));
    assert_eq!(error.api_message().as_deref(), Some(text));
    assert!(error.is_conflict());
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let (server, _) = embedded().await;
    let (other, _) = embedded().await;
    let target = format!("{}/login?token=hush", other.url());
    for status in [301, 302, 303, 307, 308] {
        server.stub("GET", SEARCH).status(status).header("location", &target);
        let client = once(server.url()).auth(Auth::bearer("secret")).build().unwrap();
        let error = client.flows().search_flows().await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Status, status));
        assert!(error.to_string().contains(&format!("{}/login", other.url())), "{error}");
        assert!(!format!("{error:#}{error:?}").contains("hush"), "{error:#}");
        assert!(error.to_string().contains("which is not followed: use the target's"), "{error}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_start_that_is_redirected_was_none() {
    let (server, client) = embedded().await;
    server.stub("POST", "/api/v1/{tenant}/executions/**").status(302).header("location", "/login");
    let error = client.executions().start("company.team", "hello").await.unwrap_err();
    assert_eq!(error.status().unwrap(), 302, "{error:#}");
    assert_eq!(server.requests().len(), 1, "there is nothing to look for");
}

#[tokio::test]
async fn a_start_names_the_flow_that_is_missing() {
    let (_server, client) = embedded().await;
    for call in [
        client.executions().start("company.team", "nobody"),
        client.executions().start("company.team", "nobody").input("day", "today"),
    ] {
        let error = call.await.unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains("no flow company.team.nobody"), "{error}");
    }
}

#[tokio::test]
async fn a_start_names_the_input_that_it_refuses() {
    let (server, client) = embedded().await;
    server.deploy("id: hello\nnamespace: company.team\ninputs: [{id: day, type: INT}]\ntasks: [{id: a, type: io.kestra.plugin.core.log.Log, message: x}]").unwrap();
    for (name, value) in [("dai", "1"), ("day", "today")] {
        let error = client.executions().start("company.team", "hello").input(name, value).await.unwrap_err();
        assert_eq!((error.kind(), error.invalid_inputs()), (ErrorKind::Refused, vec![name.to_owned()]));
    }
}

#[tokio::test]
async fn what_a_layer_refuses_was_not_sent() {
    let (server, _) = embedded().await;
    server.fail(Fault::hang().on("GET", SEARCH).always());
    for client in [
        once(server.url()).layer(LoadShedLayer::new()).layer(ConcurrencyLimitLayer::new(1)),
        once(server.url()).attempt_layer(LoadShedLayer::new()).attempt_layer(ConcurrencyLimitLayer::new(1)),
        once(server.url()).attempt_layer(AdaptiveConcurrencyLayer::new().bounds(1..=1).shed()),
    ] {
        let client = client.build().unwrap();
        let busy = client.clone();
        let busy = tokio::spawn(async move { busy.flows().search_flows().await });
        while server.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let error = client.executions().start("company.team", "hello").await.unwrap_err();
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Service, RequestSent::No), "{error:#}");
        assert!(error.is_retryable(), "{error:#}");
        assert!(error.hint().unwrap().contains("sheds calls"), "{error:#}");
        assert_eq!(server.requests().len(), 1);
        busy.abort();
        server.clear_requests();
    }
}

#[tokio::test]
async fn why_an_answer_is_not_asked_for_again_is_told() {
    let (server, _) = embedded().await;
    let client = kestra::Client::builder().server(server.url()).build().unwrap();
    server.fail(Fault::status(429).retry_after(600).on("GET", SEARCH));
    let error = client.flows().search_flows().await.unwrap_err();
    assert!(error.to_string().contains("longer than the policy allows"), "{error}");
    server.fail(Fault::status(503).retry_after(5).on("GET", SEARCH));
    let error = client.flows().search_flows().timeout(Duration::from_secs(2)).await.unwrap_err();
    assert!(error.to_string().contains("the deadline is too close"), "{error}");
}

#[tokio::test]
async fn what_a_layer_gives_up_may_have_been_sent() {
    let (server, _) = embedded().await;
    server.fail(Fault::hang().on("GET", SEARCH).always());
    let layer = tower::timeout::TimeoutLayer::new(Duration::from_millis(100));
    let client = once(server.url()).attempt_layer(layer).build().unwrap();
    let error = client.flows().search_flows().await.unwrap_err();
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Service, RequestSent::Maybe), "{error:#}");
}

#[tokio::test]
async fn what_was_sent_is_known() {
    let (server, client) = embedded().await;
    server.flow("company.team", "hello").on_run(|_| kestra_testkit::Outcome::success(serde_json::json!({})));
    for (cut, sent) in [
        (Cut::BeforeRead, RequestSent::Maybe),
        (Cut::AfterRead, RequestSent::Maybe),
        (Cut::AfterProcessing, RequestSent::Maybe),
        (Cut::WithinBody, RequestSent::Yes),
    ] {
        server.fail(Fault::cut(cut));
        let error = client.executions().create_execution("company.team", "hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{cut:?}: {error}");
        assert_eq!(error.request_sent(), sent, "{cut:?}");
        assert!(!error.is_retryable(), "{cut:?}");
        server.heal();
    }
    assert_eq!(server.executions_of("company.team", "hello").len(), 2);
}
