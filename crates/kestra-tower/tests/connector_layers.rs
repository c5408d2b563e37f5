//! Layers around what opens connections see each of them, and put others in their place.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kestra_core::{BoxError, Error, ErrorKind, TimeoutPhase};
use kestra_tower::transport::{ConnectRequest, ConnectedStream, Proxy, Transport, TransportBuilder};
use support::{READ, Server, json, read_head, request, send};
use tokio::io::AsyncWriteExt as _;
use tower::layer::layer_fn;
use tower::util::MapRequestLayer;
use tower::{ServiceExt as _, service_fn};

fn transport() -> TransportBuilder {
    Transport::builder().no_proxy()
}

/// Serves one request on a stream within the process.
async fn serve(mut stream: tokio::io::DuplexStream, body: &str) {
    read_head(&mut stream).await;
    stream.write_all(json(body).as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_stream_within_the_process_takes_the_place_of_tcp() {
    let layer = layer_fn(|_| {
        service_fn(async |request: ConnectRequest| {
            assert_eq!((request.host(), request.port()), ("kestra.invalid", 8080));
            let (client, server) = tokio::io::duplex(64);
            tokio::spawn(serve(server, r#"{"a":1}"#));
            Ok::<_, BoxError>(ConnectedStream::new(client))
        })
    });
    let transport = transport().connector_layer(layer).build().unwrap();
    let response = send(&transport, request(&READ, "http://kestra.invalid:8080")).await.unwrap();
    assert_eq!(response.into_body().into_bytes().unwrap(), r#"{"a":1}"#);
}

#[tokio::test]
async fn layers_see_the_server_or_its_proxy_and_the_first_is_outermost() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = |name: &'static str| {
        let seen = Arc::clone(&seen);
        MapRequestLayer::new(move |request: ConnectRequest| {
            seen.lock().unwrap().push(format!("{name} {}:{}", request.host(), request.port()));
            request
        })
    };
    let server = Server::answering(json("{}")).await;
    let direct = transport().connector_layer(log("first")).connector_layer(log("second")).build().unwrap();
    send(&direct, request(&READ, &server.url())).await.unwrap();
    let address = server.address;
    assert_eq!(*seen.lock().unwrap(), [format!("first {address}"), format!("second {address}")]);

    seen.lock().unwrap().clear();
    let proxy = Proxy::all(&server.url()).unwrap();
    let proxied = Transport::builder().proxy(proxy).connector_layer(log("proxy")).build().unwrap();
    send(&proxied, request(&READ, "http://kestra.invalid")).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [format!("proxy {address}")]);
}

#[cfg(feature = "ring")]
#[tokio::test]
async fn tls_runs_on_what_a_layer_returns() {
    let ca = support::tls::Ca::new();
    let acceptor = ca.acceptor(&["kestra.invalid"], false);
    let layer = layer_fn(move |_| {
        let acceptor = acceptor.clone();
        service_fn(move |_: ConnectRequest| {
            let acceptor = acceptor.clone();
            async move {
                let (client, server) = tokio::io::duplex(4096);
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(server).await.unwrap();
                    read_head(&mut stream).await;
                    stream.write_all(json("{}").as_bytes()).await.unwrap();
                    stream.flush().await.unwrap();
                });
                Ok::<_, BoxError>(ConnectedStream::new(client))
            }
        })
    });
    let tls = kestra_tower::Tls::default().add_root_certificate(ca.pem());
    let transport = transport().tls(tls).connector_layer(layer).build().unwrap();
    assert!(send(&transport, request(&READ, "https://kestra.invalid")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn failures_and_delays_of_a_layer_are_those_of_the_connection() {
    let refused = layer_fn(|_| {
        service_fn(async |_: ConnectRequest| Err::<ConnectedStream, BoxError>("the cable is cut".into()))
    });
    let transport_of = transport().connector_layer(refused).build().unwrap();
    let error =
        Error::from_boxed(transport_of.oneshot(request(&READ, "http://kestra.invalid")).await.unwrap_err());
    assert!(error.is_connect() && error.to_string().contains("the cable is cut"), "{error}");

    let slow = layer_fn(|inner: kestra_tower::transport::ConnectService| {
        service_fn(move |request: ConnectRequest| {
            let inner = inner.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(60)).await;
                inner.oneshot(request).await
            }
        })
    });
    let transport_of = transport().connector_layer(slow).build().unwrap();
    let error =
        Error::from_boxed(transport_of.oneshot(request(&READ, "http://127.0.0.1:1")).await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Connect));
}
