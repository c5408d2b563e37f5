//! Timeouts and errors name the step in which a call ended.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use kestra_core::{CallOptions, Error, ErrorKind, RequestSent, TimeoutPhase, Timeouts};
use kestra_tower::transport::{
    ConnectRequest, ConnectService, ConnectedStream, Proxy, Tls, Transport, TransportBuilder,
};
use support::{CREATE, READ, Server, json, request, request_with, send, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::{ServiceExt as _, layer::layer_fn, service_fn};

const SHORT: Duration = Duration::from_millis(100);

/// Accepts connections, and never sends anything.
async fn silent() -> Server {
    Server::start(|mut stream, _| async move {
        let mut sink = vec![0; 1 << 16];
        while stream.read(&mut sink).await.unwrap_or(0) > 0 {}
    })
    .await
}

/// The error of a request with these timeouts, to a server that does nothing after this step.
async fn error_of(transport: Transport, url: &str) -> Error {
    let error = send(&transport, request(&CREATE, url)).await.expect_err("a timeout");
    assert_eq!(error.request_sent(), RequestSent::No, "{error:#}");
    assert!(error.is_connect() && error.is_timeout() && error.is_transient(), "{error:#}");
    error
}

fn builder() -> TransportBuilder {
    Transport::builder().no_proxy()
}

fn tls() -> Tls {
    Tls::default().add_root_certificate(support::tls::Ca::new().pem()).only_these_roots()
}

#[tokio::test]
async fn each_step_of_a_connection_has_a_timeout_of_its_own() {
    let server = silent().await;
    let never = || Timeouts::default().connect(Duration::MAX);

    let transport = builder().tls(tls()).timeouts(never().tls(SHORT)).build().unwrap();
    let error = error_of(transport, &format!("https://{}", server.address)).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Tls));
    assert!(error.to_string().contains("the TLS handshake took longer than 100ms"), "{error}");

    for proxy in ["http", "socks5h"] {
        let proxy = Proxy::all(&format!("{proxy}://{}", server.address)).unwrap();
        let transport =
            Transport::builder().proxy(proxy).tls(tls()).timeouts(never().proxy(SHORT)).build().unwrap();
        let error = error_of(transport, "https://kestra.test").await;
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Proxy));
        assert!(error.to_string().contains("reaching the proxy"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_the_connection_names_the_step_it_was_in() {
    let never = layer_fn(|_: ConnectService| {
        service_fn(async |_: ConnectRequest| {
            std::future::pending::<Result<ConnectedStream, kestra_core::BoxError>>().await
        })
    });
    let waiting = layer_fn(|inner: ConnectService| {
        service_fn(move |request: ConnectRequest| {
            let inner = inner.clone();
            async move {
                let _ = inner.oneshot(request).await; // sets the step
                std::future::pending::<Result<ConnectedStream, kestra_core::BoxError>>().await
            }
        })
    });
    let proxy = Proxy::all("http://127.0.0.1:9").unwrap();
    let cases = [
        (builder().connector_layer(never), "opening a TCP connection", TimeoutPhase::Connect),
        (builder().connector_layer(waiting), "resolving the name", TimeoutPhase::Dns),
        (Transport::builder().proxy(proxy).connector_layer(never), "reaching the proxy", TimeoutPhase::Proxy),
    ];
    for (builder, step, phase) in cases {
        let error = error_of(builder.build().unwrap(), "http://name.invalid").await;
        assert_eq!(error.kind(), ErrorKind::Timeout(phase), "{error}");
        assert!(error.to_string().contains(step) && error.to_string().contains("within 10s"), "{error}");
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_is_an_error_of_its_own() {
    let error = send(&builder().build().unwrap(), request(&CREATE, "http://kestra.invalid:8080")).await;
    let error = error.expect_err("an unknown name");
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Dns, RequestSent::No), "{error:#}");
    assert!(error.is_connect() && error.is_transient() && error.hint().is_some());
    assert!(error.to_string().contains("(kestra.invalid:8080)"), "{error}");

    // That of a proxy is a fault of the proxy.
    let proxy = Proxy::all("http://proxy.invalid:3128").unwrap();
    let transport = Transport::builder().proxy(proxy).build().unwrap();
    let error = send(&transport, request(&CREATE, "http://kestra.test")).await.expect_err("an unknown name");
    assert_eq!(error.kind(), ErrorKind::Proxy, "{error:#}");
}

#[tokio::test]
async fn the_first_byte_has_a_timeout_of_its_own_that_does_not_end_a_slow_body() {
    let limits = || CallOptions::new().timeouts(Timeouts::default().first_byte(SHORT));
    let server = silent().await;
    let request = request_with(&READ, &server.url(), limits(), None);
    let error = send(&builder().build().unwrap(), request).await.expect_err("a timeout");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::FirstByte), "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::Maybe);

    let slow = Server::start(|mut stream, _| async move {
        let mut head = vec![0; 4096];
        let _ = stream.read(&mut head).await;
        let response = json("1234");
        let (first, rest) = response.split_at(response.len() - 4);
        for part in [first, rest] {
            stream.write_all(part.as_bytes()).await.unwrap();
            tokio::time::sleep(3 * SHORT).await;
        }
    })
    .await;
    let request = request_with(&READ, &slow.url(), limits(), None);
    assert_eq!(text(send(&builder().build().unwrap(), request).await.expect("a response")), "1234");
}
