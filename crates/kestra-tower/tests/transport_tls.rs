//! TLS with certificates of our own.

#![cfg(feature = "ring")]
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use kestra_core::{Body, CallContext, CallOptions, Error, ErrorKind, RequestSent, Retry, TimeoutPhase};
use kestra_tower::transport::{Tls, TransportBuilder};
use kestra_tower::{RetryLayer, Transport};
use rustls::ServerConfig;
use support::tls::{Ca, accept};
use support::{CREATE, READ, Server, json, read_head, request, request_with, send, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tower::{Layer as _, ServiceExt as _};

async fn serve(acceptor: TlsAcceptor) -> Server {
    Server::start(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let Some(mut stream) = accept(&acceptor, stream).await else { return };
            while !read_head(&mut stream).await.is_empty() {
                let _ = stream.write_all(json("\"safe\"").as_bytes()).await;
            }
        }
    })
    .await
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}", server.address.port())
}

fn transport(tls: Tls) -> Transport {
    Transport::builder().no_proxy().tls(tls).build().expect("a transport")
}

#[tokio::test]
async fn a_server_of_our_own_ca_is_trusted_however_the_ca_is_named() {
    let ca = Ca::new();
    let server = serve(ca.acceptor(&["localhost", "127.0.0.1"], false)).await;
    let mut file = tempfile();
    file.1.write_all(ca.pem().as_bytes()).expect("a file");
    let settings = [
        Tls::default().add_root_certificate(ca.pem()).only_these_roots(),
        Tls::default().add_root_certificate(ca.der()).only_these_roots(),
        Tls::default().add_root_certificate(format!("{}\n{}", Ca::new().pem(), ca.pem())).only_these_roots(),
        Tls::default().ca_file(&file.0),
    ];
    for tls in settings {
        let transport = transport(tls);
        let by_address = format!("https://{}", server.address);
        for url in [url(&server), url(&server), by_address] {
            let response = send(&transport, request(&READ, &url)).await.expect("an answer");
            assert_eq!(text(response), "\"safe\"");
        }
    }
    std::fs::remove_file(&file.0).expect("the file");
}

fn tempfile() -> (std::path::PathBuf, std::fs::File) {
    let path = std::env::temp_dir().join(format!("kestra-ca-{}.pem", std::process::id()));
    let file = std::fs::File::create(&path).expect("a file");
    (path, file)
}

#[tokio::test]
async fn a_server_of_an_unknown_ca_is_refused_with_a_hint() {
    let server = serve(Ca::new().acceptor(&["localhost"], false)).await;
    let tls = Tls::default().add_root_certificate(Ca::new().pem()).only_these_roots();
    let error = send(&transport(tls), request(&READ, &url(&server))).await.expect_err("no trust");
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::No);
    assert!(
        error.to_string().contains("the certificate of localhost is not signed by a trusted CA"),
        "{error}"
    );
    assert!(error.hint().expect("a hint").contains("add_root_certificate"));
    assert!(format!("{error:#}").contains("UnknownIssuer"), "{error:#}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let ca = Ca::new();
    let server = serve(ca.acceptor(&["example.com"], false)).await;
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    let error = send(&transport(tls), request(&READ, &url(&server))).await.expect_err("another name");
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:#}");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_named_with_what_helps() {
    let ca = Ca::new();
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    let cases = [
        (ca.issue_until(&["localhost"], 2020), "the certificate of localhost has expired", "renew"),
        (ca.issue(&["example.com"]), "the certificate of localhost is for another host", "server URL"),
        (Ca::new().issue(&["localhost"]), "is not signed by a trusted CA", "add_root_certificate"),
    ];
    for (issued, message, hint) in cases {
        let server = serve(ca.acceptor_of(&issued, false, rustls::DEFAULT_VERSIONS)).await;
        let error = send(&transport(tls.clone()), request(&READ, &url(&server))).await.expect_err("no trust");
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Tls, RequestSent::No), "{error:#}");
        assert!(error.to_string().contains(message), "{error:#}");
        assert!(error.hint().expect("a hint").contains(hint), "{error:#}");
    }
}

/// A server that agrees to nothing: its versions of TLS are older than ours.
#[tokio::test]
async fn a_handshake_that_the_server_ends_is_told_by_its_alert() {
    let server = Server::start(|mut stream, _| async move {
        let mut hello = [0; 512];
        let _ = stream.read(&mut hello).await;
        let protocol_version = [21, 3, 3, 0, 2, 2, 70];
        let _ = stream.write_all(&protocol_version).await;
        let _ = stream.read(&mut hello).await;
    })
    .await;
    let tls = Tls::default().add_root_certificate(Ca::new().pem()).only_these_roots();
    let error = send(&transport(tls), request(&READ, &url(&server))).await.expect_err("a refusal");
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Tls, RequestSent::No), "{error:#}");
    assert!(error.to_string().contains("protocol_version"), "{error:#}");
    assert!(error.hint().expect("a hint").contains("TLS 1.2"), "{error:#}");
}

/// A client certificate that is missing, foreign or expired, with the alert of the server and what helps.
fn client_certificates(ca: &Ca, tls: &Tls) -> [(Tls, &'static str, &'static str); 3] {
    let with = |issued: support::tls::Issued| {
        tls.clone().client_certificate(issued.pem.clone(), issued.key.serialize_pem())
    };
    [
        (tls.clone(), "certificate_required", "set one"),
        (with(Ca::new().issue(&["client"])), "unknown_ca", "rejected the client certificate"),
        (with(ca.issue_until(&["client"], 2020)), "certificate_expired", "renew the client certificate"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refused_client_certificate_is_one_attempt_with_the_alert_of_the_server() {
    let ca = Ca::new();
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    for version in rustls::ALL_VERSIONS {
        let server = serve(ca.acceptor_of(&ca.issue(&["localhost"]), true, &[*version])).await;
        let mut calls = 0;
        for (tls, alert, hint) in client_certificates(&ca, &tls) {
            let service = RetryLayer::new(Retry::standard()).layer(transport(tls));
            // A large body is still under way when the server closes.
            for body in ["", "body", &"x".repeat(4_000_000)] {
                // What comes first of alert, closing and request is a matter of chance.
                for _ in 0..10 {
                    let body = Some(Body::from(body.to_owned()));
                    let asked = request_with(&CREATE, &url(&server), CallOptions::new(), body);
                    let context = CallContext::of(&asked).expect("a context").clone();
                    let error = service.clone().oneshot(asked).await.expect_err("a refusal");
                    let error = Error::from_boxed(error);
                    calls += 1;
                    assert_eq!(error.kind(), ErrorKind::Tls, "{version:?} {error:#}");
                    assert_eq!(error.request_sent(), RequestSent::No, "{error:#}");
                    assert_eq!(context.sent().get(), RequestSent::No, "{error:#}");
                    assert!(error.to_string().contains(alert), "{version:?} {error:#}");
                    assert!(error.hint().expect("a hint").contains(hint), "{error:#}");
                }
            }
        }
        assert_eq!(server.connections(), calls, "{version:?}: one attempt a call");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let ca = Ca::new();
    let server = serve(ca.acceptor(&["localhost"], true)).await;
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    let error = send(&transport(tls.clone()), request(&READ, &url(&server))).await.expect_err("a refusal");
    assert_ne!(error.kind(), ErrorKind::Status, "{error:#}");
    let ours = ca.issue(&["client"]);
    let key = ours.key.serialize_pem();
    let tls = tls.client_certificate(ours.pem, key.clone());
    assert!(!format!("{tls:#?}").contains(&key));
    let response = send(&transport(tls), request(&READ, &url(&server))).await.expect("an answer");
    assert_eq!(text(response), "\"safe\"");
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    let server = Server::answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let tls = Tls::default().add_root_certificate(Ca::new().pem()).only_these_roots();
    let silent = Server::start(|_, _| async {}).await;
    let error = send(&transport(tls.clone()), request(&READ, &url(&silent))).await.expect_err("no TLS");
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::No);
    // The raw server waits for the end of a head, so it is spoken to only once the hello holds one.
    drop(server);
    let server = Server::start(|mut stream, _| async move {
        let mut hello = [0; 16];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    })
    .await;
    let error = send(&transport(tls), request(&READ, &url(&server))).await.expect_err("no TLS");
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:#}");
    assert!(error.to_string().contains("http://"), "{error}");
}

#[tokio::test]
async fn a_handshake_that_hangs_ends_with_the_connect_timeout() {
    let server = Server::start(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(stream);
    })
    .await;
    let tls = Tls::default().add_root_certificate(Ca::new().pem()).only_these_roots();
    let limit = Duration::from_millis(100);
    let transport =
        Transport::builder().no_proxy().tls(tls).connect_timeout(limit).build().expect("a transport");
    let error = send(&transport, request(&READ, &url(&server))).await.expect_err("a timeout");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Tls), "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::No);
    assert!(error.is_connect());
    assert!(error.to_string().contains("within 100ms"), "{error}");
}

#[test]
fn what_is_wrong_with_the_settings_is_said_when_the_transport_is_built() {
    // Where roots aren't the point some are named, since a machine may have none.
    let own = Tls::default().add_root_certificate(Ca::new().pem()).only_these_roots();
    let cases = [
        (Tls::default().ca_file("no/such/file.pem"), "`no/such/file.pem` can't be read"),
        (Tls::default().add_root_certificate("hello"), "not a PEM or DER certificate"),
        (Tls::default().add_root_certificate(vec![0x30, 0x03, 1, 2, 3]), "no valid certificate"),
        (Tls::default().only_these_roots(), "set without a root certificate"),
        (own.clone().client_certificate("", ""), "no certificate as PEM"),
        (own.client_certificate(Ca::new().pem(), "key"), "private key is missing"),
    ];
    for (tls, expected) in cases {
        let error = Transport::builder().no_proxy().tls(tls).build().expect_err("a problem");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.kind(), ErrorKind::Tls);
        assert_eq!(error.request_sent(), RequestSent::No);
    }
}

#[test]
fn a_transport_for_plain_http_needs_neither_runtime_nor_certificates() {
    let transport = Transport::builder().build();
    assert!(transport.is_ok() || std::env::vars().any(|(name, _)| name.to_lowercase().ends_with("_proxy")));
}

/// What a server that offers HTTP/2 is spoken to in.
async fn first_bytes(prefer: impl Fn(TransportBuilder) -> TransportBuilder) -> Vec<u8> {
    let ca = Ca::new();
    let mut config = ServerConfig::clone(ca.acceptor(&["localhost"], false).config());
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let server = Server::start(move |stream, _| {
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        async move {
            let mut stream = accept(&acceptor, stream).await.expect("TLS");
            let mut start = vec![0; 4];
            stream.read_exact(&mut start).await.expect("a request");
            tell.send(start).await.expect("the test");
        }
    })
    .await;
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    let transport = prefer(Transport::builder().no_proxy().tls(tls)).build().expect("a transport");
    send(&transport, request(&READ, &url(&server))).await.expect_err("no answer");
    told.recv().await.expect("the first bytes")
}

#[tokio::test]
async fn http2_is_spoken_only_if_it_was_asked_for() {
    assert_eq!(first_bytes(|builder| builder).await, b"GET ");
    #[cfg(feature = "http2")]
    assert_eq!(first_bytes(TransportBuilder::http2).await, b"PRI ");
}
