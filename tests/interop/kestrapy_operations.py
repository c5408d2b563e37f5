"""Kestra's own Python client against the embedded server: the operations of a working day, each checked.

usage: kestrapy_operations.py URL
"""

import pathlib
import sys
import time

import kestrapy
from kestrapy.kestra_client import KestraClient

TENANT = "main"
NAMESPACE = "company.team"
FLOW = (pathlib.Path(__file__).parent / "hello.yaml").read_text()
PAUSING = (pathlib.Path(__file__).parent / "pausing.yaml").read_text()


def wait_for(client, execution_id, state):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        current = client.executions.execution(execution_id, TENANT).state.current
        if str(getattr(current, "value", current)) == state:
            return
        time.sleep(0.05)
    raise AssertionError(f"{execution_id} is not {state}")


def main(url):
    client = KestraClient(host=url, username="user@example.com", password="Password1", timeout=30)

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

    execution = client.executions.create_execution(
        TENANT, NAMESPACE, "hello", wait=True, labels=["cost:12", "team:data"], revision=2, inputs={"name": "you"}
    )
    assert str(getattr(execution.state.current, "value", execution.state.current)) == "SUCCESS", execution
    assert client.executions.execution(execution.id, TENANT).id == execution.id
    found = client.executions.search_executions(TENANT, page=1, size=10, filters=[namespace_filter()])
    assert total(found) == 1, found

    started = client.executions.create_execution(TENANT, NAMESPACE, "hello")
    states = [str(getattr(e.state.current, "value", e.state.current)) for e in follow(client, started.id)]
    assert states[-1] == "SUCCESS", states
    logs = client.logs.list_logs_from_execution(started.id, TENANT)
    assert any("hi world" in (line.message or "") for line in logs), logs

    pausing = client.executions.create_execution(TENANT, NAMESPACE, "pausing")
    wait_for(client, pausing.id, "PAUSED")
    client.executions.resume_execution(pausing.id, TENANT)
    wait_for(client, pausing.id, "SUCCESS")
    killed = client.executions.create_execution(TENANT, NAMESPACE, "pausing")
    wait_for(client, killed.id, "PAUSED")
    client.executions.kill_execution(killed.id, TENANT)
    wait_for(client, killed.id, "KILLED")
    replayed = client.executions.replay_execution(execution.id, TENANT)
    wait_for(client, replayed.id, "SUCCESS")

    client.executions.delete_execution(started.id, TENANT)
    client.flows.delete_flow(NAMESPACE, "pausing", TENANT)
    client.flows.delete_flow(NAMESPACE, "hello", TENANT)
    assert total(client.flows.search_flows(TENANT, page=1, size=10, filters=[namespace_filter()])) == 0
    print(f"kestrapy {kestrapy.__version__}: all operations answered as it expects")


def follow(client, execution_id):
    """All events with a state: the first one of a stream is a stub."""
    return [event for event in client.executions.follow_execution(execution_id, TENANT) if hasattr(event, "state")]


def namespace_filter():
    return {"field": "NAMESPACE", "operation": "EQUALS", "value": NAMESPACE}


def total(page):
    return page["total"] if isinstance(page, dict) else page.total


if __name__ == "__main__":
    main(sys.argv[1])
