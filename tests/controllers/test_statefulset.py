"""A StatefulSet's Pods come and go in their order."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, pod
from running import Nodes, Running
from stateful import given_pods, given_set, said, statefulset

from k8slab.client import After, Again
from k8slab.controllers import StatefulSetController
from k8slab.objects import controller_of, owner_reference

Obj = dict[str, Any]

CONTROLLER = StatefulSetController
STATUS = "patch StatefulSet/db/status"
PARALLEL = {"podManagementPolicy": "Parallel"}


@pytest.mark.parametrize(
    ("states", "deeds"),
    [
        ({}, ["create db-0"]),
        ({0: "ready"}, ["create db-1"]),
        ({0: "ready", 1: "ready", 2: "ready"}, []),
        ({0: "unready"}, []),
        ({0: "pending"}, []),
        ({0: "leaving"}, []),
        ({0: "ready", 2: "ready"}, ["create db-1"]),
        ({0: "unready", 2: "ready"}, []),
        ({0: "failed"}, ["delete db-0"]),
        ({0: "succeeded", 1: "ready"}, ["delete db-0"]),
        ({0: "ready", 1: "failed"}, ["delete db-1"]),
        ({2: "failed"}, ["create db-0"]),
        ({0: "ready", 1: "ready", 2: "ready", 3: "ready", 4: "ready"}, ["delete db-4"]),
        ({0: "ready", 1: "ready", 2: "ready", 3: "ready", 4: "leaving"}, []),
        ({0: "ready", 1: "ready", 2: "ready", 3: "ready", 4: "unready"}, ["delete db-4"]),
        ({0: "ready", 1: "ready", 2: "ready", 3: "unready", 4: "ready"}, ["delete db-4"]),
        ({0: "ready", 1: "ready", 2: "ready", 3: "unready", 4: "unready"}, []),
        ({0: "ready", 1: "ready", 2: "unready", 3: "ready", 4: "ready"}, []),
        ({0: "ready", 1: "ready", 4: "ready"}, ["create db-2"]),
    ],
)
def test_in_order_a_step_is_one_pod(bench: Bench, states: dict[int, str], deeds: list[str]) -> None:
    """Source: stateful_set_control.go, processReplica, processCondemned, runForAll."""
    sts = given_set(bench, 3)
    given_pods(bench, sts, states)

    bench.reconcile("default/db")

    assert said(bench) == deeds


@pytest.mark.parametrize(
    ("states", "deeds"),
    [
        ({}, ["create db-0", "create db-1", "create db-2"]),
        ({0: "unready"}, ["create db-1", "create db-2"]),
        ({1: "leaving"}, ["create db-0", "create db-2"]),
        ({0: "failed", 2: "ready"}, ["create db-1", "delete db-0"]),
        (dict.fromkeys(range(6), "ready"), ["delete db-3", "delete db-4", "delete db-5"]),
        ({0: "unready", 4: "unready", 5: "leaving"}, ["create db-1", "create db-2", "delete db-4"]),
    ],
)
def test_in_parallel_all_come_and_go_at_once(bench: Bench, states: dict[int, str], deeds: list[str]) -> None:
    """Source: kubernetes.io, "StatefulSets", Parallel Pod Management."""
    sts = given_set(bench, 3, **PARALLEL)
    given_pods(bench, sts, states)

    bench.reconcile("default/db")

    assert sorted(said(bench)) == deeds


@pytest.mark.parametrize(
    ("states", "deeds"),
    [
        ({}, ["create db-5"]),
        ({5: "ready"}, ["create db-6"]),
        ({0: "ready", 5: "ready", 6: "ready"}, ["delete db-0"]),
        ({4: "ready", 5: "ready", 6: "ready", 7: "ready"}, ["delete db-7"]),
    ],
)
def test_numbers_begin_where_the_spec_says(bench: Bench, states: dict[int, str], deeds: list[str]) -> None:
    """Source: kubernetes.io, "StatefulSets", Start ordinal."""
    sts = given_set(bench, 2, ordinals={"start": 5})
    given_pods(bench, sts, states)

    bench.reconcile("default/db")

    assert said(bench) == deeds


def test_a_pod_knows_its_name_its_number_and_its_set(bench: Bench) -> None:
    """Source: kubernetes.io, "StatefulSets", Pod Identity; stateful_set_utils.go, initIdentity."""
    sts = bench.given(statefulset(serviceName="nginx"))

    bench.reconcile("default/db")

    (made,) = bench.client.list("Pod")
    revision = bench.client.get("sts", "db", "default")["status"]["updateRevision"]
    labels = {"app": "db", "apps.kubernetes.io/pod-index": "0", "statefulset.kubernetes.io/pod-name": "db-0"}
    assert made["metadata"]["labels"] == {**labels, "controller-revision-hash": revision}
    assert (made["spec"]["hostname"], made["spec"]["subdomain"]) == ("db-0", "nginx")
    assert controller_of(made) == owner_reference(sts)


def test_without_a_service_a_pod_has_no_subdomain(bench: Bench) -> None:
    bench.given(statefulset())

    bench.reconcile("default/db")

    assert "subdomain" not in bench.client.get("Pod", "db-0", "default")["spec"]


@pytest.mark.parametrize(("policy", "count"), [({}, 1), (PARALLEL, 3)])
def test_a_pod_counts_when_it_has_been_ready_for_long_enough(bench: Bench, policy: Obj, count: int) -> None:
    """Source: kubernetes.io, "StatefulSets", Minimum ready seconds."""
    sts = given_set(bench, 3, minReadySeconds=10, **policy)
    given_pods(bench, sts, {0: "ready"})

    again = bench.reconcile("default/db")

    assert again == After(10.0)
    assert len(bench.client.list("Pod")) == count
    assert bench.client.get("sts", "db", "default")["status"]["availableReplicas"] == 0


@pytest.mark.parametrize(
    ("states", "counts"),
    [
        ({}, (0, 0, 0)),
        ({0: "unready"}, (1, 0, 0)),
        ({0: "ready", 1: "unready"}, (2, 1, 1)),
        ({0: "leaving"}, (1, 1, 1)),
        ({0: "failed"}, (1, 0, 0)),
        ({0: "ready", 1: "ready", 2: "ready", 3: "ready"}, (4, 4, 4)),
    ],
)
def test_the_status_counts_what_was_there(bench: Bench, states: dict[int, str], counts: tuple[int, int, int]) -> None:
    """Source: stateful_set_control.go, computeReplicaStatus: neither made nor deleted Pods of this step."""
    sts = given_set(bench, 3)
    given_pods(bench, sts, states)

    bench.reconcile("default/db")

    status = bench.client.get("sts", "db", "default")["status"]
    assert tuple(status.get(name, 0) for name in ("replicas", "readyReplicas", "availableReplicas")) == counts
    assert (status["observedGeneration"], status["collisionCount"]) == (2, 0)


def test_what_is_settled_is_left_alone(bench: Bench) -> None:
    bench.given(statefulset(replicas=0))
    bench.reconcile("default/db")

    bench.reconcile("default/db")

    assert bench.writes == []


def test_a_leaving_set_only_reports(bench: Bench) -> None:
    """Source: stateful_set_control.go, updateStatefulSet: nothing but the status while it is deleted."""
    sts = given_set(bench, 3)
    given_pods(bench, sts, {1: "ready", 4: "ready"})
    bench.client.delete("sts", "db", "default", propagation="Foreground")

    bench.reconcile("default/db")

    assert bench.writes == [STATUS]


def test_a_leaving_set_makes_no_new_revision(bench: Bench) -> None:
    """In a foreground deletion the revisions may go before the Pods: they must not come back."""
    bench.given(statefulset(replicas=3))
    bench.client.delete("sts", "db", "default", propagation="Foreground")

    bench.reconcile("default/db")

    assert bench.writes == []


def test_a_pod_that_failed_and_leaves_is_awaited(bench: Bench) -> None:
    """Source: stateful_set_control.go, processReplica: it is not deleted twice."""
    given_pods(bench, given_set(bench, 2), {0: "leaving"})
    bench.client.patch_status(bench.client.get("Pod", "db-0", "default"), {"phase": "Failed"})

    bench.reconcile("default/db")

    assert said(bench) == []


def test_a_refused_pod_is_told_and_tried_again(bench: Bench) -> None:
    """Source: stateful_pod_control.go, recordPodEvent."""
    bench.given(statefulset(name="db", replicas=2, template={"metadata": {"labels": {"app": "db"}}, "spec": POD}))

    with pytest.raises(Again):
        bench.reconcile("default/db")

    assert said(bench) == ["create db-0 failed"]
    assert bench.writes[-1] == STATUS


POD = {"containers": [{"name": "main", "image": "nginx"}], "priorityClassName": "nobody"}


@pytest.mark.parametrize(
    ("name", "app", "adopted"),
    [("db-1", "db", True), ("web-1", "db", False), ("db-1", "web", False), ("db", "db", False), ("db-x", "db", False)],
)
def test_an_orphan_is_adopted_by_name_and_labels(bench: Bench, name: str, app: str, adopted: bool) -> None:
    """Source: stateful_set.go, getPodsForStatefulSet: isMemberOf and the selector."""
    bench.given(statefulset(replicas=3))
    bench.given(pod(name, app=app))

    bench.reconcile("default/db")

    assert (controller_of(bench.client.get("Pod", name, "default")) is not None) == adopted


def test_an_adopted_pod_gets_its_labels(bench: Bench) -> None:
    """Source: stateful_set_utils.go, identityMatches, updateIdentity."""
    bench.given(pod("db-0", owner=given_set(bench, 1, updateStrategy={"type": "OnDelete"})))

    bench.reconcile("default/db")

    labels = bench.client.get("Pod", "db-0", "default")["metadata"]["labels"]
    assert labels["statefulset.kubernetes.io/pod-name"] == "db-0" and labels["apps.kubernetes.io/pod-index"] == "0"
    assert said(bench) == ["update db-0"]


def test_pods_come_one_after_the_other_and_go_in_the_opposite_order() -> None:
    """Source: kubernetes.io, "StatefulSets", Deployment and Scaling Guarantees."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=3))
    bench.run(30)

    bench.client.scale("sts", "db", "default", 0)
    bench.run(30)

    assert said(bench) == [*(f"create db-{i}" for i in range(3)), *(f"delete db-{i}" for i in (2, 1, 0))]
    assert not list(bench.client.list("Pod")) and bench.failures() == []


def test_a_lost_pod_comes_back_under_its_name() -> None:
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=3))
    bench.run(30)
    uid = bench.client.get("Pod", "db-1", "default")["metadata"]["uid"]

    bench.client.delete("Pod", "db-1", "default", grace_s=0)
    bench.run(30)

    assert bench.client.get("Pod", "db-1", "default")["metadata"]["uid"] != uid
    assert bench.writes.count("create Pod") == 4
