//! A client over a service that isn't ours, and the limits that hold there too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use kestra::layers::CallService;
use kestra::{
    Auth, Body, BoxError, CallOptions, Client, Error, ErrorKind, Proxy, RequestSent, TimeoutPhase, Timeouts,
    Tls,
};
use tokio::time::Instant;
use tower::layer::layer_fn;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::util::MapRequestLayer;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_http::request_id::{MakeRequestUuid, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

const HELLO: &str = r#"{"id": "hello", "namespace": "company.team"}"#;

#[tokio::test]
async fn a_function() -> Result<(), Error> {
    let service = service_fn(|request: Request<Body>| async move {
        assert_eq!(request.uri(), "/api/v1/acme/flows/company.team/hello?source=true");
        assert_eq!(request.headers()["user-agent"], "mine");
        Ok::<_, Infallible>(Response::new(Body::from(HELLO)))
    });
    let client = Client::builder().service(service).tenant("acme").user_agent("mine").build()?;
    let flow = client.flows().get_flow("company.team", "hello").await?;
    assert_eq!(flow.id, "hello");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_a_layer_of_tower_is_transient() -> Result<(), Error> {
    let never = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    let service = ServiceBuilder::new().timeout(Duration::from_secs(1)).service(never);
    let client = Client::builder().service(service).build()?;
    let error = client.flows().get_flow("company.team", "hello").await.unwrap_err();
    assert!(error.is_transient() && error.is_retryable(), "{error:#}");
    let unclear = client.executions().create_execution("company.team", "hello").await.unwrap_err();
    assert!(unclear.is_transient() && !unclear.is_retryable(), "{unclear:#}");
    Ok(())
}

#[tokio::test]
async fn layers_are_put_around_it() -> Result<(), Error> {
    let service = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    let client = Client::builder()
        .service(service)
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(1))
        .build()?;
    let first = client.clone();
    let first = tokio::spawn(async move { first.flows().get_flow("company.team", "hello").await });
    tokio::task::yield_now().await;
    let error = client.flows().get_flow("company.team", "hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service, "{error:#}");
    first.abort();
    Ok(())
}

#[tokio::test]
async fn a_transport_is_below_all_layers() -> Result<(), Error> {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let transport = service_fn(move |request: Request<Body>| {
        let number = seen.fetch_add(1, Ordering::Relaxed);
        assert_eq!(request.uri().host(), Some("kestra.example.com"));
        assert_eq!(request.headers()["authorization"], "Bearer secret");
        assert_eq!(request.headers()["x-attempt"], "mine");
        assert_eq!(request.headers()["traceparent"], "00-1");
        let answer = Response::builder().status(if number == 0 { 503 } else { 200 });
        std::future::ready(answer.body(Body::from(HELLO)))
    });
    let mark = MapRequestLayer::new(|mut request: Request<Body>| {
        request.headers_mut().insert("x-attempt", http::HeaderValue::from_static("mine"));
        request
    });
    let client = Client::builder()
        .server("https://kestra.example.com")
        .auth(Auth::bearer("secret"))
        .attempt_layer(mark)
        .propagate_trace(|headers| {
            drop(headers.insert("traceparent", http::HeaderValue::from_static("00-1")))
        })
        .transport(transport)
        .build()?;
    let flow = client.flows().get_flow("company.team", "hello").await?;
    assert_eq!(flow.id, "hello");
    assert_eq!(requests.load(Ordering::Relaxed), 2, "a 503 is retried");
    Ok(())
}

/// A layer is a closure, a stack of foreign layers, or both.
#[tokio::test]
async fn foreign_layers_are_put_around_a_service_with_a_name() -> Result<(), Error> {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let counting = layer_fn(move |service: CallService| {
        let count = Arc::clone(&count);
        service.map_request(move |request: Request<Body>| {
            count.fetch_add(1, Ordering::Relaxed);
            request
        })
    });
    let stack = || {
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(TraceLayer::new_for_http())
            .layer(LoadShedLayer::new())
            .layer(ConcurrencyLimitLayer::new(4))
            .layer(TimeoutLayer::new(Duration::from_secs(30)))
            .into_inner()
    };
    let transport = service_fn(|request: Request<Body>| {
        assert!(request.headers().contains_key("x-request-id"));
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::from(HELLO))))
    });
    let client = Client::builder()
        .server("https://kestra.example.com")
        .layer(stack())
        .layer(layer_fn(|service: CallService| service))
        .attempt_layer(counting)
        .attempt_layer(stack())
        .transport(transport)
        .build()?;
    let flow = client.flows().get_flow("company.team", "hello").await?;
    assert_eq!(flow.id, "hello");
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn settings_without_effect_are_refused() {
    let service = || service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    let builder = || Client::builder().server("https://kestra.example.com");
    for builder in [
        builder().service(service()).attempt_layer(ConcurrencyLimitLayer::new(1)),
        builder().service(service()).transport(service()),
        builder().service(service()).propagate_trace(|_| ()),
        builder().transport(service()).proxy(Proxy::none()),
        builder().transport(service()).tls(Tls::default()),
        builder().transport(service()).pool_idle_timeout(Duration::from_secs(1)),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::Build);
    }
}

#[tokio::test]
async fn a_mock() {
    let (mock, mut handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
    // A mock's clones share one handle.
    let client = Client::from_service(mock);
    let call = tokio::spawn(async move { client.flows().create_flow(support::FLOW).await });
    let (request, answer) = handle.next_request().await.unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/api/v1/main/flows"));
    assert_eq!(request.body().as_bytes().unwrap(), support::FLOW);
    answer.send_response(Response::new(HELLO.into()));
    assert_eq!(call.await.unwrap().unwrap().namespace, "company.team");
}

#[tokio::test]
async fn a_mock_that_fails() {
    let (mock, mut handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
    let client = Client::from_service(mock);
    let call = tokio::spawn(async move { client.flows().create_flow(support::FLOW).await });
    let (_, answer) = handle.next_request().await.unwrap();
    answer.send_error("out of order");
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service);
    assert_eq!(error.request_sent(), RequestSent::Maybe);
    assert!(format!("{error:#}").contains("out of order"), "{error:#}");
}

#[tokio::test]
async fn a_router() -> Result<(), Error> {
    let router = Router::new().route(
        "/api/v1/{tenant}/flows/{namespace}/{id}",
        get(|Path((_, namespace, id)): Path<(String, String, String)>| async move {
            if id == "missing" {
                Err((StatusCode::NOT_FOUND, r#"{"message":"Not Found","_links":{}}"#))
            } else {
                Ok(format!(r#"{{"id": "{id}", "namespace": "{namespace}"}}"#))
            }
        }),
    );
    // A router takes any body that axum's own can be made from.
    let service = ServiceBuilder::new()
        .map_request(|request: Request<Body>| request.map(axum::body::Body::new))
        .service(router);
    let client = Client::from_service(service);
    assert_eq!(client.flows().get_flow("company.team", "hello").await?.id, "hello");
    let error = client.flows().get_flow("company.team", "missing").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

/// A body of which nothing ever comes.
struct Stalled;

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_ends_with_the_call() {
    for status in [200, 500] {
        let client = Client::from_service(service_fn(move |_: Request<Body>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(Stalled).unwrap())
        }));
        let begun = Instant::now();
        let error = client.flows().search_flows().await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), 120, "{error}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        if status == 200 {
            assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Total));
        }

        let begun = Instant::now();
        client.flows().search_flows().timeout(Duration::from_secs(3)).await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_counts_to_the_limit_of_a_call() {
    let service = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .service(service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>()));
    let client = Client::builder()
        .service(service)
        .timeouts(Timeouts::default().total(Duration::from_secs(10)))
        .build()
        .unwrap();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.flows().search_flows().await }
    });
    tokio::task::yield_now().await;

    let begun = Instant::now();
    let queued = client.flows().search_flows().options(CallOptions::new().timeout(Duration::from_secs(4)));
    let error = queued.await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::Timeout(TimeoutPhase::Total), 4));
    let error = first.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::Timeout(TimeoutPhase::Total), 10));
}

#[tokio::test]
async fn a_call_layer_may_queue_too() {
    let (server, _) = support::embedded().await;
    server.fail(kestra_testkit::Fault::hang());
    let client = support::once(server.url())
        .timeouts(Timeouts::default().total(Duration::from_millis(200)))
        .layer(ConcurrencyLimitLayer::new(1))
        .build()
        .unwrap();
    // It ends before the first one leaves its place, which it would take otherwise.
    let queued =
        client.flows().search_flows().options(CallOptions::new().timeout(Duration::from_millis(100)));
    let (first, second) = tokio::join!(client.flows().search_flows(), queued);
    assert!(first.unwrap_err().is_timeout());
    let error = second.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutPhase::Total), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_limit_of_bodies_holds_there_too() {
    let service = service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(http_body_util::Full::new(Bytes::from(vec![b' '; 1000]))))
    });
    let client = Client::builder().service(service).max_body_size(100).build().unwrap();
    let error = client.flows().search_flows().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.response().unwrap().body.len(), 100);
}
