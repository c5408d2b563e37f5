//! A client and its copies: what they share, and what they send by default.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::{Auth, CallOptions, Client, ClientBuilder, Error, Server as ServerUrl, Variable};
use kestra_testkit::{Dialect, TestServer};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use support::{FLOW, Passage, seen};

assert_impl_all!(Client: Clone, Send, Sync, std::fmt::Debug, Unpin);
assert_impl_all!(ClientBuilder: Send, Sync, std::fmt::Debug);
// What is built from several calls is shared like the builders of one, which `kestra_core::operation!` checks.
macro_rules! shared {
    ($($name:ty),* $(,)?) => { $(assert_impl_all!($name: Send, Sync, std::fmt::Debug);)* };
}
shared! {
    kestra::AddLabels,
    kestra::BulkByIds,
    kestra::Deploy,
    kestra::DownloadFile,
    kestra::FileSync,
    kestra::FlowSync,
    kestra::Resolve,
    kestra::Run,
    kestra::Start,
    kestra::StartBackfill,
    kestra::SwitchTrigger,
    kestra::Wait,
    kestra::WatchBackfill,
    kestra::operations::CreateExecution<Client>,
    kestra::operations::CreateNamespaceFile<Client>,
}
// A copy of a builder is another call; one whose body may be a reader has `try_clone` alone.
assert_impl_all!(kestra::operations::CreateFlow<Client>: Clone);
assert_not_impl_any!(kestra::operations::CreateExecution<Client>: Clone);

/// Not within a runtime: `#[test]`, not `#[tokio::test]`.
#[test]
fn is_built_without_a_runtime() {
    let client = Client::builder()
        .server("https://kestra.example.com")
        .auth(Auth::basic("user@example.com", "hush"))
        .build()
        .unwrap();
    let other = client.with_options(CallOptions::new().tenant("acme"));
    assert_eq!(other.options().get_tenant(), Some("acme"));
    assert!(!format!("{client:?}{other:?}").contains("hush"));
}

#[test]
fn a_setting_that_cannot_be_is_named() {
    let message = |builder: ClientBuilder| builder.build().map(|_| ()).unwrap_err().to_string();
    let builder = || Client::builder().server("http://localhost:8080");
    for (message, named) in
        [
            (message(Client::builder()), "server"),
            (message(Client::builder().server("localhost:8080")), "http:// or https://"),
            (message(Client::builder().server("ftp://localhost")), "ftp"),
            (message(Client::builder().server("http://user:hush@localhost")), "auth"),
            (message(Client::builder().server("http://localhost/api/v1")), "/api/v1"),
            (message(Client::builder().server("http://{host}")), "{host}"),
            (message(Client::builder().servers(Vec::<&str>::new())), "servers"),
            (
                message(Client::builder().server(
                    ServerUrl::new("http://{host}").variable("host", Variable::new("a").allowed(["b"])),
                )),
                "`a` is not allowed",
            ),
            (message(builder().default_header("x-team", "a\nb")), "x-team"),
            (message(builder().default_header("x team", "a")), "default_header"),
            (message(builder().user_agent("a\nb")), "user_agent"),
            (message(builder().auth(Auth::bearer("a\nb"))), "token"),
        ]
    {
        assert!(message.contains(named), "{named}: {message}");
        assert!(!message.contains("hush"), "{message}");
    }
}

#[tokio::test]
async fn sends_its_defaults() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let client = Client::builder()
        .server(server.url())
        .auth(Auth::basic("user@example.com", "hush"))
        .default_header("x-team", "data")
        .build()?;
    client.flows().search_flows().size(1).await?;
    client.flows().search_flows().size(1).header("x-team", "other").await?;
    let bare = Client::builder().server(server.url()).user_agent("my-service/1.0").build()?;
    bare.flows().search_flows().size(1).await?;

    let requests = server.requests();
    assert!(requests[0].header("user-agent").unwrap().starts_with("kestra-rust/"));
    assert_eq!(requests[0].header("x-team"), Some("data"));
    assert_eq!(requests[0].header("accept"), Some("application/json, */*;q=0.1"));
    assert_eq!(requests[0].header("authorization"), Some("Basic dXNlckBleGFtcGxlLmNvbTpodXNo"));
    assert_eq!(requests[1].header("x-team"), Some("other"));
    assert_eq!(requests[2].header("user-agent"), Some("my-service/1.0"));
    assert_eq!(requests[2].header("authorization"), None);
    assert!(!format!("{client:?}").contains("data"));
    Ok(())
}

#[tokio::test]
async fn a_request_of_ones_own_gets_the_defaults_too() -> Result<(), Error> {
    let (server, _) = support::embedded().await;
    let client = Client::builder().server(server.url()).default_header("x-team", "data").build()?;
    let request = http::Request::get("/api/v1/main/flows/search").header("x-team", "own").body("").unwrap();
    let response = client.request(request).await?;
    assert_eq!(response.status(), 200);
    let requests = server.requests();
    assert_eq!(requests[0].header("x-team"), Some("own"));
    assert!(requests[0].header("user-agent").unwrap().starts_with("kestra-rust/"));
    Ok(())
}

#[tokio::test]
async fn copies_share_connections() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let passage = Passage::to(server.address()).await;
    let client = Client::builder().server(passage.url()).build()?;
    for number in 0..5 {
        let options = CallOptions::new().header("x-number", number.to_string());
        client.clone().with_options(options).flows().search_flows().size(1).await?;
    }
    assert_eq!(passage.connections(), 1);
    assert_eq!(server.requests()[4].header("x-number"), Some("4"));
    Ok(())
}

#[tokio::test]
async fn copies_share_what_is_known_of_the_version() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let client = Client::builder().server(server.url()).build()?;
    let filter = || kestra::Filter::query("company");
    for _ in 0..3 {
        let copy = client.with_options(CallOptions::new().timeout(Duration::from_secs(30)));
        // Only some versions know filters here.
        copy.namespaces().search_namespaces().filter(filter()).await?;
    }
    let asked = seen(&server).iter().filter(|request| *request == "GET /api/v1/configs").count();
    assert_eq!(asked, 1);

    let told = Client::builder().server(server.url()).api_version("2.0.0".parse().unwrap()).build()?;
    server.clear_requests();
    told.namespaces().search_namespaces().filter(filter()).await?;
    assert_eq!(seen(&server), ["GET /api/v1/main/namespaces/search"]);
    Ok(())
}

#[tokio::test]
async fn options_of_a_call_win() -> Result<(), Error> {
    let (server, client) = support::embedded().await;
    let client = client
        .with_options(CallOptions::new().tenant("acme").header("x-a", "client").header("x-b", "client"));
    let options = CallOptions::new().tenant("main").header("x-a", "call");
    client.flows().create_flow(FLOW).options(options).await?;
    let request = &server.requests()[0];
    assert_eq!(request.path, "/api/v1/main/flows");
    assert_eq!((request.header("x-a"), request.header("x-b")), (Some("call"), Some("client")));
    Ok(())
}

#[tokio::test]
async fn a_path_prefix_is_kept() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    server
        .stub("GET", "/kestra/api/v1/{tenant}/flows/search")
        .json(&serde_json::json!({"results": [], "total": 0}));
    let client = Client::builder().server(format!("{}/kestra/", server.url())).build()?;
    client.flows().search_flows().await?;
    assert_eq!(seen(&server), ["GET /kestra/api/v1/main/flows/search"]);
    Ok(())
}

#[tokio::test]
async fn keys_of_a_namespace_on_every_version() {
    for dialect in [Dialect::V1_0, Dialect::V1_3, Dialect::V2_0] {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        let client = support::once(server.url()).build().unwrap();
        for (namespace, key) in [("company.team", "a"), ("company.team", "b"), ("company", "c")] {
            client.kv().set_key_value(namespace, key, "value").await.unwrap();
        }
        let mut keys: Vec<_> =
            client.kv().keys("company.team").await.unwrap().into_iter().map(|entry| entry.key).collect();
        keys.sort();
        assert_eq!(keys, ["a", "b"], "{dialect:?}");
    }
}

#[tokio::test]
async fn a_trigger_that_is_missing_on_every_version() {
    for dialect in [Dialect::V1_0, Dialect::V1_3, Dialect::V2_0] {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        server.deploy(FLOW).unwrap();
        let client = support::once(server.url()).build().unwrap();
        let error = client.triggers().disable("company.team", "hello", "nobody").await.unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains("nobody"), "{dialect:?}: {error}");
        let backfill = client.triggers().backfill("company.team", "hello", "nobody");
        let error = backfill.start(kestra::jiff::Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert!(error.is_not_found(), "{dialect:?}: {error}");
    }
}

#[cfg(feature = "serde")]
#[tokio::test]
async fn what_a_server_answers_can_be_handed_on() {
    let (server, client) = support::embedded().await;
    server.deploy(FLOW).unwrap();
    let finished = client.executions().run("company.team", "hello").await.unwrap();
    let written = serde_json::to_value(&finished.execution).unwrap();
    assert_eq!((&written["flowId"], &written["state"]["current"]), (&"hello".into(), &"SUCCESS".into()));
}

#[tokio::test]
async fn a_read_only_client_changes_nothing() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder().dialect(dialect).start().await.unwrap();
        server.deploy(FLOW).unwrap();
        let open = Client::builder().server(server.url()).tenant("main").build().unwrap();
        let execution = open.executions().run("company.team", "hello").await.unwrap();
        server.clear_requests();
        let client = open.read_only().with_options(CallOptions::new().unchecked());
        let (flows, executions) = (client.flows(), client.executions());
        let refused = [
            flows.create_flow(FLOW).await.map(drop),
            flows.deploy(FLOW.replace("hello", "other")).await.map(drop),
            flows.delete_flow("company.team", "hello").await.map(drop),
            executions.create_execution("company.team", "hello").await.map(drop),
            executions.run("company.team", "hello").await.map(drop),
            executions.start("company.team", "hello").await.map(drop),
            executions.kill_execution(execution.id()).await.map(drop),
            executions
                .delete_executions_by_query()
                .filter(kestra::Filter::namespace().equals("a"))
                .await
                .map(drop),
            executions.delete_executions_by_ids([execution.id()]).await.map(drop),
            client.kv().set_key_value("company.team", "key", 1).await,
            client.kv().sync("company.team", [("key", 1)]).await.and_then(|report| report.check()),
            client.files().delete_file("company.team", "/a.txt").await,
            client.triggers().disable("company.team", "hello", "daily").await.map(drop),
            client
                .request(http::Request::delete("/api/v1/main/flows/a/b").body(kestra::Body::empty()).unwrap())
                .await
                .map(drop),
        ];
        for (at, outcome) in refused.into_iter().enumerate() {
            let error = outcome.unwrap_err();
            let is_refused = error.to_string().contains("read-only");
            assert!(is_refused, "{dialect:?} {at}: {error}");
        }
        flows.get_flow("company.team", "hello").await.unwrap();
        flows.validate_flows(FLOW).await.unwrap();
        flows.sync_sources([FLOW]).dry_run(true).await.unwrap().check().unwrap();
        executions.wait(execution.id()).await.unwrap();
        let sent = server.requests();
        let changing =
            sent.iter().filter(|request| request.method != "GET" && !request.path.ends_with("/validate"));
        assert_eq!(changing.count(), 0, "{dialect:?}: {sent:?}");
    }
}

#[tokio::test]
async fn the_program_is_named_in_the_user_agent() {
    let server = TestServer::start().await.unwrap();
    let client = Client::builder().server(server.url()).application("billing/1.2").build().unwrap();
    client.flows().search_flows().await.unwrap();
    let sent = server.requests().last().unwrap().headers["user-agent"].to_str().unwrap().to_owned();
    assert!(sent.starts_with("billing/1.2 kestra-rust/"), "{sent}");
    assert!(Client::builder().server(server.url()).application("a\nb").build().is_err());
}
