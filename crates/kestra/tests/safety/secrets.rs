use kestra::{Auth, Error, Retry};
use kestra_testkit::{Dialect, TestServer};
use serde_json::json;

use crate::{NAMESPACE, serve};

#[tokio::test]
async fn a_webhook_stores_what_it_is_sent_so_it_gets_no_credentials() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (user, password) = ("user@example.com", "Passw0rd");
        let server = TestServer::builder().dialect(dialect).basic_auth(user, password).start().await.unwrap();
        server.deploy(crate::HOOK).unwrap();
        let client = kestra::Client::builder()
            .server(server.url())
            .auth(Auth::basic(user, password))
            .retry(Retry::none())
            .build()?;
        let executions = client.executions();
        executions.trigger_execution_by_get_webhook(NAMESPACE, "hook", "opens").await?;
        let request = server.requests().pop().unwrap();
        assert_eq!(request.header("authorization"), None);
        // Given by hand they are sent, and anybody who may read the execution reads them.
        executions
            .trigger_execution_by_get_webhook(NAMESPACE, "hook", "opens")
            .header("authorization", "Basic dXNlcg==")
            .await?;
        let found = executions.search_executions().await?;
        let stored: Vec<String> = found
            .results
            .iter()
            .map(|execution| serde_json::to_string(&format!("{:?}", execution.trigger)).unwrap())
            .collect();
        assert_eq!(stored.iter().filter(|text| text.contains("dXNlcg")).count(), 1, "{stored:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_error_does_not_repeat_what_was_sent() {
    let (server, client) = serve(Dialect::V2_0).await;
    let link = "/api/v1/main/executions/company.team/hello?labels=token:s3cr3t";
    server
        .stub("POST", "/api/v1/{tenant}/executions/{namespace}/{id}")
        .status(422)
        .json(&json!({"message": "Invalid entity", "_links": {"self": {"href": link}}}));
    let error = client
        .executions()
        .create_execution(NAMESPACE, "hello")
        .label("token", "s3cr3t")
        .input("password", "s3cr3t")
        .await
        .unwrap_err();
    // The server sends it back, and whoever asks for the answer itself gets it.
    let body = String::from_utf8_lossy(&error.response().unwrap().body).into_owned();
    assert!(body.contains("s3cr3t"), "{body}");
    for text in [error.to_string(), format!("{error:#}"), format!("{error:?}")] {
        assert!(text.contains("Invalid entity") && !text.contains("s3cr3t"), "{text}");
    }
}

#[tokio::test]
async fn a_redirect_does_not_repeat_what_was_sent() {
    let (server, client) = serve(Dialect::V2_0).await;
    server
        .stub("POST", "/api/v1/{tenant}/executions/{namespace}/{id}")
        .status(302)
        .header("location", "/login?from=/executions/company.team/hello?labels=token:s3cr3t");
    let error =
        client.executions().create_execution(NAMESPACE, "hello").label("token", "s3cr3t").await.unwrap_err();
    let location = error.response().unwrap().parts.headers["location"].to_str().unwrap().to_owned();
    assert!(location.contains("s3cr3t"), "{location}");
    for text in [error.to_string(), format!("{error:#}"), format!("{error:?}")] {
        assert!(text.contains("/login") && !text.contains("s3cr3t"), "{text}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_webhook_that_wants_credentials_says_how_to_send_them() {
    let (user, password) = ("user@example.com", "Passw0rd");
    let server = TestServer::builder().dialect(Dialect::V1_0).first_start().start().await.unwrap();
    server.deploy(crate::HOOK).unwrap();
    // Set over the API, they close the webhooks of 1.0.
    let set = json!({"uid": "u", "username": user, "password": password});
    let first = crate::support::once(server.url()).build().unwrap();
    let request = http::Request::post("/api/v1/main/basicAuth").header("content-type", "application/json");
    first.request(request.body(set.to_string()).unwrap()).await.unwrap();

    let hook = async |send: bool| {
        let client = crate::support::once(server.url()).auth(Auth::basic(user, password));
        let client = client.webhook_credentials(send).build().unwrap();
        client.executions().trigger_execution_by_get_webhook(NAMESPACE, "hook", "opens").await
    };
    let error = hook(false).await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("webhook_credentials")), "{error:#}");
    hook(true).await.unwrap();
}
