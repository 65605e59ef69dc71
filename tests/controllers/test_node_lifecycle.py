"""Nodes that go silent, and come back."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, pod

from k8slab.client import After
from k8slab.controllers import NodeLifecycleController
from k8slab.objects import Key, get_condition, rfc3339, rfc3339_micro
from k8slab.wire import Conflict

Obj = dict[str, Any]

CONTROLLER = NodeLifecycleController
UNREACHABLE = [("node.kubernetes.io/unreachable", "NoSchedule"), ("node.kubernetes.io/unreachable", "NoExecute")]
NOT_READY = [("node.kubernetes.io/not-ready", "NoSchedule"), ("node.kubernetes.io/not-ready", "NoExecute")]


def heartbeat(bench: Bench, name: str = "n1") -> None:
    """What a kubelet does every ten seconds."""
    spec = {"renewTime": rfc3339_micro(bench.loop.now)}
    bench.client.patch("Lease", name, "kube-node-lease", {"spec": spec}, type="merge")


def in_zone(zone: str, name: str) -> list[Obj]:
    """A ready node of a zone, and its lease."""
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {}}
    there = node(name)
    there["metadata"]["labels"] = {"topology.kubernetes.io/zone": zone}
    return [there, {**lease, "metadata": {"name": name, "namespace": "kube-node-lease"}}]


@pytest.fixture
def alive(bench: Bench) -> Bench:
    """A server with the node n1, which has just renewed its lease, and n2 of another zone, which always will have."""
    bench.given(*in_zone("a", "n1"), *in_zone("b", "n2"))
    heartbeat(bench)
    bench.reconcile("n1")
    return bench


def after(bench: Bench, seconds: float) -> Obj:
    """The node, after some time and one look; the next look taints what this one found."""
    steps = max(10, int(seconds // 10))
    for _ in range(steps):
        bench.loop.run_until(bench.loop.now + seconds / steps)
        for lease in bench.client.list("Lease", fields="metadata.name!=n1"):
            heartbeat(bench, lease["metadata"]["name"])
    for key in ("", "", "n1"):
        bench.reconcile(key)
    return bench.client.get("no", "n1")


def taints(node: Obj) -> list[tuple[str, str]]:
    """Key and effect."""
    found = ((taint["key"], taint["effect"]) for taint in node["spec"].get("taints") or [])
    return sorted(found, key=lambda taint: (taint[0], taint[1] == "NoExecute"))


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
    assert "NodeNotReady: Node n1 status is now: NodeNotReady" in alive.events()


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
    again = alive.reconcile("")

    assert (again, alive.writes) == (After(5.0, background=True), [])


def test_a_silent_node_is_written_once(alive: Bench) -> None:
    after(alive, 60)

    after(alive, 60)

    assert alive.writes == []


def test_a_node_is_greeted_and_seen_off(alive: Bench) -> None:
    """Source: node_lifecycle_controller.go, monitorNodeHealth: RegisteredNode, RemovingNode."""
    alive.client.delete("no", "n1")
    alive.reconcile("n1")

    told = alive.events()

    assert told == ["RegisteredNode: Node n1 event: Registered Node n1 in Controller",
                    "RemovingNode: Node n1 event: Removing Node n1 from Controller"]  # fmt: skip


def evicting(nodes: list[Obj]) -> set[str]:
    """The names of the nodes whose Pods have to go."""
    return {
        node["metadata"]["name"]
        for node in nodes
        if any(t["effect"] == "NoExecute" for t in node["spec"].get("taints") or ())
    }


@pytest.mark.parametrize(
    ("zones", "seconds", "expected"),
    [
        ({"a": (1, 2)}, 61, 1),
        ({"a": (2, 3)}, 61, 1),  # two at once: one goes, the other waits for ten seconds
        ({"a": (2, 3)}, 71, 2),
        ({"a": (2, 2), "b": (0, 1)}, 71, 2),  # a whole zone is gone, others are well: the usual pace
        ({"a": (3, 5)}, 300, 0),  # much of a small zone is gone: nobody moves
        ({"a": (3, 6)}, 300, 3),
        ({"a": (3, 3)}, 300, 0),  # nobody is there: it must be the control plane's own fault
        ({"a": (1, 1), "b": (1, 1)}, 300, 0),
        ({"a": (33, 60)}, 61, 1),  # much of a large zone: one node in a hundred seconds
        ({"a": (33, 60)}, 250, 2),
    ],
)
def test_pods_are_moved_as_slowly_as_the_zone_is_ill(
    bench: Bench, zones: dict[str, tuple[int, int]], seconds: float, expected: int
) -> None:
    """Source: node_lifecycle_controller.go, handleDisruption, ComputeZoneState, ReducedQPSFunc."""
    for zone, (_, size) in zones.items():
        bench.given(*[obj for number in range(size) for obj in in_zone(zone, f"{zone}{number}")])
    well = [f"{zone}{number}" for zone, (silent, size) in zones.items() for number in range(silent, size)]
    bench.reconcile("")

    for _ in range(int(seconds)):
        bench.loop.run_until(bench.loop.now + 1)
        for name in well:
            heartbeat(bench, name)

    assert len(evicting(bench.client.list("no"))) == expected


def test_when_every_node_is_gone_none_is_evicted_and_the_taints_go(alive: Bench) -> None:
    """Source: node_lifecycle_controller.go, handleDisruption: entering master disruption mode."""
    assert evicting([after(alive, 60)]) == {"n1"}

    alive.loop.run_until(alive.loop.now + 60)

    assert evicting(alive.client.list("no")) == set()


def test_taints_are_not_written_over_those_of_somebody_else(alive: Bench) -> None:
    """Source: pkg/controller/util/node/controller_utils.go, SwapNodeControllerTaint."""
    alive.client.patch("no", "n1", "", {"spec": {"unschedulable": True}})
    alive.reconcile("")
    alive.client.patch("no", "n1", "", {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}})

    with pytest.raises(Conflict):
        alive.controller.reconcile(Key("", "n1"))

    assert taints(alive.client.get("no", "n1")) == [("gpu", "NoSchedule")]
