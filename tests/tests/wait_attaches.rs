//! A wait attaches to what others started: a replay, a restart, a webhook.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod on_server;

use std::time::Duration;

use kestra::{Client, ErrorKind, Finished};
use kestra_testkit::{Dialect, TestServer};
use on_server::{NAMESPACE, failing, server};

const CALLED: &str = "id: called\nnamespace: company.team\noutputs:\n  - id: said\n    type: STRING\n    value: \"{{ \
                      trigger.body.word ?? 'nothing' }}\"\ntasks:\n  - id: log\n    type: io.kestra.plugin.core.log.Log\n    \
                      message: hi\ntriggers:\n  - id: hook\n    type: io.kestra.plugin.core.trigger.Webhook\n    key: secret-key\n";

#[tokio::test]
async fn what_a_webhook_started_and_what_replays_it_is_waited_for() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(CALLED).unwrap();
        let executions = client.executions();
        let call = executions.trigger_execution_by_post_webhook(NAMESPACE, "called", "secret-key");
        let answer = call.body(serde_json::json!({"word": "hello"})).await.unwrap();
        let id = answer.id().unwrap().to_owned();
        let finished = executions.wait(&id).await.unwrap();
        assert_eq!((finished.id(), finished.outputs()["said"].as_str()), (id.as_str(), Some("hello")));

        let replay = executions.replay_execution(&id).await.unwrap().id;
        assert!(replay != id);
        let finished = executions.wait(&replay).timeout(Duration::from_secs(20)).await.unwrap();
        assert_eq!(finished.execution.parent_id.as_deref(), Some(id.as_str()));
        assert!(finished.is_success());
    }
}

#[tokio::test]
async fn a_restart_that_shows_is_waited_for_not_the_end_before_it() {
    for dialect in Dialect::ALL {
        let (server, client) = server(dialect).await;
        server.deploy(failing("fails")).unwrap();
        let executions = client.executions();
        let error = executions.run(NAMESPACE, "fails").await.unwrap_err();
        let before = Finished::of(&error).unwrap().execution.clone();
        let id = before.id.clone();
        let restart = executions.restart_executions_by_ids([&id]).wait_until_visible(Duration::from_secs(20));
        restart.await.unwrap().check().unwrap();
        let error = executions.wait(&id).await.unwrap_err();
        assert_eq!((error.kind(), error.execution_id()), (ErrorKind::ExecutionFailed, Some(id.as_str())));
        let after = Finished::of(&error).unwrap().execution.clone();
        assert!(after.progress() > before.progress(), "it is the end of the second run");
    }
}

#[tokio::test]
async fn the_end_before_a_restart_is_not_taken_for_the_one_after_it() {
    for dialect in Dialect::ALL {
        // Acts some time after it has answered, as a busy server does.
        let delay = Duration::from_secs(2);
        let server = TestServer::builder().dialect(dialect).bulk_delay(delay).start().await.unwrap();
        let client = Client::builder().server(server.url()).build().unwrap();
        server.deploy(failing("fails")).unwrap();
        let executions = client.executions();
        let error = executions.run(NAMESPACE, "fails").await.unwrap_err();
        let before = Finished::of(&error).unwrap().execution.clone();
        let id = before.id.clone();
        executions.restart_executions_by_ids([&id]).await.unwrap();
        let error = executions.wait(&id).await.unwrap_err();
        assert_eq!(
            Finished::of(&error).unwrap().execution.progress(),
            before.progress(),
            "the old end is there"
        );

        let error = executions.wait(&id).after(&before).timeout(Duration::from_secs(30)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailed, "{error}");
        assert!(Finished::of(&error).unwrap().execution.progress() > before.progress());
    }
}
