use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, StatusCode};
use kestra_core::{
    Body, BoxError, CallOptions, Error, ErrorKind, OperationInfo, RequestSent, Retry, TimeoutPhase, Verdict,
};
use tokio::time::Instant;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use super::RetryLayer;
use crate::TimeoutLayer;
use crate::test_support::{
    Peer, READ, Reply, START, UPDATE, after, context, fail, headers, request, request_with, status,
};

const SECOND: Duration = Duration::from_secs(1);

/// How many requests a peer gets that does this once and then answers 200.
async fn attempts(operation: &'static OperationInfo, policy: Retry, reply: Reply) -> usize {
    let peer = Peer::new([reply]);
    let _ = RetryLayer::new(policy).layer(peer.clone()).oneshot(request(operation)).await;
    peer.count()
}

#[tokio::test(start_paused = true)]
async fn statuses_are_repeated_by_class() {
    for (code, read, start) in [
        (200, 1, 1),
        (400, 1, 1),
        (401, 1, 1),
        (404, 1, 1),
        (408, 2, 1),
        (425, 2, 1),
        (429, 2, 2),
        (500, 1, 1),
        (502, 2, 1),
        (503, 2, 1),
        (504, 2, 1),
    ] {
        assert_eq!(attempts(&READ, Retry::standard(), status(code)).await, read, "safe, {code}");
        assert_eq!(attempts(&UPDATE, Retry::standard(), status(code)).await, read, "idempotent, {code}");
        assert_eq!(attempts(&START, Retry::standard(), status(code)).await, start, "starts work, {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_are_repeated_by_class() {
    use ErrorKind::{Auth, Connect, Decode, Proxy, Service, Timeout, Tls, Transport};
    use RequestSent::{Maybe, No, Yes};
    for (kind, sent, read, start) in [
        (Connect, No, 2, 2),
        (Proxy, No, 2, 2),
        (Timeout(TimeoutPhase::Connect), No, 2, 2),
        (Timeout(TimeoutPhase::VersionProbe), No, 2, 2),
        (Transport, No, 2, 2),
        (Transport, Maybe, 2, 1),
        (Transport, Yes, 2, 1),
        (Timeout(TimeoutPhase::Attempt), Maybe, 2, 1),
        (Timeout(TimeoutPhase::Attempt), No, 2, 2),
        (Timeout(TimeoutPhase::Total), Maybe, 1, 1),
        (Tls, No, 1, 1),
        (Auth, No, 1, 1),
        (Decode, Yes, 1, 1),
        (Service, Maybe, 1, 1),
        (ErrorKind::Build, No, 1, 1),
        (ErrorKind::Unsupported, No, 1, 1),
        (ErrorKind::Refused, No, 1, 1),
        (ErrorKind::Server, No, 1, 1),
    ] {
        assert_eq!(
            attempts(&READ, Retry::standard(), fail(kind, sent)).await,
            read,
            "safe, {kind:?} {sent:?}"
        );
        assert_eq!(
            attempts(&START, Retry::standard(), fail(kind, sent)).await,
            start,
            "work, {kind:?} {sent:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_may_hang_the_server_is_not_repeated_after_an_attempt_timeout() {
    let timeout = |sent| fail(ErrorKind::Timeout(TimeoutPhase::Attempt), sent);
    assert_eq!(attempts(&UPDATE, Retry::standard(), timeout(RequestSent::Maybe)).await, 1);
    assert_eq!(attempts(&UPDATE, Retry::standard(), timeout(RequestSent::No)).await, 2);
    let broken = fail(ErrorKind::Transport, RequestSent::Maybe);
    assert_eq!(attempts(&UPDATE, Retry::standard(), broken).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_503_with_retry_after_is_opt_in_for_what_starts_work() {
    let unavailable = || Reply::Status(503, headers(&[("retry-after", "1")]));
    assert_eq!(attempts(&START, Retry::standard(), unavailable()).await, 1);
    assert_eq!(attempts(&START, Retry::standard().starts_work_after_503(), unavailable()).await, 2);
    assert_eq!(attempts(&START, Retry::standard().starts_work_after_503(), status(503)).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_says_whether_it_is_idempotent_and_brings_its_own_policy() {
    for (options, expected) in [
        (CallOptions::new().idempotent(true), 2),
        (CallOptions::new(), 1),
        (CallOptions::new().idempotent(true).retry(Retry::none()), 1),
    ] {
        let peer = Peer::new([status(502)]);
        let _ = RetryLayer::new(Retry::standard())
            .layer(peer.clone())
            .oneshot(request_with(&START, options))
            .await;
        assert_eq!(peer.count(), expected);
    }
    let peer = Peer::new([status(502), status(502), status(502), status(502)]);
    let own = CallOptions::new().retry(Retry::standard().max_attempts(5));
    let response = RetryLayer::new(Retry::none()).layer(peer.clone()).oneshot(request_with(&READ, own)).await;
    assert_eq!((response.unwrap().status(), peer.count()), (StatusCode::OK, 5));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_context_counts_as_work_unless_its_method_is_harmless() {
    for (method, expected) in [("GET", 1), ("POST", 1), ("HEAD", 2), ("OPTIONS", 2)] {
        let peer = Peer::new([status(502)]);
        let request = Request::builder().method(method).uri("/x").body(Body::empty()).unwrap();
        let _ = RetryLayer::new(Retry::standard()).layer(peer.clone()).oneshot(request).await;
        assert_eq!(peer.count(), expected, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_and_the_last_error_come_back_and_attempts_are_counted() {
    let peer = Peer::new([status(503), status(502), status(504), status(200)]);
    let asked = request(&READ);
    let context = context(&asked);
    let response = RetryLayer::new(Retry::standard()).layer(peer.clone()).oneshot(asked).await.unwrap();
    assert_eq!((response.status().as_u16(), peer.count(), context.attempts()), (504, 3, 3));

    let peer =
        Peer::new([status(503), fail(ErrorKind::Connect, RequestSent::No), Reply::Fail("mine".into())]);
    let error = RetryLayer::new(Retry::standard()).layer(peer).oneshot(request(&READ)).await.unwrap_err();
    assert_eq!(error.to_string(), "mine", "an error of somebody else stays what it is");
}

#[tokio::test(start_paused = true)]
async fn the_same_request_is_sent_again() {
    let peer = Peer::new([status(429), status(429)]);
    let mut asked = request(&START);
    *asked.body_mut() = Body::from("body");
    asked.headers_mut().insert("x-own", "1".parse().unwrap());
    asked.extensions_mut().insert("another extension");
    RetryLayer::new(Retry::standard()).layer(peer.clone()).oneshot(asked).await.unwrap();
    let seen = peer.seen();
    assert_eq!(seen.len(), 3);
    for again in &seen {
        assert_eq!(
            (&again.method, &again.uri, &again.headers),
            (&seen[0].method, &seen[0].uri, &seen[0].headers)
        );
        assert_eq!(again.body, b"body");
        assert!(again.has_context && again.headers.contains_key("x-own"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_sent_once_is_sent_once() {
    let peer = Peer::new([fail(ErrorKind::Connect, RequestSent::No)]);
    let mut asked = request(&READ);
    *asked.body_mut() = Body::new(http_body_util::Full::new(bytes::Bytes::from_static(b"once")));
    let error = RetryLayer::new(Retry::standard()).layer(peer.clone()).oneshot(asked).await.unwrap_err();
    assert_eq!(peer.count(), 1);
    let error = Error::from_boxed(error);
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("the body can be sent only once"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn errors_of_other_people_s_layers_are_understood() {
    let reset = || BoxError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    assert_eq!(attempts(&READ, Retry::standard(), Reply::Fail(reset())).await, 2);
    assert_eq!(attempts(&START, Retry::standard(), Reply::Fail(reset())).await, 1);
    let wrapped = Error::with_source(ErrorKind::Service, reset());
    assert_eq!(attempts(&READ, Retry::standard(), Reply::Fail(Box::new(Opaque(wrapped)))).await, 2);

    let peer = Peer::new([Reply::Never]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Retry::standard()))
        .layer(tower::timeout::TimeoutLayer::new(SECOND))
        .service(peer.clone());
    assert!(service.oneshot(request(&READ)).await.is_ok());
    assert_eq!(peer.count(), 2);
}

#[derive(Debug)]
struct Opaque(Error);

impl std::fmt::Display for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("opaque")
    }
}

impl std::error::Error for Opaque {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The waits between the attempts of a peer.
fn waits(peer: &Peer) -> Vec<Duration> {
    peer.seen().windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

#[tokio::test(start_paused = true)]
async fn waits_double_up_to_the_cap_with_full_jitter() {
    let policy = Retry::standard().max_attempts(5).backoff(SECOND, SECOND * 4);
    for (random, expected) in [(1.0, [1000, 2000, 4000, 4000]), (0.5, [500, 1000, 2000, 2000]), (0.0, [0; 4])]
    {
        let peer = Peer::new((0..4).map(|_| status(502)));
        let layer = RetryLayer::new(policy.clone()).random(move || random);
        layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
        // Tokio's timer has a resolution of a millisecond.
        let waits: Vec<_> = waits(&peer).iter().map(|wait| wait.as_millis() as u64).collect();
        for (wait, expected) in waits.iter().zip(expected) {
            assert!((expected..=expected + 1).contains(wait), "{waits:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_wait_differently() {
    let layer = RetryLayer::new(Retry::standard().backoff(SECOND * 10, SECOND * 10).no_budget());
    let waited = Arc::new(Mutex::new(std::collections::BTreeSet::new()));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let peer = Peer::new([status(502)]);
        let (service, waited) = (layer.layer(peer.clone()), Arc::clone(&waited));
        calls.spawn(async move {
            service.oneshot(request(&READ)).await.unwrap();
            waited.lock().unwrap().insert(waits(&peer)[0]);
        });
    }
    calls.join_all().await;
    let waited = waited.lock().unwrap();
    assert!(waited.len() > 80, "{} different waits", waited.len());
    assert!(waited.last().unwrap() > &(SECOND * 8) && waited.first().unwrap() < &(SECOND * 2));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_on_429_and_503_and_ends_the_call_beyond_the_cap() {
    let told = |status, value: &str| Reply::Status(status, headers(&[("retry-after", value)]));
    for (reply, wait) in [
        (told(429, "7"), Some(SECOND * 7)),
        (told(503, "60"), Some(SECOND * 60)),
        (told(502, "7"), Some(Duration::ZERO)),
        (told(503, "61"), None),
        (told(429, "99999999999999999999"), None),
    ] {
        let peer = Peer::new([reply]);
        let layer = RetryLayer::new(Retry::standard()).random(|| 0.0);
        layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
        let waited = waits(&peer).first().copied();
        match (waited, wait) {
            (Some(waited), Some(wait)) => {
                assert!(waited >= wait && waited < wait + SECOND, "{waited:?} {wait:?}")
            }
            (waited, wait) => assert_eq!(waited, wait),
        }
    }
    let date = headers(&[
        ("date", "Tue, 24 Nov 2026 08:00:00 GMT"),
        ("retry-after", "Tue, 24 Nov 2026 08:00:30 GMT"),
    ]);
    let peer = Peer::new([Reply::Status(503, date)]);
    RetryLayer::new(Retry::standard()).layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
    assert!(waits(&peer)[0] >= SECOND * 30 && waits(&peer)[0] < SECOND * 31);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_that_cannot_fit() {
    let peer = Peer::new([after(SECOND, Reply::Status(503, headers(&[("retry-after", "10")])))]);
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::total(SECOND * 5))
        .layer(RetryLayer::new(Retry::standard()))
        .service(peer.clone());
    let since = Instant::now();
    let response = service.oneshot(request(&READ)).await.unwrap();
    assert_eq!((response.status().as_u16(), peer.count()), (503, 1));
    assert!(since.elapsed() < SECOND * 2, "the answer comes at once");
}

#[tokio::test(start_paused = true)]
async fn the_budget_stops_a_thousand_failing_calls_and_fills_again() {
    let sent = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&sent);
    let down = tower::service_fn(move |_: Request<Body>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Err::<http::Response<Body>, _>(Error::new(ErrorKind::Connect, "down")) }
    });
    let layer = RetryLayer::new(Retry::standard());
    let service = layer.layer(down);
    let mut last = None;
    for _ in 0..1000 {
        last = service.clone().oneshot(request(&READ)).await.err();
    }
    // 500 tokens pay for 35 retries at 14 each.
    assert_eq!(sent.load(Ordering::Relaxed), 1000 + 35);
    let last = Error::from_boxed(last.unwrap());
    assert_eq!(last.kind(), ErrorKind::Connect);
    assert!(last.to_string().contains("budget"), "{last}");

    // Ten tokens are left; four calls that go well make a retry possible, which gives back what it took.
    let peer = Peer::default();
    let service = layer.layer(peer.clone());
    for _ in 0..4 {
        service.clone().oneshot(request(&READ)).await.unwrap();
    }
    for _ in 0..5 {
        peer.add([status(502)]);
        assert_eq!(service.clone().oneshot(request(&READ)).await.unwrap().status(), 200);
    }
    assert_eq!(peer.count(), 14);
}

#[tokio::test(start_paused = true)]
async fn patience_is_cheaper_and_no_budget_is_free() {
    let asked = |policy: Retry, code| async move {
        let peer = Peer::new((0..400).map(|_| status(code)));
        let service = RetryLayer::new(policy.max_attempts(2)).layer(peer.clone());
        for _ in 0..200 {
            service.clone().oneshot(request(&READ)).await.unwrap();
        }
        peer.count() - 200
    };
    assert_eq!(asked(Retry::standard().budget(50), 429).await, 10);
    assert_eq!(asked(Retry::standard().budget(50), 502).await, 3);
    assert_eq!(asked(Retry::standard().no_budget(), 502).await, 200);
}

#[tokio::test(start_paused = true)]
async fn classifiers_widen_and_narrow_but_never_start_work_twice() {
    let widen = || {
        Retry::standard().classify_fn("all", |attempt| match attempt.status() {
            Some(StatusCode::OK) => Verdict::NoOpinion,
            _ => Verdict::Retry,
        })
    };
    assert_eq!(attempts(&READ, widen(), status(500)).await, 2);
    assert_eq!(attempts(&START, widen(), status(500)).await, 1);
    assert_eq!(attempts(&START, widen(), fail(ErrorKind::Tls, RequestSent::No)).await, 2);
    let narrow = Retry::standard().classify_fn("none", |_| Verdict::Forbid);
    assert_eq!(attempts(&READ, narrow, status(429)).await, 1);

    let peer = Peer::new([status(502)]);
    let slower = Retry::standard().classify_fn("slower", |attempt| {
        assert_eq!(attempt.operation.map(|operation| operation.name), Some("get_flow"));
        match attempt.status() {
            Some(StatusCode::BAD_GATEWAY) => Verdict::RetryAfter(SECOND * 9),
            _ => Verdict::NoOpinion,
        }
    });
    RetryLayer::new(slower).layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
    assert!(waits(&peer)[0] >= SECOND * 9);
}

#[tokio::test(start_paused = true)]
async fn the_observer_hears_of_each_retry() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let policy = Retry::standard().on_retry(move |event| {
        told.lock().unwrap().push((event.attempt.number, event.attempt.status(), event.wait));
    });
    let layer = RetryLayer::new(policy).random(|| 1.0);
    layer.layer(Peer::new([status(502), status(502), status(502)])).oneshot(request(&READ)).await.unwrap();
    let bad_gateway = Some(StatusCode::BAD_GATEWAY);
    let expected =
        [(1, bad_gateway, Duration::from_millis(100)), (2, bad_gateway, Duration::from_millis(200))];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_held_while_it_waits() {
    // A limit of one below: a second call goes through while the first one waits for its next attempt.
    let peer = Peer::new([Reply::Status(503, headers(&[("retry-after", "30")]))]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Retry::standard()))
        .concurrency_limit(1)
        .service(peer.clone());
    let first = tokio::spawn(service.clone().oneshot(request(&READ)));
    tokio::time::sleep(SECOND).await;
    let since = Instant::now();
    service.oneshot(request(&READ)).await.unwrap();
    assert!(since.elapsed() < SECOND);
    assert!(first.await.unwrap().is_ok());
    assert_eq!(peer.count(), 3);
}
