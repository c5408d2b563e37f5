use std::sync::Mutex;

use http::{Request, Response};
use kestra_core::{
    Body, BoxError, CallOptions, ClientEvent, Error, ErrorKind, Observer, RequestSent, Retry, Servers,
    TimeoutPhase,
};
use tokio::time::Instant;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use super::*;
use crate::test_support::{
    MOVED, Peers, READ, RECENT, Reply, START, UPDATE, fail, headers, request, request_with, status, version,
};
use crate::{AdaptiveConcurrencyLayer, RetryLayer, ServerLayer, TimeoutLayer};

const SECOND: Duration = Duration::from_secs(1);

fn urls() -> [&'static str; 2] {
    ["http://one/a", "http://two"]
}

async fn send(
    layer: &ServerLayer,
    peers: &Peers<2>,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Retry::standard()).random(|| 1.0))
        .layer(TimeoutLayer::attempt(SECOND * 60))
        .layer(layer.clone())
        .service(peers.clone());
    service.oneshot(request).await
}

fn refused() -> Reply {
    fail(ErrorKind::Connect, RequestSent::No)
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_moves_at_once() {
    for operation in [&READ, &UPDATE, &START] {
        for kind in [
            ErrorKind::Dns,
            ErrorKind::Connect,
            ErrorKind::Timeout(TimeoutPhase::Dns),
            ErrorKind::Timeout(TimeoutPhase::Connect),
            ErrorKind::Timeout(TimeoutPhase::Proxy),
            ErrorKind::Timeout(TimeoutPhase::Tls),
            ErrorKind::Proxy,
            ErrorKind::Tls,
            ErrorKind::Transport,
        ] {
            let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
            peers.of("one").add([fail(kind, RequestSent::No)]);
            let begun = Instant::now();
            send(&layer, &peers, request(operation)).await.unwrap();
            assert_eq!((peers.counts(), begun.elapsed()), ([1, 1], Duration::ZERO), "{kind:?}");
            assert!(peers.of("one").uris()[0].contains("http://one/a/api/v1/main/"));
            assert!(peers.of("two").uris()[0].contains("http://two/api/v1/main/"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_moves_unless_it_starts_work() {
    let unavailable = || Reply::Status(503, headers(&[("retry-after", "30")]));
    for operation in [&READ, &START] {
        for reply in [
            fail(ErrorKind::Transport, RequestSent::Maybe),
            fail(ErrorKind::Transport, RequestSent::Yes),
            status(502),
            status(503),
            unavailable(),
            status(504),
            Reply::Never,
        ] {
            let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
            peers.of("one").add([reply]);
            let begun = Instant::now();
            let _ = send(&layer, &peers, request(operation)).await;
            let moved = usize::from(operation.name == READ.name);
            assert_eq!(peers.counts(), [1, moved]);
            // A pause that the failed member wants is of no use.
            assert!(begun.elapsed() < SECOND || begun.elapsed() == SECOND * 60);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_failure_of_the_member_stays_there() {
    for (reply, count) in
        [(Reply::Status(429, headers(&[("retry-after", "7")])), 2), (status(500), 1), (status(404), 1)]
    {
        let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
        peers.of("one").add([reply]);
        let begun = Instant::now();
        let _ = send(&layer, &peers, request(&READ)).await;
        assert_eq!(peers.counts(), [count, 0]);
        assert_eq!(begun.elapsed() >= SECOND * 7, count == 2);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_and_wait_once_all_have_failed() {
    let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
    for host in ["one", "two"] {
        peers.of(host).add((0..10).map(|_| refused()));
    }
    let begun = Instant::now();
    let error = Error::from_boxed(send(&layer, &peers, request(&START)).await.unwrap_err());
    assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Connect, RequestSent::No));
    let [one, two] = peers.counts();
    assert_eq!((one + two, one), (3, 1), "the one that is out is not asked again");
    assert_eq!(begun.elapsed(), SECOND / 5, "one pause, before the third attempt");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_moves_without_tokens_to_a_member_that_works() {
    let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
    let retry = RetryLayer::new(Retry::standard().budget(0)).random(|| 1.0);
    let service = ServiceBuilder::new().layer(retry).layer(layer).service(peers.clone());
    let send = async |operation| service.clone().oneshot(request(operation)).await;
    peers.of("one").add([refused()]);
    assert!(send(&START).await.is_ok());
    assert_eq!(peers.counts(), [1, 1]);
    // What may have been sent costs tokens.
    peers.of("two").add([status(503)]);
    assert_eq!(send(&READ).await.unwrap().status(), 503);
    assert_eq!(peers.counts(), [1, 2]);
    // Nobody works any more: one request for each call.
    peers.of("two").add((0..10).map(|_| refused()));
    for _ in 0..10 {
        assert!(send(&READ).await.is_err());
    }
    assert_eq!(peers.counts(), [1, 12]);
}

#[tokio::test(start_paused = true)]
async fn a_request_gives_a_connection_up_soon_only_if_another_member_works() {
    let layer = ServerLayer::new(Servers::cluster(["http://one", "http://two", "http://three"]));
    let seen = std::sync::Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let unreachable = tower::service_fn(move |request: Request<Body>| {
        let has_other =
            crate::connect_to::connect_wait(&request, CallContext::of(&request)) == ConnectWait::Half;
        log.lock().unwrap().push((request.uri().host().unwrap_or_default().to_owned(), has_other));
        let error = Error::new(ErrorKind::Connect, "no response").with_request_sent(RequestSent::No);
        std::future::ready(Err::<Response<Body>, BoxError>(error.into()))
    });
    let retry = RetryLayer::new(Retry::standard()).random(|| 0.0);
    let service = ServiceBuilder::new().layer(retry).layer(layer).service(unreachable);
    for operation in [&MOVED, &READ] {
        // `MOVED` depends on the version, whose detection comes first.
        assert!(service.clone().oneshot(request(operation)).await.is_err());
        let hosts = std::mem::take(&mut *seen.lock().unwrap());
        let hosts: Vec<_> = hosts.iter().map(|(host, has_other)| (host.as_str(), *has_other)).collect();
        if operation.name == MOVED.name {
            assert_eq!(hosts, [("one", true), ("two", true), ("three", false)]);
        } else {
            assert_eq!(hosts[0], ("three", false), "the others are out");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_never_moves() {
    let layer = ServerLayer::new(Servers::cluster(urls()));
    let peers = Peers::new(["one", "two"]);
    peers.of("two").add([refused(), refused(), refused(), status(503), status(503), status(503)]);
    for _ in 0..2 {
        let asked = request_with(&READ, CallOptions::new().server_index(1));
        let _ = send(&layer, &peers, asked).await;
    }
    assert_eq!(peers.counts(), [0, 6]);
    let options = CallOptions::new().operation_server_index("FlowsAPIService.GetFlow", 1);
    send(&layer, &peers, request_with(&READ, options)).await.unwrap();
    assert_eq!(peers.counts(), [0, 7]);
    let asked = request_with(&READ, CallOptions::new().server_index(2));
    let error = Error::from_boxed(send(&layer, &peers, asked).await.unwrap_err());
    assert!(error.to_string().contains("out of range"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_operation_with_servers_of_its_own_and_an_absolute_url_go_where_they_say() {
    let servers = Servers::cluster(urls()).operation("FlowsAPIService.GetFlow", ["http://two/own"]);
    let (layer, peers) = (ServerLayer::new(servers), Peers::new(["one", "two"]));
    peers.of("two").add([status(503)]);
    send(&layer, &peers, request(&READ)).await.unwrap();
    assert_eq!(peers.counts(), [0, 2]);
    assert!(peers.of("two").uris()[0].starts_with("GET http://two/own/api"));
    let absolute = |uri: &str| Request::head(uri).body(Body::empty()).unwrap();
    send(&layer, &peers, absolute("http://two/x")).await.unwrap();
    send(&layer, &peers, absolute("http://one/x")).await.unwrap();
    assert_eq!(peers.counts(), [1, 3]);
    let error = Error::from_boxed(send(&layer, &peers, absolute("http://three/x")).await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(peers.counts(), [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_too_long_is_an_error_of_each_call() {
    let servers = (0..65).map(|_| "http://one");
    let (layer, peers) = (ServerLayer::new(Servers::cluster(servers)), Peers::new(["one", "two"]));
    for _ in 0..2 {
        let error = Error::from_boxed(send(&layer, &peers, request(&READ)).await.unwrap_err());
        assert!(error.to_string().contains("at most 64 members, this one has 65"), "{error}");
    }
    assert_eq!(peers.counts(), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_route_of_its_member() {
    let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
    peers.of("one").add([version("1.3.25"), status(502)]);
    peers.of("two").add([version("2.0.0")]);
    send(&layer, &peers, request(&MOVED)).await.unwrap();
    let last = |host: &str| peers.of(host).uris().last().unwrap().clone();
    assert_eq!(last("one"), "PUT http://one/a/api/v1/main/flows/private-id/old");
    assert_eq!(last("two"), "POST http://two/api/v1/main/flows/private-id/new");
    // Each is asked once.
    send(&layer, &peers, request(&MOVED)).await.unwrap();
    assert_eq!(peers.counts(), [3, 2]);

    // What one member lacks is an error of the call that goes there, and nothing else.
    let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
    peers.of("one").add([version("1.0.0")]);
    let error = Error::from_boxed(send(&layer, &peers, request(&RECENT)).await.unwrap_err());
    assert_eq!((error.kind(), peers.counts()), (ErrorKind::Unsupported, [1, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_cannot_be_detected_moves_also_what_starts_work() {
    for reply in [refused(), status(503), Reply::Never] {
        let (layer, peers) = (ServerLayer::new(Servers::cluster(urls())), Peers::new(["one", "two"]));
        peers.of("one").add([reply]);
        peers.of("two").add([version("2.0.0")]);
        let asked = request_with(&MOVED, CallOptions::new().idempotent(false));
        send(&layer, &peers, asked).await.unwrap();
        assert_eq!(peers.counts(), [1, 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_chain_go_to_one_member() {
    let layer = ServerLayer::new(Servers::cluster(urls()).round_robin());
    let peers = Peers::new(["one", "two"]);
    for chain in 0..2 {
        let options = CallOptions::new().affinity();
        for _ in 0..3 {
            send(&layer, &peers, request_with(&READ, options.clone())).await.unwrap();
        }
        assert_eq!(peers.counts(), [3, 3 * chain]);
    }
    // It follows a call that had to move.
    let options = CallOptions::new().affinity();
    peers.of("one").add([refused()]);
    for _ in 0..3 {
        send(&layer, &peers, request_with(&READ, options.clone())).await.unwrap();
    }
    assert_eq!(peers.counts(), [4, 6]);
}

#[tokio::test(start_paused = true)]
async fn timeouts_count_as_failures_and_dropped_calls_do_not() {
    let layer = ServerLayer::new(Servers::cluster(urls()));
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add((0..9).map(|_| Reply::Never));
    for _ in 0..5 {
        let sent = send(&layer, &peers, request(&READ));
        assert!(tokio::time::timeout(SECOND, sent).await.is_err());
    }
    assert_eq!(peers.counts(), [5, 0]);
    // The third attempt timeout in a row is the last one for now.
    for _ in 0..4 {
        send(&layer, &peers, request(&READ)).await.unwrap();
    }
    assert_eq!(peers.counts(), [8, 4]);

    // A call that ends before its attempt does is a failure as well, else a server that hangs would never be left out.
    let layer = ServerLayer::new(Servers::cluster(urls()));
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add((0..9).map(|_| Reply::Never));
    for count in [1, 2, 3, 3] {
        let whole = TimeoutLayer::total(SECOND).layer(layer.layer(peers.clone()));
        let _ = whole.oneshot(request(&START)).await;
        assert_eq!(peers.counts()[0], count);
    }
    assert_eq!(peers.counts(), [3, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_which_the_member_is_innocent_does_not_count() {
    // The caller has no time for any server.
    let layer = ServerLayer::new(Servers::cluster(urls()));
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add((0..5).map(|_| Reply::Never));
    for _ in 0..5 {
        let hasty = TimeoutLayer::total(SECOND / 1000).layer(layer.layer(peers.clone()));
        assert!(hasty.oneshot(request(&READ)).await.is_err());
    }
    send(&layer, &peers, request(&READ)).await.unwrap();
    assert_eq!(peers.counts(), [6, 0]);

    // The requests wait for a place behind one of another call, and are never sent.
    let (layer, limit) = (ServerLayer::new(Servers::cluster(urls())), AdaptiveConcurrencyLayer::new());
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add([Reply::Never]);
    let service = layer.layer(limit.initial(1).bounds(1..=1).layer(peers.clone()));
    let parked = tokio::spawn(service.clone().oneshot(request(&READ)));
    tokio::task::yield_now().await;
    for attempts in [true, false] {
        let timeout =
            if attempts { TimeoutLayer::attempt(SECOND * 5) } else { TimeoutLayer::total(SECOND * 5) };
        for _ in 0..5 {
            let waiting = request(&READ);
            crate::test_support::context(&waiting).sent().track();
            assert!(timeout.layer(service.clone()).oneshot(waiting).await.is_err());
        }
    }
    assert_eq!(peers.counts(), [1, 0]);
    parked.abort();
    assert!(parked.await.is_err());
    send(&layer, &peers, request(&READ)).await.unwrap();
    assert_eq!(peers.counts(), [2, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_closes_without_a_response_gets_no_more_that_starts_work() {
    let layer = ServerLayer::new(Servers::cluster(urls()));
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add([fail(ErrorKind::Transport, RequestSent::Maybe)]);
    assert!(send(&layer, &peers, request(&START)).await.is_err());
    send(&layer, &peers, request(&START)).await.unwrap();
    assert_eq!(peers.counts(), [1, 1]);
    tokio::time::advance(SECOND / 10).await;
    send(&layer, &peers, request(&READ)).await.unwrap();
    send(&layer, &peers, request(&START)).await.unwrap();
    assert_eq!(peers.counts(), [3, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_observer_hears_what_is_left_out_and_comes_back_once_for_all_copies() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let observer = Observer::new(move |event| {
        told.lock().unwrap().push(match event {
            ClientEvent::ServerEjected { server, duration, .. } => {
                format!("out {}:{} {duration:?}", server.host, server.port)
            }
            ClientEvent::ServerReturned { server, .. } => format!("in {}:{}", server.host, server.port),
            other => format!("{other:?}"),
        });
    });
    let layer = ServerLayer::new(Servers::cluster(urls())).observe(observer);
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add([refused(), refused()]);
    for _ in 0..3 {
        send(&layer.clone(), &peers, request(&READ)).await.unwrap();
    }
    assert_eq!(peers.counts(), [1, 3]);
    for wait in [5, 10] {
        tokio::time::advance(SECOND * wait).await;
        send(&layer, &peers, request(&READ)).await.unwrap();
    }
    assert_eq!(*heard.lock().unwrap(), ["out one:80 5s", "in one:80"]);
    assert_eq!(peers.counts(), [3, 4]);
}

#[tokio::test(start_paused = true)]
async fn two_attempts_of_one_call_go_to_two_members() {
    let layer = ServerLayer::new(Servers::cluster(urls()));
    let peers = Peers::new(["one", "two"]);
    peers.of("one").add([Reply::After(SECOND, Box::new(status(200)))]);
    let asked = request(&READ);
    let mut copy = Request::get(asked.uri().clone()).body(Body::empty()).unwrap();
    copy.extensions_mut().insert(crate::test_support::context(&asked));
    let service = layer.layer(peers.clone());
    let (first, second) = tokio::join!(service.clone().oneshot(asked), service.clone().oneshot(copy));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(peers.counts(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_404_right_after_a_move_is_looked_at_again_by_reads() {
    let urls = ["http://one", "http://two", "http://three"];
    let send = async |layer: &ServerLayer, peers: &Peers<3>, asked| {
        let service = RetryLayer::new(Retry::standard()).layer(layer.layer(peers.clone()));
        service.oneshot(asked).await.unwrap().status().as_u16()
    };
    for (replies, status_code, counts) in [
        // The member is behind, and the third one isn't.
        (vec![], 200, [1, 1, 1]),
        // None has it.
        (vec![status(404)], 404, [1, 1, 1]),
    ] {
        let (layer, peers) = (ServerLayer::new(Servers::cluster(urls)), Peers::new(["one", "two", "three"]));
        peers.of("one").add([refused()]);
        peers.of("two").add([status(404)]);
        peers.of("three").add(replies);
        assert_eq!(send(&layer, &peers, request(&READ)).await, status_code);
        assert_eq!(peers.counts(), counts);
    }
    // What is deleted may be missing as the first attempt has deleted it.
    let (layer, peers) = (ServerLayer::new(Servers::cluster(urls)), Peers::new(["one", "two", "three"]));
    peers.of("one").add([fail(ErrorKind::Transport, RequestSent::Maybe)]);
    peers.of("two").add([status(404)]);
    assert_eq!(send(&layer, &peers, request(&UPDATE)).await, 404);
    assert_eq!(peers.counts(), [1, 1, 0]);
    // Nothing has moved for a while.
    tokio::time::advance(SECOND * 5).await;
    peers.of("one").add([status(404)]);
    assert_eq!(send(&layer, &peers, request(&READ)).await, 404);
    assert_eq!(peers.counts(), [2, 1, 0]);
}

#[test]
fn debug_shows_no_secrets() {
    let servers = Servers::from(Servers::cluster(["http://user:hush@one", "http://two"]));
    let layer = ServerLayer::new(servers.clone());
    let text = format!("{servers:?} {layer:?}");
    assert!(!text.contains("hush"), "{text}");
}
