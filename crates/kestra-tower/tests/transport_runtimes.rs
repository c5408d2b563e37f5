//! Connections belong to the runtime that opened them.

#![allow(clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::{CREATE, READ, Server, json, read_head, request, send, text, transport};
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A server on a runtime of its own, which counts the connections that are open.
struct Counting {
    server: Server,
    open: Arc<AtomicUsize>,
    _runtime: Runtime,
}

fn counting() -> Counting {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let open = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&open);
    let server = runtime.block_on(Server::start(move |mut stream, number| {
        let open = Arc::clone(&count);
        async move {
            open.fetch_add(1, Ordering::SeqCst);
            loop {
                let head = read_head(&mut stream).await;
                if head.is_empty() {
                    break;
                }
                if head.starts_with("GET") {
                    stream.write_all(json(&number.to_string()).as_bytes()).await.expect("a write");
                }
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }
    }));
    Counting { server, open, _runtime: runtime }
}

impl Counting {
    /// Waits until so many connections are open.
    fn wait_for(&self, open: usize) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.open.load(Ordering::SeqCst) != open {
            assert!(Instant::now() < end, "{} are open, not {open}", self.open.load(Ordering::SeqCst));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_call_never_takes_a_connection_of_another_runtime() {
    let (counting, transport) = (counting(), transport());
    let (one, two) = (runtime(), runtime());
    let call = |runtime: &Runtime| {
        let response = runtime.block_on(send(&transport, request(&READ, &counting.server.url())));
        text(response.expect("a response"))
    };
    assert_eq!([call(&one), call(&two), call(&one), call(&two)], ["0", "1", "0", "1"]);
}

#[test]
fn a_runtime_that_ends_closes_its_connections_and_harms_no_other() {
    let (counting, transport) = (counting(), transport());
    let (one, two) = (runtime(), runtime());
    let call = |runtime: &Runtime| {
        let response = runtime.block_on(send(&transport, request(&READ, &counting.server.url())));
        text(response.expect("a response"))
    };
    assert_eq!((call(&one), call(&two)), ("0".into(), "1".into()));
    drop(one);
    counting.wait_for(1);
    assert_eq!(call(&two), "1");
    // One that comes later has connections of its own, which are used again.
    let three = runtime();
    assert_eq!((call(&three), call(&three)), ("2".into(), "2".into()));
}

#[test]
fn a_runtime_that_nobody_drives_holds_up_no_other() {
    let (counting, transport) = (counting(), transport());
    let (one, two) = (runtime(), runtime());
    let url = counting.server.url();
    let mut still = Box::pin(transport.clone().oneshot(request(&CREATE, &url)));
    one.block_on(async {
        tokio::time::timeout(Duration::from_millis(100), &mut still).await.expect_err("no answer");
    });
    for _ in 0..3 {
        let response = two.block_on(send(&transport, request(&READ, &url))).expect("a response");
        assert_eq!(text(response), "1");
    }
    // Neither on its runtime nor on another: it closes its connection anyway.
    drop(still);
    counting.wait_for(1);
}

#[test]
fn an_idle_connection_keeps_no_runtime_alive() {
    let (counting, transport) = (counting(), transport());
    let one = runtime();
    one.block_on(send(&transport, request(&READ, &counting.server.url()))).expect("a response");
    let begun = Instant::now();
    drop(one);
    assert!(begun.elapsed() < Duration::from_secs(10));
    counting.wait_for(0);
}
