use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{
    Body, BoxError, CallContext, CallOptions, ClientEvent, Error, ErrorKind, Observer, RequestSent,
};
use tokio::time::{Instant, sleep, timeout};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{HedgeLayer, HedgeService};
use crate::test_support::{
    Peer, READ, Reply, START, UPDATE, after, context, fail, request, request_with, status,
};

const SLOW: Duration = Duration::from_secs(1);
const USUAL: Duration = Duration::from_millis(30);

/// A service that has seen this many responses in the usual time.
async fn experienced(peer: &Peer, layer: HedgeLayer, calls: usize) -> HedgeService<Peer> {
    peer.add((0..calls).map(|_| after(USUAL, status(200))));
    let service = layer.layer(peer.clone());
    for _ in 0..calls {
        service.clone().oneshot(request(&READ)).await.unwrap();
    }
    service
}

/// The status, the time, and how many requests were sent.
async fn send(peer: &Peer, service: &HedgeService<Peer>, request: Request<Body>) -> (u16, Duration, usize) {
    let (begun, sent) = (Instant::now(), peer.count());
    let response = service.clone().oneshot(request).await.unwrap();
    (response.status().as_u16(), begun.elapsed(), peer.count() - sent)
}

#[tokio::test(start_paused = true)]
async fn a_late_read_is_sent_once_more_and_the_first_response_counts() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new(), 40).await;
    peer.add([after(SLOW, status(200)), after(USUAL, status(404))]);
    let late = request(&READ);
    let context = context(&late);
    let (status, took, sent) = send(&peer, &service, late).await;
    assert_eq!((status, sent, context.attempts()), (404, 2, 1), "only RetryLayer counts the first");
    assert!(took > USUAL * 2 && took < USUAL * 3, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_twice_before_the_latency_is_known() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new(), 29).await;
    peer.add([after(SLOW, status(200))]);
    assert_eq!(send(&peer, &service, request(&READ)).await, (200, SLOW, 1));
}

#[tokio::test(start_paused = true)]
async fn only_what_reads_is_sent_twice() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new(), 40).await;
    let bare = Request::get("/api/v1/main/flows/search").body(Body::empty()).unwrap();
    let not_idempotent = request_with(&READ, CallOptions::new().idempotent(false));
    let idempotent_start = request_with(&START, CallOptions::new().idempotent(true));
    for request in [request(&UPDATE), request(&START), idempotent_start, not_idempotent, bare] {
        peer.add([after(SLOW, status(200))]);
        assert_eq!(send(&peer, &service, request).await, (200, SLOW, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_twenty_calls_is_sent_twice_at_most() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new(), 40).await;
    let mut hedged = 0;
    for _ in 0..200 {
        peer.add([after(Duration::from_millis(50), status(200))]);
        // A second request gets the next reply, so that it is late as well.
        peer.add([after(Duration::from_millis(50), status(200))]);
        let before = peer.count();
        service.clone().oneshot(request(&READ)).await.unwrap();
        hedged += peer.count() - before - 1;
    }
    assert!((1..=10).contains(&hedged), "{hedged}");

    let none = experienced(&peer, HedgeLayer::new().budget(0.0), 40).await;
    peer.add([after(SLOW, status(200))]);
    assert_eq!(send(&peer, &none, request(&READ)).await.2, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_respond_gets_one_request_more() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new(), 100).await;
    let sent = peer.count();
    peer.add((0..100).map(|_| Reply::Never));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        calls.spawn(timeout(SLOW, service.clone().oneshot(request(&READ))));
    }
    assert!(calls.join_all().await.iter().all(Result::is_err));
    assert_eq!(peer.count() - sent, 51);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_overloaded_gets_no_second_request() {
    for refusal in [429, 503] {
        let peer = Peer::default();
        let service = experienced(&peer, HedgeLayer::new(), 100).await;
        peer.add([status(refusal), after(SLOW, status(200))]);
        // Any call may find that out.
        assert_eq!(send(&peer, &service, request(&START)).await.0, refusal);
        assert_eq!(send(&peer, &service, request(&READ)).await, (200, SLOW, 1));
        tokio::time::sleep(Duration::from_secs(10)).await;
        peer.add([after(SLOW, status(200))]);
        assert_eq!(send(&peer, &service, request(&READ)).await.2, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_waits_for_the_other_request() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new(), 100).await;
    peer.add([after(SLOW, status(200)), status(500)]);
    assert_eq!(send(&peer, &service, request(&READ)).await, (200, SLOW, 2));

    let service = experienced(&peer, HedgeLayer::new(), 100).await;
    peer.add([after(SLOW, status(502)), after(SLOW - USUAL / 2, status(200))]);
    let (code, took, sent) = send(&peer, &service, request(&READ)).await;
    assert_eq!((code, sent), (200, 2));
    assert!(took > SLOW && took < SLOW + USUAL * 2, "{took:?}");

    let service = experienced(&peer, HedgeLayer::new(), 100).await;
    peer.add([after(SLOW, status(502)), status(500)]);
    assert_eq!(send(&peer, &service, request(&READ)).await, (502, SLOW, 2));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_held_back_by_a_second_request_that_hangs() {
    for (first, code) in [(status(502), Some(502)), (fail(ErrorKind::Transport, RequestSent::Maybe), None)] {
        let peer = Peer::default();
        let service = experienced(&peer, HedgeLayer::new(), 100).await;
        peer.add([after(SLOW, first), Reply::Never]);
        let begun = Instant::now();
        let result = timeout(SLOW * 60, service.oneshot(request(&READ))).await.unwrap();
        assert_eq!(result.ok().map(|response| response.status().as_u16()), code);
        assert!(begun.elapsed() > SLOW && begun.elapsed() < SLOW + USUAL * 2, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn fast_operations_wait_for_the_least_delay() {
    let peer = Peer::default();
    let service = experienced(&peer, HedgeLayer::new().least_delay(SLOW), 40).await;
    peer.add([after(SLOW / 2, status(200))]);
    assert_eq!(send(&peer, &service, request(&READ)).await, (200, SLOW / 2, 1));
}

/// What an observer was told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn observer(&self) -> Observer {
        let told = self.0.clone();
        Observer::new(move |event| {
            told.lock().unwrap().push(match event {
                ClientEvent::HedgeSent { operation, waited } => format!("{} {waited:?}", operation.name),
                ClientEvent::HedgeEnded { winner, .. } => format!("{winner:?}"),
                ClientEvent::HedgeBudgetExhausted { operation } => format!("{} exhausted", operation.name),
                other => panic!("{other:?}"),
            });
        })
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_learns_of_second_requests_and_of_their_end() {
    let (peer, told) = (Peer::default(), Told::default());
    let layer = HedgeLayer::new().least_delay(USUAL * 2).observe(told.observer());
    let service = experienced(&peer, layer, 40).await;
    let again = async || {
        peer.add((0..20).map(|_| status(200)));
        for _ in 0..20 {
            service.clone().oneshot(request(&READ)).await.unwrap();
        }
    };
    assert!(told.take().is_empty(), "in time");
    let (late, soon) = (|| after(SLOW, status(200)), || after(USUAL, status(200)));
    for (first, second, winner) in [
        (late(), soon(), "Second"),
        (after(USUAL * 3, status(200)), late(), "First"),
        (late(), status(500), "First"),
        (after(SLOW, status(502)), status(500), "Neither"),
        (after(SLOW, status(502)), Reply::Never, "Neither"),
    ] {
        peer.add([first, second]);
        service.clone().oneshot(request(&READ)).await.unwrap();
        assert_eq!(told.take(), ["get_flow 60ms", winner]);
        again().await;
    }
    peer.add([Reply::Never, Reply::Never]);
    assert!(timeout(SLOW, service.clone().oneshot(request(&READ))).await.is_err());
    assert_eq!(told.take(), ["get_flow 60ms", "Cancelled"]);
    peer.add([late()]);
    service.clone().oneshot(request(&READ)).await.unwrap();
    assert_eq!(told.take(), ["get_flow exhausted"]);
    // The server says that it is overloaded, so nothing would be sent however large the budget is.
    again().await;
    peer.add([status(503), late()]);
    for _ in 0..2 {
        service.clone().oneshot(request(&READ)).await.unwrap();
    }
    assert!(told.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_one_request_is_not_taken_for_the_other() {
    let peer = Peer::default();
    let layer = HedgeLayer::new();
    experienced(&peer, layer.clone(), 40).await;
    // Each attempt goes as at our transport: the first ends before a byte is written, the second after that.
    let service = layer.layer(service_fn(|request: Request<Body>| async move {
        let context = CallContext::of(&request).unwrap().clone();
        let is_second = context.attempts() == 1;
        let (before, departed) = (context.sent().get(), context.departures());
        assert_eq!(departed, 0, "neither waits for the departure of the other");
        context.sent().track();
        if is_second {
            assert!(!context.is_detecting_version());
            context.depart();
            context.sent().raise(RequestSent::Maybe);
            sleep(SLOW * 2).await;
        } else {
            context.set_detecting_version(true);
            sleep(SLOW).await;
            assert_eq!(context.departures(), 0);
            context.sent().withdraw(before);
        }
        let error = Error::new(ErrorKind::Connect, "refused").with_request_sent(context.sent().get());
        Err::<Response<Body>, BoxError>(error.into())
    }));
    let request = request(&READ);
    let context = context(&request);
    let error = Error::from_boxed(service.oneshot(request).await.unwrap_err());
    // The first was not sent, and yet the server may have seen a request of the call.
    assert_eq!((error.request_sent(), context.request_sent()), (RequestSent::No, RequestSent::Maybe));
    assert_eq!(context.known_request_sent(), RequestSent::Maybe);
}
