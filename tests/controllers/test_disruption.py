"""PodDisruptionBudgets: how many Pods may be evicted now, and why not more.

Source: pkg/controller/disruption/disruption.go; kubernetes.io, "Specifying a Disruption Budget for your Application".
"""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, deployment, pod, pods_of, replicaset
from running import Nodes, Running

from k8slab.client import After
from k8slab.controllers import DeploymentController, DisruptionController, ReplicaSetController
from k8slab.objects import get_condition, is_leaving, is_ready, owner_reference
from k8slab.wire import TooManyRequests

Obj = dict[str, Any]

CONTROLLER = DisruptionController
WEB = {"matchLabels": {"app": "web"}}
STATUS = "update poddisruptionbudgets/web/status"


def budget(name: str = "web", **spec: Any) -> Obj:
    """A budget of the Pods of web."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": WEB, **spec},
    }


def status_of(bench: Bench, name: str = "web") -> Obj:
    """What a budget says of itself."""
    status: Obj = bench.client.get("PodDisruptionBudget", name, "default")["status"]
    return status


def counted(bench: Bench) -> tuple[int, int, int, int]:
    """Allowed, healthy, wanted and expected Pods."""
    names = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
    allowed, healthy, wanted, expected = map(status_of(bench).get, names)
    return allowed, healthy, wanted, expected


def given_web(bench: Bench, replicas: int, ready: int, unready: int = 0) -> Obj:
    """A ReplicaSet with Pods, some of them ready."""
    web = bench.given(replicaset("web", replicas))
    pods = pods_of(web, ready + unready)
    for each in pods[ready:]:
        each["status"]["conditions"][0]["status"] = "False"
    bench.given(*pods)
    found: Obj = web
    return found


@pytest.mark.parametrize(
    ("spec", "replicas", "ready", "unready", "counts"),
    [
        ({"minAvailable": 2}, 3, 3, 0, (1, 3, 2, 3)),
        ({"minAvailable": 2}, 9, 3, 0, (1, 3, 2, 3)),  # a number asks for no owner
        ({"minAvailable": 2}, 3, 2, 1, (0, 2, 2, 3)),
        ({"minAvailable": 3}, 3, 2, 1, (0, 2, 3, 3)),
        ({"minAvailable": 0}, 3, 3, 0, (3, 3, 0, 3)),
        ({"minAvailable": "50%"}, 3, 3, 0, (1, 3, 2, 3)),  # 1.5, rounded up
        ({"minAvailable": "50%"}, 5, 3, 0, (0, 3, 3, 5)),
        ({"minAvailable": "100%"}, 3, 3, 0, (0, 3, 3, 3)),
        ({"minAvailable": "0%"}, 3, 1, 2, (1, 1, 0, 3)),
        ({"maxUnavailable": 1}, 3, 3, 0, (1, 3, 2, 3)),
        ({"maxUnavailable": 1}, 3, 2, 0, (0, 2, 2, 3)),
        ({"maxUnavailable": 5}, 3, 1, 0, (1, 1, 0, 3)),
        ({"maxUnavailable": "10%"}, 3, 3, 0, (1, 3, 2, 3)),  # 0.3, rounded up
        ({"maxUnavailable": 0}, 3, 3, 0, (0, 3, 3, 3)),
        ({"maxUnavailable": 1}, 0, 1, 0, (0, 1, 0, 0)),  # nothing is expected, so nothing is allowed
        ({}, 3, 3, 0, (0, 3, 0, 0)),
    ],
)
def test_the_numbers_of_a_budget(
    bench: Bench, spec: Obj, replicas: int, ready: int, unready: int, counts: tuple[int, int, int, int]
) -> None:
    """Source: getExpectedPodCount, updatePdbStatus; "Rounding logic when specifying percentages"."""
    given_web(bench, replicas, ready, unready)
    bench.given(budget(**spec))

    bench.reconcile("default/web")

    assert counted(bench) == counts
    assert bench.writes == [STATUS]


@pytest.mark.parametrize(
    ("wanted", "status", "reason"), [(1, "True", "SufficientPods"), (2, "False", "InsufficientPods")]
)
def test_a_condition_tells_whether_pods_may_go(bench: Bench, wanted: int, status: str, reason: str) -> None:
    """Source: component-helpers/apps/poddisruptionbudget/helpers.go."""
    given_web(bench, 2, 2)
    bench.given(budget(minAvailable=wanted))

    bench.reconcile("default/web")

    assert get_condition(bench.client.get("pdb", "web", "default"), "DisruptionAllowed") == {
        "type": "DisruptionAllowed",
        "status": status,
        "reason": reason,
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }


def test_a_budget_that_is_true_is_left_alone(bench: Bench) -> None:
    given_web(bench, 2, 2)
    bench.given(budget(minAvailable=1))
    bench.reconcile("default/web")

    bench.reconcile("default/web")

    assert bench.writes == []


def test_a_changed_budget_is_looked_at(bench: Bench) -> None:
    given_web(bench, 2, 2)
    bench.given(budget(minAvailable=1))
    bench.reconcile("default/web")
    bench.client.patch("pdb", "web", "default", {"spec": {"minAvailable": 2}})

    bench.reconcile("default/web")

    assert (status_of(bench)["observedGeneration"], counted(bench)) == (2, (0, 2, 2, 2))


@pytest.mark.parametrize(
    ("selector", "healthy"),
    [
        (WEB, 2),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]}, 3),
        ({}, 4),
        (None, 0),
    ],
)
def test_which_pods_are_counted(bench: Bench, selector: Obj | None, healthy: int) -> None:
    """Source: getPodsForPdb; an empty selector means every Pod of the namespace, none means none."""
    other = pod("far", app="web")
    other["metadata"]["namespace"] = "kube-system"
    bench.given(pod("a", app="web"), pod("b", app="web"), pod("c", app="db"), pod("d"), other)
    bench.given(budget(minAvailable=1, selector=selector))

    bench.reconcile("default/web")

    assert status_of(bench)["currentHealthy"] == healthy


def test_a_pod_that_leaves_is_not_healthy(bench: Bench) -> None:
    """Source: countHealthyPods."""
    leaving = pod("a", app="web")
    leaving["metadata"]["finalizers"] = ["shop.example/hold"]
    bench.given(leaving, pod("b", app="web"), budget(minAvailable=1))
    bench.client.delete("Pod", "a", "default")

    bench.reconcile("default/web")

    assert counted(bench) == (0, 1, 1, 2)


def test_several_owners_are_added_up_and_a_deployment_speaks_for_its_sets(bench: Bench) -> None:
    """Source: getExpectedScale, getPodDeployment."""
    web = bench.given(deployment("web", 4))
    for name, replicas in (("web-new", 3), ("web-old", 2)):
        owned = replicaset(name, replicas)
        owned["metadata"]["ownerReferences"] = [owner_reference(web)]
        bench.given(pod(name, owner=bench.given(owned), app="web"))
    bench.given(pod("single", owner=bench.given(replicaset("web-single", 2)), app="web"), budget(minAvailable="50%"))

    bench.reconcile("default/web")

    assert counted(bench) == (0, 3, 3, 6)


def test_a_set_counts_for_itself_when_its_deployment_is_gone(bench: Bench) -> None:
    """Source: finders, of which the last asks for the scale of whatever owns the Pod."""
    owned = replicaset("web", 2)
    owned["metadata"]["ownerReferences"] = [{**owner_reference(bench.given(deployment("gone"))), "uid": "other"}]
    bench.given(*pods_of(bench.given(owned), 2), budget(maxUnavailable=1))

    bench.reconcile("default/web")

    assert counted(bench) == (1, 2, 1, 2)


def test_a_set_of_the_same_name_is_another_set(bench: Bench) -> None:
    """Source: getPodDeployment, getPodReplicaSet."""
    owned = replicaset("web", 2)
    owned["metadata"]["ownerReferences"] = [owner_reference(bench.given(deployment("web")))]
    lost = pod("a", owner={**bench.given(owned), "metadata": {"name": "web", "uid": "other"}})
    bench.given(lost, budget(maxUnavailable=1))

    bench.reconcile("default/web")

    assert bench.events()[0].endswith('found no controllers for pod "a"')


JOB = {"apiVersion": "batch/v1", "kind": "Job", "name": "web", "uid": "1", "controller": True}
UNSCALED = "jobs.batch does not implement the scale subresource"


@pytest.mark.parametrize(
    ("owner", "problem"),
    [
        (JOB, UNSCALED),
        ({**JOB, "apiVersion": "apps/v1", "kind": "ReplicaSet"}, 'found no controllers for pod "a"'),
        ({**JOB, "apiVersion": "apps/v1", "kind": "StatefulSet"}, 'found no controllers for pod "a"'),
        ({**JOB, "apiVersion": "v7"}, 'no matches for kind "Job" in version "v7"'),
    ],
)
def test_a_budget_that_cannot_be_worked_out_allows_nothing(bench: Bench, owner: Obj, problem: str) -> None:
    """Source: failSafe, getScaleController."""
    lost = pod("a", app="web")
    lost["metadata"]["ownerReferences"] = [owner]
    bench.given(lost, budget(maxUnavailable=1))

    bench.reconcile("default/web")

    condition = get_condition(bench.client.get("pdb", "web", "default"), "DisruptionAllowed") or {}
    assert status_of(bench)["disruptionsAllowed"] == 0
    assert (condition["status"], condition["reason"], condition["message"]) == ("False", "SyncFailed", problem)
    text = f"Failed to calculate the number of expected pods: {problem}"
    assert bench.events() == [f"CalculateExpectedPodCountFailed: {text}"]


def test_no_pods_are_worth_a_word(bench: Bench) -> None:
    bench.given(budget(minAvailable=1))

    bench.reconcile("default/web")

    assert bench.events() == ["NoPods: No matching pods found"]
    assert counted(bench) == (0, 0, 1, 0)


def test_a_share_of_nobodys_pods_is_worth_a_warning(bench: Bench) -> None:
    """Source: trySync; the selector as Go's String method shows it."""
    expression = {"key": "tier", "operator": "NotIn", "values": ["x", "y"]}
    bench.given(pod("a", app="web"), budget(minAvailable="50%", selector={**WEB, "matchExpressions": [expression]}))

    bench.reconcile("default/web")

    shown = "&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{"
    shown += "LabelSelectorRequirement{Key:tier,Operator:NotIn,Values:[x y],},},}"
    (event,) = bench.events()
    assert event.startswith(f"UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: {shown}) were found")
    assert counted(bench) == (0, 1, 0, 0)


def given_eviction(bench: Bench) -> None:
    """Two Pods of which one has been granted its eviction, and is still there."""
    given_web(bench, 2, 2)
    granted = {"web-0": "2026-01-01T00:00:00Z", "gone": "2026-01-01T00:00:00Z"}
    numbers = {"disruptionsAllowed": 0, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}
    bench.given({**budget(minAvailable=1), "status": {**numbers, "disruptedPods": granted}})


def test_an_evicted_pod_counts_no_more_though_it_is_still_there(bench: Bench) -> None:
    """Source: buildDisruptedPodMap."""
    given_eviction(bench)

    again = bench.reconcile("default/web")

    assert counted(bench) == (0, 1, 1, 2)
    assert status_of(bench)["disruptedPods"] == {"web-0": "2026-01-01T00:00:00Z"}
    assert again == After(121.0)


def test_an_evicted_pod_that_leaves_is_waited_for_no_longer(bench: Bench) -> None:
    """Source: buildDisruptedPodMap."""
    given_eviction(bench)
    bench.client.patch("Pod", "web-0", "default", {"metadata": {"finalizers": ["shop.example/hold"]}})
    bench.client.delete("Pod", "web-0", "default")

    again = bench.reconcile("default/web")

    assert counted(bench) == (0, 1, 1, 2) and "disruptedPods" not in status_of(bench)
    assert again is None


def test_an_evicted_pod_that_never_leaves_counts_again(bench: Bench) -> None:
    """Source: buildDisruptedPodMap, whose text names the namespace twice."""
    given_eviction(bench)
    bench.loop.run_until(bench.loop.now + 121)

    bench.reconcile("default/web")

    assert counted(bench) == (1, 2, 1, 2) and "disruptedPods" not in status_of(bench)
    assert bench.events() == ["NotDeleted: Pod was expected by PDB default/default to be deleted but it wasn't"]


def is_evicted(cluster: Running) -> bool:
    """Evict the first Pod, if its budget lets it go."""
    name = cluster.client.list("Pod", "default")[0]["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "default"}}
    try:
        cluster.client.evict(eviction)
    except TooManyRequests:
        return False
    return True


def test_evictions_at_every_moment_never_break_the_budget() -> None:
    cluster = Running(DeploymentController, ReplicaSetController, DisruptionController, Nodes)
    cluster.given(deployment("web", 4), budget(maxUnavailable=1))
    cluster.run(30)
    evicted, healthy = [], []

    for _ in range(60):
        evicted.append(is_evicted(cluster))
        pods = cluster.client.list("Pod", "default")
        healthy.append(sum(is_ready(each) and not is_leaving(each) for each in pods))
        cluster.run(0.3)

    assert min(healthy) == 3 and len(set(evicted)) == 2
    assert sum(evicted) >= 4 and cluster.failures() == []
