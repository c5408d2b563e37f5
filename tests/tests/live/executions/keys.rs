//! A key starts one execution, however often it is used.

use kestra::{Filter, Resolved};

use crate::server::{eventually, on_every_server};

const LOG: &str = "tasks: [{id: hi, type: io.kestra.plugin.core.log.Log, message: hi}]";

/// Keys are searched for in all namespaces, so that they have to be one's own.
fn key(site: &crate::server::Site, name: &str) -> String {
    format!("{}/{name}", site.namespace)
}

#[tokio::test]
async fn a_key_gives_the_same_execution_again() {
    on_every_server(async |site| {
        site.deploy("once", LOG).await;
        let executions = site.client.executions();
        let key = key(site, "order 17");
        assert!(matches!(executions.resolve(&key).await.unwrap(), Resolved::None));
        let start = || executions.start(&site.namespace, "once").idempotency_key(&key);
        let first = start().await.unwrap();
        first.wait().await.unwrap();
        let second = start().await.unwrap();
        assert!(!first.was_found() && second.was_found());
        assert_eq!(first.id(), second.id());
        let run = executions.run(&site.namespace, "once").idempotency_key(&key).await.unwrap();
        assert_eq!(run.id(), first.id());
        match executions.resolve(&key).await.unwrap() {
            Resolved::One(found) => assert_eq!(Some(found.id.as_str()), Some(first.id())),
            other => panic!("{other:?}"),
        }
        let ours = Filter::namespace().equals(&site.namespace);
        assert_eq!(executions.search_executions().filter(ours).await.unwrap().total, Some(1));
    })
    .await;
}

#[tokio::test]
async fn what_inherits_a_key_does_not_count() {
    on_every_server(async |site| {
        site.deploy("child", LOG).await;
        let rest = format!(
            "tasks: [{{id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: {}, flowId: child, wait: true}}]",
            site.namespace
        );
        site.deploy("parent", &rest).await;
        let executions = site.client.executions();
        let key = key(site, "family");
        let run = executions.run(&site.namespace, "parent").idempotency_key(&key).await.unwrap();
        let replayed = executions.replay_execution(run.id()).await.unwrap();
        executions.wait(replayed.id).await.unwrap();
        eventually("all four are indexed", async || {
            let filters =
                [Filter::namespace().equals(&site.namespace), Filter::label("system.correlationId").equals(&key)];
            let found = executions.search_executions().filters(filters).await.unwrap().total;
            (found == Some(4)).then_some(())
        })
        .await;
        match executions.resolve(&key).await.unwrap() {
            Resolved::One(found) => assert_eq!(Some(found.id.as_str()), Some(run.id())),
            other => panic!("{other:?}"),
        }
        let again = executions.start(&site.namespace, "parent").idempotency_key(&key).await.unwrap();
        assert!(again.was_found() && again.id() == run.id());
    })
    .await;
}

#[tokio::test]
async fn a_key_used_twice_without_asking_is_told() {
    on_every_server(async |site| {
        site.deploy("twice", LOG).await;
        let executions = site.client.executions();
        let key = key(site, "twice");
        for _ in 0..2 {
            executions
                .create_execution(&site.namespace, "twice")
                .label("system.correlationId", &key)
                .await
                .unwrap();
        }
        let found = eventually("both are indexed", async || match executions.resolve(&key).await.unwrap() {
            Resolved::Many(found) => Some(found),
            _ => None,
        })
        .await;
        assert_eq!(found.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_flow_that_is_retried_answers_its_key() {
    on_every_server(async |site| {
        let rest = "
retry: {type: constant, behavior: CREATE_NEW_EXECUTION, interval: PT1S, maxAttempts: 2}
tasks: [{id: stop, type: io.kestra.plugin.core.execution.Fail}]
";
        site.deploy("retries", rest).await;
        let executions = site.client.executions();
        let key = key(site, "retried");
        let started = executions.start(&site.namespace, "retries").idempotency_key(&key).await.unwrap();
        let last = started.wait().any_end_state().await.unwrap();
        match executions.resolve(&key).await.unwrap() {
            Resolved::One(found) => assert_eq!(Some(found.id.as_str()), Some(started.id())),
            other => panic!("{other:?} {}", last.id()),
        }
    })
    .await;
}
