//! Each layer alone, over a mock that panics when it is called before it was found ready.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use kestra_core::{Body, BoxError, Call, OperationInfo, Replay, Retry, Route, Version, Versions};
use kestra_tower::{
    AdaptiveConcurrencyLayer, Auth, AuthLayer, HedgeLayer, RetryLayer, ServerLayer, TimeoutLayer, Token,
    TraceLayer,
};
use tower::{Layer, Service, ServiceExt as _};
use tower_test::mock::{self, Handle, Mock};

type Peer = Mock<Request<Body>, Response<Body>>;
type Remote = Handle<Request<Body>, Response<Body>>;

const MINUTE: Duration = Duration::from_mins(1);

static READ: OperationInfo =
    OperationInfo::new("get_flow", "flows", &[Route::get("/api/v1/{tenant}/flows/{id}", Versions::ALL)])
        .path_parameters(&["id"])
        .replay(Replay::Safe);

static MOVED: OperationInfo = OperationInfo::new(
    "move_flow",
    "flows",
    &[
        Route::post("/api/v1/{tenant}/flows/{id}/new", Versions::since(Version::new(2, 0, 0))),
        Route::put("/api/v1/{tenant}/flows/{id}/old", Versions::until(Version::new(2, 0, 0))),
    ],
)
.path_parameters(&["id"])
.replay(Replay::Idempotent);

fn request(operation: &'static OperationInfo) -> Request<Body> {
    Call::new(operation).path("hello").into_request().unwrap()
}

fn answer(status: u16, body: &'static str) -> Response<Body> {
    Response::builder().status(status).body(Body::from(body)).unwrap()
}

fn servers() -> ServerLayer {
    ServerLayer::new("http://kestra:8080")
}

fn source() -> AuthLayer {
    let count = std::sync::atomic::AtomicU32::new(1);
    AuthLayer::new(Auth::provider(move || {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move { Ok::<_, BoxError>(Token::new(format!("token-{number}"))) }
    }))
}

/// Has a mock answer what comes, in order, and gives what came.
async fn serve(mut remote: Remote, answers: Vec<Response<Body>>) -> Vec<Request<Body>> {
    let mut seen = Vec::new();
    for answer in answers {
        let (request, send) = remote.next_request().await.unwrap();
        seen.push(request);
        send.send_response(answer);
    }
    seen
}

/// One call of one operation through one layer.
async fn call<L>(
    layer: L,
    operation: &'static OperationInfo,
    answers: Vec<Response<Body>>,
) -> (StatusCode, Vec<Request<Body>>)
where
    L: Layer<Peer>,
    L::Service: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    let (peer, remote) = mock::pair();
    let (response, seen) =
        tokio::join!(layer.layer(peer).oneshot(request(operation)), serve(remote, answers));
    (response.unwrap().status(), seen)
}

#[tokio::test(start_paused = true)]
async fn no_layer_calls_what_is_not_ready() {
    let ok = || vec![answer(200, "")];
    assert_eq!(call(TraceLayer::call(), &READ, ok()).await.0, 200);
    assert_eq!(call(TraceLayer::attempt(), &READ, ok()).await.0, 200);
    assert_eq!(call(TimeoutLayer::total(MINUTE), &READ, ok()).await.0, 200);
    assert_eq!(call(TimeoutLayer::attempt(MINUTE), &READ, ok()).await.0, 200);
    assert_eq!(call(AuthLayer::bearer("token"), &READ, ok()).await.0, 200);
    assert_eq!(call(servers(), &READ, ok()).await.0, 200);
    assert_eq!(call(HedgeLayer::new(), &READ, ok()).await.0, 200);
    assert_eq!(call(AdaptiveConcurrencyLayer::new(), &READ, ok()).await.0, 200);

    let (status, seen) = call(
        RetryLayer::new(Retry::standard()),
        &READ,
        vec![answer(503, ""), answer(502, ""), answer(200, "")],
    )
    .await;
    assert_eq!((status.as_u16(), seen.len()), (200, 3));

    let (status, seen) = call(source(), &READ, vec![answer(401, ""), answer(200, "")]).await;
    let tokens: Vec<_> = seen.iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(
        (status.as_u16(), tokens),
        (200, vec!["Bearer token-1".parse().unwrap(), "Bearer token-2".parse().unwrap()])
    );

    let (status, seen) =
        call(servers(), &MOVED, vec![answer(200, r#"{"version":"1.3.0"}"#), answer(200, "")]).await;
    let paths: Vec<_> = seen.iter().map(|request| request.uri().path()).collect();
    assert_eq!((status.as_u16(), paths), (200, vec!["/api/v1/configs", "/api/v1/main/flows/hello/old"]));
}

/// Whether a layer is ready while its inner service isn't, and whether one place below is enough for it.
async fn waits_with_its_inner_service<L>(layer: L) -> bool
where
    L: Layer<Peer>,
    L::Service: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    let (mut service, mut remote) = mock::spawn_layer(layer);
    remote.allow(0);
    let waits = service.poll_ready().is_pending();
    if !waits {
        // What is always ready waits in the call instead.
        let mut answered = tokio_test::task::spawn(service.call(request(&READ)));
        assert!(answered.poll().is_pending());
        assert!(tokio_test::task::spawn(remote.next_request()).poll().is_pending(), "it was sent too early");
        remote.allow(1);
        assert!(answered.is_woken(), "nobody woke the call when there was a place");
        assert!(answered.poll().is_pending());
        let (_, send) = remote.next_request().await.unwrap();
        send.send_response(answer(200, ""));
        assert!(matches!(answered.poll(), Poll::Ready(Ok(_))));
    } else {
        remote.allow(1);
        assert!(service.is_woken() && matches!(service.poll_ready(), Poll::Ready(Ok(()))));
        let mut answered = tokio_test::task::spawn(service.call(request(&READ)));
        assert!(answered.poll().is_pending());
        assert!(service.poll_ready().is_pending(), "the place is taken");
        let (_, send) = remote.next_request().await.unwrap();
        send.send_response(answer(200, ""));
        assert!(matches!(answered.poll(), Poll::Ready(Ok(_))));
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn layers_pass_on_whether_there_is_a_place_or_wait_for_it_in_the_call() {
    assert!(waits_with_its_inner_service(TraceLayer::call()).await);
    assert!(waits_with_its_inner_service(TraceLayer::attempt()).await);
    assert!(waits_with_its_inner_service(TimeoutLayer::attempt(MINUTE)).await);
    assert!(waits_with_its_inner_service(RetryLayer::new(Retry::standard())).await);
    assert!(waits_with_its_inner_service(AuthLayer::bearer("token")).await);
    assert!(!waits_with_its_inner_service(TimeoutLayer::total(MINUTE)).await);
    assert!(!waits_with_its_inner_service(servers()).await);
    assert!(waits_with_its_inner_service(HedgeLayer::new()).await);
    assert!(!waits_with_its_inner_service(AdaptiveConcurrencyLayer::new()).await);
}

#[derive(Debug, PartialEq)]
struct Closed(u8);

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "closed {}", self.0)
    }
}

impl std::error::Error for Closed {}

/// What a caller gets when the inner service can never be ready again.
async fn error_of_readiness<L>(layer: L) -> BoxError
where
    L: Layer<Peer>,
    L::Service: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
{
    let (peer, mut remote) = mock::pair();
    remote.send_error(Closed(7));
    layer.layer(peer).oneshot(request(&READ)).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_comes_through_as_it_is() {
    for error in [
        error_of_readiness(TraceLayer::call()).await,
        error_of_readiness(TraceLayer::attempt()).await,
        error_of_readiness(TimeoutLayer::total(MINUTE)).await,
        error_of_readiness(TimeoutLayer::attempt(MINUTE)).await,
        error_of_readiness(RetryLayer::new(Retry::standard())).await,
        error_of_readiness(AuthLayer::bearer("token")).await,
        error_of_readiness(source()).await,
        error_of_readiness(servers()).await,
        error_of_readiness(HedgeLayer::new()).await,
        error_of_readiness(AdaptiveConcurrencyLayer::new()).await,
    ] {
        // The mock shares its error, and so hides its type.
        assert_eq!(error.to_string(), "closed 7");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_between_attempts_ends_the_call() {
    let (peer, mut remote) = mock::pair();
    let call = RetryLayer::new(Retry::standard()).layer(peer).oneshot(request(&READ));
    let close = async {
        let (_, send) = remote.next_request().await.unwrap();
        send.send_response(answer(503, ""));
        remote.send_error(Closed(8));
    };
    let (result, ()) = tokio::join!(call, close);
    assert_eq!(result.unwrap_err().to_string(), "closed 8");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_sends_nothing_more() {
    let (peer, mut remote) = mock::pair();
    let mut call =
        Box::pin(RetryLayer::new(Retry::standard()).random(|| 1.0).layer(peer).oneshot(request(&READ)));
    assert!(tokio::time::timeout(Duration::ZERO, &mut call).await.is_err());
    let (_, send) = remote.next_request().await.unwrap();
    send.send_response(answer(503, ""));
    // It waits 100 ms for its next attempt.
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut call).await.is_err());
    drop(call);
    assert!(remote.next_request().await.is_none(), "the copies of the service are gone, and nothing came");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_drops_what_is_in_flight_before_it_answers() {
    for layer in [TimeoutLayer::total(MINUTE), TimeoutLayer::attempt(MINUTE)] {
        let connection = Arc::new(());
        let held = Arc::clone(&connection);
        let mut service = layer.layer(tower::service_fn(move |_: Request<Body>| {
            let held = Arc::clone(&held);
            async move {
                std::future::pending::<()>().await;
                drop(held);
                Ok::<_, BoxError>(answer(200, ""))
            }
        }));
        let idle = Arc::strong_count(&connection);
        let mut call = Box::pin(service.ready().await.unwrap().call(request(&READ)));
        assert!(tokio::time::timeout(Duration::ZERO, &mut call).await.is_err());
        let busy = Arc::strong_count(&connection);
        assert!(busy > idle && call.as_mut().await.is_err());
        assert!(
            Arc::strong_count(&connection) < busy,
            "the call has its error, and the connection is still open"
        );
        drop(call);
        assert_eq!(Arc::strong_count(&connection), idle);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_no_longer_polled_does_not_keep_the_others_from_the_version() {
    let (peer, mut remote) = mock::pair();
    let layer = servers();
    let mut stuck = Box::pin(layer.layer(peer.clone()).oneshot(request(&MOVED)));
    assert!(tokio::time::timeout(Duration::ZERO, &mut stuck).await.is_err());
    let (question, _never_answered) = remote.next_request().await.unwrap();
    assert_eq!(question.uri().path(), "/api/v1/configs");

    // As in a `select!` whose other branch makes a call: `stuck` is neither dropped nor polled.
    let others = futures_util::future::join_all(
        (0..3).map(|_| tokio::time::timeout(MINUTE, layer.layer(peer.clone()).oneshot(request(&MOVED)))),
    );
    let answers =
        vec![answer(200, r#"{"version":"1.3.0"}"#), answer(200, ""), answer(200, ""), answer(200, "")];
    let served = tokio::time::timeout(MINUTE, serve(remote, answers));
    let (others, seen) = tokio::join!(others, served);
    let seen = seen.expect("they wait for a call that nobody polls");
    for other in others {
        assert_eq!(other.unwrap().unwrap().status(), 200);
    }
    let questions = seen.iter().filter(|request| request.uri().path() == "/api/v1/configs").count();
    assert_eq!((questions, seen.len()), (1, 4), "one of them asks, and all have the answer");
    drop(stuck);
}
