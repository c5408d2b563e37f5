//! Errors mean the same on every version.

use std::time::Duration;

use kestra::jiff::Timestamp;
use kestra::models::{Label, StateType, TaskRunStateRequest};
use kestra::{Auth, Client, ErrorKind, Filter, RequestSent};

use crate::server::{PASSWORD, USER, on_every_server};

const HELLO: &str = "tasks: [{id: hello, type: io.kestra.plugin.core.log.Log, message: hello}]";

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    on_every_server(async |site| {
        let (client, namespace) = (&site.client, &site.namespace);
        let nobody = "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8";
        for error in [
            client.flows().get_flow(namespace, "none").await.unwrap_err(),
            client.flows().update_flow(namespace, "none", site.source("none", HELLO)).await.unwrap_err(),
            client.flows().delete_flow(namespace, "none").await.unwrap_err(),
            client.executions().create_execution(namespace, "none").await.unwrap_err(),
            client.executions().get_execution(nobody).await.unwrap_err(),
            client.executions().kill_execution(nobody).await.unwrap_err(),
            client.executions().delete_execution(nobody).await.unwrap_err(),
            client.executions().restart_execution(nobody).await.unwrap_err(),
            client.kv().get_key_value(namespace, "none").await.unwrap_err(),
            client.files().get_file_content(namespace, "/none.txt").await.unwrap_err(),
        ] {
            assert!(error.is_not_found(), "{error}");
            assert!(!error.is_retryable() && !error.already_exists(), "{error}");
            assert!(error.api_message().is_some_and(|message| message.starts_with("Not Found")), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn small_updates_of_what_is_missing_leave_the_server_well() {
    // Sent without asking, the second or sixth of these hangs a server of 1.3, and all of them take its memory.
    on_every_server(async |site| {
        let (client, namespace) = (&site.client, &site.namespace);
        let nobody = "1Hh2Ii3Jj4Kk5Ll6Mm7Nn8";
        for _ in 0..8 {
            let state = TaskRunStateRequest::new(StateType::Success, nobody);
            for error in [
                client.flows().update_flow(namespace, "none", site.source("none", HELLO)).await.err(),
                client.executions().set_execution_labels(nobody, [Label::new("a", "b")]).await.err(),
                client.executions().update_task_run_state(nobody, state).await.err(),
                client.triggers().pause_backfill((namespace.as_str(), "none", "none")).await.err(),
            ] {
                let error = error.unwrap();
                assert!(error.is_not_found() && error.request_sent() == RequestSent::No, "{error}");
            }
        }
        assert_eq!(client.misc().ping().await.unwrap(), "pong");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_state_is_a_conflict() {
    on_every_server(async |site| {
        site.deploy("hello", HELLO).await;
        let executions = site.client.executions();
        let ended = executions.run(&site.namespace, "hello").await.unwrap();
        let id = ended.id();
        for (what, error) in [
            ("restart", executions.restart_execution(id).await.err()),
            ("force", executions.force_run_execution(id).await.err()),
            ("unqueue", executions.unqueue_execution(id).await.err()),
            ("resume", executions.resume_execution(id).await.err()),
            ("pause", executions.pause_execution(id).await.err()),
        ] {
            let error = error.unwrap();
            assert!(error.is_conflict() && !error.is_not_found(), "{what}: {error}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_there_already_exists() {
    on_every_server(async |site| {
        let source = site.source("hello", HELLO);
        site.client.flows().create_flow(source.clone()).await.unwrap();
        let error = site.client.flows().create_flow(source).await.unwrap_err();
        assert!(error.already_exists(), "{error}");
        assert!(!error.is_not_found());
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_invalid() {
    on_every_server(async |site| {
        let flows = site.client.flows();
        for rest in ["tasks: []", "tasks: [{id: x, type: no.such.Task}]", "tasks: [", "nothing: more"] {
            let error = flows.create_flow(site.source("bad", rest)).await.unwrap_err();
            assert!(error.is_invalid() && error.kind() == ErrorKind::Status, "{rest}: {error}");
            assert!(error.api_message().is_some(), "{rest}");
        }
        let error = flows.get_flow(&site.namespace, "bad").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        let error = site.client.kv().set_key_value(&site.namespace, "no blanks!", 1).await.unwrap_err();
        assert!(error.is_invalid(), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_disabled_flow_is_a_conflict() {
    on_every_server(async |site| {
        site.deploy("switched-off", &format!("disabled: true\n{HELLO}")).await;
        let error =
            site.client.executions().create_execution(&site.namespace, "switched-off").await.unwrap_err();
        assert!(error.is_conflict(), "{error}");
        assert!(!error.already_exists(), "{error}");
    })
    .await;
}

#[tokio::test]
async fn credentials_that_are_wrong_are_told_as_such() {
    on_every_server(async |site| {
        let user = std::env::var("KESTRA_USERNAME").unwrap_or(USER.to_owned());
        for auth in [Auth::basic(&user, format!("{PASSWORD}, no")), Auth::default(), Auth::bearer("none")] {
            let client = Client::builder().server(&site.url).auth(auth).build().unwrap();
            let error = client.flows().get_flow(&site.namespace, "none").await.unwrap_err();
            assert!(error.is_unauthorized(), "{error}");
            assert!(error.hint().is_some(), "{error:#}");
            assert!(!format!("{error:#}{error:?}").contains(PASSWORD));
        }
    })
    .await;
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_refused() {
    on_every_server(async |site| {
        let configuration = site.client.misc().get_configuration().await.unwrap();
        if configuration.edition.is_some_and(|edition| edition.to_string() != "OSS") {
            return;
        }
        let error =
            site.client.flows().get_flow(&site.namespace, "none").tenant("elsewhere").await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{error}");
        assert!(error.hint().is_some(), "{error:#}");
    })
    .await;
}

#[tokio::test]
async fn an_end_before_the_look_back_is_refused_and_the_way_out_is_told() {
    on_every_server(async |site| {
        let client = &site.client;
        let long_ago = Timestamp::now() - Duration::from_secs(20 * 24 * 60 * 60);
        let filter = || Filter::end_date().less_than(long_ago);
        let executions = client.executions().search_executions().filter(filter()).await.unwrap_err();
        let logs = client.logs().search_logs().filter(filter()).await.unwrap_err();
        for error in [executions, logs] {
            assert_eq!(error.status().map(|status| status.as_u16()), Some(422), "{error}");
            assert!(error.hint().unwrap().contains("look back 8 days"), "{error:?}");
        }
        let longer = client.executions().search_executions().filter(filter()).look_back("P90D");
        let error = longer.await.unwrap_err();
        assert!(error.to_string().contains("can't be combined"), "{error}");
        let since = client.executions().search_executions().filter(filter());
        since.since(long_ago - Duration::from_secs(60)).await.unwrap();
    })
    .await;
}
