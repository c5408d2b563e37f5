//! Credentials that others could read are warned about, once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra::{Auth, Client, Proxy, Retry, Timeouts};
use support::Traces;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;

async fn warnings(url: &str, auth: Auth) -> usize {
    let traces = Traces::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.clone()));
    let client = Client::builder()
        .server(url)
        .auth(auth)
        .proxy(Proxy::none())
        .retry(Retry::none())
        .timeouts(Timeouts::default().attempt(Duration::from_millis(50)))
        .build()
        .unwrap();
    for _ in 0..3 {
        // An address that nobody has: what is sent doesn't matter here.
        let _ = client.clone().flows().search_flows().await;
    }
    assert!(!traces.all().contains("hush"));
    traces.of("kestra::auth").iter().filter(|event| event.level == Level::WARN).count()
}

#[tokio::test]
async fn a_warning_comes_once() {
    assert_eq!(warnings("http://192.0.2.1:8080", Auth::bearer("hush")).await, 1);
    assert_eq!(warnings("http://192.0.2.1:8080", Auth::basic("a@b.example", "hush")).await, 1);
}

#[tokio::test]
async fn no_warning_without_a_cause() {
    assert_eq!(warnings("http://192.0.2.1:8080", Auth::default()).await, 0);
    assert_eq!(warnings("https://192.0.2.1:8080", Auth::bearer("hush")).await, 0);
    assert_eq!(warnings("http://127.0.0.1:9", Auth::bearer("hush")).await, 0);
    assert_eq!(warnings("http://localhost:9", Auth::bearer("hush")).await, 0);
}
