//! A call that finds no idle connection takes what comes first: a connection of its own, or one that another call frees.

#![allow(clippy::expect_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use kestra_tower::{Proxy, Transport};
use support::{READ, Server, json, read_head, request, send, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Notify, mpsc};

/// Reads the greeting of a client to a SOCKS proxy.
async fn greet(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut start = [0; 2];
    stream.read_exact(&mut start).await?;
    let mut methods = vec![0; start[1].into()];
    stream.read_exact(&mut methods).await.map(drop)
}

/// Accepts whatever the client asks for then; what follows is for the server behind the proxy.
async fn accept(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(&[5, 0]).await?;
    let mut command = [0; 5];
    stream.read_exact(&mut command).await?;
    let mut target = vec![0; usize::from(command[4]) + 2];
    stream.read_exact(&mut target).await?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await
}

/// A proxy whose second connection comes about when a test lets it, with the server behind it.
struct Slow {
    server: Server,
    /// Has the number of each connection that arrives.
    arrived: mpsc::UnboundedReceiver<usize>,
    /// Has each request.
    asked: mpsc::UnboundedReceiver<usize>,
    /// Lets the first response go.
    answer: Arc<Notify>,
    /// Lets the second connection come about.
    open: Arc<Notify>,
    /// Has the number of each connection that the client closes.
    closed: mpsc::UnboundedReceiver<usize>,
    transport: Transport,
}

async fn slow(limit: Duration) -> Slow {
    let (arriving, arrived) = mpsc::unbounded_channel();
    let (asking, asked) = mpsc::unbounded_channel();
    let (closing, closed) = mpsc::unbounded_channel();
    let (answer, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (may_answer, may_open) = (Arc::clone(&answer), Arc::clone(&open));
    let pair = Arc::new(Barrier::new(2));
    let server = Server::start(move |mut stream, number| {
        let (arriving, asking, closing) = (arriving.clone(), asking.clone(), closing.clone());
        let (may_answer, may_open, pair) =
            (Arc::clone(&may_answer), Arc::clone(&may_open), Arc::clone(&pair));
        async move {
            let _ = arriving.send(number);
            greet(&mut stream).await.expect("a client of SOCKS");
            let mut byte = [0];
            let is_let = number == 0
                || tokio::select! {
                    () = may_open.notified() => true,
                    // The client waits for a word, so it's the end of the connection.
                    _ = stream.read(&mut byte) => false,
                };
            if is_let && accept(&mut stream).await.is_ok() {
                let mut requests = 0;
                while !read_head(&mut stream).await.is_empty() {
                    requests += 1;
                    let _ = asking.send(number);
                    match (number, requests) {
                        (0, 1) => may_answer.notified().await,
                        // From the third request on, two at a time.
                        (0, 3..) | (1, _) => {
                            pair.wait().await;
                        }
                        _ => {}
                    }
                    stream.write_all(json(&number.to_string()).as_bytes()).await.expect("a write");
                }
            }
            let _ = closing.send(number);
        }
    })
    .await;
    let proxy = Proxy::all(&format!("socks5h://{}", server.address)).expect("a proxy");
    let transport = Transport::builder().proxy(proxy).connect_timeout(limit).build().expect("a transport");
    Slow { server, arrived, asked, answer, open, closed, transport }
}

const URL: &str = "http://kestra.test:8080";

#[tokio::test]
async fn a_freed_connection_wins_and_the_other_one_is_kept() {
    let mut slow = slow(Duration::from_secs(60)).await;
    let first = send(&slow.transport, request(&READ, URL));
    let second = async {
        slow.asked.recv().await.expect("the first request");
        let second = tokio::spawn({
            let transport = slow.transport.clone();
            async move { send(&transport, request(&READ, URL)).await }
        });
        assert_eq!((slow.arrived.recv().await, slow.arrived.recv().await), (Some(0), Some(1)));
        slow.answer.notify_one();
        second.await.expect("a task")
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(text(first.expect("a response")), "0");
    assert_eq!(text(second.expect("a response")), "0", "it took the connection of the first");
    // The second connection comes about now, for nobody, and is there for the next calls.
    slow.open.notify_one();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let calls = join_all((0..2).map(|_| send(&slow.transport, request(&READ, URL))));
    let mut texts: Vec<_> = calls.await.into_iter().map(|call| text(call.expect("a response"))).collect();
    texts.sort();
    assert_eq!(texts, ["0", "1"]);
    assert_eq!(slow.server.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_nobody_waits_for_ends_with_its_limit() {
    let mut slow = slow(Duration::from_millis(500)).await;
    let first = send(&slow.transport, request(&READ, URL));
    let second = async {
        slow.asked.recv().await.expect("the first request");
        let call = send(&slow.transport, request(&READ, URL));
        let answer = async {
            assert_eq!((slow.arrived.recv().await, slow.arrived.recv().await), (Some(0), Some(1)));
            slow.answer.notify_one();
        };
        tokio::join!(call, answer).0
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(
        (text(first.expect("a response")), text(second.expect("a response"))),
        ("0".into(), "0".into())
    );
    let closed = tokio::time::timeout(Duration::from_secs(20), slow.closed.recv()).await;
    assert_eq!(closed.expect("a close"), Some(1));
}
