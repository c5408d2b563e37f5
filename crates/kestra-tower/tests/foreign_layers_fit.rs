//! Layers of tower and tower-http fit around and between ours, in any stack.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use kestra_core::{Body, BoxError, Retry, Version};
use kestra_tower::{Auth, AuthLayer, RetryLayer, ServerLayer, TimeoutLayer, TraceLayer};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

const SECOND: Duration = Duration::from_secs(1);

/// A server that answers with the URL that it was asked for.
fn server() -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(async |request: Request<Body>| {
        let answer = Response::builder().header("x-seen-id", request.headers().len());
        Ok(answer.body(Body::from(request.uri().to_string())).unwrap_or_default())
    })
}

/// What a facade asks of a stack: it can be copied and shared, and its answer is bytes.
async fn works<S, B>(stack: S)
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let stack = BoxCloneSyncService::new(
        stack.map_response(|response| response.map(Body::new)).map_err(Into::<BoxError>::into),
    );
    for _ in 0..2 {
        let request = Request::get("/api/v1/x").body(Body::empty()).unwrap();
        let response = stack.clone().oneshot(request).await.unwrap();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert_eq!(body, "http://kestra:8080/api/v1/x");
    }
}

/// Puts a layer around our stack, between the retries and the attempt, and below the credentials.
macro_rules! fits {
    ($($name:ident: $layer:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            works(ServiceBuilder::new()
                .layer(TraceLayer::call())
                .layer(TimeoutLayer::total(SECOND))
                .layer($layer)
                .layer(RetryLayer::new(Retry::standard()))
                .layer(TraceLayer::attempt())
                .layer(TimeoutLayer::attempt(SECOND))
                .layer(ServerLayer::new("http://kestra:8080"))
                .layer(AuthLayer::bearer("token"))
                .service(server())).await;
            works(ServiceBuilder::new()
                .layer(TimeoutLayer::total(SECOND))
                .layer(RetryLayer::new(Retry::standard()))
                .layer($layer)
                .layer(TimeoutLayer::attempt(SECOND))
                .layer(ServerLayer::new("http://kestra:8080").api_version(Version::NEWEST))
                .layer(AuthLayer::new(Auth::provider(|| async { Ok::<_, BoxError>("token") })))
                .service(server())).await;
            works(ServiceBuilder::new()
                .layer(TraceLayer::call())
                .layer(TimeoutLayer::total(SECOND))
                .layer(RetryLayer::new(Retry::standard()))
                .layer(TimeoutLayer::attempt(SECOND))
                .layer(ServerLayer::new("http://kestra:8080"))
                .layer(AuthLayer::bearer("token"))
                .layer($layer)
                .service(server())).await;
        }
    )*};
}

fits! {
    nothing: tower::layer::util::Identity::new();
    concurrency_limit: tower::limit::ConcurrencyLimitLayer::new(1);
    global_concurrency_limit: tower::limit::GlobalConcurrencyLimitLayer::new(1);
    load_shed: tower::load_shed::LoadShedLayer::new();
    buffer: tower::buffer::BufferLayer::<Request<Body>>::new(8);
    timeout: tower::timeout::TimeoutLayer::new(SECOND);
    // A rate limit can't be copied, so it goes under a buffer.
    rate_limit: (tower::buffer::BufferLayer::<Request<Body>>::new(8), tower::limit::RateLimitLayer::new(9, SECOND));
    http_request_id: (
        tower_http::request_id::SetRequestIdLayer::x_request_id(tower_http::request_id::MakeRequestUuid),
        tower_http::request_id::PropagateRequestIdLayer::x_request_id(),
    );
    http_decompression: tower_http::decompression::DecompressionLayer::new();
    http_trace: tower_http::trace::TraceLayer::new_for_http();
    http_timeout: tower_http::timeout::TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, SECOND);
    http_follow_redirect: tower_http::follow_redirect::FollowRedirectLayer::new();
}

#[tokio::test]
async fn requests_get_an_id_once_and_keep_it_over_attempts() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let busy = service_fn(move |request: Request<Body>| {
        let mut seen = log.lock().unwrap();
        seen.push(request.headers()["x-request-id"].clone());
        let status = if seen.len() == 1 { 429 } else { 200 };
        async move { Ok::<_, Infallible>(Response::builder().status(status).body(Body::empty()).unwrap()) }
    });
    let stack = ServiceBuilder::new()
        .layer(tower_http::request_id::SetRequestIdLayer::x_request_id(
            tower_http::request_id::MakeRequestUuid,
        ))
        .layer(RetryLayer::new(Retry::standard()))
        .service(busy);
    stack.oneshot(Request::new(Body::empty())).await.unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.len() == 2 && seen[0] == seen[1], "{seen:?}");
}

#[tokio::test]
async fn futures_of_a_call_are_small() {
    let stack = ServiceBuilder::new()
        .layer(TraceLayer::call())
        .layer(TimeoutLayer::total(SECOND))
        .layer(RetryLayer::new(Retry::standard()))
        .layer(TraceLayer::attempt())
        .layer(TimeoutLayer::attempt(SECOND))
        .layer(ServerLayer::new("http://kestra:8080"))
        .layer(AuthLayer::bearer("token"));
    let mut service = stack.service(server());
    let whole = service.call(Request::new(Body::empty()));
    let (whole, bare) = (size_of_val(&whole), size_of_val(&server().call(Request::new(Body::empty()))));
    println!("{whole} bytes, of which the innermost {bare}");
    assert!(whole - bare <= 1536, "{whole} bytes, of which the innermost {bare}");
}
