//! HTTP/2 over TLS with a server of our own, where it was negotiated.

#![cfg(all(feature = "ring", feature = "http2"))]
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kestra_core::{Body, CallOptions, ErrorKind, RequestSent};
use kestra_tower::Transport;
use kestra_tower::transport::Tls;
use rustls::ServerConfig;
use support::tls::{Ca, accept};
use support::{CREATE, READ, Server, UPLOAD, request, request_with, send, text};
use tokio_rustls::TlsAcceptor;

fn acceptor(ca: &Ca) -> TlsAcceptor {
    let mut config = ServerConfig::clone(ca.acceptor(&["localhost"], false).config());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

fn transport(ca: &Ca) -> Transport {
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    Transport::builder().no_proxy().tls(tls).http2().build().expect("a transport")
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}", server.address.port())
}

/// Says, as JSON, in which version it was asked, for which host, and how much it was sent.
async fn describe(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let version = match request.version() {
        Version::HTTP_2 => 2,
        _ => 1,
    };
    let host = request.uri().host().unwrap_or_default().to_owned();
    let sent = request.into_body().collect().await.map(|body| body.to_bytes().len());
    let text = format!(r#"[{version},"{host}",{}]"#, sent.unwrap_or_default());
    let answer = Response::builder().header("content-type", "application/json").body(Full::from(text));
    Ok(answer.expect("an answer"))
}

async fn serve(ca: &Ca) -> Server {
    let acceptor = acceptor(ca);
    Server::start(move |stream, _| {
        let acceptor = acceptor.clone();
        async move {
            let Some(stream) = accept(&acceptor, stream).await else { return };
            let io = TokioIo::new(stream);
            let _ =
                http2::Builder::new(TokioExecutor::new()).serve_connection(io, service_fn(describe)).await;
        }
    })
    .await
}

#[tokio::test]
async fn calls_share_a_connection() {
    let ca = Ca::new();
    let (server, transport) = (serve(&ca).await, transport(&ca));
    let first = send(&transport, request(&READ, &url(&server))).await.expect("an answer");
    assert_eq!(first.version(), Version::HTTP_2);
    assert_eq!(text(first), r#"[2,"localhost",0]"#);
    let calls = (0..20).map(|_| send(&transport, request(&READ, &url(&server))));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(text(answer.expect("an answer")), r#"[2,"localhost",0]"#);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn bodies_of_any_size_arrive_whole() {
    let ca = Ca::new();
    let (server, transport) = (serve(&ca).await, transport(&ca));
    for (info, length) in [(&CREATE, 10), (&UPLOAD, 3_000_000)] {
        let body = Body::from("x".repeat(length));
        let request = request_with(info, &url(&server), CallOptions::new(), Some(body));
        let answer = send(&transport, request).await.expect("an answer");
        assert_eq!(text(answer), format!(r#"[2,"localhost",{length}]"#));
    }
}

#[tokio::test]
async fn a_refused_stream_was_not_looked_at_and_a_reset_one_may_have_been() {
    for (reason, sent) in
        [(h2::Reason::REFUSED_STREAM, RequestSent::No), (h2::Reason::INTERNAL_ERROR, RequestSent::Maybe)]
    {
        let ca = Ca::new();
        let acceptor = acceptor(&ca);
        let server = Server::start(move |stream, _| {
            let acceptor = acceptor.clone();
            async move {
                let Some(stream) = accept(&acceptor, stream).await else { return };
                let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
                while let Some(Ok((_, mut answer))) = connection.accept().await {
                    answer.send_reset(reason);
                }
            }
        })
        .await;
        let body = Some(Body::from("x"));
        let request = request_with(&CREATE, &url(&server), CallOptions::new(), body);
        let error = send(&transport(&ca), request).await.expect_err("a reset");
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Transport, sent), "{error:#}");
    }
}
