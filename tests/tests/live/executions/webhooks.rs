//! A webhook starts an execution with what it was sent.

use kestra::models::{State, StateType, WebhookAnswer};
use serde_json::json;

use crate::server::{Site, on_every_server};

const HOOKED: &str = r"
tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]
triggers: [{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: 4f9c2a7b1d}]
";
const KEY: &str = "4f9c2a7b1d";

async fn ended(site: &Site, answer: WebhookAnswer) -> kestra::models::Execution {
    let ended = site.until(answer.id().unwrap(), State::is_terminal).await;
    assert_eq!(ended.state.as_ref().unwrap().current, StateType::Success);
    ended
}

#[tokio::test]
async fn a_webhook_is_called_by_every_method() {
    on_every_server(async |site| {
        site.deploy("hooked", HOOKED).await;
        let executions = site.client.executions();
        let namespace = &site.namespace;
        let get = executions.trigger_execution_by_get_webhook(namespace, "hooked", KEY).await.unwrap();
        ended(site, get).await;
        let body = json!({"a": [1, 2], "b": "c"});
        let post = executions
            .trigger_execution_by_post_webhook(namespace, "hooked", KEY)
            .body(body.clone())
            .await
            .unwrap();
        let execution = ended(site, post).await;
        let trigger = execution.trigger.unwrap();
        assert_eq!((trigger.id.as_deref(), &trigger.variables["body"]), (Some("hook"), &body));
        let headers = trigger.variables["headers"].to_string().to_lowercase();
        assert!(!headers.contains("authorization"), "no credentials are stored: {headers}");
        let put =
            executions.trigger_execution_by_put_webhook(namespace, "hooked", KEY).body(body).await.unwrap();
        ended(site, put).await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_starts_nothing() {
    on_every_server(async |site| {
        site.deploy("hooked", HOOKED).await;
        let call =
            site.client.executions().trigger_execution_by_get_webhook(&site.namespace, "hooked", "wrong");
        assert!(call.await.unwrap_err().is_not_found());
    })
    .await;
}

#[tokio::test]
async fn a_webhook_that_returns_outputs_answers_with_them() {
    on_every_server(async |site| {
        // 1.0 knows neither property, and refuses a flow with one that it doesn't know.
        if !site.is_since(1, 1) {
            return;
        }
        let returning = r#"
tasks: [{id: say, type: io.kestra.plugin.core.debug.Return, format: said}]
outputs: [{id: said, type: STRING, value: "{{ outputs.say.value }}"}]
triggers:
  - {id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: 4f9c2a7b1d, wait: true, returnOutputs: true}
"#;
        site.deploy("returning", returning).await;
        let executions = site.client.executions();
        let answer =
            executions.trigger_execution_by_post_webhook(&site.namespace, "returning", KEY).await.unwrap();
        assert_eq!(answer.outputs().unwrap()["said"], "said");
    })
    .await;
}
