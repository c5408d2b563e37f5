//! Executions, their logs and metrics.

use kestra::Filter;
use kestra::models::{FlowFilter, LogLevel, SetLabelsByIdsRequest, StateType};

use crate::Failure;
use crate::steps::{NAMESPACE, Steps, id, in_namespace};

/// Answers two executions that ended.
pub(super) async fn run(steps: &mut Steps<'_>) -> Result<(String, String), Failure> {
    let executions = steps.client.executions();
    let call = executions
        .create_execution(NAMESPACE, "hello")
        .wait(true)
        .label("cost", "12")
        .label("team", "data")
        .revision(2)
        .input("name", "you");
    let finished = id(&steps.call("executions.create_execution", call).await?)?;
    steps.call("executions.execution", executions.get_execution(&finished)).await?;
    let call = executions.search_executions().page(1).size(10).filter(in_namespace());
    steps.call("executions.search_executions", call).await?;

    let call = executions.create_execution(NAMESPACE, "hello");
    let started = id(&steps.call("executions.create_execution", call).await?)?;
    let mut events = executions.follow_execution(&started).stream();
    while let Some(event) = events.next().await {
        event?;
    }
    steps.end("executions.follow_execution");
    let call = steps.client.logs().list_logs_from_execution(&started);
    steps.call("logs.list_logs_from_execution", call).await?;

    let paused = steps.pause().await?;
    steps.call("executions.resume_execution", executions.resume_execution(&paused)).await?;
    steps.wait_for(&paused, StateType::Success).await?;
    let killed = steps.pause().await?;
    steps.call("executions.kill_execution", executions.kill_execution(&killed)).await?;
    steps.wait_for(&killed, StateType::Killed).await?;
    let call = executions.replay_execution(&finished);
    let replayed = id(&steps.call("executions.replay_execution", call).await?)?;
    steps.wait_for(&replayed, StateType::Success).await?;
    Ok((finished, started))
}

pub(super) async fn one(steps: &mut Steps<'_>, finished: &str) -> Result<(), Failure> {
    let executions = steps.client.executions();
    let call = executions.get_execution_flow_graph(finished);
    steps.call("executions.execution_flow_graph", call).await?;
    let call = executions.get_flow_from_execution_by_id(finished);
    steps.call("executions.flow_from_execution_by_id", call).await?;
    let call = executions.get_latest_executions([FlowFilter::new(NAMESPACE, "hello")]);
    steps.call("executions.latest_executions", call).await?;
    let call = executions.eval_expression(finished, "{{ inputs.name }}");
    steps.call("executions.eval_expression", call).await?;
    let call = executions.set_execution_labels(finished, [("reviewed", "yes")]).unchecked();
    steps.call("executions.set_labels_on_terminated_execution", call).await?;
    let call = executions.replay_execution_with_inputs(finished).input("name", "again");
    let replayed = id(&steps.call("executions.replay_execution_with_inputs", call).await?)?;
    steps.wait_for(&replayed, StateType::Success).await?;
    let call = executions.update_execution_status(finished, StateType::Failed);
    steps.call("executions.update_execution_status", call).await?;
    Ok(())
}

pub(super) async fn many(steps: &mut Steps<'_>, finished: &str) -> Result<(), Failure> {
    let executions = steps.client.executions();
    let call = executions.restart_executions_by_ids([finished]);
    steps.call("executions.restart_executions_by_ids", call).await?;
    steps.wait_for(finished, StateType::Success).await?;
    let ids = [steps.pause().await?, steps.pause().await?];
    steps.call("executions.kill_executions_by_ids", executions.kill_executions_by_ids(&ids)).await?;
    for id in &ids {
        steps.wait_for(id, StateType::Killed).await?;
    }
    let labels = SetLabelsByIdsRequest::new([("why", "done")], &ids);
    let call = executions.set_execution_labels_by_ids(labels);
    steps.call("executions.set_labels_on_terminated_executions_by_ids", call).await?;
    steps.call("executions.delete_executions_by_ids", executions.delete_executions_by_ids(&ids)).await?;
    Ok(())
}

pub(super) async fn logs_and_metrics(steps: &mut Steps<'_>, started: &str) -> Result<(), Failure> {
    let (logs, metrics) = (steps.client.logs(), steps.client.metrics());
    let call = logs.search_logs().page(1).size(10).filter(in_namespace());
    steps.call("logs.search_logs", call).await?;
    let call = logs.download_logs_from_execution(started).filter(Filter::level().at_least("ERROR"));
    let _ = steps.call("logs.download_logs_from_execution", call).await?;
    let call = logs.delete_logs_from_execution(started).min_level(LogLevel::Info);
    steps.call("logs.delete_logs_from_execution", call).await?;
    let call = metrics.search_metrics_by_execution(started).page(1).size(10);
    steps.call("metrics.execution_metrics", call).await?;
    steps.call("metrics.flow_metric_names", metrics.list_flow_metrics(NAMESPACE, "hello")).await?;
    Ok(())
}
