//! Which connections are used again: those that are clean, and nothing that came on them while nobody asked.

#![allow(clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use kestra_core::{Body, CallContext, CallOptions, Error, ErrorKind, RequestSent};
use kestra_tower::Transport;
use support::{CREATE, READ, Server, UPLOAD, json, read_head, request, request_with, send, text, transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tower_service::Service as _;

/// Answers every request in these bytes, for as long as the client leaves the connection open.
async fn answering(bytes: Vec<u8>) -> Server {
    let bytes = Arc::new(bytes);
    Server::start(move |mut stream, _| {
        let bytes = Arc::clone(&bytes);
        async move {
            while !read_head(&mut stream).await.is_empty() {
                stream.write_all(&bytes).await.expect("a write");
            }
        }
    })
    .await
}

async fn connections_of_three_calls(bytes: impl Into<Vec<u8>>) -> usize {
    let server = answering(bytes.into()).await;
    let transport = transport();
    for _ in 0..3 {
        send(&transport, request(&READ, &server.url())).await.expect("a response");
    }
    server.connections()
}

#[tokio::test]
async fn a_connection_whose_response_was_read_is_used_again() {
    let trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX-Trailer: x\r\n\r\n";
    let informed =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".to_owned() + &json("1");
    for response in [
        json("1"),
        json(""),
        json(&"x".repeat(1_000_000)),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n".to_owned(),
        trailers.to_owned(),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        informed,
        json("no").replace("200 OK", "404 Not Found"),
    ] {
        let what = response.chars().take(80).collect::<String>();
        assert_eq!(connections_of_three_calls(response).await, 1, "{what}");
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn so_is_one_whose_response_was_compressed() {
    use support::{gzip, response};
    let body = gzip("hello ".repeat(10_000).as_bytes());
    let sized = response(200, "Content-Encoding: gzip\r\n", &body);
    assert_eq!(connections_of_three_calls(sized).await, 1);
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = [format!("{head}{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(connections_of_three_calls(chunked).await, 1);
}

#[tokio::test]
async fn a_connection_is_not_used_again_that_is_to_be_closed_or_was_not_read_to_the_end() {
    for response in [
        json("1").replace("Content-Type", "Connection: close\r\nContent-Type"),
        json("1").replace("HTTP/1.1", "HTTP/1.0"),
        json("1")
            .replace("HTTP/1.1", "HTTP/1.0")
            .replace("Content-Type", "Connection: keep-alive\r\nContent-Type"),
        json(&"x".repeat(5_000_000)).replace("200 OK", "500 No"),
    ] {
        let what = response.chars().take(80).collect::<String>();
        assert_eq!(connections_of_three_calls(response).await, 3, "{what}");
    }
    let to_the_end = Server::answering("HTTP/1.1 200 OK\r\n\r\nas long as it takes").await;
    let response = send(&transport(), request(&READ, &to_the_end.url())).await.expect("a response");
    assert_eq!(text(response), "as long as it takes");
}

#[tokio::test]
async fn a_response_that_switches_protocols_is_an_error() {
    let switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n";
    let server = answering(switching.into()).await;
    let transport = transport();
    for _ in 0..2 {
        let error = send(&transport, request(&READ, &server.url())).await.expect_err("another protocol");
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Decode, RequestSent::Yes));
        assert!(error.to_string().contains("101"), "{error}");
    }
    assert_eq!(server.connections(), 2);
}

/// What a server does on an idle connection.
#[derive(Clone, Copy, Debug)]
enum Stray {
    Close,
    Timeout,
    TimeoutAndClose,
    SecondResponse,
    SecondResponseAtOnce,
}

impl Stray {
    async fn happen(self, stream: &mut TcpStream) {
        let timeout = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let bytes = match self {
            Self::Close | Self::SecondResponseAtOnce => Vec::new(),
            Self::Timeout | Self::TimeoutAndClose => timeout.to_vec(),
            Self::SecondResponse => json("\"stray\"").into_bytes(),
        };
        stream.write_all(&bytes).await.expect("a write");
        if matches!(self, Self::Close | Self::TimeoutAndClose) {
            stream.shutdown().await.expect("a close");
        }
    }
}

#[tokio::test]
async fn what_comes_while_a_connection_is_idle_answers_no_request() {
    for stray in [
        Stray::Close,
        Stray::Timeout,
        Stray::TimeoutAndClose,
        Stray::SecondResponse,
        Stray::SecondResponseAtOnce,
    ] {
        for pause in [5, 200] {
            let happened = Arc::new(Notify::new());
            let notify = Arc::clone(&happened);
            let server = Server::start(move |mut stream, number| {
                let notify = Arc::clone(&notify);
                async move {
                    read_head(&mut stream).await;
                    let mut response = json(&number.to_string());
                    if matches!(stray, Stray::SecondResponseAtOnce) && number == 0 {
                        response += &json("\"stray\"");
                    }
                    stream.write_all(response.as_bytes()).await.expect("a write");
                    if number == 0 {
                        stray.happen(&mut stream).await;
                        notify.notify_one();
                        // A request that came nevertheless would be answered by this.
                        while !read_head(&mut stream).await.is_empty() {
                            let _ = stream.write_all(json("\"wrong\"").as_bytes()).await;
                        }
                    }
                }
            })
            .await;
            let transport = transport();
            let first = send(&transport, request(&CREATE, &server.url())).await.expect("a response");
            assert_eq!(text(first), "0");
            happened.notified().await;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let second = send(&transport, request(&CREATE, &server.url())).await.expect("a response");
            assert_eq!(text(second), "1", "{stray:?}");
        }
    }
}

#[test]
fn a_close_is_seen_too_when_the_program_blocked_between_two_calls() {
    use std::io::Write as _;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (closed, is_closed) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut bytes = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut bytes);
            stream.write_all(json("1").as_bytes()).expect("a write");
            drop(stream);
            closed.send(()).expect("the test waits");
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let transport = transport();
    for _ in 0..2 {
        runtime.block_on(send(&transport, request(&CREATE, &url))).expect("a response");
        is_closed.recv().expect("a close");
        std::thread::sleep(Duration::from_millis(100));
    }
    server.join().expect("the server");
}

/// A body that is much larger than what sockets buffer.
const LARGE: usize = 32 << 20;

#[tokio::test]
async fn a_response_that_comes_before_the_request_is_written_lets_the_upload_go_on() {
    let server = Server::start(|mut stream, _| async move {
        loop {
            let head = read_head(&mut stream).await;
            let Some((_, body)) = head.split_once("\r\n\r\n") else { return };
            let mut missing = if head.starts_with("POST") { LARGE - body.len() } else { 0 };
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na";
            stream.write_all(head.as_bytes()).await.expect("a write");
            let mut sink = vec![0; 1 << 20];
            while missing > 0 {
                missing -= stream.read(&mut sink).await.expect("the body");
            }
            stream.write_all(b"b").await.expect("a write");
        }
    })
    .await;
    let transport = transport();
    for _ in 0..2 {
        let body = Some(Body::from(vec![b'x'; LARGE]));
        let upload = request_with(&UPLOAD, &server.url(), CallOptions::new(), body);
        assert_eq!(text(send(&transport, upload).await.expect("a response")), "ab");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_whose_request_was_not_written_to_the_end_is_closed() {
    let is_cut = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_cut);
    let (read_on, read) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (may_read, has_read) = (Arc::clone(&read_on), Arc::clone(&read));
    let server = Server::start(move |mut stream, number| {
        let (flag, may_read, has_read) = (Arc::clone(&flag), Arc::clone(&may_read), Arc::clone(&has_read));
        async move {
            read_head(&mut stream).await;
            stream.write_all(json("1").as_bytes()).await.expect("a write");
            if number == 0 {
                may_read.notified().await;
                let mut sink = vec![0; 1 << 20];
                let mut read = 0;
                while let Ok(count @ 1..) = stream.read(&mut sink).await {
                    read += count;
                }
                flag.store(read < LARGE / 2, Ordering::SeqCst);
                has_read.notify_one();
            }
        }
    })
    .await;
    let transport = transport();
    let body = Some(Body::from(vec![b'x'; LARGE]));
    let upload = request_with(&UPLOAD, &server.url(), CallOptions::new(), body);
    assert_eq!(text(send(&transport, upload).await.expect("a response")), "1");
    send(&transport, request(&READ, &server.url())).await.expect("a response");
    assert_eq!(server.connections(), 2);
    read_on.notify_one();
    read.notified().await;
    assert!(is_cut.load(Ordering::SeqCst), "the rest of the request was not sent");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_limit() {
    let closed = Arc::new(Notify::new());
    let notify = Arc::clone(&closed);
    let server = Server::start(move |mut stream, _| {
        let notify = Arc::clone(&notify);
        async move {
            while !read_head(&mut stream).await.is_empty() {
                stream.write_all(json("1").as_bytes()).await.expect("a write");
            }
            notify.notify_one();
        }
    })
    .await;
    let transport = Transport::builder()
        .no_proxy()
        .pool_idle_timeout(Duration::from_millis(300))
        .build()
        .expect("a transport");
    send(&transport, request(&READ, &server.url())).await.expect("a response");
    tokio::time::timeout(Duration::from_secs(20), closed.notified()).await.expect("a close");
    send(&transport, request(&READ, &server.url())).await.expect("a response");
    assert_eq!(server.connections(), 2);
    drop(transport);
    tokio::time::timeout(Duration::from_secs(20), closed.notified())
        .await
        .expect("a close with the transport");
}

#[test]
fn a_call_outside_of_a_runtime_is_an_error() {
    let request = request(&CREATE, "http://127.0.0.1:9");
    let context = CallContext::of(&request).expect("a context").clone();
    let outcome = transport().call(request).now_or_never().expect("an outcome at once");
    let error = Error::from_boxed(outcome.expect_err("no runtime"));
    assert_eq!(error.kind(), ErrorKind::Service, "{error:#}");
    assert_eq!(context.sent().get(), RequestSent::No);
}
