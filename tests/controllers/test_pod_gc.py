"""Pods whose node is gone for good."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, pod

from k8slab.controllers import PodGarbageCollector
from k8slab.objects import get_condition

Obj = dict[str, Any]

CONTROLLER = PodGarbageCollector


def names_after(bench: Bench, seconds: float) -> list[str]:
    """The pods that are there after some time."""
    bench.loop.run_until(bench.loop.now + seconds)
    return [each["metadata"]["name"] for each in bench.client.list("po")]


def test_pods_of_a_lost_node_go_after_a_quarantine(bench: Bench) -> None:
    """Source: gc_controller.go, gcOrphaned; quarantineTime = 40 s."""
    bench.given(node("n1"), node("n2"), pod("lost", node="n1"), pod("kept", node="n2"), pod("waiting"))
    bench.reconcile("/n1")
    bench.client.delete("no", "n1")

    assert names_after(bench, 39) == ["kept", "lost", "waiting"]
    assert names_after(bench, 2) == ["kept", "waiting"]
    assert bench.writes == ["patch Pod/lost/status", "delete Pod/lost"]


def test_pods_that_were_lost_before_it_began_go_too(bench: Bench) -> None:
    """Source: gc_controller.go, gc: every 20 s it looks at all Pods, not at what it heard."""
    bench.given(node("n2"), pod("lost", node="n1"), pod("kept", node="n2"))
    bench.reconcile("/n2")

    assert names_after(bench, 60) == ["kept"]


def test_a_node_that_comes_back_keeps_its_pods(bench: Bench) -> None:
    """Source: gc_controller.go, checkIfNodeExists."""
    bench.given(node("n1"), pod("web", node="n1"))
    bench.reconcile("/n1")
    bench.client.delete("no", "n1")
    bench.loop.run_until(bench.loop.now + 30)

    bench.given(node("n1"))

    assert names_after(bench, 100) == ["web"]


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("Running", ("Failed", "DeletionByPodGC")), ("Succeeded", ("Succeeded", None)), ("Failed", ("Failed", None))],
)
def test_a_lost_pod_has_failed_unless_it_had_ended(bench: Bench, phase: str, expected: tuple[str, str | None]) -> None:
    """Source: gc_controller.go, markFailedAndDeletePodWithCondition."""
    made = pod("web", node="n1")
    made["metadata"]["finalizers"] = ["a.b/c"]
    made["status"]["phase"] = phase
    bench.given(node("n2"), made)
    bench.reconcile("/n2")

    bench.loop.run_until(bench.loop.now + 60)

    found = bench.client.get("po", "web", "default")
    target = get_condition(found, "DisruptionTarget") or {}
    assert (found["status"]["phase"], target.get("reason")) == expected
    assert found["metadata"]["deletionTimestamp"]


@pytest.mark.parametrize("first", ["taint", "delete"])
@pytest.mark.parametrize(
    ("ready", "taint", "left"),
    [
        ("Unknown", "node.kubernetes.io/out-of-service", ["stays"]),
        ("Unknown", "node.kubernetes.io/unreachable", ["going", "stays"]),
        ("True", "node.kubernetes.io/out-of-service", ["going", "stays"]),
    ],
)
def test_pods_that_leave_a_node_out_of_service_are_gone(
    bench: Bench, ready: str, taint: str, left: list[str], first: str
) -> None:
    """Source: gc_controller.go, gcTerminating; kubernetes.io, "Node Shutdowns", "Non-graceful node shutdown"."""
    bench.given(node("n1", ready=ready), pod("going", node="n1"), pod("stays", node="n1"))
    bench.reconcile("/n1")
    marks = {"spec": {"taints": [{"key": taint, "value": "nodeshutdown", "effect": "NoExecute"}]}}
    acts = {"taint": lambda: bench.client.patch("no", "n1", "", marks),
            "delete": lambda: bench.client.delete("po", "going", "default")}  # fmt: skip

    for act in sorted(acts, key=lambda act: act != first):
        acts[act]()
        bench.loop.run_until(bench.loop.now + 1)

    assert names_after(bench, 1) == left
