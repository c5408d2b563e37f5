//! What the 2.0 release has beyond its document.

use futures_util::StreamExt;
use kestra::Filter;
use kestra::models::{
    AiMode, CaseSeverity, CaseSubjectIds, CaseTemplateRequest, ChatInAiThreadRequest, CreateAiThreadRequest,
    CreateCaseRequest, CreatePromotionTargetRequest, ExportFormat, LinkCaseExecutionsByQueryRequest,
    NamespacedId, PluginArtifact, PreviewRequest, PromoteFlowRequest, PromoteTargetRef,
    PromotionConnectionMode, QueryFilter, QueryFilterField, QueryFilterOp, ResetQuotaLimitRequest,
    RunCaseActionRequest,
};
use serde_json::{Map, json};

use crate::Failure;
use crate::steps::{NAMESPACE, Steps, in_namespace, source};

pub(super) async fn cases(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let cases = steps.client.cases();
    let case = CreateCaseRequest::new(NAMESPACE, "Late").severity(CaseSeverity::High);
    let case = case.assignees(CaseSubjectIds::new().users(["u1"]));
    steps.call("cases.create_case", cases.create_case(case)).await?;
    let severe = || Filter::field("severity").equals("HIGH");
    let call = cases.search_cases().page(1).size(10).filter(severe());
    steps.call("cases.search_cases", call).await?;
    steps.call("cases.case_counts", cases.count_cases().filter(severe())).await?;
    steps.call("cases.add_case_comment", cases.add_case_comment("c1").body("Seen")).await?;
    let filter = QueryFilter::new().field(QueryFilterField::Namespace).operation(QueryFilterOp::Equals);
    let query = LinkCaseExecutionsByQueryRequest::new([filter.value(json!(NAMESPACE))]);
    // Unchecked, as the client would search for the executions and link their ids.
    let call = cases.link_case_executions_by_query("c1", query).unchecked();
    steps.call("cases.link_case_executions_by_query", call).await?;
    let inputs = Map::from_iter([("name".to_owned(), json!("you"))]);
    let action = RunCaseActionRequest::new(NAMESPACE, "hello").inputs(inputs);
    steps.call("cases.run_case_action", cases.run_case_action("c1", action)).await?;
    let template = CaseTemplateRequest::new("outage").default_severity(CaseSeverity::Critical);
    let call = steps.client.case_templates().create_case_template(template);
    steps.call("case_templates.create_case_template", call).await?;
    Ok(())
}

pub(super) async fn promotions(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let targets = steps.client.promotion_targets();
    let target = CreatePromotionTargetRequest::new(
        PromotionConnectionMode::Server,
        "production",
        "main",
        "https://kestra.example.com",
    );
    let target = target.api_token("hidden");
    let call = targets.create_promotion_target(target.clone());
    steps.call("promotion_targets.create_promotion_target", call).await?;
    let call = targets.test_promotion_target(target).id("t1");
    steps.call("promotion_targets.test_promotion_target", call).await?;
    let call = targets.get_flow_source_of_promotion_target("t1", NAMESPACE, "hello").revision(2);
    steps.call("promotion_targets.promotion_target_flow_source", call).await?;
    let flows = steps.client.flows();
    let call = flows.get_flow_hashes_by_ids([NamespacedId::new(NAMESPACE, "hello")]);
    steps.call("flows.flow_hashes_by_ids", call).await?;
    let request = PromoteFlowRequest::new(2, [PromoteTargetRef::new("t1").expected_target_revision(1)]);
    steps.call("flows.promote", flows.promote_flow(NAMESPACE, "hello", request)).await?;
    Ok(())
}

pub(super) async fn models(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let ai = steps.client.ai();
    let call = ai.create_ai_thread(CreateAiThreadRequest::new().mode(AiMode::Ask).title("Help"));
    steps.call("ai.create_thread", call).await?;
    let told = ai.chat_in_ai_thread("th1", ChatInAiThreadRequest::new("Why?")).events();
    let told: Vec<_> = told.collect().await;
    steps.end("ai.chat_in_thread");
    if told.len() != 1 || told.iter().any(Result::is_err) {
        return Err(format!("the model's answer is {told:?}").into());
    }
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let call = steps.client.mcp().send_mcp_message("default", message).session_id("s1");
    steps.call("mcp.send_mcp_request", call).await?;
    Ok(())
}

pub(super) async fn others(steps: &mut Steps<'_>) -> Result<(), Failure> {
    let plugins = steps.client.plugins();
    let call = plugins.detect_missing_plugins(source("hello")?);
    steps.call("plugins.detect_missing_plugins", call).await?;
    let jdbc = PluginArtifact::new().group_id("io.kestra.plugin").artifact_id("plugin-jdbc").version("1.0.0");
    steps.call("plugins.install_plugins", plugins.install_plugins([jdbc])).await?;
    steps.call("plugins.plugin_install_job", plugins.get_plugin_installation("j1")).await?;
    let call = steps.client.quotas().reset_quota_limit(ResetQuotaLimitRequest::new("q1"));
    steps.call("quotas.reset_quota_limit", call).await?;
    let apps = steps.client.apps();
    steps.call("apps.app_states", apps.list_app_states()).await?;
    steps.call("apps.preview_app", apps.preview_app("id: form\n").state("RUNNING")).await?;
    let call = steps.client.audit_logs().export_audit_logs().filter(in_namespace());
    drop(steps.call("auditlogs.export_audit_logs", call).await?);
    let call = steps.client.dashboards().export_chart(PreviewRequest::new("id: runs\n"));
    drop(steps.call("dashboards.export_chart", call.format(ExportFormat::Ion)).await?);
    Ok(())
}
