//! How long is waited, and how the budget ends it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use kestra_core::{Body, Error, ErrorKind, Retry};
use tokio::time::Instant;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use super::SECOND;
use crate::test_support::{Peer, READ, Reply, after, headers, request, status};
use crate::{RetryLayer, TimeoutLayer};

/// The waits between the attempts of a peer.
pub(super) fn between(peer: &Peer) -> Vec<Duration> {
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
        let waits: Vec<_> = between(&peer).iter().map(|wait| wait.as_millis() as u64).collect();
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
            waited.lock().unwrap().insert(between(&peer)[0]);
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
        let waited = between(&peer).first().copied();
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
    assert!(between(&peer)[0] >= SECOND * 30 && between(&peer)[0] < SECOND * 31);
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
    // 400 tokens pay for 28 retries at 14 each.
    assert_eq!(sent.load(Ordering::Relaxed), 1000 + 28);
    let last = Error::from_boxed(last.unwrap());
    assert_eq!(last.kind(), ErrorKind::Connect);
    assert!(last.to_string().contains("budget"), "{last}");

    // Eight tokens are left; six calls that go well make a retry possible, which gives back what it took.
    let peer = Peer::default();
    let service = layer.layer(peer.clone());
    for _ in 0..6 {
        service.clone().oneshot(request(&READ)).await.unwrap();
    }
    for _ in 0..5 {
        peer.add([status(502)]);
        assert_eq!(service.clone().oneshot(request(&READ)).await.unwrap().status(), 200);
    }
    assert_eq!(peer.count(), 16);
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
async fn no_wait_is_too_long_and_no_random_number_too_odd() {
    for random in [f64::NAN, f64::INFINITY, -1.0, 0.999_999_999_999, 1.0, 2.0] {
        let policy = Retry::standard().backoff(Duration::MAX, Duration::MAX);
        let peer = Peer::new([status(502)]);
        let call = RetryLayer::new(policy).random(move || random).layer(peer.clone()).oneshot(request(&READ));
        // It may wait for ever, and must neither fail nor ask again at once where that isn't what chance said.
        let ended = tokio::time::timeout(SECOND, call).await.is_ok();
        assert_eq!(ended, random.is_nan() || random <= 0.0, "{random}");
        assert_eq!(peer.count(), if ended { 2 } else { 1 });
    }
}
