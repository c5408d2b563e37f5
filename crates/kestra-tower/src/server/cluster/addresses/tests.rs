use std::sync::atomic::{AtomicUsize, Ordering};

use kestra_core::{Body, CallContext, Retry, ServerCluster, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tower::{Layer as _, ServiceExt as _};

use super::super::{Outcome, Target};
use super::*;
use crate::test_support::{READ, request};
use crate::{RetryLayer, ServerLayer, Transport};

const SECOND: Duration = Duration::from_secs(1);

/// Names, what they resolve to, and how often that was asked for.
struct Names {
    found: Mutex<Vec<SocketAddr>>,
    asked: AtomicUsize,
}

impl Names {
    fn new(addresses: &[&str]) -> Self {
        let names = Self { found: Mutex::default(), asked: AtomicUsize::new(0) };
        names.set(addresses);
        names
    }

    fn set(&self, addresses: &[&str]) {
        *self.found.lock().unwrap() = addresses.iter().map(|address| address.parse().unwrap()).collect();
    }

    async fn resolve(&self, cluster: &Cluster, servers: &Servers) {
        if cluster.is_resolution_due() {
            let look_up = async |host: String, port: u16| {
                assert_eq!((host.as_str(), port), ("kestra.test", 443));
                self.asked.fetch_add(1, Ordering::Relaxed);
                Some(self.found.lock().unwrap().clone())
            };
            cluster.resolve_by(servers, look_up).await;
        }
    }
}

fn cluster(servers: ServerCluster) -> (Cluster, Servers) {
    let servers = Servers::from(servers);
    (Cluster::of(&servers).unwrap(), servers)
}

/// The address that a call goes to, which ends so.
fn call(cluster: &Cluster, servers: &Servers, outcome: Outcome) -> String {
    let request: http::Request<Body> = request(&READ);
    let Ok(Target::Member(mut attempt)) = cluster.select(servers, None, &request) else {
        panic!("no member")
    };
    attempt.finish(outcome, false);
    assert_eq!(attempt.base().to_string(), "https://kestra.test");
    assert!(CallContext::of(&request).is_some());
    attempt.base().address().map(|address| address.to_string()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn each_address_is_a_member() {
    let (cluster, servers) = cluster(Servers::cluster(["https://kestra.test"]).resolve_all(true));
    let names = Names::new(&["10.0.0.1:443", "10.0.0.2:443", "10.0.0.1:443"]);
    names.resolve(&cluster, &servers).await;
    assert_eq!(call(&cluster, &servers, Outcome::Success), "10.0.0.1");
    assert_eq!(call(&cluster, &servers, Outcome::Unreachable), "10.0.0.1");
    assert_eq!(call(&cluster, &servers, Outcome::Success), "10.0.0.2");
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn names_are_resolved_again_by_time_and_after_a_failure() {
    let (cluster, servers) = cluster(Servers::cluster(["https://kestra.test"]).resolve_all(true));
    let names = Names::new(&["10.0.0.1:443", "10.0.0.2:443"]);
    for (wait, outcome, asked) in [
        (0, Outcome::Success, 1),
        (29, Outcome::Success, 1),
        (1, Outcome::Unreachable, 2),
        (0, Outcome::Success, 2),
        (1, Outcome::Success, 3),
        (29, Outcome::Success, 3),
    ] {
        tokio::time::advance(SECOND * wait).await;
        names.resolve(&cluster, &servers).await;
        call(&cluster, &servers, outcome);
        assert_eq!(names.asked.load(Ordering::Relaxed), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_come_and_go_and_what_is_known_of_the_others_stays() {
    let (cluster, servers) =
        cluster(Servers::cluster(["https://kestra.test"]).resolve_all(true).round_robin());
    let names = Names::new(&["10.0.0.1:443", "10.0.0.2:443"]);
    names.resolve(&cluster, &servers).await;
    assert_eq!(call(&cluster, &servers, Outcome::Unreachable), "10.0.0.1");
    tokio::time::advance(SECOND).await;
    names.set(&["10.0.0.3:443", "10.0.0.1:443"]);
    names.resolve(&cluster, &servers).await;
    assert_eq!(call(&cluster, &servers, Outcome::Success), "10.0.0.3", "the first is still left out");
    // One that comes back is a new one.
    tokio::time::advance(SECOND * 30).await;
    for addresses in [&["10.0.0.3:443"][..], &["10.0.0.3:443", "10.0.0.1:443"]] {
        names.set(addresses);
        names.resolve(&cluster, &servers).await;
        tokio::time::advance(SECOND * 30).await;
    }
    // A name that can't be resolved leaves what is known.
    tokio::time::advance(SECOND * 30).await;
    names.set(&[]);
    names.resolve(&cluster, &servers).await;
    let mut seen: Vec<_> = (0..2).map(|_| call(&cluster, &servers, Outcome::Success)).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["10.0.0.1", "10.0.0.3"], "in turn");
}

#[tokio::test(start_paused = true)]
async fn a_name_without_addresses_and_one_that_is_an_address_are_left_to_the_transport() {
    let (none, servers) = cluster(Servers::cluster(["https://kestra.test"]).resolve_all(true));
    Names::new(&[]).resolve(&none, &servers).await;
    assert_eq!(call(&none, &servers, Outcome::Success), "");

    let (plain, servers) =
        cluster(Servers::cluster(["http://127.0.0.1:8080", "http://[::1]:8080"]).resolve_all(true));
    Names::new(&["10.0.0.1:443"]).resolve(&plain, &servers).await;
    let Ok(Target::Member(attempt)) = plain.select(&servers, None, &request(&READ)) else {
        panic!("no member")
    };
    assert_eq!(attempt.base().address(), None);
}

/// A server at an address of its own.
struct Listening {
    count: std::sync::Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Listening {
    fn new(listener: TcpListener) -> Self {
        let count = std::sync::Arc::new(AtomicUsize::new(0));
        let (mut tasks, counted) = (JoinSet::new(), count.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let counted = counted.clone();
                connections.spawn(async move {
                    let mut buffer = [0; 4096];
                    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                        counted.fetch_add(1, Ordering::Relaxed);
                        let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                        let _ = stream.write_all(response).await;
                    }
                });
            }
        });
        Self { count, _tasks: tasks }
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

/// The stack of a client whose name has these addresses.
async fn layer(addresses: &[SocketAddr], set: impl FnOnce(ServerCluster) -> ServerCluster) -> ServerLayer {
    let url = format!("http://kestra.test:{}", addresses[0].port());
    let layer = ServerLayer::new(set(Servers::cluster([url]).resolve_all(true)));
    let look_up = async |_: String, _: u16| Some(addresses.to_vec());
    let settings = &layer.settings;
    settings.cluster.as_ref().unwrap().resolve_by(&settings.servers, look_up).await;
    layer
}

async fn send(layer: &ServerLayer, transport: &Transport) -> u16 {
    let service = RetryLayer::new(Retry::standard()).layer(layer.layer(transport.clone()));
    service.oneshot(request(&READ)).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_addresses_of_a_name_are_called_each_and_outlast_one_that_is_gone() {
    let one = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = one.local_addr().unwrap().port();
    // Other systems have only one address of the loopback.
    let Ok(two) = TcpListener::bind(("127.0.0.2", port)).await else { return };
    let addresses = [one.local_addr().unwrap(), two.local_addr().unwrap()];
    let layer = layer(&addresses, ServerCluster::round_robin).await;
    let transport = Transport::builder().no_proxy().build().unwrap();
    let (one, two) = (Listening::new(one), Listening::new(two));
    for _ in 0..4 {
        assert_eq!(send(&layer, &transport).await, 200);
    }
    assert_eq!((one.count(), two.count()), (2, 2));
    drop(one);
    for _ in 0..4 {
        assert_eq!(send(&layer, &transport).await, 200);
    }
    assert_eq!(two.count(), 6);
}

#[tokio::test]
async fn a_black_hole_of_one_family_costs_300_ms_here_too() {
    let Ok(dead) = TcpSocket::new_v6().and_then(|socket| {
        socket.bind("[::1]:0".parse().unwrap())?;
        socket.listen(1)
    }) else {
        return;
    };
    let dead_address = dead.local_addr().unwrap();
    let Ok(alive) = TcpListener::bind(("127.0.0.1", dead_address.port())).await else { return };
    // Its queue is full, so that connects neither succeed nor fail.
    let mut queued: JoinSet<_> = (0..8).map(|_| TcpStream::connect(dead_address)).collect();
    while timeout(Duration::from_millis(100), TcpStream::connect(dead_address)).await.is_ok() {}

    let layer = layer(&[dead_address, alive.local_addr().unwrap()], |cluster| cluster).await;
    let timeouts = Timeouts::default().connect(SECOND * 120);
    let transport = Transport::builder().no_proxy().timeouts(timeouts).build().unwrap();
    let alive = Listening::new(alive);
    let begun = std::time::Instant::now();
    assert_eq!(send(&layer, &transport).await, 200);
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(300) && took < SECOND * 30, "{took:?}");
    // The family is left out then.
    assert_eq!(send(&layer, &transport).await, 200);
    assert!(begun.elapsed() < SECOND * 30);
    assert_eq!(alive.count(), 2);
    queued.abort_all();
}
