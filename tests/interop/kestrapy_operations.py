"""Kestra's own Python client against the embedded server: the operations of a working day, each checked.

A header names the operation that each request is of.

usage: kestrapy_operations.py URL
"""

import pathlib
import sys
import time

import kestrapy
from kestrapy import models
from kestrapy.kestra_client import KestraClient

TENANT = "main"
NAMESPACE = "company.team"
BULK = "company.bulk"


def source(name):
    return (pathlib.Path(__file__).parent / f"{name}.yaml").read_text()


FLOW, PAUSING, SCHEDULED, MANY, DASHBOARD = (
    source(name) for name in ("hello", "pausing", "scheduled", "bulk", "dashboard")
)


class Area:
    """One area of the client, which tells the server what is called."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def __getattr__(self, operation):
        method = getattr(getattr(self.client, self.name), operation)

        def call(*arguments, **named):
            self.client._session.headers["X-Operation"] = f"{self.name}.{operation}"
            return method(*arguments, **named)

        return call


class Areas:
    """All areas of the client."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        return Area(self.client, name)


def main(url):
    client = Areas(KestraClient(host=url, username="user@example.com", password="Password1", timeout=30))
    flows(client)
    finished, started = executions(client)
    key_values(client)
    namespaces_and_files(client)
    triggers(client)
    one_execution(client, finished)
    many_executions(client, finished)
    logs_and_metrics(client, started)
    more_of_flows(client)
    many_flows(client)
    server(client)
    enterprise(client)
    release(client)
    clean_up(client, started)
    print(f"kestrapy {kestrapy.__version__}: all operations answered as it expects")


def flows(client):
    flow = client.flows.create_flow(TENANT, FLOW)
    assert flow.id == "hello" and flow.revision == 1, flow
    client.flows.create_flow(TENANT, PAUSING)
    flow = client.flows.flow(NAMESPACE, "hello", TENANT, source=True)
    assert flow.source == FLOW, flow
    changed = FLOW.replace("hello {{", "hi {{")
    flow = client.flows.update_flow(NAMESPACE, "hello", TENANT, changed)
    assert flow.revision == 2, flow
    assert client.flows.validate_flows(TENANT, FLOW)[0].constraints is None
    found = client.flows.search_flows(TENANT, page=1, size=10, filters=[namespace_filter()])
    assert total(found) == 2, found
    assert len(client.flows.list_flow_revisions(NAMESPACE, "hello", TENANT)) == 2


def executions(client):
    execution = client.executions.create_execution(
        TENANT, NAMESPACE, "hello", wait=True, labels=["cost:12", "team:data"], revision=2, inputs={"name": "you"}
    )
    assert state(execution) == "SUCCESS", execution
    assert client.executions.execution(execution.id, TENANT).id == execution.id
    found = client.executions.search_executions(TENANT, page=1, size=10, filters=[namespace_filter()])
    assert total(found) == 1, found

    started = client.executions.create_execution(TENANT, NAMESPACE, "hello")
    # The first event of a stream is a stub without a state.
    events = client.executions.follow_execution(started.id, TENANT)
    states = [state(event) for event in events if hasattr(event, "state")]
    assert states[-1] == "SUCCESS", states
    logs = client.logs.list_logs_from_execution(started.id, TENANT)
    assert any("hi world" in (line.message or "") for line in logs), logs

    paused = pause(client)
    client.executions.resume_execution(paused, TENANT)
    wait_for(client, paused, "SUCCESS")
    killed = pause(client)
    client.executions.kill_execution(killed, TENANT)
    wait_for(client, killed, "KILLED")
    replayed = client.executions.replay_execution(execution.id, TENANT)
    wait_for(client, replayed.id, "SUCCESS")
    return execution.id, started.id


def key_values(client):
    kv = client.kv
    kv.set_key_value(NAMESPACE, "text", TENANT, "a text")
    kv.set_key_value(NAMESPACE, "number", TENANT, "12.5")
    kv.set_key_value(NAMESPACE, "truth", TENANT, "true")
    kv.set_key_value(NAMESPACE, "json", TENANT, '{"table": "sales", "rows": [1, 2]}')
    kv.set_key_value(NAMESPACE, "duration", TENANT, "PT1H")
    # What isn't quoted is cut at the blank.
    assert kv.key_value(NAMESPACE, "text", TENANT).value == "a"
    found = kv.list_all_keys(TENANT, page=1, size=10, filters=[namespace_filter()])
    assert total(found) == 5, found
    assert len(kv.list_keys_with_inheritance("company.team.sub", TENANT)) == 5
    kv.delete_key_value(NAMESPACE, "text", TENANT)
    kv.delete_key_values(NAMESPACE, TENANT, models.KVControllerApiDeleteBulkRequest(keys=["number", "json"]))


def namespaces_and_files(client):
    assert client.namespaces.namespace(NAMESPACE, TENANT).id == NAMESPACE
    client.namespaces.search_namespaces(TENANT, page=1, size=10, existing=True)
    client.namespaces.autocomplete_namespaces(TENANT, models.ApiAutocomplete(q="company"))

    files = client.files
    files.create_namespace_directory(NAMESPACE, TENANT, path="/scripts")
    files.create_namespace_file(NAMESPACE, "/scripts/ab.sql", TENANT, file_content=b"select 1")
    assert files.search_namespace_files(NAMESPACE, "sql", TENANT)
    assert files.file_content(NAMESPACE, "/scripts/ab.sql", TENANT) == b"select 1"
    files.list_namespace_directory_files(NAMESPACE, TENANT, path="/scripts")
    files.file_metadatas(NAMESPACE, TENANT, path="/scripts/ab.sql")
    files.move_file_directory(NAMESPACE, "/scripts/ab.sql", "/scripts/c.sql", TENANT)
    files.delete_file_directory(NAMESPACE, "/scripts", TENANT)


def triggers(client):
    client.flows.create_flow(TENANT, SCHEDULED)
    yearly = {"namespace": NAMESPACE, "flowId": "scheduled", "triggerId": "yearly"}
    client.triggers.search_triggers(TENANT, page=1, size=10, filters=[namespace_filter()])
    client.triggers.search_triggers_for_flow(TENANT, NAMESPACE, "scheduled", page=1, size=10)
    client.triggers.disable_trigger_by_id(TENANT, {**yearly, "disabled": True})
    ids = [models.TriggerControllerApiTriggerId.from_dict(yearly)]
    client.triggers.disabled_triggers_by_ids(
        TENANT, models.TriggerControllerSetDisabledRequest(triggers=ids, disabled=False)
    )
    client.triggers.restart_trigger(TENANT, NAMESPACE, "scheduled", "yearly")
    client.triggers.unlock_trigger(TENANT, NAMESPACE, "scheduled", "yearly")
    backfill = {
        "start": "2024-12-01T00:00:00Z",
        "end": "2025-02-01T00:00:00Z",
        "inputs": {"name": "past"},
        "labels": [{"key": "why", "value": "backfill"}],
    }
    client.triggers.create_backfill(TENANT, {**yearly, "backfill": backfill})


def one_execution(client, finished):
    executions = client.executions
    executions.execution_flow_graph(finished, TENANT)
    executions.flow_from_execution_by_id(finished, TENANT)
    executions.latest_executions(
        TENANT, [models.ExecutionRepositoryInterfaceFlowFilter(namespace=NAMESPACE, id="hello")]
    )
    executions.eval_expression(finished, TENANT, "{{ inputs.name }}")
    executions.set_labels_on_terminated_execution(finished, TENANT, [models.Label(key="reviewed", value="yes")])
    replayed = executions.replay_execution_with_inputs(finished, TENANT, inputs={"name": "again"})
    wait_for(client, replayed.id, "SUCCESS")
    executions.update_execution_status(finished, models.StateType.FAILED, TENANT)


def many_executions(client, finished):
    executions = client.executions
    executions.restart_executions_by_ids(TENANT, [finished])
    wait_for(client, finished, "SUCCESS")
    ids = [pause(client), pause(client)]
    executions.kill_executions_by_ids(TENANT, ids)
    for execution_id in ids:
        wait_for(client, execution_id, "KILLED")
    executions.set_labels_on_terminated_executions_by_ids(
        TENANT,
        models.ExecutionControllerSetLabelsByIdsRequest(
            executions_id=ids, execution_labels=[models.Label(key="why", value="done")]
        ),
    )
    executions.delete_executions_by_ids(TENANT, ids)


def logs_and_metrics(client, started):
    client.logs.search_logs(TENANT, page=1, size=10, filters=[namespace_filter()])
    # Servers of 2.0 have filters here, and read no level.
    assert "hi world" in client.logs.download_logs_from_execution(started, TENANT, min_level="ERROR")
    client.logs.delete_logs_from_execution(started, TENANT, min_level="INFO")
    client.metrics.execution_metrics(started, TENANT, page=1, size=10)
    client.metrics.flow_metric_names(NAMESPACE, "hello", TENANT)


def more_of_flows(client):
    flows = client.flows
    flows.flow_dependencies(NAMESPACE, "hello", TENANT, destination_only=False, expand_all=True)
    flows.search_flows_by_source_code(TENANT, page=1, size=10, q="message", namespace=NAMESPACE)
    flows.list_flows_by_namespace(NAMESPACE, TENANT)
    flows.task_from_flow(NAMESPACE, "hello", "log", TENANT)
    flows.generate_flow_graph_from_source(TENANT, FLOW)
    flows.expressions(TENANT, FLOW, task_id="log")
    flows.validate_trigger(
        TENANT, {"id": "daily", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "0 0 * * *"}
    )


def many_flows(client):
    flows = client.flows
    ids = [models.IdWithNamespace(namespace=BULK, id="bulk")]
    flows.bulk_update_flows(TENANT, delete=False, namespace=BULK, allow_namespace_child=True, body=MANY)
    flows.update_flows_in_namespace(BULK, TENANT, MANY, delete=False)
    assert flows.export_flows_by_ids(TENANT, ids)[:2] == b"PK"
    flows.import_flows(TENANT, fail_on_error=True, file_content=MANY.encode())
    flows.disable_flows_by_ids(TENANT, ids)
    flows.enable_flows_by_ids(TENANT, ids)
    flows.delete_flows_by_ids(TENANT, ids)


def server(client):
    client.plugins.list_plugins(page=1, size=10)
    client.misc.pebble_functions()
    client.dashboards.create_dashboard(TENANT, DASHBOARD)
    client.dashboards.search_dashboards(TENANT, page=1, size=10, q="over")


def enterprise(client):
    client.roles.search_roles(TENANT, page=1, size=10)
    permissions = models.ListPermissions200Response(flow=["VIEW"], kvstore=["VIEW", "EDIT"])
    client.roles.create_role(
        TENANT, models.IAMRoleControllerApiRoleCreateOrUpdateRequest(name="reader", permissions=permissions)
    )
    client.groups.search_groups(TENANT, page=1, size=10)
    client.groups.create_group(
        TENANT, models.IAMGroupControllerApiCreateGroupRequest(name="data", description="The team", members_id=["u1"])
    )
    client.groups.add_user_to_group("g1", "u1", TENANT)
    client.users.list_users(page=1, size=10)
    client.users.create_user(
        models.IAMUserControllerApiCreateOrUpdateUserRequest(
            email="ada@example.com", first_name="Ada", last_name="L", tenants=[TENANT]
        )
    )
    client.tenants.search_tenants(page=1, size=10)
    client.tenants.create_tenant(models.Tenant(id="second", name="Second", deleted=False))
    client.bindings.search_bindings(TENANT, page=1, size=10, binding_type=models.BindingType.GROUP)
    client.bindings.create_binding(
        TENANT,
        models.IAMBindingControllerApiCreateBindingRequest(
            type=models.BindingType.GROUP, external_id="g1", role_id="r1", namespace_id=NAMESPACE
        ),
    )
    client.namespaces.put_secrets(NAMESPACE, TENANT, models.ApiSecretValue(key="TOKEN", value="hidden"))
    client.apps.create_app(TENANT, "id: form\ntype: io.kestra.plugin.ee.apps.Execution\n")
    client.apps.bulk_delete_apps(TENANT, models.AppsControllerApiBulkOperationRequest(uids=["a1"]))
    client.auditlogs.search_audit_logs(TENANT, page=1, size=10)


def release(client):
    """What the 2.0 release has beyond its document."""
    client.cases.create_case(
        TENANT, {"namespace": NAMESPACE, "title": "Late", "severity": "HIGH", "assignees": {"users": ["u1"]}}
    )
    severe = [{"field": "SEVERITY", "operation": "EQUALS", "value": "HIGH"}]
    client.cases.search_cases(TENANT, page=1, size=10, filters=severe)
    client.cases.case_counts(TENANT, filters=severe)
    client.cases.add_case_comment(TENANT, "c1", body="Seen")
    client.cases.link_case_executions_by_query(
        TENANT, "c1", {"filters": [{"field": "namespace", "operation": "EQUALS", "value": NAMESPACE}]}
    )
    client.cases.run_case_action(
        TENANT, "c1", {"namespace": NAMESPACE, "flowId": "hello", "inputs": {"name": "you"}}
    )
    client.case_templates.create_case_template(TENANT, {"name": "outage", "defaultSeverity": "CRITICAL"})

    target = models.ApiCreatePromotionTargetRequest(
        name="production",
        url="https://kestra.example.com",
        targetTenant="main",
        connectionMode=models.ConnectionMode.SERVER,
        apiToken="hidden",
    )
    client.promotion_targets.create_promotion_target(TENANT, target)
    client.promotion_targets.test_promotion_target(TENANT, target, id="t1")
    client.promotion_targets.promotion_target_flow_source("t1", TENANT, NAMESPACE, "hello", revision=2)
    client.flows.flow_hashes_by_ids(TENANT, [models.IdWithNamespace(namespace=NAMESPACE, id="hello")])
    targets = [{"id": "t1", "expectedTargetRevision": 1}]
    client.flows.promote(NAMESPACE, "hello", TENANT, {"sourceRevision": 2, "targets": targets})

    client.ai.create_thread(TENANT, models.ApiCreateThreadRequest(mode=models.AgentMode.ASK, title="Help"))
    client.ai.chat_in_thread("th1", TENANT, models.ApiChatTurnRequest(prompt="Why?")).close()
    message = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    client.mcp.send_mcp_request("default", TENANT, message, mcp_session_id="s1").close()

    client.plugins.detect_missing_plugins(FLOW)
    jdbc = {"groupId": "io.kestra.plugin", "artifactId": "plugin-jdbc", "version": "1.0.0"}
    client.plugins.install_plugins([jdbc])
    client.plugins.plugin_install_job("j1")
    client.quotas.reset_quota_limit(TENANT, models.QuotaLimitControllerApiQuotaLimitResetRequest(id="q1"))
    client.apps.app_states(TENANT)
    client.apps.preview_app(TENANT, "id: form\n", state="RUNNING")
    client.auditlogs.export_audit_logs(TENANT, filters=[namespace_filter()])
    chart = models.DashboardControllerPreviewRequest(chart="id: runs\n")
    client.dashboards.export_chart(TENANT, chart, format="ION")


def clean_up(client, started):
    client.executions.delete_execution(started, TENANT)
    for flow_id in ("pausing", "scheduled", "hello"):
        client.flows.delete_flow(NAMESPACE, flow_id, TENANT)
    assert total(client.flows.search_flows(TENANT, page=1, size=10, filters=[namespace_filter()])) == 0


def pause(client):
    """An execution that waits to be resumed."""
    execution = client.executions.create_execution(TENANT, NAMESPACE, "pausing")
    wait_for(client, execution.id, "PAUSED")
    return execution.id


def wait_for(client, execution_id, wanted):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if state(client.executions.execution(execution_id, TENANT)) == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"{execution_id} is not {wanted}")


def state(execution):
    current = execution.state.current
    return str(getattr(current, "value", current))


def namespace_filter():
    return {"field": "NAMESPACE", "operation": "EQUALS", "value": NAMESPACE}


def total(page):
    return page["total"] if isinstance(page, dict) else page.total


if __name__ == "__main__":
    main(sys.argv[1])
