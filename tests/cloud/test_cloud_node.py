"""New Nodes are told what their cloud knows of them."""

from __future__ import annotations

import pytest
from bench import node
from cloud_bench import CloudBench, new_node

from k8slab.client import Again
from k8slab.cloud import CloudNodeController

CONTROLLER = CloudNodeController
LABELS = {
    "beta.kubernetes.io/instance-type": "c4",
    "node.kubernetes.io/instance-type": "c4",
    "failure-domain.beta.kubernetes.io/zone": "zone-b",
    "topology.kubernetes.io/zone": "zone-b",
    "failure-domain.beta.kubernetes.io/region": "region-1",
    "topology.kubernetes.io/region": "region-1",
}


def test_a_new_node_gets_its_id_its_labels_and_loses_the_taint(bench: CloudBench) -> None:
    """Source: node_controller.go, syncNode, getNodeModifiersFromCloudProvider."""
    bench.given(new_node("n2"))

    bench.reconcile("n2")

    found = bench.client.get("Node", "n2")
    assert found["spec"] == {"providerID": "nimbus:///zone-b/i-00000002"}
    assert found["metadata"]["labels"] == LABELS
    assert bench.events() == ["Synced: Node synced successfully"]


def test_a_new_node_gets_the_addresses_of_its_vm(bench: CloudBench) -> None:
    """Source: node_controller.go, updateNodeAddress."""
    bench.given(new_node("n1"))

    bench.reconcile("n1")

    address = bench.world.vms["n1"].address
    assert bench.client.get("Node", "n1")["status"]["addresses"] == [
        {"type": "InternalIP", "address": address},
        {"type": "Hostname", "address": "n1"},
    ]


def test_other_taints_and_an_id_that_is_there_stay(bench: CloudBench) -> None:
    other = {"key": "gpu", "effect": "NoSchedule"}
    tainted = new_node("n1", providerID="nimbus:///zone-a/i-00000001")
    tainted["spec"]["taints"].insert(0, other)
    bench.given(tainted)

    bench.reconcile("n1")

    assert bench.client.get("Node", "n1")["spec"] == {"providerID": "nimbus:///zone-a/i-00000001", "taints": [other]}


@pytest.mark.parametrize("is_down", [False, True])
def test_a_node_without_a_vm_and_any_in_an_outage_keeps_its_taint_and_comes_again(
    bench: CloudBench, is_down: bool
) -> None:
    bench.given(new_node("n1" if is_down else "stranger"))
    bench.cloud.outage = "down" if is_down else ""

    with pytest.raises(Again):
        bench.reconcile("n1" if is_down else "stranger")

    assert bench.writes == []


def test_a_node_that_joined_before_there_was_a_cloud_is_left_alone(bench: CloudBench) -> None:
    """Source: node_controller.go, syncNode: only Nodes with the taint are initialized."""
    bench.given(node("n1"))

    bench.reconcile("n1")

    assert bench.writes == []


def test_the_labels_of_today_follow_those_of_before(bench: CloudBench) -> None:
    """Source: node_controller.go, reconcileNodeLabels."""
    there = node("n1")
    there["metadata"]["labels"] = {"failure-domain.beta.kubernetes.io/zone": "z", "topology.kubernetes.io/zone": "y"}
    bench.given(there)

    bench.reconcile("n1")

    assert bench.client.get("Node", "n1")["metadata"]["labels"]["topology.kubernetes.io/zone"] == "z"


def test_every_five_minutes_addresses_are_looked_at(bench: CloudBench) -> None:
    """Source: node_controller.go, UpdateNodeStatus; --node-status-update-frequency."""
    bench.given(node("n1"), new_node("n2"))

    again = bench.reconcile("")

    assert bench.writes == ["patch Node/n1/status"]
    assert again == (300.0, True)
