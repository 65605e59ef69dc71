"""Nodes whose VMs are gone, or stopped."""

from __future__ import annotations

import pytest
from bench import node
from cloud_bench import CloudBench, new_node

from k8slab.cloud import CloudNodeLifecycleController

CONTROLLER = CloudNodeLifecycleController
SHUTDOWN = {"key": "node.cloudprovider.kubernetes.io/shutdown", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("state", "ready", "writes"),
    [
        ("running", "True", []),
        ("running", "Unknown", []),
        ("deleted", "True", []),  # a Node that is ready is not asked about
        ("deleted", "False", ["delete Node/n1"]),
        ("deleted", "Unknown", ["delete Node/n1"]),
        ("stopped", "Unknown", ["patch Node/n1"]),
        ("outage", "Unknown", []),
    ],
)
def test_a_silent_node_goes_with_its_vm(bench: CloudBench, state: str, ready: str, writes: list[str]) -> None:
    """Source: node_lifecycle_controller.go, MonitorNodes."""
    bench.given(node("n1", ready=ready, providerID="nimbus:///zone-a/i-00000001"))
    if state == "deleted":
        bench.cloud.delete_vm("n1")
    elif state == "stopped":
        bench.cloud.stop_vm("n1")
    bench.cloud.outage = "down" if state == "outage" else ""

    again = bench.reconcile("")

    assert bench.writes == writes
    assert again == (5.0, True)


def test_who_goes_is_told(bench: CloudBench) -> None:
    bench.given(node("n1", ready="Unknown"))
    bench.cloud.delete_vm("n1")

    bench.reconcile("")

    assert bench.events() == ["DeletingNode: Deleting node n1 because it does not exist in the cloud provider"]


def test_a_stopped_vm_is_a_taint_until_its_node_is_ready_again(bench: CloudBench) -> None:
    """Source: MonitorNodes: ShutdownTaint."""
    there = bench.given(node("n1", ready="Unknown"))
    bench.cloud.stop_vm("n1")
    bench.reconcile("")
    assert bench.client.get("Node", "n1")["spec"]["taints"] == [SHUTDOWN]

    bench.client.patch_status(there, {"conditions": node("n1")["status"]["conditions"]})
    bench.reconcile("")

    assert bench.client.get("Node", "n1")["spec"] == {}


@pytest.mark.parametrize(("age_s", "writes"), [(59, []), (60, ["delete Node/stranger"])])
def test_a_node_that_waits_for_its_cloud_is_given_a_minute(bench: CloudBench, age_s: int, writes: list[str]) -> None:
    """Source: uninitializedNodeDelay."""
    there = new_node("stranger")
    there["status"]["conditions"][0]["status"] = "False"
    bench.given(there)
    bench.later(age_s)

    bench.reconcile("")

    assert bench.writes == writes


def test_a_node_whose_name_another_vm_has_by_now_goes_all_the_same(bench: CloudBench) -> None:
    bench.given(node("n1", ready="Unknown", providerID="nimbus:///zone-a/i-0000ffff"))

    bench.reconcile("")

    assert bench.writes == ["delete Node/n1"]
