"""Pods that leave a node because of its NoExecute taints."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, pod

from k8slab.controllers import TaintEvictionController
from k8slab.controllers.taint_eviction import may_stay_s
from k8slab.objects import get_condition

Obj = dict[str, Any]

CONTROLLER = TaintEvictionController
FOR_EVER = float("inf")
GONE: Obj = {"key": "gone", "effect": "NoExecute"}


def bearing(key: str = "gone", seconds: int | None = None, **more: Any) -> Obj:
    """A toleration."""
    limit = {} if seconds is None else {"tolerationSeconds": seconds}
    return {"key": key, "operator": "Exists", "effect": "NoExecute", **limit, **more}


def taint(bench: Bench, *taints: Obj) -> None:
    """Put these taints on the node."""
    bench.client.patch("no", "n1", "", {"spec": {"taints": list(taints)}}, type="merge")


def settled(bench: Bench, *tolerations: Obj) -> None:
    """A node, and a pod on it."""
    made = pod("web", node="n1")
    made["spec"]["tolerations"] = list(tolerations)
    bench.given(node("n1"), made)
    bench.reconcile("default/web")


def is_gone_after(bench: Bench, seconds: float) -> bool:
    """The pod has been told to leave."""
    bench.loop.run_until(bench.loop.now + seconds)
    found = bench.client.list("po", "default")
    return not found or "deletionTimestamp" in found[0]["metadata"]


@pytest.mark.parametrize(
    ("taints", "tolerations", "stay_s"),
    [
        ([], [], FOR_EVER),
        ([GONE], [], 0),
        ([GONE], [bearing()], FOR_EVER),
        ([GONE], [bearing(seconds=300)], 300),
        ([GONE], [bearing(seconds=0)], 0),
        ([GONE], [bearing(seconds=-5)], 0),
        ([GONE], [bearing("other")], 0),
        ([GONE], [bearing(effect="NoSchedule")], 0),
        ([GONE], [bearing(effect="")], FOR_EVER),
        ([GONE], [{"operator": "Exists"}], FOR_EVER),
        ([{**GONE, "value": "a"}], [{"key": "gone", "value": "a"}], FOR_EVER),
        ([{**GONE, "value": "a"}], [{"key": "gone", "value": "b"}], 0),
        ([{**GONE, "value": "a"}], [{"key": "gone", "operator": "Equal", "value": "a"}], FOR_EVER),
        ([GONE], [bearing(seconds=300), bearing(seconds=60)], 60),
        ([GONE], [bearing(seconds=300), bearing()], 300),
        ([GONE, {**GONE, "key": "lost"}], [bearing(seconds=300)], 0),
        ([GONE, {**GONE, "key": "lost"}], [bearing(seconds=300), bearing("lost", 10)], 10),
        ([GONE, {**GONE, "key": "lost"}], [bearing(), bearing("lost", 10)], 10),
        ([GONE], [bearing(seconds=300), bearing("lost", 10)], 300),
    ],
)
def test_how_long_a_pod_bears_a_node(taints: list[Obj], tolerations: list[Obj], stay_s: float) -> None:
    """Source: taint_eviction.go, getMinTolerationTime; helpers.go, GetMatchingTolerations; ToleratesTaint."""
    assert may_stay_s({"spec": {"tolerations": tolerations}}, taints) == stay_s


def test_who_does_not_tolerate_the_taint_goes_at_once(bench: Bench) -> None:
    """Source: taint_eviction.go, processPodOnNode, deletePodHandler."""
    settled(bench)

    taint(bench, GONE)

    assert is_gone_after(bench, 1)
    assert bench.writes == ["patch Pod/web/status", "delete Pod/web"]
    assert bench.events() == ["TaintManagerEviction: Marking for deletion Pod default/web"]


def test_the_reason_is_left_on_the_pod(bench: Bench) -> None:
    """Source: taint_eviction.go, addConditionAndDeletePod."""
    settled(bench)
    bench.client.patch("po", "web", "default", {"metadata": {"finalizers": ["a.b/c"]}})

    taint(bench, GONE)
    bench.loop.settle()

    target = get_condition(bench.client.get("po", "web", "default"), "DisruptionTarget") or {}
    assert (target["status"], target["reason"]) == ("True", "DeletionByTaintManager")
    assert target["message"] == "Taint manager: deleting due to NoExecute taint"


@pytest.mark.parametrize("effect", ["NoSchedule", "PreferNoSchedule"])
def test_other_effects_send_nobody_away(bench: Bench, effect: str) -> None:
    settled(bench)

    taint(bench, {**GONE, "effect": effect})

    assert not is_gone_after(bench, 600)


@pytest.mark.parametrize("time_added", [{}, {"timeAdded": "2025-01-01T00:00:00Z"}])
def test_a_pod_goes_when_its_time_is_over(bench: Bench, time_added: Obj) -> None:
    """Source: taint_eviction.go, processPodOnNode: from when the controller sees it, whatever timeAdded says."""
    settled(bench, bearing(seconds=60))
    taint(bench, {**GONE, **time_added})

    assert not is_gone_after(bench, 59)
    assert is_gone_after(bench, 2)


def test_a_pod_that_comes_later_has_its_whole_time(bench: Bench) -> None:
    bench.given(node("n1"))
    taint(bench, {**GONE, "timeAdded": "2025-01-01T00:00:00Z"})
    bench.reconcile("default/web")
    bench.loop.run_until(bench.loop.now + 300)
    made = pod("web", node="n1")
    made["spec"]["tolerations"] = [bearing(seconds=60)]

    bench.given(made)

    assert not is_gone_after(bench, 59)
    assert is_gone_after(bench, 2)


def test_a_taint_that_goes_in_time_is_forgotten(bench: Bench) -> None:
    """Source: taint_eviction.go, cancelWorkWithEvent."""
    settled(bench, bearing(seconds=60))
    taint(bench, GONE)
    assert not is_gone_after(bench, 50)

    taint(bench)

    assert not is_gone_after(bench, 600)
    assert bench.events() == ["TaintManagerEviction: Cancelling deletion of Pod default/web"]

    taint(bench, GONE)
    assert not is_gone_after(bench, 59)
    assert is_gone_after(bench, 2)


def test_a_second_taint_can_only_shorten_the_stay(bench: Bench) -> None:
    settled(bench, bearing(seconds=60))
    taint(bench, GONE)
    assert not is_gone_after(bench, 30)

    taint(bench, GONE, {**GONE, "key": "lost"})

    assert is_gone_after(bench, 1)


def test_pods_elsewhere_and_without_a_node_are_left_alone(bench: Bench) -> None:
    bench.given(node("n1"), pod("far", node="n2"), pod("nowhere"))
    bench.reconcile("default/far")

    taint(bench, GONE)
    bench.loop.settle()

    assert bench.writes == []
