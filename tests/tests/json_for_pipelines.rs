//! Errors and reports as JSON: the shapes that docs/errors.md promises, without secrets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod on_server;

use kestra::{Auth, Client, Deployed, Finished};
use kestra_testkit::{Dialect, TestServer};
use on_server::{NAMESPACE, ended, failing, flow, server};
use serde_json::{Value, json};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The names of the members, without those that a hint adds.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).filter(|name| *name != "hint").collect()
}

#[tokio::test]
async fn an_execution_that_failed() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(failing("fails")).unwrap();
        let error = client.executions().run(NAMESPACE, "fails").await.unwrap_err();
        let written = read(&error.to_json());
        assert_eq!(
            members(&written),
            ["executionId", "idempotencyKey", "kind", "message", "operation", "requestSent", "transient"],
            "{dialect:?}"
        );
        assert_eq!(written["kind"], "executionFailed");
        assert_eq!(written["operation"], "run");
        assert_eq!(written["message"], format!("{error:#}"));

        let finished = Finished::of(&error).unwrap();
        let written = read(&finished.to_json());
        assert_eq!(
            members(&written),
            ["endDate", "failedTaskRuns", "flowId", "flowRevision", "id", "namespace", "startDate", "state"]
        );
        assert_eq!((&written["id"], &written["state"]), (&json!(finished.id()), &json!("FAILED")));
        assert_eq!(
            (&written["failedTaskRuns"][0]["taskId"], &written["failedTaskRuns"][0]["state"]),
            (&json!("stop"), &json!("FAILED"))
        );
    }
}

#[tokio::test]
async fn a_report_of_a_sync_and_of_an_action_on_many() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        let report =
            client.flows().sync_sources([flow("good", "hi"), "id: bad\nnamespace: x.y\n".to_owned()]);
        let written = read(&report.await.unwrap().to_json());
        assert_eq!(members(&written), ["applied", "dryRun", "entries"]);
        let entries = written["entries"].as_array().unwrap();
        let bad = entries.iter().find(|entry| entry["action"] == "invalid").unwrap();
        assert!(bad["error"]["message"].is_string() && bad["error"]["kind"] == "build", "{bad}");

        server.deploy(flow("hello", "hi")).unwrap();
        let id = client.executions().create_execution(NAMESPACE, "hello").await.unwrap().id;
        ended(&client, &id).await;
        let deleted =
            client.executions().delete_executions_by_ids([id, "none".to_owned()]).skipping_invalid();
        let written = read(&deleted.await.unwrap().to_json());
        assert_eq!(
            members(&written),
            [
                "created",
                "done",
                "failed",
                "notTried",
                "notVisible",
                "operationIds",
                "queued",
                "skipped",
                "visible"
            ]
        );
        assert_eq!(written["skipped"][0]["id"], "none");

        let (_, outcome) = client.flows().deploy(flow("new", "hi")).outcome().await.unwrap();
        assert_eq!((outcome, json!(outcome)), (Deployed::Created, json!("created")));
        let written = json!(client.check().await.unwrap());
        assert!(written["versionText"].is_string() && written["version"].is_string(), "{written}");
    }
}

#[tokio::test]
async fn no_secret_is_written() {
    for dialect in Dialect::ALL {
        let server = TestServer::builder()
            .dialect(dialect)
            .basic_auth("me@example.com", "Secret12!")
            .start()
            .await
            .unwrap();
        let source = format!(
            "id: takes\nnamespace: {NAMESPACE}\ninputs:\n  - {{id: code, type: STRING}}\ntasks:\n  - {{id: stop, type: \
             io.kestra.plugin.core.execution.Fail}}\n"
        );
        server.deploy(source).unwrap();
        let client = |password: &str| {
            Client::builder()
                .server(server.url())
                .auth(Auth::basic("me@example.com", password))
                .build()
                .unwrap()
        };
        let refused = client("Wrong34!").executions().search_executions().await.unwrap_err();
        let run = client("Secret12!")
            .executions()
            .run(NAMESPACE, "takes")
            .input("code", "hidden56")
            .options(kestra::CallOptions::new().header("X-Key", "hidden78"));
        let failed = run.await.unwrap_err();
        let texts = [refused.to_json(), failed.to_json(), Finished::of(&failed).unwrap().to_json()];
        assert!(texts[0].contains("401") && texts[1].contains("executionFailed"), "{texts:?}");
        for text in texts {
            for secret in ["Secret12", "Wrong34", "hidden56", "hidden78"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}
