//! A connection that closes without an answer: whether the request was sent can't be told.

#![allow(clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kestra_core::{Body, CallContext, CallOptions, Error, ErrorKind, RequestSent, Retry};
use kestra_tower::RetryLayer;
use support::{CREATE, READ, Server, json, read_head, request_with, send, transport};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tower::{Layer as _, ServiceExt as _};

/// When a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Close {
    /// As soon as it is there.
    AtOnce,
    /// When the request was read.
    AfterRead,
    /// Without a goodbye, when the request was read.
    Reset,
}

async fn serve(mut stream: TcpStream, close: Close, answers: usize, read: Arc<AtomicUsize>) {
    for _ in 0..answers {
        read_head(&mut stream).await;
        let _ = stream.write_all(json("1").as_bytes()).await;
    }
    if close == Close::AtOnce && answers == 0 {
        return;
    }
    if !read_head(&mut stream).await.is_empty() {
        read.fetch_add(1, Ordering::SeqCst);
    }
    if close == Close::Reset {
        let _ = stream.set_zero_linger();
    }
}

#[tokio::test]
async fn it_may_have_been_sent_whenever_the_connection_is_closed() {
    for close in [Close::AtOnce, Close::AfterRead, Close::Reset] {
        for answers in [0, 1] {
            for is_idempotent in [false, true] {
                let read = Arc::new(AtomicUsize::new(0));
                let seen = Arc::clone(&read);
                let server = Server::start(move |stream, number| {
                    let answers = if number == 0 { answers } else { 0 };
                    serve(stream, close, answers, Arc::clone(&seen))
                })
                .await;
                let transport = transport();
                let options = CallOptions::new().idempotent(is_idempotent);
                if answers > 0 {
                    let first = request_with(&READ, &server.url(), CallOptions::new(), None);
                    send(&transport, first).await.expect("an answer");
                }
                let request = request_with(&CREATE, &server.url(), options, Some(Body::from("flow")));
                let context = CallContext::of(&request).expect("a context").clone();
                let service = RetryLayer::new(Retry::standard()).layer(transport);
                let error = Error::from_boxed(service.oneshot(request).await.expect_err("no answer"));
                let what =
                    format!("{close:?}, {answers} answers before, idempotent: {is_idempotent}: {error:?}");
                assert_eq!(error.kind(), ErrorKind::Transport, "{what}");
                assert_eq!(error.request_sent(), RequestSent::Maybe, "{what}");
                assert_eq!(context.sent().get(), RequestSent::Maybe, "{what}");
                assert_eq!(context.attempts(), if is_idempotent { 3 } else { 1 }, "{what}");
                if close != Close::AtOnce && !is_idempotent {
                    assert_eq!(read.load(Ordering::SeqCst), 1, "{what}");
                }
            }
        }
    }
}
