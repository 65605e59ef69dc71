"""A StatefulSet's Pods are renewed from the highest number down, as far as partition and maxUnavailable allow."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, template
from running import Nodes, Running
from stateful import given_pods, given_set, said, statefulset

from k8slab.controllers import StatefulSetController

Obj = dict[str, Any]

CONTROLLER = StatefulSetController
ON_DELETE = {"type": "OnDelete"}


def rolling(**fields: Any) -> Obj:
    """The part of a spec that says how Pods are renewed."""
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": fields}}


def states(text: str) -> dict[int, str]:
    """States of Pods 0, 1, 2 …: r for ready, u unready, l leaving, f failed, a capital where it is old, - absent."""
    names = {"r": "ready", "u": "unready", "l": "leaving", "f": "failed"}
    return {i: ("old " if c.isupper() else "") + names[c.lower()] for i, c in enumerate(text) if c != "-"}


@pytest.mark.parametrize(
    ("pods", "spec", "deeds"),
    [
        ("RRR", {}, ["delete db-2"]),
        ("RRr", {}, ["delete db-1"]),
        ("Rrr", {}, ["delete db-0"]),
        ("rrr", {}, []),
        ("RRu", {}, []),
        ("RRl", {}, []),
        ("RR-", {}, ["create db-2"]),
        ("RRU", {}, []),
        ("RrRr", {}, ["delete db-2"]),
        ("RRRR", rolling(maxUnavailable=2), ["delete db-3", "delete db-2"]),
        ("RRRr", rolling(maxUnavailable=2), ["delete db-2", "delete db-1"]),
        ("RRRR", rolling(maxUnavailable="50%"), ["delete db-3", "delete db-2"]),
        ("RRR", rolling(maxUnavailable="50%"), ["delete db-2"]),
        ("RRR", rolling(maxUnavailable="10%"), ["delete db-2"]),
        ("RRR", rolling(maxUnavailable=9), ["delete db-2", "delete db-1", "delete db-0"]),
        ("RRR", rolling(partition=1), ["delete db-2"]),
        ("RRr", rolling(partition=1), ["delete db-1"]),
        ("Rrr", rolling(partition=1), []),
        ("RRR", rolling(partition=3), []),
        ("RRR", rolling(partition=9), []),
        ("RRRR", rolling(partition=2, maxUnavailable=3), ["delete db-3", "delete db-2"]),
        ("RRR", {"updateStrategy": ON_DELETE}, []),
    ],
)
def test_in_order_the_highest_number_goes_first(bench: Bench, pods: str, spec: Obj, deeds: list[str]) -> None:
    """Source: stateful_set_control.go, updateStatefulSetAfterInvariantEstablished; kubernetes.io, Rolling Updates."""
    sts = given_set(bench, len(pods), **spec)
    given_pods(bench, sts, states(pods))

    bench.reconcile("default/db")

    assert said(bench) == deeds


@pytest.mark.parametrize(
    ("pods", "spec", "deeds"),
    [
        ("RRR", {}, ["delete db-2"]),
        ("RRu", {}, []),
        ("UUU", {}, ["delete db-2", "delete db-1", "delete db-0"]),
        ("RUR", {}, ["delete db-1"]),
        ("URu", {}, ["delete db-0"]),
        ("RRRU", rolling(maxUnavailable=2), ["delete db-3", "delete db-2"]),
        ("URRR", rolling(maxUnavailable=2), ["delete db-0", "delete db-3"]),
        ("UURR", rolling(maxUnavailable=2), ["delete db-1", "delete db-0"]),
        ("RRRu", rolling(maxUnavailable=2), ["delete db-2"]),
        ("RRRl", rolling(maxUnavailable=2), ["delete db-2"]),
        ("RRRL", rolling(maxUnavailable=2), ["delete db-2"]),
        ("UURR", rolling(partition=1), ["delete db-1"]),
        ("RRF", {}, ["delete db-2"]),
        ("RR-", {}, ["create db-2"]),
        ("UUU", {"updateStrategy": ON_DELETE}, []),
    ],
)
def test_in_parallel_broken_pods_go_at_once(bench: Bench, pods: str, spec: Obj, deeds: list[str]) -> None:
    """Source: kubernetes/kubernetes#137666: what is old and broken is replaced, whatever the room."""
    sts = given_set(bench, len(pods), podManagementPolicy="Parallel", **spec)
    given_pods(bench, sts, states(pods))

    bench.reconcile("default/db")

    assert said(bench) == deeds


@pytest.mark.parametrize(
    ("i", "spec", "image"),
    [
        (0, rolling(partition=2), "nginx:1"),
        (0, {**rolling(partition=1), "ordinals": {"start": 5}}, "nginx:1"),
        (1, {**rolling(partition=1), "ordinals": {"start": 5}}, "nginx:2"),
        (1, rolling(partition=2), "nginx:1"),
        (2, rolling(partition=2), "nginx:2"),
        (2, {}, "nginx:2"),
        (0, {"updateStrategy": ON_DELETE}, "nginx:2"),
    ],
)
def test_a_lost_pod_comes_back_at_its_own_revision(i: int, spec: Obj, image: str) -> None:
    """Source: kubernetes.io, "StatefulSets", Partitioned rolling updates; newVersionedStatefulSetPod."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=3, template=template("db", "nginx:1"), **spec))
    bench.run(30)
    renew(bench, "nginx:2")

    bench.client.delete("Pod", bench.client.list("Pod")[i]["metadata"]["name"], "default", grace_s=0)
    bench.run(30)

    assert images(bench)[i] == image


def renew(bench: Running, image: str) -> None:
    """Change the template's image, and let time pass."""
    bench.client.patch("sts", "db", "default", {"spec": {"template": template("db", image)}})
    bench.run(60)


def images(bench: Bench) -> list[str]:
    """The image of every Pod, in their order."""
    return [pod["spec"]["containers"][0]["image"] for pod in bench.client.list("Pod")]


def status(bench: Bench) -> Obj:
    """The StatefulSet's status."""
    found: Obj = bench.client.get("sts", "db", "default")["status"]
    return found


def test_an_update_renews_every_pod_and_then_is_over() -> None:
    """Source: stateful_set_utils.go, completeRollingUpdate."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=3, template=template("db", "nginx:1")))
    bench.run(30)
    before = status(bench)["currentRevision"]

    renew(bench, "nginx:2")

    after = status(bench)
    assert images(bench) == ["nginx:2"] * 3 and bench.failures() == []
    assert after["currentRevision"] == after["updateRevision"] != before
    assert (after["currentReplicas"], after["updatedReplicas"]) == (3, 3)


def test_a_partition_keeps_two_revisions_until_it_is_lowered() -> None:
    """Source: kubernetes.io, "StatefulSet Basics", Rolling out a canary."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=3, template=template("db", "nginx:1"), **rolling(partition=2)))
    bench.run(30)

    renew(bench, "nginx:2")

    canary = status(bench)
    assert images(bench) == ["nginx:1", "nginx:1", "nginx:2"]
    assert (canary["currentReplicas"], canary["updatedReplicas"]) == (2, 1)
    assert canary["currentRevision"] != canary["updateRevision"]
    bench.client.patch("sts", "db", "default", {"spec": rolling(partition=0)})
    bench.run(60)
    assert images(bench) == ["nginx:2"] * 3 and status(bench)["currentRevision"] == canary["updateRevision"]


@pytest.mark.parametrize(
    ("pods", "current", "updated"),
    [("rrr", 3, 3), ("RRr", 1, 1), ("RRR", 2, 0), ("rrl", 0, 2), ("Rru", 1, 2)],
)
def test_the_status_counts_pods_by_revision(bench: Bench, pods: str, current: int, updated: int) -> None:
    """Source: stateful_set_control.go, computeReplicaStatus; CurrentReplicas-- for each Pod that an update takes."""
    sts = given_set(bench, 3)
    given_pods(bench, sts, states(pods))
    bench.client.patch_status(sts, {"currentRevision": "db-old"})
    bench.given({**bench.client.list("controllerrevisions")[0], "metadata": OLD, "data": {}, "revision": 0})

    bench.reconcile("default/db")

    found = status(bench)
    assert (found["currentReplicas"], found["updatedReplicas"]) == (current, updated)


OLD = {"name": "db-old", "namespace": "default", "labels": {"app": "db"}}


def test_on_delete_the_current_revision_never_follows() -> None:
    """Source: stateful_set_utils.go, completeRollingUpdate: only for RollingUpdate."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=1, template=template("db", "nginx:1"), updateStrategy=ON_DELETE))
    bench.run(30)
    renew(bench, "nginx:2")

    bench.client.delete("Pod", "db-0", "default", grace_s=0)
    bench.run(30)

    found = status(bench)
    assert found["updatedReplicas"] == 1 and found["currentRevision"] != found["updateRevision"]


def test_on_delete_a_pod_is_renewed_when_it_is_deleted() -> None:
    """Source: kubernetes.io, "StatefulSets", Update strategies."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=2, template=template("db", "nginx:1"), updateStrategy=ON_DELETE))
    bench.run(30)
    renew(bench, "nginx:2")

    bench.client.delete("Pod", "db-1", "default", grace_s=0)
    bench.run(30)

    assert images(bench) == ["nginx:1", "nginx:2"]


@pytest.mark.parametrize(("policy", "expected"), [("OrderedReady", "broken"), ("Parallel", "nginx:2")])
def test_a_broken_template_holds_an_ordered_set_until_somebody_deletes_its_pod(policy: str, expected: str) -> None:
    """Source: kubernetes.io, "StatefulSets", Forced rollback; kubernetes/kubernetes#137666 for Parallel."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=2, template=template("db", "nginx:1"), podManagementPolicy=policy))
    bench.run(30)
    renew(bench, "broken")

    renew(bench, "nginx:2")

    assert images(bench)[1] == expected
    bench.client.delete("Pod", "db-1", "default", grace_s=0)
    bench.run(30)
    assert images(bench) == ["nginx:2", "nginx:2"]
