//! A web service that starts executions: limits, errors as HTTP statuses, traces, metrics, and a graceful end.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use kestra::http::Request;
use kestra::{Body, BoxError, CallOptions, Client, Error, ErrorKind, Transport};
use kestra_opentelemetry::MetricsLayer;
use kestra_testkit::{Outcome, TestServer};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{Registry, TextEncoder};
use serde_json::{Value, json};
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::{ServiceBuilder, ServiceExt as _};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

struct ApiError(Error);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = self.0;
        let status = match error.kind() {
            _ if error.is_not_found() => StatusCode::NOT_FOUND,
            _ if error.is_invalid() => StatusCode::UNPROCESSABLE_ENTITY,
            _ if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            ErrorKind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            // A call that was shed.
            ErrorKind::Service => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_GATEWAY,
        };
        let body = json!({
            "error": error.to_string(), "hint": error.hint(), "inputs": error.invalid_inputs(),
            "executionId": error.execution_id(), "sent": format!("{:?}", error.request_sent()),
        });
        (status, Json(body)).into_response()
    }
}

type Answer = Result<(StatusCode, Json<Value>), ApiError>;

async fn start(
    State((client, _)): State<(Client, Registry)>,
    Path((namespace, flow)): Path<(String, String)>,
    Json(inputs): Json<Value>,
) -> Answer {
    let started = client.executions().start(namespace, flow).inputs(&inputs).label("origin", "web").await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": started.id(), "key": started.key() }))))
}

async fn health(State((client, _)): State<(Client, Registry)>) -> Result<String, ApiError> {
    let options = CallOptions::new().timeout(Duration::from_secs(2));
    let server = client.with_options(options).check().await?;
    Ok(format!("kestra {}\n", server.version_text))
}

async fn metrics(State((_, registry)): State<(Client, Registry)>) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let exporter = opentelemetry_stdout::SpanExporter::default();
    let traces = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    tracing_subscriber::registry()
        .with(tracing_subscriber::EnvFilter::new("info,kestra=debug"))
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer("web")))
        .try_init()?;
    let registry = Registry::new();
    let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    let meters = SdkMeterProvider::builder().with_reader(reader).build();

    let kestra = TestServer::start().await?;
    let flow = kestra.flow("user.web", "etl").input("day", "STRING");
    let _flow = flow.on_run(|_| Outcome::success(json!({ "rows": 3 })));

    let metrics_layer = MetricsLayer::new(&meters.meter("web"));
    let per_second = ServiceBuilder::new()
        .layer(BufferLayer::new(256))
        .layer(RateLimitLayer::new(50, Duration::from_secs(1)));
    let client = Client::builder()
        .server(kestra.url())
        .observe(metrics_layer.observer())
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(8))
        .attempt_layer(per_second.into_inner())
        .attempt_layer(metrics_layer)
        .propagate_trace(|headers| {
            let context = tracing::Span::current().context();
            TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(headers));
        })
        .build()?;
    let app = Router::new()
        .route("/runs/{namespace}/{flow}", post(start))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .with_state((client, registry));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let end = async move {
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = stopped => {} }
    };
    let serving = tokio::spawn(axum::serve(listener, app).with_graceful_shutdown(end).into_future());

    // Instead of callers: many at once, a missing flow, an input that the flow doesn't have.
    let transport = Transport::builder().build()?;
    let send = |method: &str, path: &str, body: &'static str| {
        let request = Request::builder().method(method).uri(format!("{url}{path}"));
        let request = request.header("content-type", "application/json").body(Body::from(body));
        let transport = transport.clone();
        async move {
            let response = transport.oneshot(request?).await?;
            let (status, body) = (response.status().as_u16(), response.into_body().bytes().await?);
            Ok::<_, BoxError>((status, String::from_utf8_lossy(&body).into_owned()))
        }
    };
    println!("{:?}", send("GET", "/healthz", "").await?);
    let runs = (0..40).map(|_| tokio::spawn(send("POST", "/runs/user.web/etl", r#"{"day":"2026-01-01"}"#)));
    let mut statuses = BTreeMap::new();
    for run in runs.collect::<Vec<_>>() {
        *statuses.entry(run.await??.0).or_insert(0) += 1;
    }
    println!("{statuses:?}");
    println!("{:?}", send("POST", "/runs/user.web/nope", "{}").await?);
    println!("{:?}", send("POST", "/runs/user.web/etl", r#"{"dy":"x"}"#).await?);
    println!("{}", send("GET", "/metrics", "").await?.1);
    drop(stop);
    serving.await??;
    traces.shutdown()?;
    Ok(())
}
