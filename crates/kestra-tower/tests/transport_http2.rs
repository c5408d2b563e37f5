//! HTTP/2 over TLS with a server of our own, where it was negotiated.

#![cfg(all(feature = "ring", feature = "http2"))]
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kestra_core::{Body, CallOptions, ClientEvent, ConnectionChange, ErrorKind, Observer, RequestSent};
use kestra_tower::Transport;
use kestra_tower::transport::Tls;
use rustls::ServerConfig;
use support::tls::{Ca, accept};
use support::{CREATE, READ, Server, UPLOAD, json, read_head, request, request_with, send, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Barrier, Notify};
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
async fn an_observer_hears_of_a_shared_connection_when_it_is_opened_and_closed() {
    let ca = Ca::new();
    let server = serve(&ca).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let observer = Observer::new(move |event| {
        if let ClientEvent::Connection { change, .. } = event {
            log.lock().expect("the log").push(*change);
        }
    });
    let tls = Tls::default().add_root_certificate(ca.pem()).only_these_roots();
    let builder = Transport::builder().no_proxy().tls(tls).http2().observe(observer);
    let transport = builder.build().expect("a transport");
    for _ in 0..2 {
        send(&transport, request(&READ, &url(&server))).await.expect("an answer");
    }
    assert_eq!(*told.lock().expect("the log"), [ConnectionChange::Opened]);
    drop(transport);
    let closed = async {
        while told.lock().expect("the log").len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), closed).await.expect("it is closed");
    assert_eq!(told.lock().expect("the log")[1], ConnectionChange::Closed { was_idle: false });
}

#[tokio::test]
async fn the_first_calls_wait_for_one_handshake() {
    let ca = Ca::new();
    let (server, transport) = (serve(&ca).await, transport(&ca));
    let calls = (0..20).map(|_| send(&transport, request(&READ, &url(&server))));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(text(answer.expect("an answer")), r#"[2,"localhost",0]"#);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn where_a_server_chooses_http_1_each_of_the_first_calls_gets_a_connection() {
    let ca = Ca::new();
    let acceptor = ca.acceptor(&["localhost"], false);
    let together = Arc::new(Barrier::new(3));
    let server = Server::start(move |stream, _| {
        let (acceptor, together) = (acceptor.clone(), Arc::clone(&together));
        async move {
            let Some(mut stream) = accept(&acceptor, stream).await else { return };
            while !read_head(&mut stream).await.is_empty() {
                together.wait().await;
                stream.write_all(json("1").as_bytes()).await.expect("a write");
            }
        }
    })
    .await;
    let transport = transport(&ca);
    for _ in 0..2 {
        let calls = (0..3).map(|_| send(&transport, request(&READ, &url(&server))));
        for answer in futures_util::future::join_all(calls).await {
            assert_eq!(text(answer.expect("an answer")), "1");
        }
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn if_the_call_that_makes_the_handshake_is_given_up_the_next_one_makes_it() {
    let ca = Ca::new();
    let acceptor = acceptor(&ca);
    let arrived = Arc::new(Notify::new());
    let notify = Arc::clone(&arrived);
    let server = Server::start(move |stream, number| {
        let (acceptor, notify) = (acceptor.clone(), Arc::clone(&notify));
        async move {
            if number == 0 {
                notify.notify_one();
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            let Some(stream) = accept(&acceptor, stream).await else { return };
            let io = TokioIo::new(stream);
            let _ =
                http2::Builder::new(TokioExecutor::new()).serve_connection(io, service_fn(describe)).await;
        }
    })
    .await;
    let transport = transport(&ca);
    let first = tokio::spawn({
        let (transport, request) = (transport.clone(), request(&READ, &url(&server)));
        async move { send(&transport, request).await }
    });
    arrived.notified().await;
    let others = (0..3).map(|_| send(&transport, request(&READ, &url(&server))));
    let give_up = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        first.abort();
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(others), give_up);
    for answer in answers {
        assert_eq!(text(answer.expect("an answer")), r#"[2,"localhost",0]"#);
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn calls_wait_for_a_stream_where_the_server_allows_few() {
    let ca = Ca::new();
    let acceptor = acceptor(&ca);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, record) = (Arc::clone(&running), Arc::clone(&most));
    let server = Server::start(move |stream, _| {
        let (acceptor, count, record) = (acceptor.clone(), Arc::clone(&count), Arc::clone(&record));
        async move {
            let Some(stream) = accept(&acceptor, stream).await else { return };
            let service = service_fn(move |request| {
                let (count, record) = (Arc::clone(&count), Arc::clone(&record));
                async move {
                    record.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    count.fetch_sub(1, Ordering::SeqCst);
                    describe(request).await
                }
            });
            let mut builder = http2::Builder::new(TokioExecutor::new());
            let _ = builder.max_concurrent_streams(2).serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await;
    let transport = transport(&ca);
    // Until its settings are there, a server may be sent more.
    send(&transport, request(&READ, &url(&server))).await.expect("an answer");
    let calls = (0..20).map(|_| send(&transport, request(&READ, &url(&server))));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(text(answer.expect("an answer")), r#"[2,"localhost",0]"#);
    }
    assert_eq!((server.connections(), most.load(Ordering::SeqCst)), (1, 2));
}

/// Reads frames of HTTP/2 until the headers of a request came.
async fn read_headers(stream: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.expect("the preface");
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.expect("a frame");
        let mut rest = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut rest).await.expect("a frame");
        if head[3] == 1 {
            return;
        }
    }
}

#[tokio::test]
async fn a_request_that_a_server_leaves_out_when_it_goes_away_was_not_sent() {
    let ca = Ca::new();
    let acceptor = acceptor(&ca);
    let server = Server::start(move |stream, number| {
        let acceptor = acceptor.clone();
        async move {
            let Some(mut stream) = accept(&acceptor, stream).await else { return };
            if number > 0 {
                let io = TokioIo::new(stream);
                let _ = http2::Builder::new(TokioExecutor::new())
                    .serve_connection(io, service_fn(describe))
                    .await;
                return;
            }
            // Empty settings; after the request, that the last stream is 0, which is none.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.expect("a write");
            stream.flush().await.expect("a write");
            read_headers(&mut stream).await;
            stream.write_all(&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).await.expect("a write");
            stream.flush().await.expect("a write");
            while stream.read(&mut [0; 64]).await.unwrap_or(0) > 0 {}
        }
    })
    .await;
    let transport = transport(&ca);
    let error = send(&transport, request(&CREATE, &url(&server))).await.expect_err("no answer");
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Transport, RequestSent::No), "{error:#}");
    // The next one goes on a connection that takes it.
    let answer = send(&transport, request(&READ, &url(&server))).await.expect("an answer");
    assert_eq!(text(answer), r#"[2,"localhost",0]"#);
    assert_eq!(server.connections(), 2);
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
