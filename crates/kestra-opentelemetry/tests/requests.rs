//! The metrics of HTTP requests, in any stack of layers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response, Version};
use http_body_util::{Empty, Full};
use kestra::{Body, Client, Error, ErrorKind, Retry};
use opentelemetry_semantic_conventions::{attribute, metric};
use support::Recorded;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

const ADVISED: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

fn post(body: &'static str) -> Request<Full<&'static [u8]>> {
    Request::post("https://kestra.example.com/x?secret=1").body(Full::new(body.as_bytes())).unwrap()
}

#[tokio::test]
async fn names_units_and_attributes_are_those_of_the_conventions() {
    let recorded = Recorded::new();
    // Bodies that aren't ours, as another HTTP client has them.
    let service = recorded.layer.layer(service_fn(async |_: Request<Full<&'static [u8]>>| {
        let response =
            Response::builder().status(201).version(Version::HTTP_11).header("content-length", "7");
        Ok::<_, Infallible>(response.body(Empty::<&'static [u8]>::new()).unwrap())
    }));
    service.oneshot(post("hello")).await.unwrap();

    let of_request = [attribute::HTTP_REQUEST_METHOD, attribute::SERVER_ADDRESS, attribute::SERVER_PORT];
    let mut of_response =
        [&of_request[..], &[attribute::HTTP_RESPONSE_STATUS_CODE, attribute::NETWORK_PROTOCOL_VERSION]]
            .concat();
    of_response.sort_unstable();
    for (name, unit, sum) in [
        (metric::HTTP_CLIENT_REQUEST_BODY_SIZE, "By", Some(5.0)),
        (metric::HTTP_CLIENT_RESPONSE_BODY_SIZE, "By", Some(7.0)),
        (metric::HTTP_CLIENT_REQUEST_DURATION, "s", None),
    ] {
        let series = recorded.only(name);
        assert_eq!((series.unit.as_str(), series.count), (unit, 1), "{name}");
        assert_eq!(series.keys(), of_response, "{name}");
        assert!(sum.is_none_or(|sum| sum == series.sum), "{series:?}");
        assert_eq!(series.get(attribute::SERVER_ADDRESS), "kestra.example.com");
        assert_eq!(
            (series.get(attribute::SERVER_PORT), series.get(attribute::HTTP_REQUEST_METHOD)),
            ("443", "POST")
        );
        assert_eq!(series.get(attribute::HTTP_RESPONSE_STATUS_CODE), "201");
        assert_eq!(series.get(attribute::NETWORK_PROTOCOL_VERSION), "1.1");
    }
    assert_eq!(recorded.only(metric::HTTP_CLIENT_REQUEST_DURATION).bounds, ADVISED);
    let active = recorded.only(metric::HTTP_CLIENT_ACTIVE_REQUESTS);
    assert_eq!((active.unit.as_str(), active.sum), ("{request}", 0.0));
    assert_eq!(active.keys(), of_request);
    assert!(!format!("{:?}", recorded.series()).contains("secret"));
}

#[tokio::test]
async fn a_request_is_active_until_it_ends_or_is_dropped() {
    let recorded = Recorded::new();
    let mut service = recorded.layer.layer(service_fn(async |_: Request<Body>| {
        std::future::pending::<Result<Response<Body>, Infallible>>().await
    }));
    let request = || Request::get("http://[::1]:8080/x").body(Body::empty()).unwrap();
    let (first, second) = (service.call(request()), service.call(request()));
    assert_eq!(recorded.only(metric::HTTP_CLIENT_ACTIVE_REQUESTS).sum, 2.0);
    drop((first, second));
    assert_eq!(recorded.only(metric::HTTP_CLIENT_ACTIVE_REQUESTS).sum, 0.0);
    let ended = recorded.only(metric::HTTP_CLIENT_REQUEST_DURATION);
    assert_eq!((ended.count, ended.get(attribute::ERROR_TYPE)), (2, "cancelled"));
    assert_eq!((ended.get(attribute::SERVER_ADDRESS), ended.get(attribute::SERVER_PORT)), ("::1", "8080"));
}

#[tokio::test(start_paused = true)]
async fn failures_have_a_type_and_durations_are_seconds() {
    let recorded = Recorded::new();
    for (number, expected) in ["404", "connect", "_OTHER"].into_iter().enumerate() {
        let service = recorded.layer.layer(service_fn(move |_: Request<Body>| async move {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            match number {
                0 => Ok(Response::builder().status(404).body(Body::empty()).unwrap()),
                1 => Err(kestra::BoxError::from(Error::new(ErrorKind::Connect, "refused"))),
                _ => Err("mine".into()),
            }
        }));
        let request = Request::builder().method("PURGE").uri("http://a:1/").body(Body::empty()).unwrap();
        let _ = service.oneshot(request).await;
        let all = recorded.of(metric::HTTP_CLIENT_REQUEST_DURATION);
        let series = all.iter().find(|series| series.get(attribute::ERROR_TYPE) == expected);
        let series = series.unwrap_or_else(|| panic!("{expected}: {all:?}"));
        assert_eq!((series.sum, series.get(attribute::HTTP_REQUEST_METHOD)), (1.5, "_OTHER"));
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_call_is_a_request_and_its_template_is_opt_in() {
    for (has_template, expected) in [(false, ""), (true, "/api/v1/{tenant}/flows/{namespace}/{id}")] {
        let recorded = Recorded::new();
        let mut statuses = vec![200, 503];
        let statuses = std::sync::Arc::new(std::sync::Mutex::new(std::mem::take(&mut statuses)));
        let transport = service_fn(move |_: Request<Body>| {
            let status = statuses.lock().unwrap().pop().unwrap();
            let body = Body::from(r#"{"id":"hello","namespace":"company.team"}"#);
            std::future::ready(Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap()))
        });
        let client = Client::builder()
            .server("https://kestra.example.com")
            .retry(Retry::standard())
            .attempt_layer(recorded.layer.clone().url_template(has_template))
            .transport(transport)
            .build()
            .unwrap();
        client.flows().get_flow("company.team", "hello").await.unwrap();
        let mut ended = recorded.of(metric::HTTP_CLIENT_REQUEST_DURATION);
        ended.sort_by_key(|series| series.get(attribute::HTTP_RESPONSE_STATUS_CODE).to_owned());
        let statuses: Vec<_> =
            ended.iter().map(|series| series.get(attribute::HTTP_RESPONSE_STATUS_CODE)).collect();
        assert_eq!(statuses, ["200", "503"]);
        assert!(ended.iter().all(|series| series.get(attribute::URL_TEMPLATE) == expected), "{ended:?}");
        assert_eq!(recorded.of(metric::HTTP_CLIENT_RESPONSE_BODY_SIZE).len(), 2, "of a body that was read");
    }
}
