//! The servers that tests run on.

mod cleanup;
mod own;
mod record;
mod site;

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use kestra::Filter;
use kestra::models::ExecutionKind;
pub(crate) use kestra_tests::eventually;

pub(crate) use self::own::{PASSWORD, USER};
pub(crate) use self::site::Site;

type Panic = Box<dyn std::any::Any + Send>;

/// Runs a test on the server that `KESTRA_URL` names, or on embedded ones of several versions; and cleans up after it.
pub(crate) async fn on_every_server(test: impl AsyncFn(&Site)) {
    for own in own::servers().await {
        let site = Site::new(own).await;
        if let Err(panic) = run(&site, &test).await {
            eprintln!("this was on Kestra {}", site.version_text);
            resume_unwind(panic);
        }
    }
}

/// Runs a test and cleans up, whether it panics or not.
async fn run(site: &Site, test: impl AsyncFn(&Site)) -> Result<(), Panic> {
    let result = AssertUnwindSafe(Box::pin(test(site))).catch_unwind().await;
    let cleaned = AssertUnwindSafe(async { cleanup::clean(site).await.unwrap() }).catch_unwind().await;
    result.and(cleaned)
}

#[tokio::test]
async fn a_test_that_fails_leaves_nothing() {
    for own in own::servers().await {
        let site = Site::new(own).await;
        let failing = run(&site, async |site| {
            site.deploy("pause", "tasks: [{id: wait, type: io.kestra.plugin.core.flow.Pause}]").await;
            let executions = site.client.executions();
            executions.create_execution(&site.namespace, "pause").await.unwrap();
            // Those of 1.0 can't be found again.
            if site.is_since(1, 1) {
                executions
                    .create_execution(&site.namespace, "pause")
                    .kind(ExecutionKind::Test)
                    .await
                    .unwrap();
            }
            site.client.kv().set_key_value(&site.namespace, "key", "value").await.unwrap();
            panic!("on purpose");
        });
        assert!(failing.await.is_err());
        let (client, namespace) = (&site.client, &site.namespace);
        assert!(client.flows().list_flows_by_namespace(namespace).await.unwrap().is_empty());
        assert!(client.kv().get_key_value(namespace, "key").await.unwrap_err().is_not_found());
        let usual = client.executions().search_executions().filter(Filter::namespace().equals(namespace));
        assert!(usual.await.unwrap().results.is_empty());
        if site.is_since(1, 1) {
            let tests = [Filter::namespace().equals(namespace), Filter::kind().equals("TEST")];
            let tests = client.executions().search_executions().filters(tests);
            assert!(tests.await.unwrap().results.is_empty());
        }
    }
}
