use std::time::Duration;

use http::{Request, Response};
use kestra_core::{
    Body, BoxError, CallOptions, Error, ErrorKind, RequestSent, Retry, TimeoutPhase, Timeouts,
};
use tokio::time::Instant;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};
use tower_service::Service;

use super::TimeoutLayer;
use crate::test_support::{Peer, READ, Reply, START, after, context, request, request_with, status};
use crate::{RetryLayer, ServerLayer, Transport};

const SECOND: Duration = Duration::from_secs(1);

async fn error_of<S>(service: S, request: Request<Body>) -> (Error, Duration)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    let since = Instant::now();
    let error = service.oneshot(request).await.unwrap_err();
    (Error::from_boxed(error), since.elapsed())
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_comes_through() {
    let peer = Peer::new([after(SECOND, status(204)), after(SECOND, status(204))]);
    for layer in [TimeoutLayer::total(SECOND * 2), TimeoutLayer::attempt(SECOND * 2)] {
        let response = layer.layer(peer.clone()).oneshot(request(&READ)).await.unwrap();
        assert_eq!(response.status(), 204);
    }
}

#[tokio::test(start_paused = true)]
async fn each_limit_names_its_phase_and_duration() {
    for (layer, phase) in [
        (TimeoutLayer::total(SECOND * 3), TimeoutPhase::Total),
        (TimeoutLayer::attempt(SECOND * 3), TimeoutPhase::Attempt),
    ] {
        let (error, took) = error_of(layer.layer(Peer::new([Reply::Never])), request(&READ)).await;
        assert_eq!(error.kind(), ErrorKind::Timeout(phase));
        assert_eq!(took, SECOND * 3);
        assert!(error.to_string().contains("3s"), "{error}");
        assert!(error.to_string().contains("get_flow"), "{error}");
        assert_eq!(error.request_sent(), RequestSent::Maybe, "nobody keeps track");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_s_own_limits_win_and_classes_have_theirs() {
    let own = CallOptions::new().timeouts(Timeouts::default().total(SECOND).attempt(SECOND * 2));
    let never = || Peer::new([Reply::Never]);
    let (_, took) =
        error_of(TimeoutLayer::total(SECOND * 9).layer(never()), request_with(&READ, own.clone())).await;
    assert_eq!(took, SECOND);
    let (_, took) =
        error_of(TimeoutLayer::attempt(SECOND * 9).layer(never()), request_with(&READ, own)).await;
    assert_eq!(took, SECOND * 2);
    let (_, took) =
        error_of(TimeoutLayer::total_of(Timeouts::default()).layer(never()), request(&READ)).await;
    assert_eq!(took, SECOND * 120);
    let (_, took) =
        error_of(TimeoutLayer::attempt_of(Timeouts::default()).layer(never()), request(&READ)).await;
    assert_eq!(took, SECOND * 60);

    let none = CallOptions::new().timeouts(Timeouts::default().no_total());
    let service = TimeoutLayer::total(SECOND).layer(Peer::new([after(SECOND * 1000, status(200))]));
    assert!(service.oneshot(request_with(&READ, none)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_context_is_limited_and_gets_one_for_the_layers_below() {
    let peer = Peer::new([Reply::Never]);
    let (error, took) =
        error_of(TimeoutLayer::total(SECOND).layer(peer.clone()), Request::new(Body::empty())).await;
    assert_eq!((error.kind(), took), (ErrorKind::Timeout(TimeoutPhase::Total), SECOND));
    assert!(peer.seen()[0].has_context);
    let peer = Peer::new([Reply::Never]);
    let (error, _) = error_of(TimeoutLayer::attempt(SECOND).layer(peer), Request::new(Body::empty())).await;
    assert_eq!(
        (error.kind(), error.request_sent()),
        (ErrorKind::Timeout(TimeoutPhase::Attempt), RequestSent::Maybe)
    );
}

#[tokio::test(start_paused = true)]
async fn the_total_covers_a_queue_below() {
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::total(SECOND * 5))
        .concurrency_limit(1)
        .service(Peer::new([after(SECOND * 60, status(200))]));
    let first =
        tokio::spawn(service.clone().oneshot(request_with(&READ, CallOptions::new().timeout(SECOND * 100))));
    tokio::task::yield_now().await;
    let (error, took) = error_of(service, request(&READ)).await;
    assert_eq!((error.kind(), took), (ErrorKind::Timeout(TimeoutPhase::Total), SECOND * 5));
    assert_eq!(error.request_sent(), RequestSent::No, "it never left the queue");
    assert!(first.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_told_and_the_earlier_one_counts() {
    let asked = request(&READ);
    let context = context(&asked);
    context.stamp_deadline(Instant::now() + SECOND);
    let (error, took) =
        error_of(TimeoutLayer::total(SECOND * 5).layer(Peer::new([Reply::Never])), asked).await;
    assert_eq!((error.kind(), took), (ErrorKind::Timeout(TimeoutPhase::Total), SECOND));

    let asked = request(&READ);
    let context = crate::test_support::context(&asked);
    let future = TimeoutLayer::total(SECOND * 5).layer(Peer::new([status(200)])).oneshot(asked);
    future.await.unwrap();
    assert_eq!(context.time_left(), Some(SECOND * 5));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_relies_on_the_timers_of_its_attempts_ends_when_others_do() {
    let retry = Retry::standard().max_attempts(9).backoff(Duration::ZERO, Duration::ZERO);
    for (total, attempt) in [(5, 2), (2, 5), (3, 3), (6, 2), (5, 9)] {
        let timeouts = Timeouts::default().total(SECOND * total).attempt(SECOND * attempt);
        for reply in [|| Reply::Never, || after(Duration::from_millis(1400), status(503))] {
            let mut ends = Vec::new();
            for layer in [TimeoutLayer::total_of(timeouts), TimeoutLayer::total_above_attempts(timeouts)] {
                let peer = Peer::new((0..9).map(|_| reply()));
                let service = ServiceBuilder::new()
                    .layer(layer)
                    .layer(RetryLayer::new(retry.clone()))
                    .layer(TimeoutLayer::attempt_of(timeouts))
                    .service(peer.clone());
                let (error, took) = error_of(service, request(&READ)).await;
                assert_eq!(took, SECOND * total, "total {total}, attempt {attempt}");
                ends.push((error.kind(), error.request_sent(), peer.count()));
            }
            assert_eq!(ends[0], ends[1], "total {total}, attempt {attempt}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_known_about_sending_is_told() {
    for (tracked, raised, expected) in [
        (true, RequestSent::No, RequestSent::No),
        (true, RequestSent::Maybe, RequestSent::Maybe),
        (false, RequestSent::No, RequestSent::Maybe),
        (false, RequestSent::Yes, RequestSent::Yes),
    ] {
        let asked = request(&READ);
        let sent = context(&asked);
        if tracked {
            sent.sent().track();
        }
        sent.sent().raise(raised);
        let (error, _) =
            error_of(TimeoutLayer::attempt(SECOND).layer(Peer::new([Reply::Never])), asked).await;
        assert_eq!(error.request_sent(), expected);
    }
}

#[tokio::test]
async fn no_timer_runs_for_an_answer_that_is_there() {
    // Without a timer in the runtime a sleep would panic.
    let runtime = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(TimeoutLayer::attempt(SECOND).layer(Peer::default()).oneshot(request(&READ)))
    });
    assert!(runtime.join().unwrap().is_ok());
}

#[tokio::test]
async fn an_attempt_that_ends_while_it_connects_was_not_sent() {
    // It takes connections and never says a word, so a TLS handshake does not end, and a plain request is written.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    for (scheme, sent, attempts) in [("https", RequestSent::No, 3), ("http", RequestSent::Maybe, 1)] {
        let asked = request(&START);
        let context = context(&asked);
        let service = ServiceBuilder::new()
            .layer(RetryLayer::new(Retry::standard()))
            .layer(TimeoutLayer::attempt(Duration::from_millis(50)))
            .layer(ServerLayer::new(format!("{scheme}://{address}")))
            .service(Transport::builder().no_proxy().build().unwrap());
        let (error, _) = error_of(service, asked).await;
        assert_eq!((error.kind(), error.request_sent()), (ErrorKind::Timeout(TimeoutPhase::Attempt), sent));
        assert_eq!(context.attempts(), attempts, "{scheme}: repeated only if nothing was sent");
    }
}
