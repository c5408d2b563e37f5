use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{Body, BoxError, Error, ErrorKind, OperationInfo, Replay, Route, Traffic, Versions};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tower::load_shed::error::Overloaded;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use super::AdaptiveConcurrencyLayer;
use crate::test_support::{MOVED, READ, START, UPDATE, request};

static EVENTS: OperationInfo = OperationInfo::new(
    "follow_execution",
    "executions",
    &[Route::get("/api/v1/{tenant}/executions/{id}/follow", Versions::ALL)],
)
.path_parameters(&["id"])
.traffic(Traffic::Follow)
.replay(Replay::Safe);

const USUAL: Duration = Duration::from_millis(10);

/// A server that keeps up with so many requests at once, and takes longer the more there are over that.
#[derive(Clone)]
struct Server {
    capacity: usize,
    status: u16,
    time: Duration,
    at_once: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Server {
    fn new(capacity: usize) -> Self {
        Self { capacity, status: 200, time: USUAL, at_once: Arc::default(), most: Arc::default() }
    }

    async fn respond(self) -> Result<Response<Body>, BoxError> {
        struct Leaving(Arc<AtomicUsize>);
        impl Drop for Leaving {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
        let _leaving = Leaving(Arc::clone(&self.at_once));
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(self.time * now.div_ceil(self.capacity) as u32).await;
        Ok(Response::builder().status(self.status).body(Body::empty())?)
    }

    fn service(
        self,
    ) -> impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + 'static {
        service_fn(move |_: Request<Body>| self.clone().respond())
    }
}

/// Sends requests by so many workers, and returns the limit at the end.
async fn load(layer: &AdaptiveConcurrencyLayer, server: &Server, workers: usize, each: usize) -> usize {
    load_of(&READ, layer, server, workers, each).await
}

async fn load_of(
    operation: &'static OperationInfo,
    layer: &AdaptiveConcurrencyLayer,
    server: &Server,
    workers: usize,
    each: usize,
) -> usize {
    let service = layer.layer(server.clone().service());
    let mut running = JoinSet::new();
    for _ in 0..workers {
        let service = service.clone();
        running.spawn(async move {
            for _ in 0..each {
                let _ = service.clone().oneshot(request(operation)).await;
            }
        });
    }
    running.join_all().await;
    layer.limit()
}

#[tokio::test(start_paused = true)]
async fn the_limit_grows_while_the_server_keeps_up_and_shrinks_when_it_does_not() {
    let layer = AdaptiveConcurrencyLayer::new();
    let grown = load(&layer, &Server::new(1000), 200, 100).await;
    assert!(grown > 30, "{grown}");
    let slow = Server::new(8);
    load(&layer, &slow, 200, 40).await;
    // A long overload doesn't become usual.
    for _ in 0..8 {
        let shrunk = load(&layer, &slow, 200, 40).await;
        assert!(shrunk < 30, "{shrunk}");
    }
    // A server that has become slower for good does.
    let slower = Server { time: USUAL * 20, ..Server::new(1000) };
    let grown = load(&layer, &slower, 200, 100).await;
    assert!(grown > 30, "{grown}");
}

#[tokio::test(start_paused = true)]
async fn operations_that_take_longer_by_nature_do_not_shrink_it() {
    let layer = AdaptiveConcurrencyLayer::new();
    let fast = Server { time: USUAL / 2, ..Server::new(1000) };
    let slow = Server { time: USUAL * 4, ..Server::new(1000) };
    let mut limit = 16;
    for _ in 0..30 {
        for (operation, server) in [(&READ, &fast), (&UPDATE, &slow)] {
            let grown = load_of(operation, &layer, server, 32, 3).await;
            assert!(grown >= limit, "{limit} to {grown}");
            limit = grown;
        }
    }
    assert!(limit >= 31, "{limit}");
    // Both are too much for this one.
    let busy = Server { time: USUAL * 4, ..Server::new(8) };
    load_of(&READ, &layer, &busy, 200, 40).await;
    let shrunk = load_of(&UPDATE, &layer, &busy, 200, 40).await;
    assert!(shrunk < 30, "{shrunk}");
}

#[tokio::test(start_paused = true)]
async fn failures_shrink_it_to_its_bound_and_few_requests_leave_it() {
    let layer = AdaptiveConcurrencyLayer::new().bounds(4..=100);
    assert_eq!(load(&layer, &Server::new(1000), 4, 100).await, 16);
    let failing = Server { status: 503, ..Server::new(1000) };
    assert_eq!(load(&layer, &failing, 50, 20).await, 4);
    failing.most.store(0, Ordering::Relaxed);
    load(&layer, &failing, 50, 20).await;
    assert_eq!(failing.most.load(Ordering::Relaxed), 4, "places that were taken are gone as well");
    let bounded = AdaptiveConcurrencyLayer::new().bounds(1..=18);
    assert_eq!(load(&bounded, &Server::new(1000), 200, 100).await, 18);
}

#[tokio::test(start_paused = true)]
async fn requests_wait_in_order_and_a_timeout_ends_the_wait() {
    let layer = AdaptiveConcurrencyLayer::new().initial(1).bounds(1..=1);
    let service = layer.layer(Server::new(1).service());
    let begun = Instant::now();
    let mut waiting = JoinSet::new();
    for number in 0..5_u32 {
        let sending = timeout(USUAL * 7 / 2, service.clone().oneshot(request(&READ)));
        waiting.spawn(async move {
            let is_in_time = sending.await.is_ok();
            (number, is_in_time, begun.elapsed())
        });
        tokio::task::yield_now().await;
    }
    let mut ends = waiting.join_all().await;
    ends.sort_unstable();
    for (number, is_in_time, took) in ends {
        assert_eq!(is_in_time, number < 3, "{number}");
        let expected = if is_in_time { USUAL * (number + 1) } else { USUAL * 7 / 2 };
        assert_eq!(took, expected, "{number}");
    }
    // Those that were dropped left no place taken.
    assert!(timeout(USUAL * 2, service.oneshot(request(&READ))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_server_has_a_limit() {
    let layer = AdaptiveConcurrencyLayer::new().initial(1).bounds(1..=10).shed();
    let service = layer.layer(Server::new(10).service());
    let to = |url: &str| service.clone().oneshot(Request::get(url).body(Body::empty()).unwrap());
    let first = tokio::spawn(to("http://first.test/"));
    tokio::task::yield_now().await;
    assert!(to("http://first.test/").await.is_err());
    assert!(to("http://second.test/").await.is_ok());
    assert!(first.await.unwrap().is_ok());
    assert_eq!(layer.limit(), 2);
}

#[tokio::test(start_paused = true)]
async fn servers_without_requests_are_forgotten_and_others_are_not() {
    let layer = AdaptiveConcurrencyLayer::new().initial(1).bounds(1..=1).shed();
    let service = layer.layer(Server { time: USUAL * 1000, ..Server::new(10) }.service());
    let quick = layer.layer(Server::new(10).service());
    let request = |url: &str| Request::get(url).body(Body::empty()).unwrap();
    let busy = tokio::spawn(service.clone().oneshot(request("http://busy.test/")));
    tokio::task::yield_now().await;
    for number in 0..500 {
        quick.clone().oneshot(request(&format!("http://server-{number}.test/"))).await.unwrap();
    }
    assert_eq!(layer.limit(), 101, "one each");
    let shed = quick.clone().oneshot(request("http://busy.test/")).await.unwrap_err();
    assert!(shed.is::<Overloaded>(), "its limit is still that of the request in flight");
    assert!(busy.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_detection_of_the_version_neither_waits_nor_counts() {
    let layer = AdaptiveConcurrencyLayer::new().initial(1).bounds(1..=1).shed();
    // A slow detection, and fast requests.
    let peer = service_fn(|request: Request<Body>| async move {
        let is_detection = request.uri().path().ends_with("/configs");
        sleep(if is_detection { USUAL * 100 } else { USUAL }).await;
        let body = if is_detection { r#"{"version":"2.0.0"}"# } else { "" };
        Ok::<_, BoxError>(Response::new(Body::from(body)))
    });
    let limited = layer.layer(peer);
    let service = crate::ServerLayer::new("http://one.test").layer(limited.clone());
    let detecting = tokio::spawn(service.clone().oneshot(request(&MOVED)));
    tokio::task::yield_now().await;
    // There is a place during the detection, which had none to wait for either.
    assert!(service.clone().oneshot(request(&READ)).await.is_ok());
    let plain = || Request::get("http://one.test/").body(Body::empty()).unwrap();
    let busy = tokio::spawn(limited.clone().oneshot(plain()));
    tokio::task::yield_now().await;
    assert!(limited.oneshot(plain()).await.unwrap_err().is::<Overloaded>());
    assert!(busy.await.unwrap().is_ok());
    assert!(detecting.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn requests_are_shed_by_choice_and_streams_need_no_place() {
    let layer = AdaptiveConcurrencyLayer::new().initial(1).bounds(1..=10).shed();
    let service = layer.layer(Server::new(10).service());
    let first = tokio::spawn(service.clone().oneshot(request(&READ)));
    tokio::task::yield_now().await;
    let shed = service.clone().oneshot(request(&START)).await.unwrap_err();
    assert!(shed.is::<Overloaded>(), "{shed}");
    assert!(service.clone().oneshot(request(&EVENTS)).await.is_ok());
    assert!(first.await.unwrap().is_ok());
    assert!(service.oneshot(request(&START)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_for_a_server_that_cannot_be_reached_do_not_try_one_after_the_other() {
    let layer = AdaptiveConcurrencyLayer::new().initial(1).bounds(1..=1);
    let unreachable = service_fn(|_: Request<Body>| async {
        sleep(USUAL).await;
        Err::<Response<Body>, _>(BoxError::from(Error::new(ErrorKind::Connect, "refused")))
    });
    let service = layer.layer(unreachable);
    let begun = Instant::now();
    let mut waiting = JoinSet::new();
    (0..50).for_each(|_| drop(waiting.spawn(service.clone().oneshot(request(&START)))));
    for result in waiting.join_all().await {
        let error = Error::from_boxed(result.unwrap_err());
        assert!(error.is_connect(), "{error}");
    }
    assert_eq!(begun.elapsed(), USUAL);
}
