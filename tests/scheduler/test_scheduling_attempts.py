"""Every attempt can be read: what is told of it, how many are kept."""

from __future__ import annotations

from typing import Any

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler import Attempts, Decision, Verdict

Obj = dict[str, Any]

TAINT = {"key": "k", "value": "v", "effect": "NoSchedule"}


def told(bench: SchedulerBench, name: str) -> Obj:
    """The newest attempt for a pod, whole."""
    return [whole() for head, whole in bench.scheduler.attempts.objects() if head["spec"]["podName"] == name][-1]


def test_an_attempt_tells_of_every_node(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_node("b", cpu="2"), a_node("full", cpu="1"), a_node("tainted", taints=[TAINT]))
    bench.given(a_pod("there", cpu="500m", nodeName="full"), a_pod("web", cpu="1"))
    bench.settle()

    status = told(bench, "web")["status"]

    assert (status["result"], status["nodeName"], "message" in status) == ("Scheduled", "a", False)
    a, b, full, tainted = status["nodes"]
    assert {one["name"]: (one["verdict"], one["total"]) for one in (a, b)} == {"a": ("Fits", 454), "b": ("Fits", 435)}
    assert a["scores"][1] == {"plugin": "NodeResourcesFit", "raw": 86, "normalized": 86, "weighted": 86}
    assert full == {"name": "full", "verdict": "Unschedulable", "plugin": "NodeResourcesFit",
                    "reasons": ["Insufficient cpu"]}  # fmt: skip
    assert tainted["verdict"] == "UnschedulableAndUnresolvable"


def test_the_pod_is_not_touched_and_can_be_found_by_its_labels(bench: SchedulerBench) -> None:
    pod = a_pod("web")
    pod["metadata"]["labels"] = {"app": "web"}
    bench.given(a_node("a"), pod)
    bench.settle()

    obj = told(bench, "web")

    assert bench.writes == ["create Pod/web/binding"]
    metadata = obj["metadata"]
    assert (metadata["name"], metadata["namespace"], metadata["labels"]) == ("web.1", "default", {"app": "web"})
    assert obj["spec"]["schedulerName"] == "default-scheduler"


def test_a_pod_that_fits_alone_somewhere_is_not_scored(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/schedule_one.go, schedulePod: a single feasible node is taken as it is."""
    bench.given(a_node("a"), a_node("tainted", taints=[TAINT]), a_pod("web"))
    bench.settle()

    fits = told(bench, "web")["status"]["nodes"][0]

    assert fits == {"name": "a", "verdict": "Fits", "scores": [], "total": 0}


def test_a_binding_that_fails_is_told(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_pod("web"))
    bench.run(0.0015)
    bench.is_api_up = False
    bench.run(0.01)

    status = told(bench, "web")["status"]

    assert status["result"] == "Error" and "nodeName" not in status
    assert status["message"].startswith('running Bind plugin "DefaultBinder": ')


@pytest.mark.parametrize(("nodes", "kept"), [(1, 1000), (99, 1000), (199, 1000), (399, 500), (4999, 40), (200_001, 1)])
def test_what_is_kept_is_bounded_by_what_it_tells(nodes: int, kept: int) -> None:
    attempts = Attempts()
    refused = {f"n{number}": ("P", Verdict(("no",))) for number in range(nodes)}

    for number in range(1100):
        attempts.add(Decision(f"default/p{number}", 0.0, refused))

    assert len(attempts.decisions) == kept
    assert attempts.decisions[-1].pod == "default/p1099" and attempts.revision == 1100
