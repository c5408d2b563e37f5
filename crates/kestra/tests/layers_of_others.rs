//! Layers of tower-http and tower-resilience do in a client what they are for.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderName, Request, Response};
use kestra::{Body, BoxError, Client, Error, ErrorKind, RequestSent, Retry, TimeoutPhase};
use kestra_testkit::{Fault, TestServer};
use support::{once, seen};
use tower::util::{MapErrLayer, MapRequestLayer};
use tower_http::metrics::InFlightRequestsLayer;
use tower_http::propagate_header::PropagateHeaderLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_resilience::circuitbreaker::{CircuitBreakerError, CircuitBreakerLayer};
use tower_resilience::ratelimiter::{RateLimiterConfigBuilder, RateLimiterLayer, RateLimiterServiceError};

const SEARCH: &str = "/api/v1/{tenant}/flows/search";

#[tokio::test]
async fn headers_of_a_call_are_marked_as_sensitive() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let marks = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&marks);
    let client = Client::builder()
        .server(server.url())
        .attempt_layer(SetSensitiveRequestHeadersLayer::new([HeaderName::from_static("x-session")]))
        .attempt_layer(MapRequestLayer::new(move |request: Request<Body>| {
            log.lock().unwrap().push(format!("{:?}", request.headers()));
            request
        }))
        .build()?;
    client.flows().search_flows().header("x-session", "secret").header("x-other", "plain").await?;
    let marks = marks.lock().unwrap();
    assert!(!marks[0].contains("secret") && marks[0].contains("plain"), "{marks:?}");
    Ok(())
}

#[tokio::test]
async fn a_header_of_the_request_is_propagated_to_the_response() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let layer = PropagateHeaderLayer::new(HeaderName::from_static("x-request-id"));
    let client = Client::builder().server(server.url()).layer(layer).build()?;
    let response = client.flows().search_flows().header("x-request-id", "a-1").send().await?;
    assert_eq!(response.headers()["x-request-id"], "a-1");
    Ok(())
}

#[tokio::test]
async fn requests_in_flight_are_counted_until_their_body_is_read() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let (layer, in_flight) = InFlightRequestsLayer::pair();
    let client = once(server.url()).attempt_layer(layer).build()?;
    server.fail(Fault::hang().on("GET", SEARCH).always());
    let pending = tokio::spawn(client.flows().search_flows().into_future());
    let counted = async {
        while in_flight.get() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), counted).await.unwrap();
    pending.abort();
    assert!(pending.await.unwrap_err().is_cancelled());
    assert_eq!(in_flight.get(), 0);
    server.heal();
    client.flows().search_flows().await?;
    assert_eq!(in_flight.get(), 0);
    Ok(())
}

/// Returns the error of the service below, which the circuit breaker wraps.
fn inner(error: CircuitBreakerError<BoxError>) -> BoxError {
    match error {
        CircuitBreakerError::Inner(error) => error,
        open => open.into(),
    }
}

#[tokio::test]
async fn a_circuit_breaker_stops_the_calls_to_a_server_that_fails() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    server.fail(Fault::status(503).on("GET", SEARCH).always());
    let breaker = CircuitBreakerLayer::builder()
        .failure_rate_threshold(0.5)
        .minimum_number_of_calls(3)
        .sliding_window_size(3)
        .wait_duration_in_open(Duration::from_secs(60))
        .failure_classifier(|result: &Result<Response<Body>, BoxError>| match result {
            Ok(response) => response.status().is_server_error(),
            Err(_) => true,
        })
        .build()
        .unwrap();
    let client = Client::builder()
        .server(server.url())
        .retry(Retry::none())
        .layer((MapErrLayer::new(inner), breaker))
        .build()?;
    for _ in 0..3 {
        let error = client.flows().search_flows().await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    }
    let refused = client.flows().search_flows().await.unwrap_err();
    assert!(format!("{refused:#}").contains("circuit is open"), "{refused:#}");
    assert_eq!((refused.kind(), refused.request_sent()), (ErrorKind::Service, RequestSent::No));
    assert_eq!(seen(&server).len(), 3);
    Ok(())
}

#[tokio::test]
async fn errors_below_a_circuit_breaker_stay_what_they_are() -> Result<(), Error> {
    let layer = (MapErrLayer::new(inner), CircuitBreakerLayer::builder().build().unwrap());
    // Nothing listens on this port.
    let client = once("http://127.0.0.1:1").layer(layer).build()?;
    let error = client.flows().search_flows().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_rate_limiter_of_tower_resilience_fits_without_a_buffer() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let limiter = RateLimiterLayer::builder()
        .limit_for_period(2)
        .refresh_period(Duration::from_secs(600))
        .timeout_duration(Duration::from_millis(1))
        .build()
        .unwrap();
    let client = once(server.url()).layer(limiter).build()?;
    for _ in 0..2 {
        client.flows().search_flows().await?;
    }
    let limited = client.flows().search_flows().await.unwrap_err();
    assert_eq!((limited.kind(), limited.request_sent()), (ErrorKind::Service, RequestSent::No), "{limited}");
    assert_eq!(seen(&server).len(), 2);
    Ok(())
}

#[tokio::test]
async fn errors_below_a_rate_limiter_stay_what_they_are() -> Result<(), Error> {
    let take_out = MapErrLayer::new(|error: RateLimiterServiceError<BoxError>| match error {
        RateLimiterServiceError::Inner(error) => error,
        limited => limited.into(),
    });
    let layer = (take_out, RateLimiterLayer::builder().backpressure().build().unwrap());
    let client = once("http://127.0.0.1:1").attempt_layer(layer).build()?;
    let error = client.flows().search_flows().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    Ok(())
}

#[tokio::test]
async fn copies_of_a_client_share_the_token_bucket_of_tower_resilience() -> Result<(), Error> {
    let server = TestServer::start().await.unwrap();
    let bucket = |limiter: RateLimiterConfigBuilder| {
        let hour = Duration::from_secs(3600);
        limiter.limit_for_period(1).refresh_period(hour).burst_size(2)
    };
    let limiter = bucket(RateLimiterLayer::builder()).timeout_duration(Duration::ZERO).build().unwrap();
    let client = once(server.url()).attempt_layer(limiter).build()?;
    for _ in 0..3 {
        client.clone().flows().search_flows().await?;
    }
    let limited = client.clone().flows().search_flows().await.unwrap_err();
    assert_eq!((limited.kind(), limited.request_sent()), (ErrorKind::Service, RequestSent::No), "{limited}");

    // Or the call waits, in its own time.
    let limiter = bucket(RateLimiterLayer::builder()).backpressure().build().unwrap();
    let client = once(server.url()).attempt_layer(limiter).build()?;
    for _ in 0..3 {
        client.flows().search_flows().await?;
    }
    let late = client.flows().search_flows().timeout(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(
        (late.kind(), late.request_sent()),
        (ErrorKind::Timeout(TimeoutPhase::Total), RequestSent::No),
        "{late}"
    );
    assert_eq!(seen(&server).len(), 6);
    Ok(())
}
