use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, StatusCode};
use kestra_core::{
    Body, BoxError, CallOptions, ClientEvent, Error, ErrorKind, Observer, OperationInfo, RequestSent, Retry,
    TimeoutPhase, Verdict,
};
use tokio::time::Instant;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use super::RetryLayer;
use crate::test_support::{
    Peer, READ, Reply, START, UPDATE, context, fail, headers, request, request_with, status,
};

mod waits;

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
    assert_eq!(attempts(&START, Retry::standard().non_idempotent_after_503(), unavailable()).await, 2);
    assert_eq!(attempts(&START, Retry::standard().non_idempotent_after_503(), status(503)).await, 1);
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
    let wrapped = Error::from_source(ErrorKind::Service, reset());
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
    assert!(waits::between(&peer)[0] >= SECOND * 9);
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
async fn an_observer_of_the_layer_hears_of_retries_and_of_a_budget_that_is_used_up() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let observer = Observer::new(move |event| {
        told.lock().unwrap().push(match event {
            ClientEvent::Retry(retry) => {
                format!("{:?} after {}", retry.attempt.status(), retry.attempt.number)
            }
            ClientEvent::RetryBudgetExhausted { operation, .. } => {
                format!("{:?}", operation.map(|it| it.name))
            }
            other => format!("{other:?}"),
        });
    });
    // 14 tokens are one retry after a 502.
    let layer = RetryLayer::new(Retry::standard().budget(14)).observe(observer);
    layer.layer(Peer::new([status(502), status(502), status(502)])).oneshot(request(&READ)).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), ["Some(502) after 1", "Some(\"get_flow\")"]);
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
