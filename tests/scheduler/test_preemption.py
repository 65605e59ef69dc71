"""Preemption: who has to go, on which node, what is said, and what happens then.

Source: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption_test.go (TestSelectBestCandidate,
TestDryRunPreemption, TestPodEligibleToPreemptOthers), the cases put anew; pkg/scheduler/framework/preemption.
"""

from __future__ import annotations

from typing import Any

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler.preemption import chosen, weighed

Obj = dict[str, Any]

NO_HELP = "no new claims to deallocate, preemption: "
VICTIMS = {"low": 100, "mid": 200, "high": 300}


def victim(priority: int, start: str = "") -> Obj:
    """A pod that could go."""
    status = {"startTime": f"2026-01-01T{start}:00Z"} if start else {}
    return {"metadata": {"name": f"v{priority}"}, "spec": {"priority": priority}, "status": status}


BEST = [
    # nodes with (PDB violations, victims as (priority, start)), the best
    ("fewest violations", {"a": (1, [(0, "")]), "b": (0, [(9, ""), (9, "")])}, "b"),
    ("lowest highest priority", {"a": (0, [(5, "")]), "b": (0, [(4, ""), (4, ""), (4, "")])}, "b"),
    ("highest counts, not the others", {"a": (0, [(5, ""), (0, "")]), "b": (0, [(4, ""), (4, "")])}, "b"),
    ("smallest sum", {"a": (0, [(5, ""), (4, "")]), "b": (0, [(5, ""), (3, "")])}, "b"),
    ("fewer beat a smaller sum of negatives", {"a": (0, [(-1, ""), (-1, "")]), "b": (0, [(-1, "")])}, "b"),
    ("fewest victims", {"a": (0, [(0, ""), (0, "")]), "b": (0, [(0, "")])}, "b"),
    ("latest start", {"a": (0, [(5, "10:00")]), "b": (0, [(5, "10:01")])}, "b"),
    ("earliest of the highest counts", {"a": (0, [(5, "10:00"), (5, "10:09")]), "b": (0, [(5, "10:01")] * 2)}, "b"),
    ("others do not count", {"a": (0, [(5, "10:00"), (1, "10:09")]), "b": (0, [(5, "10:01"), (1, "09:00")])}, "b"),
    ("not started counts as now", {"a": (0, [(5, "10:00")]), "b": (0, [(5, "")])}, "b"),
    ("violations come before priorities", {"a": (2, [(0, "")]), "b": (1, [(9, "")])}, "b"),
]


@pytest.mark.parametrize(("nodes", "best"), [pytest.param(*rest, id=name) for name, *rest in BEST])
@pytest.mark.parametrize("turned", [False, True])
def test_the_node_that_is_chosen(nodes: Obj, best: str, turned: bool) -> None:
    """Source: pkg/scheduler/framework/preemption/preemption.go, pickOneNodeForPreemption."""
    found = [weighed(name, [victim(*one) for one in who], bad) for name, (bad, who) in nodes.items()]

    one = chosen(
        found[::-1] if turned else found, "2026-01-02T00:00:00Z", lambda equals: pytest.fail(f"equal: {equals}")
    )

    assert one.node == best


def prioritised(bench: SchedulerBench) -> SchedulerBench:
    """The classes low, mid and high, and one that preempts nobody."""
    for name, value in VICTIMS.items():
        bench.given(a_class(name, value))
    bench.given({**a_class("polite", 300), "preemptionPolicy": "Never"})
    return bench


def a_class(name: str, value: int) -> Obj:
    """A PriorityClass."""
    head = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
    return {**head, "value": value}


def ranked(name: str, priority: str, cpu: str, node: str = "", **spec: Any) -> Obj:
    """A pod of a class, perhaps on its node, with the label app=NAME."""
    pod = a_pod(name, cpu=cpu, priorityClassName=priority, **({"nodeName": node} if node else {}), **spec)
    pod["metadata"]["labels"] = {"app": name}
    return pod


def a_budget(app: str, allowed: int) -> Obj:
    """A PodDisruptionBudget that allows so many disruptions now."""
    head = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": app, "namespace": "default"}}
    status = {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
    return {**head, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}, "status": status}


SELECTED = [
    # pods there (name, priority, cpu, node), budgets (app, allowed), who must go for 2 cpus of priority high
    ("only as many as needed", [("a1", "low", "1", "a"), ("a2", "low", "2", "a")], [], ["a2"], "a"),
    ("the more important stays", [("a1", "mid", "2", "a"), ("a2", "low", "2", "a")], [], ["a2"], "a"),
    ("as important never goes", [("a1", "high", "4", "a"), ("b1", "mid", "4", "b")], [], ["b1"], "b"),
    ("the less important node", [("a1", "mid", "4", "a"), ("b1", "low", "4", "b")], [], ["b1"], "b"),
    ("fewer victims", [("a1", "low", "1", "a"), ("a2", "low", "1", "a"), ("a3", "high", "2", "a"),
                       ("b1", "low", "2", "b"), ("b2", "high", "2", "b")], [], ["b1"], "b"),
    ("the protected stays", [("a1", "low", "2", "a"), ("a2", "mid", "2", "a")], [("a1", 0)], ["a2"], "a"),
    ("a budget with room protects none", [("a1", "low", "2", "a"), ("a2", "mid", "2", "a")], [("a1", 1)], ["a1"], "a"),
    ("protected when it must be", [("a1", "low", "4", "a")], [("a1", 0)], ["a1"], "a"),
    ("unprotected on another node", [("a1", "low", "4", "a"), ("b1", "mid", "4", "b")], [("a1", 0)], ["b1"], "b"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "budgets", "gone", "node"), [pytest.param(*r, id=name) for name, *r in SELECTED])
def test_who_has_to_go(there: list[Any], budgets: list[Any], gone: list[str], node: str) -> None:
    """Source: default_preemption.go, SelectVictimsOnNode and filterPodsWithPDBViolation."""
    bench = prioritised(SchedulerBench())
    bench.given(*(a_node(name, pods=10) for name in sorted({where for *_, where in there})))
    bench.given(*(ranked(*pod) for pod in there), *(a_budget(*budget) for budget in budgets))
    bench.settle()

    bench.given(ranked("vip", "high", "2"))
    bench.settle()

    left = {pod["metadata"]["name"] for pod in bench.client.list("Pod") if "deletionTimestamp" in pod["metadata"]}
    assert left == set(gone)
    assert bench.client.get("Pod", "vip", "default")["status"]["nominatedNodeName"] == node


def test_a_victim_is_told_and_the_pod_gets_its_room(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/framework/preemption/preemption.go, PreemptPod."""
    prioritised(bench).given(a_node("a"), ranked("weak", "low", "4", "a"), ranked("vip", "high", "4"))
    bench.settle()

    weak, vip = (bench.client.get("Pod", name, "default") for name in ("weak", "vip"))
    bench.client.delete("Pod", "weak", "default", grace_s=0)
    bench.run(2)

    (target,) = weak["status"]["conditions"]
    assert (target["type"], target["status"], target["reason"]) == ("DisruptionTarget", "True", "PreemptionByScheduler")
    assert target["message"] == "default-scheduler: preempting to accommodate a higher priority pod"
    assert sorted(bench.events()) == [
        "FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.",
        f"Preempted: Preempted by pod {vip['metadata']['uid']} on node a",
        "Scheduled: Successfully assigned default/vip to a",
    ]
    assert "nominatedNodeName" not in bench.client.get("Pod", "vip", "default")["status"]


MESSAGES = [
    ("nobody is less important", [("a1", "high", "4", "a")], "high", "4",
     "0/2 nodes are available: 1 No preemption victims found for incoming pod, "
     "1 Preemption is not helpful for scheduling."),
    ("too large for the node", [("a1", "low", "4", "a")], "high", "5",
     "0/2 nodes are available: 2 Preemption is not helpful for scheduling."),
    ("what remains is too much", [("a1", "low", "1", "a"), ("a2", "high", "3", "a")], "high", "2",
     "0/2 nodes are available: 1 Insufficient cpu, 1 Preemption is not helpful for scheduling."),
    ("it does not want to", [("a1", "low", "4", "a")], "polite", "2",
     "not eligible due to preemptionPolicy=Never."),
]  # fmt: skip


@pytest.mark.parametrize(("there", "who", "cpu", "said"), [pytest.param(*rest, id=name) for name, *rest in MESSAGES])
def test_why_there_is_no_help(there: list[Any], who: str, cpu: str, said: str) -> None:
    """Source: preemption.go, Preempt; default_preemption.go, PodEligibleToPreemptOthers."""
    bench = prioritised(SchedulerBench())
    bench.given(a_node("a"), a_node("tainted", taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}]))
    bench.given(*(ranked(*pod) for pod in there))

    bench.given(ranked("vip", who, cpu))
    bench.settle()

    assert bench.message_of("vip").partition(". ")[2] == NO_HELP + said
    assert not any("deletionTimestamp" in pod["metadata"] for pod in bench.client.list("Pod"))


def test_a_pod_waits_for_its_victims_and_takes_no_others(bench: SchedulerBench) -> None:
    prioritised(bench).given(a_node("a"), a_node("b"), ranked("vip", "high", "4"))
    bench.client.delete("Pod", "vip", "default", grace_s=0)
    bench.given(ranked("a1", "low", "4", "a"), ranked("b1", "mid", "4", "b"), ranked("vip", "high", "4"))
    bench.settle()

    bench.client.patch("Node", "a", "", {"metadata": {"labels": {"x": "y"}}})
    bench.client.patch(
        "Node", "b", "", {"status": {"allocatable": {"memory": "9Gi", "cpu": "4"}}}, subresource="status"
    )
    bench.run(400)

    said = "not eligible due to a terminating pod on the nominated node."
    assert bench.message_of("vip").endswith(NO_HELP + said)
    assert "deletionTimestamp" not in bench.client.get("Pod", "b1", "default")["metadata"]


def test_promised_room_is_not_for_the_less_important(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/framework/runtime/framework.go, RunFilterPluginsWithNominatedPods."""
    prioritised(bench).given(a_node("a"), ranked("weak", "low", "4", "a"), ranked("vip", "high", "3"))
    bench.settle()

    bench.client.delete("Pod", "weak", "default", grace_s=0)
    bench.given(ranked("quick", "mid", "2"), ranked("small", "mid", "1"))
    bench.settle()

    assert {name: bench.node_of(name) for name in ("vip", "quick", "small")} == {"vip": "a", "quick": "", "small": "a"}


def test_the_more_important_takes_the_promise_away(bench: SchedulerBench) -> None:
    """Source: preemption.go, getLowerPriorityNominatedPods."""
    prioritised(bench).given(a_node("a"), ranked("weak", "low", "4", "a"), ranked("vip", "mid", "4"))
    bench.settle()

    bench.given(ranked("boss", "high", "4"))
    bench.settle()

    nominees = {name: bench.client.get("Pod", name, "default")["status"] for name in ("vip", "boss")}
    assert nominees["boss"]["nominatedNodeName"] == "a" and "nominatedNodeName" not in nominees["vip"]


def test_what_preemption_weighed_is_told(bench: SchedulerBench) -> None:
    prioritised(bench).given(a_node("a"), a_node("b"), a_node("c"), ranked("c1", "high", "4", "c"))
    bench.given(ranked("a1", "low", "4", "a"), ranked("b1", "mid", "4", "b"), ranked("vip", "high", "2"))
    bench.settle()

    ((_, whole),) = (pair for pair in bench.scheduler.attempts.objects() if pair[0]["spec"]["podName"] == "vip")

    assert whole()["status"]["preemption"] == {
        "nominatedNodeName": "a",
        "victims": ["default/a1"],
        "candidates": [
            {"node": "a", "victims": ["default/a1"], "highestPriority": 100, "pdbViolations": 0},
            {"node": "b", "victims": ["default/b1"], "highestPriority": 200, "pdbViolations": 0},
        ],
        "refused": [{"node": "c", "reasons": ["No preemption victims found for incoming pod"]}],
    }


def test_a_trial_is_done_again_when_a_pod_has_changed_in_whatever_way(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_pod("low", cpu="3", nodeName="a"))
    bench.run(1)
    vip = a_pod("vip", cpu="3", priority=9)
    bench.scheduler.decide(vip)

    bench.client.patch_status(bench.client.get("Pod", "low", "default"), {"startTime": "2026-01-01T00:00:07Z"})
    bench.run(1)

    rescue = bench.scheduler.decide(vip).rescue
    assert rescue is not None and [one.since for one in rescue.candidates] == ["2026-01-01T00:00:07Z"]
