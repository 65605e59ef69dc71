"""From a Pod without a node to its binding, and what is said on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

Obj = dict[str, Any]
Change = Callable[[SchedulerBench], object]

TAINT = {"key": "k", "value": "v", "effect": "NoSchedule"}
NO_HELP_IS = (
    "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
)
FITS_NO_NODE = f"0/1 nodes are available: 1 Insufficient cpu. {NO_HELP_IS}"


def test_a_pod_goes_to_the_emptiest_node(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_node("b"), a_pod("there", cpu="1", nodeName="a"))

    bench.given(a_pod("web", cpu="1"))
    bench.settle()

    assert bench.node_of("web") == "b"
    assert bench.events() == ["Scheduled: Successfully assigned default/web to b"]


def test_a_decision_counts_at_once(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/schedule_one.go, assume: the next pod sees it before the API has confirmed it."""
    bench.given(a_node("a", cpu="1"), a_node("b", cpu="1"))

    bench.given(*(a_pod(f"web-{number}", cpu="1") for number in range(3)))
    bench.settle()

    assert sorted(bench.node_of(f"web-{number}") for number in range(3)) == ["", "a", "b"]


def test_pods_of_another_scheduler_are_none_of_its_business(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_pod("web", schedulerName="mine"))

    bench.settle()

    assert bench.node_of("web") == "" and bench.events() == []


def test_a_gated_pod_is_not_even_tried(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go, PreEnqueue."""
    bench.given(a_node("a"), a_pod("web", schedulingGates=[{"name": "example.com/a"}]))

    bench.run(400)

    assert bench.attempts("web") == [] and bench.node_of("web") == ""


def test_the_more_important_pod_gets_the_room(bench: SchedulerBench) -> None:
    bench.given(
        a_node("a", cpu="1"), a_pod("low", cpu="1"), a_pod("high", cpu="1", priorityClassName="system-node-critical")
    )

    bench.settle()

    assert (bench.node_of("low"), bench.node_of("high")) == ("", "a")


def test_without_nodes_there_is_little_to_say(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/schedule_one.go, ErrNoNodesAvailable."""
    bench.given(a_pod("web"))

    bench.settle()

    assert bench.message_of("web") == "Unschedulable: no nodes available to schedule pods"


def test_a_pod_that_fits_nowhere_says_so_and_is_scheduled_when_a_node_comes(bench: SchedulerBench) -> None:
    bench.given(a_node("a", cpu="1"), a_pod("web", cpu="2"))
    bench.settle()
    assert bench.message_of("web") == f"Unschedulable: {FITS_NO_NODE}"
    assert bench.events() == [f"FailedScheduling: {FITS_NO_NODE}"]
    bench.run(60)

    bench.given(a_node("b", cpu="2"))
    bench.run(0.1)

    assert bench.node_of("web") == "b"
    assert bench.events()[1:] == ["Scheduled: Successfully assigned default/web to b"]


HELP: dict[str, Change] = {
    "a new node": lambda b: b.given(a_node("b")),
    "a node grows": lambda b: b.client.patch(
        "Node", "a", "", {"status": {"allocatable": {"cpu": "9"}}}, subresource="status"
    ),
    "a node is uncordoned": lambda b: b.client.patch("Node", "cordoned", "", {"spec": {"unschedulable": None}}),
    "a node gets labels": lambda b: b.client.patch("Node", "unlabelled", "", {"metadata": {"labels": {"disk": "ssd"}}}),
    "a taint is removed": lambda b: b.client.patch("Node", "tainted", "", {"spec": {"taints": None}}),
    "a pod is deleted": lambda b: b.client.delete("Pod", "there", "default", grace_s=0),
    "a pod has ended": lambda b: b.client.patch_status(b.client.get("Pod", "there", "default"), {"phase": "Succeeded"}),
}
NO_HELP: dict[str, Change] = {
    "a heartbeat": lambda b: b.client.patch_status(
        b.client.get("Node", "a"), {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": None}]}
    ),
    "an image is there": lambda b: b.client.patch_status(
        b.client.get("Node", "a"), {"images": [{"names": ["nginx:1.27"], "sizeBytes": 1}]}
    ),
    "an annotation": lambda b: b.client.patch("Node", "a", "", {"metadata": {"annotations": {"a": "b"}}}),
    "a node goes": lambda b: b.client.delete("Node", "tainted"),
    "a waiting pod goes": lambda b: b.client.delete("Pod", "other", "default", grace_s=0),
    "a pod is ready": lambda b: b.client.patch_status(b.client.get("Pod", "there", "default"), {"phase": "Running"}),
}


def stuck(bench: SchedulerBench) -> None:
    """A pod that fits none of four nodes, and another that fits none."""
    nodes = (a_node("a", labels={"disk": "ssd"}), a_node("cordoned", labels={"disk": "ssd"}, unschedulable=True))
    bench.given(*nodes, a_node("tainted", labels={"disk": "ssd"}, taints=[TAINT]), a_node("unlabelled"))
    bench.given(a_pod("there", cpu="4", nodeName="a"), a_pod("other", cpu="99"))
    bench.given(a_pod("web", cpu="3", nodeSelector={"disk": "ssd"}))
    bench.run(60)


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in HELP.items()])
def test_what_may_help_is_tried_at_once(bench: SchedulerBench, change: Change) -> None:
    """Source: the EventsToRegister of upstream's plugins."""
    stuck(bench)

    change(bench)
    bench.run(0.1)

    assert len(bench.attempts("web")) == 2


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in NO_HELP.items()])
def test_what_cannot_help_wakes_nobody(bench: SchedulerBench, change: Change) -> None:
    stuck(bench)

    change(bench)
    bench.run(15)

    assert len(bench.attempts("web")) == 1


def test_a_pod_that_has_changed_is_tried_at_once(bench: SchedulerBench) -> None:
    bench.given(a_node("a", taints=[TAINT]), a_pod("web"))
    bench.run(2)

    pod = bench.client.get("Pod", "web", "default")
    pod["spec"]["tolerations"].append({"key": "x", "operator": "Exists"})
    bench.client.update(pod)
    bench.run(0.1)

    assert len(bench.attempts("web")) == 2


def test_a_binding_that_the_api_refuses_leaves_the_room_to_others(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/schedule_one.go, handleBindingCycleError."""
    bench.given(a_node("a", cpu="1"), a_pod("web", cpu="1"), a_pod("next", cpu="1"))
    bench.run(0.0025)  # the scheduler knows the pods, and is about to think

    bench.client.bind(bench.client.get("Pod", "web", "default"), "elsewhere")
    bench.run(5)

    refused = 'pod web is already assigned to node "elsewhere"'
    text = f'Operation cannot be fulfilled on pods/binding "web": {refused}'
    assert f'FailedScheduling: running Bind plugin "DefaultBinder": {text}' in bench.events()
    assert (bench.node_of("web"), bench.node_of("next")) == ("elsewhere", "a")


def test_a_binding_that_reaches_nobody_is_tried_again(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_pod("web"))
    bench.run(0.0015)
    bench.is_api_up = False

    bench.run(2)
    assert bench.attempts("web") == pytest.approx([0.003, 1.005], abs=0.001)
    assert not bench.scheduler.table.nodes["a"].pods
    bench.is_api_up = True
    bench.run(2)

    assert bench.node_of("web") == "a"


def test_a_pod_deleted_while_it_was_decided_is_forgotten(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_pod("web"))
    bench.run(0.0015)

    bench.client.delete("Pod", "web", "default", grace_s=0)
    bench.settle()

    assert not bench.scheduler.table.nodes["a"].pods and len(bench.attempts("web")) <= 1


@pytest.mark.parametrize("is_late", [False, True])
def test_a_node_of_the_same_name_is_another_node(bench: SchedulerBench, is_late: bool) -> None:
    """What was remembered of the one before holds no longer."""
    bench.given(a_node("a", taints=[TAINT]), a_pod("web"))
    bench.settle()
    bench.client.delete("Node", "a")
    bench.run(60 if is_late else 0)

    bench.given(a_node("a"))
    bench.run(2)

    assert bench.node_of("web") == "a"
