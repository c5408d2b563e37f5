use kestra::{Auth, Error, Retry};
use kestra_testkit::{Dialect, Server};
use serde_json::json;

use crate::{NAMESPACE, serve};

const HOOK: &str = "\
id: hook
namespace: company.team
triggers:
  - id: hook
    type: io.kestra.plugin.core.trigger.Webhook
    key: opens
tasks:
  - id: greet
    type: io.kestra.plugin.core.debug.Return
    format: hello
";

#[tokio::test]
async fn a_webhook_stores_what_it_is_sent_so_it_gets_no_credentials() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (user, password) = ("user@example.com", "Passw0rd");
        let server = Server::builder().dialect(dialect).basic_auth(user, password).start().await.unwrap();
        server.deploy(HOOK).unwrap();
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
        .answer("POST", "/api/v1/{tenant}/executions/{namespace}/{id}")
        .status(422)
        .json(&json!({"message": "Invalid entity", "_links": {"self": {"href": link}}}));
    let error = client
        .executions()
        .create_execution(NAMESPACE, "hello")
        .label("token", "s3cr3t")
        .input("password", "s3cr3t")
        .await
        .unwrap_err();
    for text in [error.to_string(), format!("{error:#}"), format!("{error:?}")] {
        assert!(text.contains("Invalid entity") && !text.contains("s3cr3t"), "{text}");
    }
}
