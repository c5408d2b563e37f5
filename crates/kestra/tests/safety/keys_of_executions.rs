use kestra::{Error, Filter, Resolved};
use kestra_testkit::{Dialect, Outcome};
use serde_json::json;

use crate::{NAMESPACE, serve};

const LABEL: &str = "system.correlationId";

#[tokio::test]
async fn a_correlation_id_twice_is_two_executions_and_a_key_is_one() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "job").on_run(|_| Outcome::success(json!({})));
        for _ in 0..2 {
            client.executions().create_execution(NAMESPACE, "job").label(LABEL, "order-17").await?;
        }
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 2);

        let start = || client.executions().start(NAMESPACE, "job").idempotency_key("order-18");
        let (first, second) = (start().await?, start().await?);
        assert_eq!(first.id(), second.id());
        assert_eq!(server.executions_of(NAMESPACE, "job").len(), 3);
    }
    Ok(())
}

#[tokio::test]
async fn what_inherits_the_id_is_found_by_it_and_is_not_the_keys() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "flaky").on_run(|_| Outcome::retried(Outcome::success(json!({}))));
        let executions = client.executions();
        let started = executions.start(NAMESPACE, "flaky").idempotency_key("order-19").await?;
        started.wait().await?;
        let labelled = executions.search_executions().filter(Filter::label(LABEL).equals("order-19")).await?;
        assert_eq!(labelled.total, Some(2));
        match executions.resolve("order-19").await? {
            Resolved::One(execution) => assert_eq!(Some(execution.id.as_str()), Some(started.id())),
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}
