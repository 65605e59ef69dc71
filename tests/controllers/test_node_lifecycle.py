"""Nodes that go silent, and come back."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, pod

from k8slab.client import After
from k8slab.controllers import NodeLifecycleController
from k8slab.objects import get_condition, rfc3339, rfc3339_micro

Obj = dict[str, Any]

CONTROLLER = NodeLifecycleController
UNREACHABLE = [("node.kubernetes.io/unreachable", "NoSchedule"), ("node.kubernetes.io/unreachable", "NoExecute")]
NOT_READY = [("node.kubernetes.io/not-ready", "NoSchedule"), ("node.kubernetes.io/not-ready", "NoExecute")]


def heartbeat(bench: Bench) -> None:
    """What a kubelet does every ten seconds."""
    spec = {"renewTime": rfc3339_micro(bench.loop.now)}
    bench.client.patch("Lease", "n1", "kube-node-lease", {"spec": spec}, type="merge")


@pytest.fixture
def alive(bench: Bench) -> Bench:
    """A server with one node that has just renewed its lease."""
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {}}
    bench.given(node("n1"), {**lease, "metadata": {"name": "n1", "namespace": "kube-node-lease"}})
    heartbeat(bench)
    bench.reconcile("n1")
    return bench


def after(bench: Bench, seconds: float) -> Obj:
    """The node, after some time and one look."""
    bench.loop.run_until(bench.loop.now + seconds)
    bench.reconcile("n1")
    return bench.client.get("no", "n1")


def taints(node: Obj) -> list[tuple[str, str]]:
    """Key and effect."""
    return [(taint["key"], taint["effect"]) for taint in node["spec"].get("taints") or []]


@pytest.mark.parametrize(
    ("seconds", "status"), [(10, "True"), (49, "True"), (50, "True"), (51, "Unknown"), (600, "Unknown")]
)
def test_a_node_may_be_silent_for_fifty_seconds(alive: Bench, seconds: float, status: str) -> None:
    """Source: node_lifecycle_controller.go, tryUpdateNodeHealth; --node-monitor-grace-period."""
    found = after(alive, seconds)

    assert (get_condition(found, "Ready") or {})["status"] == status
    assert taints(found) == (UNREACHABLE if status == "Unknown" else [])


def test_a_silent_node_is_unknown_in_every_respect(alive: Bench) -> None:
    """Source: node_lifecycle_controller.go, tryUpdateNodeHealth: NodeStatusUnknown, NodeStatusNeverUpdated."""
    found = after(alive, 60)

    told = {c["type"]: (c["status"], c["reason"], c["message"]) for c in found["status"]["conditions"]}
    never = ("Unknown", "NodeStatusNeverUpdated", "Kubelet never posted node status.")
    assert told.pop("Ready") == ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    assert told == {"MemoryPressure": never, "DiskPressure": never, "PIDPressure": never}
    assert alive.events() == ["NodeNotReady: Node n1 status is now: NodeNotReady"]


@pytest.mark.parametrize("sign", ["lease", "status"])
def test_any_sign_of_life_counts(alive: Bench, sign: str) -> None:
    """Source: node_lifecycle_controller.go, tryUpdateNodeHealth: probeTimestamp moves with the lease and the status."""
    for _ in range(10):
        if sign == "lease":
            heartbeat(alive)
        else:
            ready = {**node("n1")["status"]["conditions"][0], "lastHeartbeatTime": rfc3339(alive.loop.now)}
            alive.client.patch_status(alive.client.get("no", "n1"), {"conditions": [ready]})
        found = after(alive, 40)

    assert (get_condition(found, "Ready") or {})["status"] == "True"


@pytest.mark.parametrize(("seconds", "status"), [(55, None), (61, "Unknown")])
def test_a_new_node_has_a_minute_to_say_something(bench: Bench, seconds: float, status: str | None) -> None:
    """Source: node_lifecycle_controller.go, tryUpdateNodeHealth: nodeStartupGracePeriod."""
    bench.given({**node("n1"), "status": {}})
    bench.reconcile("n1")

    found = after(bench, seconds)

    assert (get_condition(found, "Ready") or {}).get("status") == status


def test_a_node_that_comes_back_loses_its_taints(alive: Bench) -> None:
    """Source: node_lifecycle_controller.go, processTaintBaseEviction, doNoScheduleTaintingPass."""
    alive.client.patch("no", "n1", "", {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}})
    silent = after(alive, 60)
    assert taints(silent) == [("gpu", "NoSchedule"), *UNREACHABLE]

    heartbeat(alive)
    alive.client.patch_status(silent, {"conditions": node("n1")["status"]["conditions"]})

    assert taints(after(alive, 1)) == [("gpu", "NoSchedule")]


@pytest.mark.parametrize(
    ("type_", "status", "expected"),
    [
        ("Ready", "False", NOT_READY),
        ("Ready", "Unknown", UNREACHABLE),
        ("Ready", "True", []),
        ("MemoryPressure", "True", [("node.kubernetes.io/memory-pressure", "NoSchedule")]),
        ("DiskPressure", "True", [("node.kubernetes.io/disk-pressure", "NoSchedule")]),
        ("PIDPressure", "True", [("node.kubernetes.io/pid-pressure", "NoSchedule")]),
        ("NetworkUnavailable", "True", [("node.kubernetes.io/network-unavailable", "NoSchedule")]),
        ("MemoryPressure", "Unknown", []),
        ("DiskPressure", "False", []),
    ],
)
def test_conditions_become_taints(alive: Bench, type_: str, status: str, expected: list[tuple[str, str]]) -> None:
    """Source: node_lifecycle_controller.go, nodeConditionToTaintKeyStatusMap."""
    ready = node("n1")["status"]["conditions"][0]
    changed = {**ready, "type": type_, "status": status}
    conditions = [changed] if type_ == "Ready" else [ready, changed]
    alive.client.patch_status(alive.client.get("no", "n1"), {"conditions": conditions})

    assert taints(after(alive, 1)) == expected


@pytest.mark.parametrize("cordoned", [True, False])
def test_a_cordoned_node_is_tainted(alive: Bench, cordoned: bool) -> None:
    """Source: node_lifecycle_controller.go, doNoScheduleTaintingPass."""
    alive.client.patch("no", "n1", "", {"spec": {"unschedulable": True}})
    assert taints(after(alive, 1)) == [("node.kubernetes.io/unschedulable", "NoSchedule")]

    alive.client.patch("no", "n1", "", {"spec": {"unschedulable": None if not cordoned else True}})

    assert bool(taints(after(alive, 1))) is cordoned


def test_a_taint_keeps_the_moment_it_came(alive: Bench) -> None:
    added = [taint["timeAdded"] for taint in after(alive, 60)["spec"]["taints"]]

    assert [taint["timeAdded"] for taint in after(alive, 60)["spec"]["taints"]] == added


def test_pods_of_a_silent_node_get_no_more_traffic(alive: Bench) -> None:
    """Source: controller_utils.go, MarkPodsNotReady."""
    alive.given(pod("web", node="n1"), pod("far", node="n2"))

    after(alive, 60)

    ready = {p["metadata"]["name"]: get_condition(p, "Ready") or {} for p in alive.client.list("po")}
    assert {name: condition["status"] for name, condition in ready.items()} == {"web": "False", "far": "True"}
    assert ready["web"]["lastTransitionTime"] == "2026-01-01T00:00:55Z"  # the first look after 50 s
    assert "NodeNotReady: Node is not ready" in alive.events()


def test_a_healthy_node_is_looked_at_every_five_seconds_and_not_written(alive: Bench) -> None:
    """Source: --node-monitor-period, 5 s."""
    again = alive.reconcile("n1")

    assert (again, alive.writes) == (After(5.0, background=True), [])


def test_a_silent_node_is_written_once(alive: Bench) -> None:
    after(alive, 60)

    after(alive, 60)

    assert alive.writes == []
