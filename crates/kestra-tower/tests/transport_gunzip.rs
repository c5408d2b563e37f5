//! Bodies that come compressed.

#![cfg(feature = "gzip")]
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use kestra_core::{
    Error, ErrorKind, OperationInfo, Replay, RequestSent, ResponseKind, Retry, Route, Traffic, Versions,
};
use kestra_tower::{RetryLayer, Transport};
use support::{READ, Server, gzip, read_head, request, response, send, text, transport};
use tokio::io::AsyncWriteExt as _;
use tower::{Layer as _, ServiceExt as _};

const ROUTES: &[Route] = &[Route::get("/api/v1/thing", Versions::ALL)];

static LOOK: OperationInfo = OperationInfo::new("look", "things", ROUTES).replay(Replay::Safe);
static TEXT: OperationInfo =
    OperationInfo::new("read_text", "things", ROUTES).response(ResponseKind::Text, "text/plain, */*;q=0.1");
static LOG: OperationInfo = OperationInfo::new("download_log", "things", ROUTES)
    .response(ResponseKind::Download, "text/plain, application/json;q=0.9, */*;q=0.1")
    .traffic(Traffic::Download);

#[tokio::test]
async fn what_comes_compressed_is_decompressed_and_its_headers_say_so() {
    let plain = "{\"id\":\"hello\"}".repeat(5_000);
    for name in ["gzip", "x-gzip", "GZIP"] {
        let headers = format!("Content-Encoding: {name}\r\nX-Seen: yes\r\n");
        let server = Server::answering(response(200, &headers, &gzip(plain.as_bytes()))).await;
        for info in [&READ, &TEXT] {
            let response = send(&transport(), request(info, &server.url())).await.expect("a response");
            assert!(!response.headers().contains_key(CONTENT_ENCODING));
            assert!(!response.headers().contains_key(CONTENT_LENGTH));
            assert_eq!(response.headers()["x-seen"], "yes");
            assert_eq!(text(response), plain);
        }
        let log = send(&transport(), request(&LOG, &server.url())).await.expect("a response");
        assert!(!log.headers().contains_key(CONTENT_LENGTH));
        let log = log.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(log, plain);
    }
    // What isn't compressed all the same comes through, and so does nothing at all.
    for (headers, body) in
        [("", "{}"), ("Content-Encoding: identity\r\n", "{}"), ("Content-Encoding: gzip\r\n", "")]
    {
        let server = Server::answering(response(200, headers, body.as_bytes())).await;
        let response = send(&transport(), request(&READ, &server.url())).await.expect("a response");
        assert_eq!(text(response), body);
    }
}

#[tokio::test]
async fn a_cap_counts_what_comes_out_and_stops_the_decoder() {
    // 64 KiB that would be 64 MiB.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).expect("memory");
    }
    let bomb = encoder.finish().expect("memory");
    assert!(bomb.len() < 1 << 20);
    let small = Transport::builder().no_proxy().max_body_size(1 << 20).build().expect("a transport");
    let server = Server::answering(response(200, "Content-Encoding: gzip\r\n", &bomb)).await;
    let error = send(&small, request(&READ, &server.url())).await.expect_err("too much");
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Decode, RequestSent::Yes), "{error:#}");
    assert!(error.to_string().contains("raise `max_body_size`"), "{error:#}");
    // Just enough is enough.
    let server =
        Server::answering(response(200, "Content-Encoding: gzip\r\n", &gzip(&vec![b'x'; 1 << 20]))).await;
    let response = send(&small, request(&READ, &server.url())).await.expect("just enough");
    assert_eq!(text(response).len(), 1 << 20);
    // What explains an error is read up to its own limit.
    let server = Server::answering(response_of_error(&bomb)).await;
    let response = send(&small, request(&READ, &server.url())).await.expect("a response");
    assert_eq!(text(response).len(), 64 * 1024);
}

fn response_of_error(body: &[u8]) -> Vec<u8> {
    response(500, "Content-Encoding: gzip\r\n", body)
}

#[tokio::test]
async fn a_compressed_body_that_is_cut_is_a_broken_connection_and_tried_again() {
    let plain = "{\"id\":\"hello\"}".repeat(5_000);
    let whole = gzip(plain.as_bytes());
    // Cut within the head of gzip, in the middle, and before the checksum; in good order, and by the connection.
    for end in [5, whole.len() / 2, whole.len() - 4] {
        for in_order in [true, false] {
            let (whole, cut) = (whole.clone(), whole[..end].to_vec());
            let server = Server::start(move |mut stream, number| {
                let (body, missing) = if number == 0 { (cut.clone(), whole.len() - end) } else { (whole.clone(), 0) };
                async move {
                    read_head(&mut stream).await;
                    let length = body.len() + if in_order { 0 } else { missing };
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
                    );
                    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
                }
            })
            .await;
            let service = RetryLayer::new(Retry::standard()).layer(transport());
            let response = service.oneshot(request(&LOOK, &server.url())).await.expect("a second attempt");
            assert_eq!(text(response), plain, "{end} {in_order}");
            assert_eq!(server.connections(), 2);
        }
        let cut = response(200, "Content-Encoding: gzip\r\n", &whole[..end]);
        let server = Server::answering(cut).await;
        let error = send(&transport(), request(&READ, &server.url())).await.expect_err("a cut");
        assert_eq!(
            (error.kind(), error.request_sent()),
            (ErrorKind::Transport, RequestSent::Yes),
            "{error:#}"
        );
        let log = send(&transport(), request(&LOG, &server.url())).await.expect("a head");
        let error = Error::from_boxed(log.into_body().collect().await.expect_err("a cut"));
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:#}");
    }
}

#[tokio::test]
async fn what_is_no_gzip_although_it_says_so_is_an_error_of_its_own() {
    let mut wrong_sum = gzip(b"{}");
    let last = wrong_sum.len() - 5;
    wrong_sum[last] ^= 1;
    for body in [b"{\"id\":\"hello\"}".to_vec(), wrong_sum] {
        let server = Server::answering(response(200, "Content-Encoding: gzip\r\n", &body)).await;
        let error = send(&transport(), request(&READ, &server.url())).await.expect_err("no gzip");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error:#}");
        assert!(error.to_string().contains("gzip"), "{error:#}");
    }
}

#[tokio::test]
async fn members_that_follow_each_other_are_one_body() {
    let body = [gzip(b"{}"), gzip(b" {}")].concat();
    let server = Server::answering(response(200, "Content-Encoding: gzip\r\n", &body)).await;
    let response = send(&transport(), request(&READ, &server.url())).await.expect("a body");
    assert_eq!(text(response), "{} {}");
}
