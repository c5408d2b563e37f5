use std::sync::atomic::{AtomicUsize, Ordering};

use kestra_core::{Body, CallContext, ServerCluster};

use super::super::{Outcome, Target};
use super::*;
use crate::test_support::{READ, request};

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
