//! Whatever a webhook responds with is read, and no execution is lost behind an error, on servers of all lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod on_server;

use kestra::models::WebhookAnswer;
use kestra_testkit::Dialect;
use on_server::{NAMESPACE, flow, server};
use serde_json::json;

#[tokio::test]
async fn every_answer_is_typed() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let hook = "triggers:\n  - {id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: opens}\n";
        server.deploy(format!("{}{hook}", flow("hooked", "hi"))).unwrap();
        let call = || client.executions().trigger_execution_by_post_webhook(NAMESPACE, "hooked", "opens");
        let answer = call().body(json!({"a": 1})).await.unwrap();
        assert!(matches!(answer, WebhookAnswer::Execution(_)), "{answer:?} on {dialect:?}");
        assert!(client.executions().wait(answer.id().unwrap()).await.unwrap().is_success());

        let route = "/api/v1/main/executions/webhook/company.team/hooked/opens";
        let text = |body: &'static str| server.stub("POST", route).body("text/plain", body).times(1);
        text("accepted: 17");
        assert_eq!(call().await.unwrap(), WebhookAnswer::Text("accepted: 17".to_owned()));
        server.stub("POST", route).json(&json!({"said": "yes"})).times(1);
        assert_eq!(call().await.unwrap().outputs().unwrap()["said"], "yes");
        server.stub("POST", route).json(&json!([1, 2])).times(1);
        assert_eq!(call().await.unwrap(), WebhookAnswer::Json(json!([1, 2])));
        server.stub("POST", route).status(204).times(1);
        assert_eq!(call().await.unwrap(), WebhookAnswer::Empty);
    }
}
