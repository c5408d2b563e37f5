//! What was planned, done.

use super::plan::Planned;
use super::report::FlowAction;
use crate::Flows;

/// Does one action; a failure stays with its flow.
pub(super) async fn apply(flows: &Flows, flow: &mut Planned) {
    let report = &mut flow.report;
    let (Some(namespace), Some(id)) = (&report.namespace, &report.id) else { return };
    let source = std::mem::take(&mut flow.source);
    let outcome = match report.action {
        FlowAction::Create => flows.create_flow(source).await.map(|flow| flow.revision),
        // It was just read, so there is no need to ask again.
        FlowAction::Update => {
            flows.update_flow(namespace, id, source).unchecked().await.map(|flow| flow.revision)
        }
        FlowAction::Delete => match flows.delete_flow(namespace, id).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        },
        FlowAction::Unchanged | FlowAction::Invalid => return,
    };
    match outcome {
        Ok(revision) => report.revision = revision,
        Err(error) => report.error = Some(error),
    }
}
