"""What a kubelet says of its node, and its heartbeats."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.clock import Loop
from k8slab.kubelet.node_status import conditions_of, status_of
from k8slab.objects import get_condition, parse_rfc3339, size_bytes
from k8slab.world import World


def test_a_node_is_registered_with_what_its_machine_is(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet_node_status.go, initialNode."""
    registered = node.client.get("Node", "node-1")

    labels, status = registered["metadata"]["labels"], registered["status"]
    assert labels["kubernetes.io/hostname"] == "node-1" and labels["topology.kubernetes.io/zone"] == "zone-a"
    assert status["capacity"]["cpu"] == "4" and size_bytes(status["capacity"]["memory"]) == 16 * 2**30
    assert size_bytes(status["allocatable"]["memory"]) == 16 * 2**30 - 100 * 2**20  # evictionHard 100Mi
    assert status["allocatable"]["pods"] == "110"
    assert status["addresses"][0] == {"type": "InternalIP", "address": "192.168.0.10"}
    assert status["nodeInfo"]["kubeletVersion"] == "v1.37.0"


def test_a_node_without_a_pod_network_is_not_ready_and_says_why() -> None:
    """Source: pkg/kubelet/nodestatus/setters.go, ReadyCondition."""
    node = OneNode(with_network=False)
    before = get_condition(node.client.get("Node", "node-1"), "Ready")

    node.give_network()

    after = get_condition(node.client.get("Node", "node-1"), "Ready")
    assert before is not None and (before["status"], before["reason"]) == ("False", "KubeletNotReady")
    assert "cni plugin not initialized" in before["message"]
    assert after is not None and (after["status"], after["reason"]) == ("True", "KubeletReady")
    assert node.said("node-1")[-1] == "NodeReady: Node node-1 status is now: NodeReady"


def test_the_lease_is_renewed_every_ten_seconds(node: OneNode) -> None:
    """Source: kubernetes.io, "Leases", "Node heartbeats"; the kubelet's nodeLeaseDurationSeconds is 40."""
    for _ in range(5):
        node.run(60)
        lease = node.client.get("Lease", "node-1", "kube-node-lease")
        assert node.loop.now - parse_rfc3339(lease["spec"]["renewTime"]) <= 10
    assert lease["spec"]["leaseDurationSeconds"] == 40 and lease["spec"]["holderIdentity"] == "node-1"
    assert lease["metadata"]["ownerReferences"][0]["kind"] == "Node"


def test_the_status_is_posted_every_five_minutes_when_nothing_changes(node: OneNode) -> None:
    """Source: kubernetes.io, "Nodes", "Heartbeats"."""
    node.run(3590)

    assert node.writes == ["patch nodes/node-1/status"] * 11


def test_a_ready_condition_that_somebody_else_changed_is_corrected(node: OneNode) -> None:
    """Source: pkg/kubelet/kubelet_node_status.go, updateNodeStatus (nodeStatusHasChanged)."""
    conditions = node.client.get("Node", "node-1")["status"]["conditions"]
    unknown = [{**c, "status": "Unknown", "reason": "NodeStatusUnknown"} for c in conditions]
    node.client.patch("Node", "node-1", "", {"status": {"conditions": unknown}}, type="merge", subresource="status")

    node.run(11)

    ready = get_condition(node.client.get("Node", "node-1"), "Ready")
    assert ready is not None and (ready["status"], ready["reason"]) == ("True", "KubeletReady")


def test_heartbeats_do_not_keep_a_cluster_from_resting(node: OneNode) -> None:
    begun = node.loop.now

    node.loop.settle()

    assert node.loop.now == begun


def test_a_control_plane_node_is_labelled_and_tainted() -> None:
    """Source: cmd/kubeadm/app/phases/markcontrolplane."""
    node = OneNode(is_control_plane=True)

    registered = node.client.get("Node", "node-1")

    assert registered["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] == ""
    assert {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"} in registered["spec"]["taints"]


def test_what_others_wrote_into_the_conditions_is_kept() -> None:
    theirs: Any = {"type": "NetworkUnavailable", "status": "False"}

    conditions = conditions_of([theirs], "", 0.0)

    assert [c["type"] for c in conditions] == [
        "NetworkUnavailable",
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "Ready",
    ]


@pytest.mark.parametrize(("cpu_m", "cpu"), [(4000, "4"), (2500, "2500m")])
def test_cpus_are_written_as_quantities(cpu_m: int, cpu: str) -> None:
    vm = World(Loop()).create_vm("x", cpu_m=cpu_m)

    assert status_of(vm, [], "", 0.0)["capacity"]["cpu"] == cpu


def test_images_are_listed_with_the_next_heartbeat(node: OneNode) -> None:
    node.given("web")

    node.run(10)

    images = node.client.get("Node", "node-1")["status"]["images"]
    assert [image["sizeBytes"] for image in images] == [72_099_501]
    assert images[0]["names"][1] == "docker.io/library/nginx:1.27"
