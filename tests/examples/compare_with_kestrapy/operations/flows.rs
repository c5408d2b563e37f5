//! Flows.

use kestra::FilePart;
use kestra::models::NamespacedId;
use serde_json::json;

use crate::Failure;
use crate::steps::{BULK, NAMESPACE, Steps, in_namespace, source};

pub(super) async fn write(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let flows = steps.client.flows();
    let hello = source("hello")?;
    let changed = hello.replace("hello {{", "hi {{");
    steps.call("flows.create_flow", flows.create_flow(&hello)).await?;
    steps.call("flows.create_flow", flows.create_flow(source("pausing")?)).await?;
    steps.call("flows.flow", flows.get_flow(NAMESPACE, "hello")).await?;
    steps.call("flows.update_flow", flows.update_flow(NAMESPACE, "hello", changed).unchecked()).await?;
    steps.call("flows.validate_flows", flows.validate_flows(&hello)).await?;
    let call = flows.search_flows().page(1).size(10).filter(in_namespace());
    steps.call("flows.search_flows", call).await?;
    steps.call("flows.list_flow_revisions", flows.list_flow_revisions(NAMESPACE, "hello")).await?;
    Ok(())
}

pub(super) async fn more(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let flows = steps.client.flows();
    let hello = source("hello")?;
    let call = flows.get_flow_dependencies(NAMESPACE, "hello").destination_only(false).expand_all(true);
    steps.call("flows.flow_dependencies", call).await?;
    let call = flows.search_flows_by_source_code().page(1).size(10).q("message").namespace(NAMESPACE);
    steps.call("flows.search_flows_by_source_code", call).await?;
    steps.call("flows.list_flows_by_namespace", flows.list_flows_by_namespace(NAMESPACE)).await?;
    steps.call("flows.task_from_flow", flows.get_task_from_flow(NAMESPACE, "hello", "log")).await?;
    let call = flows.generate_flow_graph_from_source(&hello);
    steps.call("flows.generate_flow_graph_from_source", call).await?;
    steps.call("flows.expressions", flows.list_flow_expressions(&hello).task_id("log")).await?;
    let daily = json!({"id": "daily", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "0 0 * * *"});
    steps.call("flows.validate_trigger", flows.validate_trigger(daily)).await?;
    Ok(())
}

pub(super) async fn many(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let flows = steps.client.flows();
    let bulk = source("bulk")?;
    let ids = || [NamespacedId::new(BULK, "bulk")];
    let call = flows.bulk_update_flows(&bulk).delete(false).namespace(BULK).allow_namespace_child(true);
    steps.call("flows.bulk_update_flows", call).await?;
    let call = flows.update_flows_in_namespace(BULK, &bulk).delete(false);
    steps.call("flows.update_flows_in_namespace", call).await?;
    let export = steps.call("flows.export_flows_by_ids", flows.export_flows_by_ids(ids())).await?;
    export.bytes().await?;
    let call = flows.import_flows(FilePart::bytes("flows.yml", bulk)).fail_on_error(true);
    steps.call("flows.import_flows", call).await?;
    steps.call("flows.disable_flows_by_ids", flows.disable_flows_by_ids(ids())).await?;
    steps.call("flows.enable_flows_by_ids", flows.enable_flows_by_ids(ids())).await?;
    steps.call("flows.delete_flows_by_ids", flows.delete_flows_by_ids(ids())).await?;
    Ok(())
}

pub(super) async fn clean_up(steps: &mut Steps<'_>, started: &str) -> Result<(), Failure> {
    let call = steps.client.executions().delete_execution(started);
    steps.call("executions.delete_execution", call).await?;
    let flows = steps.client.flows();
    for id in ["pausing", "scheduled", "hello"] {
        steps.call("flows.delete_flow", flows.delete_flow(NAMESPACE, id)).await?;
    }
    let call = flows.search_flows().page(1).size(10).filter(in_namespace());
    steps.call("flows.search_flows", call).await?;
    Ok(())
}
