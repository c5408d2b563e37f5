//! Triggers.

use kestra::models::{
    CreateBackfillRequest, CreateBackfillRequestBackfill, DisableTriggerRequest, SetDisabledRequest,
    TriggerId,
};
use serde_json::{Map, Value};

use crate::Failure;
use crate::steps::{NAMESPACE, Steps, in_namespace, source};

const FLOW: &str = "scheduled";
const TRIGGER: &str = "yearly";

pub(super) async fn all(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let call = steps.client.flows().create_flow(source(FLOW)?);
    steps.call("flows.create_flow", call).await?;
    let triggers = steps.client.triggers();
    let call = triggers.search_triggers().page(1).size(10).filter(in_namespace());
    steps.call("triggers.search_triggers", call).await?;
    let call = triggers.search_triggers_for_flow(NAMESPACE, FLOW).page(1).size(10);
    steps.call("triggers.search_triggers_for_flow", call).await?;
    let disabled = DisableTriggerRequest::new(NAMESPACE, FLOW, TRIGGER, true);
    steps.call("triggers.disable_trigger_by_id", triggers.set_trigger_disabled(disabled)).await?;
    let enabled = SetDisabledRequest::new(false, [TriggerId::new(NAMESPACE, FLOW, TRIGGER)]);
    let call = triggers.set_triggers_disabled_by_ids(enabled);
    steps.call("triggers.disabled_triggers_by_ids", call).await?;
    let call = triggers.restart_trigger(NAMESPACE, FLOW, TRIGGER);
    steps.call("triggers.restart_trigger", call).await?;
    steps.call("triggers.unlock_trigger", triggers.unlock_trigger(NAMESPACE, FLOW, TRIGGER)).await?;
    let backfill = CreateBackfillRequestBackfill::new()
        .start("2024-12-01T00:00:00Z".parse()?)
        .end("2025-02-01T00:00:00Z".parse()?)
        .inputs(Map::from_iter([("name".to_owned(), Value::from("past"))]))
        .labels([("why", "backfill")]);
    let backfill = CreateBackfillRequest::new(NAMESPACE, FLOW, TRIGGER, backfill);
    steps.call("triggers.create_backfill", triggers.create_backfill(backfill)).await?;
    Ok(())
}
