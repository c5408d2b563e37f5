//! The requests that one call becomes, in the order that `client/execute.rs` lists.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use kestra::{Body, Client, Error, ErrorKind, Filter, Version};
use tower::service_fn;

/// A client of a server of 2.0 of one edition, and what is requested of it.
fn client(edition: &'static str) -> (Client, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Body>| {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        requests.lock().unwrap().push(format!("{method} {path}"));
        async move {
            if path.contains("/roles/") {
                return Ok(status(StatusCode::NOT_FOUND));
            }
            let body = match path.rsplit('/').next() {
                Some("configs") => format!(r#"{{"version":"2.0.0","edition":"{edition}"}}"#),
                Some("search") => {
                    r#"{"results":[{"id":"a","state":{"current":"FAILED"}}],"total":1}"#.to_owned()
                }
                Some("by-ids") => r#"{"count":1}"#.to_owned(),
                _ => r#"{"id":"a","namespace":"company.team"}"#.to_owned(),
            };
            Ok::<_, std::convert::Infallible>(Response::new(Body::from(body)))
        }
    });
    let client = Client::builder().service(service).api_version(Version::new(2, 0, 0)).build().unwrap();
    (client, seen)
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(r#"{"_links":{}}"#));
    *response.status_mut() = status;
    response
}

fn of(seen: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut seen.lock().unwrap())
}

#[tokio::test]
async fn most_calls_are_one_request() -> Result<(), Error> {
    let (client, seen) = client("OSS");
    client.flows().get_flow("company.team", "a").await?;
    client.executions().create_execution("company.team", "a").input("name", "world").await?;
    assert_eq!(
        of(&seen),
        ["GET /api/v1/main/flows/company.team/a", "POST /api/v1/main/executions/company.team/a"]
    );
    Ok(())
}

#[tokio::test]
async fn the_edition_is_requested_before_what_an_early_error_is_about() -> Result<(), Error> {
    const SOURCE: &str = "id: a\nnamespace: company.team\n";
    let (enterprise, seen) = client("EE");
    enterprise.flows().update_flow("company.team", "a", SOURCE).draft(true).await?;
    let flow = "/api/v1/main/flows/company.team/a";
    assert_eq!(of(&seen), ["GET /api/v1/configs".to_owned(), format!("GET {flow}"), format!("PUT {flow}")]);

    let (open_source, seen) = client("OSS");
    let refused = open_source.flows().update_flow("company.team", "a", SOURCE).draft(true).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(of(&seen), ["GET /api/v1/configs"]);
    Ok(())
}

#[tokio::test]
async fn an_action_by_query_searches_before_it_acts() -> Result<(), Error> {
    let (client, seen) = client("OSS");
    let action = client.executions().delete_executions_by_query();
    action.filter(Filter::label("team").not_equals("data")).at_most(1).await?;
    let executions = "/api/v1/main/executions";
    assert_eq!(of(&seen), [format!("GET {executions}/search"), format!("DELETE {executions}/by-ids")]);
    Ok(())
}

#[tokio::test]
async fn a_creation_with_a_key_is_looked_up_before_it_is_sent() -> Result<(), Error> {
    let (client, seen) = client("OSS");
    client.executions().create_execution("company.team", "a").idempotency_key("nightly").await?;
    assert_eq!(
        of(&seen).first().map(String::as_str),
        Some("GET /api/v1/main/executions/search"),
        "the search is first"
    );
    Ok(())
}

#[cfg(feature = "enterprise")]
#[tokio::test]
async fn a_missing_operation_of_enterprise_is_explained_afterwards() {
    let (client, seen) = client("OSS");
    let error = client.roles().search_roles().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(of(&seen).last().map(String::as_str), Some("GET /api/v1/configs"));
}
