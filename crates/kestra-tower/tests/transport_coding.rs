//! Which compression is asked for, and what is made of one that wasn't.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, RANGE};
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt as _;
use kestra_core::{
    Body, CallOptions, ErrorKind, OperationInfo, RequestSent, ResponseKind, Route, Traffic, Versions,
};
use support::{
    CREATE, DOWNLOAD, READ, Server, gzip, read_head, request, request_with, response, send, transport,
};
use tokio::io::AsyncWriteExt as _;

const ROUTES: &[Route] = &[Route::get("/api/v1/thing", Versions::ALL)];

static TEXT: OperationInfo =
    OperationInfo::new("read_text", "things", ROUTES).response(ResponseKind::Text, "text/plain, */*;q=0.1");
static LOG: OperationInfo = OperationInfo::new("download_log", "things", ROUTES)
    .response(ResponseKind::Download, "text/plain, application/json;q=0.9, */*;q=0.1")
    .traffic(Traffic::Download);
static BYTES: OperationInfo = OperationInfo::new("download_bytes", "things", ROUTES)
    .response(ResponseKind::Download, "application/octet-stream, application/json;q=0.9, */*;q=0.1")
    .traffic(Traffic::Download);
static EVENTS: OperationInfo = OperationInfo::new("follow", "things", ROUTES)
    .response(ResponseKind::Events, "text/event-stream, application/json;q=0.9, */*;q=0.1")
    .traffic(Traffic::Follow);

/// What a request says of compression, as a server reads it.
async fn asked(mut asked: Request<Body>, change: impl FnOnce(&mut Request<Body>)) -> Option<String> {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let server = Server::start(move |mut stream, _| {
        let seen = Arc::clone(&seen);
        async move {
            let head = read_head(&mut stream).await;
            seen.lock().expect("the heads").push(head);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    let path = asked.uri().path().to_owned();
    *asked.uri_mut() = format!("{}{path}", server.url()).parse().expect("a URL");
    change(&mut asked);
    send(&transport(), asked).await.expect("a response");
    let heads = heads.lock().expect("the heads");
    support::proxies::header(&heads[0], "accept-encoding")
}

#[tokio::test]
async fn text_is_asked_for_compressed_and_bytes_as_they_are() {
    let compressed = if cfg!(feature = "gzip") { "gzip" } else { "identity" };
    let cases = [
        (&READ, compressed),
        (&CREATE, compressed),
        (&TEXT, compressed),
        (&LOG, compressed),
        (&BYTES, "identity"),
        // A file may be anything, whatever the server is asked for first.
        (&DOWNLOAD, "identity"),
        (&EVENTS, "identity"),
    ];
    for (info, expected) in cases {
        let found = asked(request(info, "http://any"), |_| ()).await;
        assert_eq!(found.as_deref(), Some(expected), "{}", info.name);
        let own = asked(request(info, "http://any"), |request| {
            request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        });
        assert_eq!(own.await.as_deref(), Some("br"), "{}", info.name);
    }
    let found = asked(request(&READ, "http://any"), |request| {
        request.headers_mut().insert(RANGE, HeaderValue::from_static("bytes=3-"));
    });
    assert_eq!(found.await.as_deref(), Some("identity"), "a range");
    let found = asked(request(&READ, "http://any"), |request| *request.method_mut() = Method::HEAD);
    assert_eq!(found.await.as_deref(), Some("identity"), "HEAD");
    let mut bare = Request::new(Body::empty());
    *bare.uri_mut() = "http://any/ping".parse().expect("a URL");
    assert_eq!(asked(bare, |_| ()).await.as_deref(), Some("identity"), "a request of no operation");
}

#[tokio::test]
async fn a_compression_that_was_not_asked_for_is_refused_by_name() {
    let body = gzip(b"{\"id\":\"hello\"}");
    let mut cases = vec![
        (&READ, "br"),
        (&TEXT, "zstd"),
        (&LOG, "gzip, br"),
        (&BYTES, "gzip"),
        (&DOWNLOAD, "gzip"),
        (&EVENTS, "gzip"),
    ];
    if cfg!(not(feature = "gzip")) {
        cases.extend([(&READ, "gzip"), (&LOG, "gzip")]);
    }
    for (info, name) in cases {
        let headers = format!("Content-Encoding: {name}\r\n");
        let server = Server::answering(response(200, &headers, &body)).await;
        let error = send(&transport(), request(info, &server.url())).await.expect_err("a refusal");
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Decode, RequestSent::Yes), "{error:#}");
        assert!(error.to_string().contains(&format!("`{name}`")), "{error:#}");
        assert!(error.hint().expect("a hint").contains("proxy"), "{error:#}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    }
}

#[tokio::test]
async fn an_error_keeps_its_status_however_its_body_is_compressed() {
    let message = b"{\"message\":\"gone\"}";
    for info in [&READ, &BYTES, &EVENTS] {
        for (name, readable) in [("gzip", cfg!(feature = "gzip")), ("br", false)] {
            let headers = format!("Content-Encoding: {name}\r\n");
            let server = Server::answering(response(404, &headers, &gzip(message))).await;
            let response = send(&transport(), request(info, &server.url())).await.expect("a response");
            assert_eq!(response.status(), 404);
            let expected = if readable { Bytes::from_static(message) } else { Bytes::new() };
            assert_eq!(response.into_body().into_bytes().expect("a body in memory"), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn a_request_that_asks_for_itself_gets_what_comes() {
    let body = gzip(b"{\"id\":\"hello\"}");
    let server = Server::answering(response(200, "Content-Encoding: gzip\r\n", &body)).await;
    for info in [&READ, &BYTES, &EVENTS] {
        let options = CallOptions::new().header(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let asked = request_with(info, &server.url(), options, None);
        let response = send(&transport(), asked).await.expect("a response");
        assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
        let read = response.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(read, body);
    }
    // A request of no operation is read by its caller, who sees the header.
    let mut bare = Request::new(Body::empty());
    *bare.uri_mut() = format!("{}/ping", server.url()).parse().expect("a URL");
    let response = send(&transport(), bare).await.expect("a response");
    assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), body);
}
