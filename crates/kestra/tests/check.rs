//! What a program learns of its server at its start.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use kestra::{Auth, Client, ErrorKind, Retry, Version};
use kestra_testkit::{Dialect, TestServer};
use support::once;

#[tokio::test]
async fn a_server_that_can_be_used() {
    for (dialect, version) in [
        (Dialect::V1_0, Version::new(1, 0, 3)),
        (Dialect::V1_3, Version::new(1, 3, 25)),
        (Dialect::V2_0, Version::new(2, 0, 0)),
    ] {
        let server = TestServer::builder()
            .dialect(dialect)
            .basic_auth("a@b.example", "Passw0rd")
            .start()
            .await
            .unwrap();
        let client = once(server.url()).auth(Auth::basic("a@b.example", "Passw0rd")).build().unwrap();
        let info = client.check().await.unwrap();
        assert_eq!(info.version, version);
        assert_eq!(info.version_text, dialect.version());
        assert_eq!(info.edition.as_deref(), Some("OSS"));
    }
}

#[tokio::test]
async fn wrong_credentials() {
    let server = TestServer::builder().basic_auth("a@b.example", "Passw0rd").start().await.unwrap();
    for auth in [Auth::basic("a@b.example", "wrong"), Auth::bearer("token"), Auth::default()] {
        let error = once(server.url()).auth(auth).build().unwrap().check().await.unwrap_err();
        assert!(error.is_unauthorized(), "{error}");
        assert!(error.hint().unwrap().contains("basic auth only"), "{error:#}");
    }
}

#[tokio::test]
async fn a_tenant_that_is_not_there() {
    let (server, _) = support::embedded().await;
    let error = once(server.url()).tenant("acme").build().unwrap().check().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    assert!(error.hint().unwrap().contains("`main`"), "{error:#}");
}

#[tokio::test]
async fn a_proxy_that_answers() {
    let (server, client) = support::embedded().await;
    server.stub("GET", "/api/v1/configs").body("text/html", "<html><title>Sign in</title></html>");
    let error = client.check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("not a Kestra server"), "{error}");
    assert!(error.hint().unwrap().contains("proxy"), "{error:#}");
}

#[tokio::test]
async fn another_server() {
    let (server, client) = support::embedded().await;
    server.stub("GET", "/api/v1/configs").status(404).body("text/plain", "nginx");
    let error = client.check().await.unwrap_err();
    assert!(!error.is_not_found(), "{error}");
    assert!(error.to_string().contains("/api/v1/configs"), "{error}");
    assert!(error.hint().unwrap().contains("another web server"), "{error:#}");
}

#[tokio::test]
async fn another_path() {
    let (server, _) = support::embedded().await;
    let error = once(&format!("{}/kestra", server.url())).build().unwrap().check().await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("/api/v1/configs"), "{error}");
    assert!(error.hint().unwrap().contains("path prefix"), "{error:#}");
}

#[tokio::test]
async fn a_server_without_tls() {
    let (server, _) = support::embedded().await;
    let client = once(&server.url().replace("http:", "https:")).build().unwrap();
    let error = client.check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(error.hint().unwrap().contains("http://"), "{error:#}");
}

#[tokio::test]
async fn no_server() {
    let url = {
        let server = TestServer::start().await.unwrap();
        server.url().to_owned()
    };
    // Its port is free again.
    tokio::task::yield_now().await;
    let client = Client::builder().server(url).retry(Retry::none()).build().unwrap();
    let error = client.check().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert_eq!(error.request_sent(), kestra::RequestSent::No);
    assert!(error.hint().unwrap().contains("8080"), "{error:#}");
}
