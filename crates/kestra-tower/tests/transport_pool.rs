//! Connections that lie idle, and what becomes of them.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use kestra_core::{Body, BoxError, Error, ErrorKind, OperationInfo, Replay, Retry, Route, Versions};
use kestra_tower::{RetryLayer, TimeoutLayer, Transport};
use support::{Server, json, read_head, request, text};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Barrier, oneshot};
use tower::{Layer, Service, ServiceBuilder, ServiceExt as _};

static LOOK: OperationInfo =
    OperationInfo::new("read_thing", "things", &[Route::get("/api/v1/thing", Versions::ALL)])
        .replay(Replay::Safe);

/// Serves `idle` requests at once on as many connections, which are silent ever after; later connections are served.
async fn forgetful(idle: usize) -> Server {
    let together = Arc::new(Barrier::new(idle));
    Server::start(move |mut stream, number| {
        let together = Arc::clone(&together);
        async move {
            let mut answered = 0;
            while !read_head(&mut stream).await.is_empty() {
                if number < idle {
                    if answered > 0 {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    together.wait().await;
                }
                stream.write_all(json("\"here\"").as_bytes()).await.expect("a write");
                answered += 1;
            }
        }
    })
    .await
}

fn transport() -> Transport {
    Transport::builder().no_proxy().build().expect("a transport")
}

/// Makes three calls at once, after which the server has had so many connections.
async fn fill<S>(service: &S, server: &Server, connections: usize)
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = BoxError> + Clone,
{
    let calls = (0..3).map(|_| service.clone().oneshot(request(&LOOK, &server.url())));
    for response in join_all(calls).await {
        assert_eq!(text(response.expect("an answer")), "\"here\"");
    }
    assert_eq!(server.connections(), connections);
}

/// Three idle connections die, and a call that is tried twice still succeeds with this limit for an attempt.
async fn outlives<L>(limit: L)
where
    L: Layer<Transport>,
    L::Service: Service<http::Request<Body>, Response = http::Response<Body>, Error = BoxError, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let server = forgetful(3).await;
    let attempt = limit.layer(transport());
    fill(&attempt, &server, 3).await;
    let service =
        ServiceBuilder::new().layer(RetryLayer::new(Retry::standard().max_attempts(2))).service(attempt);
    let response =
        service.oneshot(request(&LOOK, &server.url())).await.expect("an answer to the second attempt");
    assert_eq!(text(response), "\"here\"");
    assert_eq!(server.connections(), 4, "one new connection");
}

#[tokio::test]
async fn after_an_attempt_timeout_the_next_attempt_opens_a_connection() {
    outlives(TimeoutLayer::attempt(Duration::from_millis(500))).await;
}

#[tokio::test]
async fn so_it_does_after_a_timeout_of_somebody_else_s_layer() {
    outlives(tower::timeout::TimeoutLayer::new(Duration::from_millis(500))).await;
}

#[tokio::test]
async fn another_call_doesn_t_meet_them_either() {
    let server = forgetful(3).await;
    let service = TimeoutLayer::total(Duration::from_millis(500)).layer(transport());
    fill(&service, &server, 3).await;
    let failed = service.clone().oneshot(request(&LOOK, &server.url())).await.expect_err("silence");
    assert!(matches!(Error::from_boxed(failed).kind(), ErrorKind::Timeout(_)));
    let response = service.oneshot(request(&LOOK, &server.url())).await.expect("an answer");
    assert_eq!(text(response), "\"here\"");
}

#[tokio::test]
async fn after_a_reset_the_next_call_opens_a_connection() {
    let together = Arc::new(Barrier::new(3));
    let resets = Arc::new(AtomicBool::new(true));
    let server = Server::start(move |mut stream, number| {
        let (together, resets) = (Arc::clone(&together), Arc::clone(&resets));
        async move {
            let mut answered = 0;
            while !read_head(&mut stream).await.is_empty() {
                if number < 3 {
                    if answered > 0 && resets.swap(false, Ordering::SeqCst) {
                        let _ = stream.set_zero_linger();
                        return;
                    }
                    if answered > 0 {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    together.wait().await;
                }
                stream.write_all(json("\"here\"").as_bytes()).await.expect("a write");
                answered += 1;
            }
        }
    })
    .await;
    let transport = transport();
    fill(&transport, &server, 3).await;
    let failed = transport.clone().oneshot(request(&LOOK, &server.url())).await.expect_err("a reset");
    assert_eq!(Error::from_boxed(failed).kind(), ErrorKind::Transport);
    let call = transport.oneshot(request(&LOOK, &server.url()));
    let response = tokio::time::timeout(Duration::from_secs(20), call).await.expect("an answer in time");
    assert_eq!(text(response.expect("an answer")), "\"here\"");
    assert_eq!(server.connections(), 4, "the two others are as old");
}

#[tokio::test]
async fn a_call_that_is_given_up_by_its_caller_leaves_idle_connections_alone() {
    let silent = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&silent);
    let server = Server::start(move |mut stream, _| {
        let silent = Arc::clone(&flag);
        async move {
            while !read_head(&mut stream).await.is_empty() {
                if silent.swap(false, Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.write_all(json("\"here\"").as_bytes()).await.expect("a write");
            }
        }
    })
    .await;
    let transport = transport();
    fill(&transport, &server, 3).await;
    silent.store(true, Ordering::SeqCst);
    let call = transport.clone().oneshot(request(&LOOK, &server.url()));
    tokio::time::timeout(Duration::from_millis(300), call).await.expect_err("no answer yet");
    // The connection of that call is closed; the other two are used.
    fill(&transport, &server, 4).await;
}

fn read_head_of(stream: &mut std::net::TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
}

/// Reads as many requests as there are calls, and responds to all of them when it is told to.
fn respond_at_once(
    listener: &std::net::TcpListener,
    calls: usize,
    all_read: oneshot::Sender<()>,
    go: &mpsc::Receiver<()>,
) {
    let mut streams = Vec::new();
    for _ in 0..calls {
        let (mut stream, _) = listener.accept().expect("a connection");
        read_head_of(&mut stream);
        streams.push(stream);
    }
    all_read.send(()).expect("the test waits");
    go.recv().expect("the test goes on");
    for stream in &mut streams {
        stream.write_all(json("\"here\"").as_bytes()).expect("a write");
    }
}

#[tokio::test]
async fn a_task_polls_each_of_many_calls_once_when_their_responses_come() {
    // More than a task may do with sockets before tokio makes it yield.
    const CALLS: usize = 300;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (all_read, mut are_read) = oneshot::channel();
    let (go, may_go) = mpsc::channel();
    let server = std::thread::spawn(move || respond_at_once(&listener, CALLS, all_read, &may_go));
    let transport = transport();
    let polls = Cell::new(0);
    let mut calls: FuturesUnordered<_> = (0..CALLS)
        .map(|_| {
            let mut call = Box::pin(transport.clone().oneshot(request(&LOOK, &url)));
            let polls = &polls;
            poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                call.as_mut().poll(cx)
            })
        })
        .collect();
    tokio::select! {
        _ = &mut are_read => {}
        _ = calls.next() => panic!("a response before there is one"),
    }
    go.send(()).expect("the server waits");
    server.join().expect("the server ended");
    polls.set(0);
    let in_time = tokio::time::timeout(Duration::from_secs(20), async {
        while let Some(response) = calls.next().await {
            assert_eq!(text(response.expect("a response")), "\"here\"");
        }
    });
    in_time.await.expect("no call is forgotten");
    assert_eq!(polls.get(), CALLS);
}

/// Wakes a task, and counts how often that happens while the task is polled.
struct Watched {
    task: Waker,
    is_polled: AtomicBool,
    wakes: AtomicUsize,
}

impl Wake for Watched {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(self.is_polled.load(Ordering::SeqCst).into(), Ordering::SeqCst);
        self.task.wake_by_ref();
    }
}

#[tokio::test]
async fn a_call_doesn_t_wake_its_own_task() {
    let server = forgetful(0).await;
    let transport = transport();
    let task = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    let watched = Arc::new(Watched { task, is_polled: AtomicBool::new(false), wakes: AtomicUsize::new(0) });
    let waker = Arc::clone(&watched).into();
    for _ in 0..3 {
        let mut call = Box::pin(transport.clone().oneshot(request(&LOOK, &server.url())));
        let response = poll_fn(|_| {
            watched.is_polled.store(true, Ordering::SeqCst);
            let polled = call.as_mut().poll(&mut Context::from_waker(&waker));
            watched.is_polled.store(false, Ordering::SeqCst);
            polled
        });
        assert_eq!(text(response.await.expect("a response")), "\"here\"");
    }
    assert_eq!(watched.wakes.load(Ordering::SeqCst), 0);
    assert_eq!(server.connections(), 1);
}
