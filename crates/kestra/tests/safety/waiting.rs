use std::time::Duration;

use kestra::Error;
use kestra::models::StateType;
use kestra_testkit::{Dialect, Outcome};
use serde_json::json;

use crate::{NAMESPACE, serve};

#[tokio::test]
async fn a_pause_holds_the_answer_of_a_creation_that_waits() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "gate").on_run(|_| Outcome::paused());
        // The client asks for the version before the time counts.
        client.flows().get_flow(NAMESPACE, "gate").await?;
        let creation = client.executions().create_execution(NAMESPACE, "gate").wait(true);
        let hangs = creation.timeout(Duration::from_millis(200)).await.unwrap_err();
        assert!(hangs.is_timeout() && hangs.execution_id().is_none(), "{hangs}");
        // It was started all the same, and nothing tells which it is.
        assert_eq!(server.executions_of(NAMESPACE, "gate").len(), 1);

        let paused = client.executions().run(NAMESPACE, "gate").stop_on_pause(true).await?;
        assert!(paused.is_paused());
        let late = client.executions().run(NAMESPACE, "gate").timeout(Duration::from_millis(200));
        assert!(late.await.unwrap_err().execution_id().is_some());
    }
    Ok(())
}

#[tokio::test]
async fn a_retried_execution_has_ended_and_its_work_goes_on() -> Result<(), Error> {
    for dialect in [Dialect::V1_3, Dialect::V2_0] {
        let (server, client) = serve(dialect).await;
        server.flow(NAMESPACE, "flaky").on_run(|_| Outcome::retried(Outcome::success(json!({"rows": 5}))));
        let waited = client.executions().create_execution(NAMESPACE, "flaky").wait(true).await?;
        let state = waited.state.as_ref().unwrap();
        assert_eq!(state.current, StateType::Retried);
        assert!(state.is_terminal());

        let finished = client.executions().wait(&waited.id).await?;
        assert_eq!(finished.state(), Some(&StateType::Success));
        assert_eq!(finished.execution.parent_id, Some(waited.id));
        assert_eq!(finished.outputs()["rows"], 5);
    }
    Ok(())
}
