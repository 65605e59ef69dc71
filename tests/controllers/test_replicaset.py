"""ReplicaSets: as many Pods as wanted, and which of them are missed least."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, deployment, pod, pods_of, replicaset
from running import Nodes, Running

from k8slab.client import After, Again
from k8slab.controllers import ReplicaSetController
from k8slab.controllers.batches import slow_start
from k8slab.controllers.replicaset import least_useful_first
from k8slab.objects import Key, get_condition, owner_reference
from k8slab.wire import Forbidden, Request, Response

Obj = dict[str, Any]

CONTROLLER = ReplicaSetController
CREATE, STATUS = "create Pod", "patch ReplicaSet/web/status"
NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def deleted(*numbers: int) -> list[str]:
    """Deletions of web-0, web-1 …"""
    return [f"delete Pod/web-{n}" for n in numbers]


@pytest.mark.parametrize(
    ("have", "wanted", "writes"),
    [
        (0, 0, [STATUS]),
        (0, 3, [CREATE] * 3 + [STATUS]),
        (2, 3, [CREATE, STATUS]),
        (3, 3, [STATUS]),
        (1, 0, [*deleted(0), STATUS]),
    ],
)
def test_pods_are_made_and_removed_until_there_are_as_many_as_wanted(
    bench: Bench, have: int, wanted: int, writes: list[str]
) -> None:
    """Source: kubernetes.io, "ReplicaSet", How a ReplicaSet works."""
    web = bench.given(replicaset("web", wanted))
    for each in pods_of(web, have):
        bench.given(each)

    bench.reconcile("default/web")

    assert bench.writes == writes


def test_a_new_pod_is_the_template_and_belongs_to_the_replicaset(bench: Bench) -> None:
    """Source: controller_utils.go, GetPodFromTemplate."""
    spec = replicaset("web")
    spec["spec"]["template"]["metadata"] |= {"annotations": {"a": "b"}, "finalizers": ["x.y/z"]}
    web = bench.given(spec)

    bench.reconcile("default/web")

    (made,) = bench.client.list("po")
    metadata = made["metadata"]
    assert metadata["generateName"] == "web-" and metadata["name"].startswith("web-")
    assert (metadata["labels"], metadata["annotations"], metadata["finalizers"]) == (
        {"app": "web"},
        {"a": "b"},
        ["x.y/z"],
    )
    assert metadata["ownerReferences"] == [owner_reference(web)]
    assert bench.events() == [f"SuccessfulCreate: Created pod: {metadata['name']}"]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_ended_is_replaced(bench: Bench, phase: str) -> None:
    """Source: controller_utils.go, IsPodActive."""
    web = bench.given(replicaset("web", 1))
    ended = pod("web-0", owner=web)
    bench.given({**ended, "status": {"phase": phase}})

    bench.reconcile("default/web")

    assert bench.writes == [CREATE, STATUS]


def test_a_leaving_pod_is_replaced_and_counted_as_terminating(bench: Bench) -> None:
    """Source: replica_set.go, syncReplicaSet; apps/v1 ReplicaSetStatus, terminatingReplicas."""
    web = bench.given(replicaset("web", 1))
    bench.given(pod("web-0", owner=web, node="n1"))
    bench.client.delete("po", "web-0", "default")

    bench.reconcile("default/web")
    bench.reconcile("default/web")

    status = bench.client.get("rs", "web", "default")["status"]
    assert (status["replicas"], status["terminatingReplicas"]) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"ownerReferences": None},
        {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "x"}]},
    ],
)
def test_only_pods_of_the_same_uid_count(bench: Bench, change: Obj) -> None:
    """Source: metav1.IsControlledBy."""
    web = bench.given(replicaset("web", 1))
    other = pod("other", owner=web)
    other["metadata"]["labels"] = {}
    bench.given({**other, "metadata": {**other["metadata"], **change}})

    bench.reconcile("default/web")

    assert bench.writes == [CREATE, STATUS]


def test_a_leaving_replicaset_makes_no_pods(bench: Bench) -> None:
    """Source: replica_set.go, syncReplicaSet: manageReplicas only without deletionTimestamp."""
    web = replicaset("web", 3)
    web["metadata"]["finalizers"] = ["a.b/c"]
    bench.given(web)
    bench.client.delete("rs", "web", "default")

    bench.reconcile("default/web")

    assert bench.writes == [STATUS]


def test_nothing_is_done_for_a_replicaset_that_is_gone(bench: Bench) -> None:
    bench.reconcile("default/web")

    assert bench.writes == []


def test_a_thousand_pods_come_in_bursts(bench: Bench) -> None:
    """Source: replica_set.go, BurstReplicas = 500."""
    bench.given(replicaset("web", 600))

    bench.reconcile("default/web")

    assert bench.writes.count(CREATE) == 500


def test_the_status_counts_labelled_ready_and_available_pods(bench: Bench) -> None:
    """Source: replica_set_utils.go, calculateStatus."""
    wanted = replicaset("web", 3, minReadySeconds=10)
    wanted["spec"]["template"]["metadata"]["labels"] = {"app": "web", "tier": "front"}
    web = bench.given(wanted)
    bench.given(pod("web-0", owner=web, tier="front"), pod("web-1", owner=web, tier="front", ready=False))
    bench.given(pod("web-2", owner=web))

    bench.loop.run_until(NOW + 5)
    again = bench.reconcile("default/web")

    status = bench.client.get("rs", "web", "default")["status"]
    assert [status.get(f"{name}eplicas", 0) for name in ("r", "fullyLabeledR", "readyR", "availableR")] == [3, 2, 2, 0]
    assert status["observedGeneration"] == 1 and again == After(5)

    bench.loop.run_until(NOW + 10)
    assert bench.reconcile("default/web") is None
    assert bench.client.get("rs", "web", "default")["status"]["availableReplicas"] == 2


def test_a_status_that_is_right_is_not_written_again(bench: Bench) -> None:
    web = bench.given(replicaset("web", 2))
    bench.given(*pods_of(web, 2))
    bench.reconcile("default/web")

    bench.reconcile("default/web")

    assert bench.writes == []


def candidate(name: str, **how: Any) -> Obj:
    """A ready pod on a node, created and ready since an hour ago, unless said otherwise."""
    made = pod(name, node=how.get("node", "n1"), ready=how.get("ready", True))
    made["metadata"] |= {"creationTimestamp": how.get("created", "2025-12-31T23:00:00Z"), "uid": how.get("uid", name)}
    if "cost" in how:
        made["metadata"]["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": how["cost"]}
    made["status"]["phase"] = how.get("phase", "Running")
    made["status"]["conditions"][0]["lastTransitionTime"] = how.get("since", "2025-12-31T23:00:00Z")
    made["status"]["containerStatuses"] = [{"name": "main", "restartCount": how.get("restarts", 0)}]
    return made


@pytest.mark.parametrize(
    ("goes", "stays"),
    [
        ({"node": ""}, {"phase": "Pending"}),
        ({"node": ""}, {"ready": False}),
        ({"phase": "Pending"}, {"phase": "Unknown"}),
        ({"phase": "Pending", "cost": "100"}, {"ready": False}),
        ({"phase": "Unknown"}, {"phase": "Running", "ready": False}),
        ({"ready": False, "cost": "100"}, {"cost": "-100"}),
        ({"cost": "-1"}, {}),
        ({}, {"cost": "1"}),
        ({"cost": "9"}, {"cost": "10"}),
        ({"cost": "5", "node": "n1"}, {"cost": "6", "node": "crowded"}),
        ({"node": "crowded"}, {"node": "n1"}),
        ({"node": "crowded"}, {"node": "n1", "since": "2025-12-31T23:59:00Z"}),
        ({"since": "2025-12-31T23:59:00Z"}, {"restarts": 9}),
        ({"restarts": 2}, {"restarts": 1, "created": "2025-12-31T23:59:00Z"}),
        ({"created": "2025-12-31T23:59:00Z"}, {}),
        ({"ready": False, "since": "2020-01-01T00:00:00Z", "restarts": 1}, {"ready": False}),
        ({"since": "2025-12-31T22:59:00Z", "uid": "a"}, {"since": "2025-12-31T23:00:00Z", "uid": "b"}),
        ({"since": "2025-12-31T23:00:00Z", "uid": "a"}, {"since": "2025-12-31T22:59:00Z", "uid": "b"}),
        ({"created": "2025-12-31T22:59:00Z", "uid": "a"}, {"created": "2025-12-31T23:00:00Z", "uid": "b"}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_who_goes_first(goes: Obj, stays: Obj, turned: bool) -> None:
    """Source: controller_utils.go, ActivePodsWithRanks; kubernetes.io, "ReplicaSet", Scaling a ReplicaSet."""
    pods = [candidate("goes", **goes), candidate("stays", **stays)]
    related = [*pods, candidate("third", node="crowded"), candidate("fourth", node="crowded")]

    order = least_useful_first(pods[::-1] if turned else pods, related, NOW)

    assert [each["metadata"]["name"] for each in order] == ["goes", "stays"]


def test_pods_of_the_same_deployment_crowd_a_node_together(bench: Bench) -> None:
    """Source: replica_set.go, getIndirectlyRelatedPods."""
    web = bench.given(deployment("web"))
    for name in ("new", "web"):
        rs = replicaset(name, 1)
        rs["metadata"]["ownerReferences"] = [owner_reference(web)]
        bench.given(rs)
    old, new = bench.client.get("rs", "web", "default"), bench.client.get("rs", "new", "default")
    bench.given(
        pod("web-0", owner=old, node="n1"), pod("web-1", owner=old, node="n2"), pod("new-0", owner=new, node="n2")
    )

    bench.reconcile("default/web")

    assert bench.writes == [*deleted(1), STATUS]


def refuse(bench: Bench) -> None:
    """Let the server forbid new pods, as a quota does."""
    handle = bench.api.handle

    def forbidden(request: Request) -> Response:
        if (request.verb, request.resource) == ("create", "pods"):
            body = {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": "exceeded quota"}
            return Response(403, {**body, "code": 403})
        return handle(request)

    bench.api.handle = forbidden  # type: ignore[method-assign]


@pytest.mark.parametrize(("wanted", "tries"), [(1, 1), (100, 1)])
def test_where_every_pod_is_refused_few_are_tried(bench: Bench, wanted: int, tries: int) -> None:
    """Source: replica_set.go, slowStartBatch."""
    refuse(bench)
    bench.given(replicaset("web", wanted))

    with pytest.raises(Again):
        bench.reconcile("default/web")

    assert bench.writes == ["create Pod -> 403"] * tries + [STATUS]


@pytest.mark.parametrize(("allowed", "tries"), [(0, 1), (1, 3), (2, 3), (3, 7), (9, 10)])
def test_batches_double_as_long_as_all_goes_well(allowed: int, tries: int) -> None:
    """Source: replica_set.go, slowStartBatch, SlowStartInitialBatchSize = 1."""
    tried: list[int] = []

    def act(i: int) -> None:
        tried.append(i)
        if i >= allowed:
            raise Forbidden(f"number {i}")

    error = slow_start(10, act)

    assert tried == list(range(tries)) and error is not None and error.message == f"number {allowed}"


def test_a_namespace_that_is_going_is_no_failure(bench: Bench) -> None:
    """Source: replica_set.go, manageReplicas: NamespaceTerminatingCause."""
    bench.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    web = replicaset("web", 1)
    web["metadata"]["namespace"] = "shop"
    bench.given(web)
    bench.client.delete("ns", "shop")

    bench.reconcile("shop/web")

    assert bench.events() == [] and "create Pod -> 403" in bench.writes


def test_what_hinders_it_is_said_in_an_event_and_a_condition() -> None:
    """Source: replica_set_utils.go, calculateStatus: ReplicaFailure, FailedCreate; gone when it works again."""
    bench = Running(ReplicaSetController, Nodes)
    handle = bench.api.handle
    refuse(bench)
    bench.given(replicaset("web", 2))

    bench.run(10)
    failure = get_condition(bench.client.get("rs", "web", "default"), "ReplicaFailure") or {}
    assert (failure["status"], failure["reason"], failure["message"]) == ("True", "FailedCreate", "exceeded quota")
    assert bench.events() == ["FailedCreate: Error creating: exceeded quota"]

    bench.api.handle = handle  # type: ignore[method-assign]
    bench.run(60)
    web = bench.client.get("rs", "web", "default")
    assert get_condition(web, "ReplicaFailure") is None and web["status"]["readyReplicas"] == 2


def test_it_tries_again_ever_more_rarely() -> None:
    bench = Running(ReplicaSetController)
    refuse(bench)
    bench.given(replicaset("web", 1))

    bench.run(60)

    assert 10 <= bench.writes.count("create Pod -> 403") <= 15


def test_it_makes_no_pod_twice() -> None:
    """Source: controller_utils.go, ControllerExpectations."""
    bench = Running(ReplicaSetController, Nodes)
    bench.given(replicaset("web", 5))
    controller = bench.running[ReplicaSetController]

    bench.run(3, lambda: controller.queue.add_after(Key("default", "web"), 0.0003))

    assert bench.writes.count(CREATE) == 5
