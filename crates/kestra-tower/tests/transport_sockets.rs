//! Sockets that nobody uses are closed.

#![allow(clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use kestra_core::Body;
use kestra_tower::Transport;
use support::{CREATE, DOWNLOAD, READ, Server, json, read_head, request, request_with, send, transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Barrier;
use tower::ServiceExt as _;

/// Waits until so many connections are open at most.
async fn wait_for(open: &AtomicUsize, most: usize) {
    for _ in 0..2_000 {
        if open.load(Ordering::SeqCst) <= most {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(open.load(Ordering::SeqCst), most, "connections are open");
}

#[tokio::test]
async fn a_thousand_calls_that_are_dropped_at_every_poll_leave_no_socket() {
    let open = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&open);
    let server = Server::start(move |mut stream, _| {
        let open = Arc::clone(&count);
        async move {
            open.fetch_add(1, Ordering::SeqCst);
            while !read_head(&mut stream).await.is_empty() {
                let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                for piece in [&head[..], b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"] {
                    if stream.write_all(piece).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    let transport = transport();
    for number in 0..1_000 {
        let info = [&READ, &CREATE, &DOWNLOAD][number % 3];
        let body = (number % 2 == 0).then(|| Body::from("x".repeat(10_000)));
        let request = request_with(info, &server.url(), kestra_core::CallOptions::new(), body);
        let mut call = Box::pin(transport.clone().oneshot(request));
        let mut response = None;
        for _ in 0..number % 17 {
            tokio::select! {
                biased;
                done = &mut call => {
                    response = Some(done.expect("a response"));
                    break;
                }
                () = tokio::task::yield_now() => {}
            }
        }
        drop(call);
        drop(response);
    }
    // One that was read to its end may be idle.
    wait_for(&open, 1).await;
    send(&transport, request(&READ, &server.url())).await.expect("a response");
    drop(transport);
    wait_for(&open, 0).await;
}

#[tokio::test]
async fn a_thousand_idle_connections_that_servers_closed_are_gone_after_the_limit() {
    const COUNT: usize = 1_000;
    let open = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&open);
    let together = Arc::new(Barrier::new(COUNT));
    let server = Server::start(move |mut stream, _| {
        let (open, together) = (Arc::clone(&count), Arc::clone(&together));
        async move {
            open.fetch_add(1, Ordering::SeqCst);
            read_head(&mut stream).await;
            together.wait().await;
            stream.write_all(json("1").as_bytes()).await.expect("a write");
            stream.shutdown().await.expect("a close");
            // The client closes its end.
            while stream.read(&mut [0; 64]).await.unwrap_or(0) > 0 {}
            open.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    let builder = Transport::builder().no_proxy().pool_idle_timeout(Duration::from_secs(2));
    let transport = builder.build().expect("a transport");
    let mut calls = Vec::new();
    for number in 0..COUNT {
        let (transport, request) = (transport.clone(), request(&READ, &server.url()));
        calls.push(tokio::spawn(async move { send(&transport, request).await }));
        // A listener takes so many connections only if they don't come all at once.
        while number % 50 == 49 && server.connections() <= number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for call in join_all(calls).await {
        call.expect("a task").expect("a response");
    }
    assert_eq!(server.connections(), COUNT);
    wait_for(&open, 0).await;
    drop(transport);
}
