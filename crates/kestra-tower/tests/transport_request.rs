//! Requests on the wire: how they leave, and what holds while they do.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;
use kestra_core::{Body, CallContext, CallOptions, ErrorKind, RequestSent, TimeoutPhase, Timeouts};
use support::proxies::header;
use support::{CREATE, READ, Server, UPLOAD, json, request, request_with, send, text, transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower_service::Service as _;

#[tokio::test]
async fn a_body_in_memory_leaves_in_one_write_with_its_head() {
    for size in [0, 100, 2_000, 60_000] {
        let reads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&reads);
        let server = Server::start(move |mut stream, _| {
            let seen = Arc::clone(&seen);
            async move {
                let mut buffer = vec![0; 1 << 20];
                // All that was written at once is there at once.
                stream.readable().await.expect("a request");
                tokio::time::sleep(Duration::from_millis(50)).await;
                let count = stream.read(&mut buffer).await.expect("a read");
                seen.lock().expect("the reads").push(buffer[..count].to_vec());
                let more = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut buffer)).await;
                assert!(more.is_err(), "a second read");
                stream.write_all(json("1").as_bytes()).await.expect("a write");
            }
        })
        .await;
        let body = Body::from(vec![b'x'; size]);
        let request = request_with(&CREATE, &server.url(), CallOptions::new(), Some(body));
        send(&transport(), request).await.expect("an answer");
        let reads = reads.lock().expect("the reads");
        let [bytes] = &reads[..] else { panic!("{} reads", reads.len()) };
        let head_end = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
        let head = std::str::from_utf8(&bytes[..head_end]).expect("a head");
        assert_eq!(bytes.len() - head_end, size);
        assert_eq!(header(head, "content-length"), Some(size.to_string()));
        assert_eq!(header(head, "transfer-encoding"), None);
    }
}

#[tokio::test]
async fn only_what_the_caller_set_is_sent() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let server = Server::start(move |mut stream, _| {
        let seen = Arc::clone(&seen);
        async move {
            let head = support::read_head(&mut stream).await;
            seen.lock().expect("the heads").push(head);
            let answer =
                "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.expect("a write");
        }
    })
    .await;
    let transport = transport();
    for _ in 0..2 {
        let response = send(&transport, request(&READ, &server.url())).await.expect("an answer");
        assert_eq!(response.status(), 302);
    }
    let heads = heads.lock().expect("the heads");
    let expected = format!(
        "GET /api/v1/thing HTTP/1.1\r\naccept: application/json, */*;q=0.1\r\naccept-encoding: {}\r\nhost: {}\r\n\r\n",
        if cfg!(feature = "gzip") { "gzip" } else { "identity" },
        server.address
    );
    assert_eq!(*heads, [expected.clone(), expected]);
}

#[tokio::test]
async fn a_request_that_was_not_written_goes_out_on_another_connection() {
    // The server closes after each answer without saying so, as an idle timeout of its own would.
    let server = Server::answering(json("1")).await;
    let transport = transport();
    for _ in 0..5 {
        let response = send(&transport, request(&CREATE, &server.url())).await.expect("an answer");
        assert_eq!(text(response), "1");
    }
}

fn stream_of(pieces: usize, size: usize, pause: Duration) -> Body {
    let frames = futures_util::stream::unfold(0, move |piece| async move {
        if piece == pieces {
            return None;
        }
        tokio::time::sleep(pause).await;
        let data = Bytes::from(vec![b'x'; size]);
        Some((Ok::<_, std::io::Error>(Frame::data(data)), piece + 1))
    });
    Body::new(StreamBody::new(frames))
}

/// A body of known length that doesn't say when it is at its end.
struct Known(u64);

impl http_body::Body for Known {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let left = std::mem::take(&mut self.0) as usize;
        Poll::Ready((left > 0).then(|| Ok(Frame::data(Bytes::from(vec![b'x'; left])))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

/// Options with this timeout, in milliseconds, for the body of the request and for the first byte.
fn send_within(limit: u64) -> CallOptions {
    let limit = Duration::from_millis(limit);
    CallOptions::new().timeouts(Timeouts::default().request_body(limit).first_byte(limit))
}

/// Reads everything up to the last chunk, and answers.
async fn read_upload() -> Server {
    Server::start(|mut stream, _| async move {
        let mut all = Vec::new();
        while !all.ends_with(b"0\r\n\r\n") {
            if stream.read_buf(&mut all).await.unwrap_or(0) == 0 {
                return;
            }
        }
        stream.write_all(json(&all.len().to_string()).as_bytes()).await.expect("a write");
    })
    .await
}

#[tokio::test]
async fn an_upload_may_take_longer_than_its_timeouts() {
    let server = read_upload().await;
    let body = stream_of(10, 200_000, Duration::from_millis(50));
    let request = request_with(&UPLOAD, &server.url(), send_within(300), Some(body));
    let response = send(&transport(), request).await.expect("an answer");
    assert!(text(response).parse::<usize>().expect("a count") > 2_000_000);
}

/// Reads a request with a `Content-Length` this slowly, in bytes a second, and answers.
async fn slow_reader(size: usize, rate: usize) -> Server {
    Server::start(move |mut stream, _| async move {
        let mut sink = vec![0; rate / 20];
        let mut read = 0;
        while read < size {
            let count = stream.read(&mut sink).await.unwrap_or(0);
            if count == 0 {
                return;
            }
            read += count;
            tokio::time::sleep(Duration::from_secs_f64(count as f64 / rate as f64)).await;
        }
        stream.write_all(json(&read.to_string()).as_bytes()).await.expect("a write");
    })
    .await
}

/// Sends so much from memory to so slow a server, with timeouts of 2 s for its body and the first byte.
async fn slow_upload(size: usize, rate: usize) {
    let server = slow_reader(size, rate).await;
    let request =
        request_with(&UPLOAD, &server.url(), send_within(2_000), Some(Body::from(vec![b'x'; size])));
    let patience = Duration::from_secs(60 + 2 * (size / rate) as u64);
    let response =
        tokio::time::timeout(patience, transport().call(request)).await.expect("an answer in time");
    let response = response.map_err(kestra_core::Error::from_boxed).expect("an answer");
    assert!(text(response).parse::<usize>().expect("a count") >= size);
}

#[tokio::test]
async fn an_upload_from_memory_may_take_longer_than_its_timeouts() {
    slow_upload(8 << 20, 800_000).await;
}

#[tokio::test]
#[ignore = "takes six minutes"]
async fn sixty_four_mebibytes_go_to_a_server_that_reads_200_kilobytes_a_second() {
    slow_upload(64 << 20, 200_000).await;
}

#[tokio::test]
async fn an_upload_that_stands_still_times_out() {
    let nobody_reads = Server::start(|stream, _| async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(stream);
    })
    .await;
    let nobody_answers = Server::start(|mut stream, _| async move {
        let mut sink = vec![0; 1 << 16];
        while stream.read(&mut sink).await.unwrap_or(0) > 0 {}
    })
    .await;
    let silent_source = read_upload().await;
    use TimeoutPhase::{FirstByte, RequestBody};
    let cases = [
        (&nobody_reads, stream_of(1, 50_000_000, Duration::ZERO), RequestBody),
        (&nobody_reads, Body::from(vec![b'x'; 50_000_000]), RequestBody),
        (&nobody_answers, stream_of(3, 1_000, Duration::ZERO), FirstByte),
        (&nobody_answers, Body::new(Known(3_000)), FirstByte),
        (&nobody_answers, Body::from("in memory"), FirstByte),
        (&nobody_answers, Body::empty(), FirstByte),
        (&silent_source, stream_of(3, 1_000, Duration::from_secs(10)), RequestBody),
    ];
    for (server, body, phase) in cases {
        let request = request_with(&UPLOAD, &server.url(), send_within(200), Some(body));
        let context = CallContext::of(&request).expect("a context").clone();
        let error = send(&transport(), request).await.expect_err("a timeout");
        assert_eq!(error.kind(), ErrorKind::Timeout(phase), "{error:#}");
        assert_eq!(error.request_sent(), RequestSent::Maybe);
        assert_eq!(context.sent().get(), RequestSent::Maybe);
    }
}

#[tokio::test]
async fn a_body_that_fails_breaks_the_connection() {
    let server = read_upload().await;
    let frames = futures_util::stream::iter([
        Ok(Frame::data(Bytes::from_static(b"some"))),
        Err(std::io::Error::other("the disk is gone")),
    ]);
    let body = Body::new(StreamBody::new(frames));
    let request = request_with(&UPLOAD, &server.url(), CallOptions::new(), Some(body));
    let error = send(&transport(), request).await.expect_err("a failing body");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error:#}");
    assert_eq!(error.request_sent(), RequestSent::Maybe);
    assert!(format!("{error:#}").contains("the disk is gone"), "{error:#}");
}
