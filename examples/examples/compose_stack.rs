//! A web service with a Kestra client on a stack of its own, and tower layers around the service itself.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{BoxError as AxumError, Router, error_handling::HandleErrorLayer};
use http_body_util::BodyExt as _;
use kestra::layers::{AuthLayer, RetryLayer, ServerLayer, TimeoutLayer, TraceLayer};
use kestra::{BoxError, Client, Retry, Timeouts, Transport};
use kestra_examples::Server;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceBuilder;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let kestra = Server::start().await?;

    // Towards Kestra: our layers and tower's, in any order that makes sense, the first one outermost.
    let stack = ServiceBuilder::new()
        .layer(TraceLayer::call())
        .layer(TimeoutLayer::total(Duration::from_secs(30)))
        .concurrency_limit(16)
        .layer(RetryLayer::new(Retry::standard().max_attempts(4)))
        // A rate limit can't be copied, so it goes under a buffer.
        .buffer(64)
        .rate_limit(100, Duration::from_secs(1))
        .layer(TraceLayer::attempt())
        .layer(TimeoutLayer::attempt(Duration::from_secs(10)))
        .layer(ServerLayer::new(kestra.url()))
        .layer(AuthLayer::new(kestra.auth()))
        .service(Transport::builder().timeouts(Timeouts::default().connect(Duration::from_secs(2))).build()?);
    // `Client::from_service(stack)`, but for the tenant that the environment may name.
    let client = kestra.client()?.service(stack).build()?;

    // Towards our callers: what is too much is refused at once.
    let guard = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(HandleErrorLayer::new(|error: AxumError| async move {
            (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }))
        .load_shed()
        .concurrency_limit(64);
    let app = Router::new()
        .route("/namespaces/{namespace}/flows", get(count_flows))
        .layer(guard)
        .with_state(client);

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/namespaces/sdk.examples/flows", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        axum::serve(listener, app).with_graceful_shutdown(async move { drop(stopped.await) }).await
    });

    // Instead of a caller: one request, then the service ends.
    let request = http::Request::get(&url).header("x-request-id", "example-1").body(kestra::Body::empty())?;
    let response = tower::ServiceExt::oneshot(Transport::builder().build()?, request).await?;
    println!("GET {url}: {}, {:?}", response.status(), response.headers());
    println!("{}", String::from_utf8_lossy(&response.into_body().collect().await?.to_bytes()));
    drop(stop);
    serving.await??;
    Ok(())
}

async fn count_flows(
    State(client): State<Client>,
    Path(namespace): Path<String>,
) -> Result<String, (StatusCode, String)> {
    let flows = client.flows().list_flows_by_namespace(namespace).await.map_err(|error| {
        let status = if error.is_timeout() { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
        (status, format!("{error:#}"))
    })?;
    Ok(format!("{} flows", flows.len()))
}
