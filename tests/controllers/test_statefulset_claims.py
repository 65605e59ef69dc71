"""A StatefulSet's claims: one for each Pod and template, kept or deleted as the retention policy says."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, pod
from running import Nodes, Running
from stateful import given_pods, given_set, retention, said, statefulset, with_claims

from k8slab.client import Again
from k8slab.controllers import ClaimProtection, GarbageCollector, StatefulSetController
from k8slab.objects import owner_reference

Obj = dict[str, Any]

CONTROLLER = StatefulSetController
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "1", "controller": True}
FRIEND = {"apiVersion": "v1", "kind": "ConfigMap", "name": "friend", "uid": "2"}
STRANGER = {"apiVersion": "v1", "kind": "Pod", "name": "db-0", "uid": "3", "controller": True}


def claim(name: str = "data-db-0", **metadata: Any) -> Obj:
    """A claim as the template wants it."""
    spec = with_claims()["volumeClaimTemplates"][0]["spec"]
    kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    return {**kind, "metadata": {"name": name, "namespace": "default", **metadata}, "spec": spec}


def owners(bench: Bench, name: str = "data-db-0") -> list[str]:
    """The kinds of the claim's owners."""
    metadata = bench.client.get("pvc", name, "default")["metadata"]
    return [reference["kind"] for reference in metadata.get("ownerReferences") or ()]


def test_a_pod_finds_its_claim_under_its_name(bench: Bench) -> None:
    """Source: kubernetes.io, "StatefulSets", Stable Storage; stateful_set_utils.go, updateStorage."""
    bench.given(statefulset(**with_claims()))

    bench.reconcile("default/db")

    (volume,) = (v for v in bench.client.get("Pod", "db-0", "default")["spec"]["volumes"] if v["name"] == "data")
    assert volume == {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    assert said(bench) == ["create Claim data-db-0", "create db-0"]
    assert bench.writes[1:3] == ["create PersistentVolumeClaim", "create Pod"]


def test_a_claim_has_the_labels_of_its_template_and_of_the_selector(bench: Bench) -> None:
    """Source: stateful_set_utils.go, getPersistentVolumeClaims."""
    spec = with_claims()
    spec["volumeClaimTemplates"][0]["metadata"] = {"name": "data", "labels": {"tier": "fast", "app": "x"}}
    bench.given(statefulset(**spec))

    bench.reconcile("default/db")

    made = bench.client.get("pvc", "data-db-0", "default")
    assert made["metadata"]["labels"] == {"tier": "fast", "app": "db"}
    assert made["spec"]["resources"] == {"requests": {"storage": "1Gi"}}


def test_a_volume_of_the_claims_name_gives_way(bench: Bench) -> None:
    """Source: stateful_set_utils.go, updateStorage."""
    sts = statefulset(**with_claims())
    sts["spec"]["template"]["spec"]["volumes"] = [{"name": "tmp", "emptyDir": {}}, {"name": "data", "emptyDir": {}}]
    bench.given(sts)

    bench.reconcile("default/db")

    volumes = bench.client.get("Pod", "db-0", "default")["spec"]["volumes"]
    assert [(v["name"], "emptyDir" in v) for v in volumes[:2]] == [("data", False), ("tmp", True)]


@pytest.mark.parametrize("state", ["pending", "ready"])
def test_a_lost_claim_is_made_anew_while_its_pod_waits(bench: Bench, state: str) -> None:
    """Source: stateful_set_control.go, processReplica: createMissingPersistentVolumeClaims for a pending Pod."""
    sts = given_set(bench, 1, **with_claims())
    given_pods(bench, sts, {0: state})

    bench.reconcile("default/db")

    assert said(bench) == (["create Claim data-db-0"] if state == "pending" else [])


def test_a_claim_that_is_there_already_is_used(bench: Bench) -> None:
    """Source: kubernetes.io, "StatefulSets": claims outlive their Pods."""
    bench.given(statefulset(**with_claims()), claim())

    bench.reconcile("default/db")

    assert said(bench) == ["create db-0"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (claim(finalizers=["a.b/c"]), "create Pod db-0 in StatefulSet db failed error: pvc data-db-0 is being deleted"),
        (None, "create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: "),
    ],
)
def test_a_pod_without_its_claim_is_not_made(bench: Bench, given: Obj | None, told: str) -> None:
    """Source: stateful_pod_control.go, createPersistentVolumeClaims."""
    spec = with_claims()
    spec["volumeClaimTemplates"][0]["spec"]["accessModes"] = ["ReadWriteOnce"] if given else ["Never"]
    bench.given(statefulset(**spec), *([given] if given else []))
    if given:
        bench.client.delete("pvc", "data-db-0", "default")

    with pytest.raises(Again):
        bench.reconcile("default/db")

    assert "create Pod" not in bench.writes
    assert bench.events()[-1].startswith(f"FailedCreate: {told}")


@pytest.mark.parametrize(
    ("deleted", "scaled", "wanted", "condemned"),
    [
        ("Retain", "Retain", [], []),
        ("Delete", "Retain", ["StatefulSet"], ["StatefulSet"]),
        ("Retain", "Delete", [], ["Pod"]),
        ("Delete", "Delete", ["StatefulSet"], ["Pod"]),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_claim_goes_with_whom_the_policy_says(
    bench: Bench, deleted: str, scaled: str, wanted: list[str], condemned: list[str], before: bool
) -> None:
    """Source: stateful_set_utils.go, isClaimOwnerUpToDate, updateClaimOwnerRefForSetAndPod."""
    sts = given_set(bench, 1, **with_claims(), **retention(deleted, scaled))
    given_pods(bench, sts, {0: "ready", 1: "ready"})
    references = [owner_reference(sts)] if before else []
    bench.given(claim(ownerReferences=references), claim("data-db-1", ownerReferences=references))

    bench.reconcile("default/db")

    assert owners(bench) == wanted
    assert owners(bench, "data-db-1") == condemned


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [
        (retention("Retain", "Retain"), [FRIEND], ["ConfigMap"]),
        (retention("Delete", "Retain"), [FRIEND], ["ConfigMap", "StatefulSet"]),
        (retention("Delete", "Retain"), [OTHER], ["ConfigMap"]),
        (retention("Delete", "Retain"), [STRANGER], ["Pod"]),
        (retention("Delete", "Delete"), [FRIEND, STRANGER], ["ConfigMap", "Pod"]),
    ],
)
def test_other_owners_are_respected(bench: Bench, policy: Obj, before: list[Obj], after: list[str]) -> None:
    """Source: stateful_set_utils.go, hasUnexpectedController, hasStaleOwnerRef."""
    sts = given_set(bench, 1, **with_claims(), **policy)
    given_pods(bench, sts, {0: "ready"})
    bench.given(claim(ownerReferences=before))

    bench.reconcile("default/db")

    assert owners(bench) == after


def test_a_set_that_may_not_control_the_claim_lets_go_of_it(bench: Bench) -> None:
    """Source: stateful_set_utils.go, isClaimOwnerUpToDate: conflicting controllers are cleaned up."""
    sts = given_set(bench, 1, **with_claims(), **retention("Delete", "Retain"))
    given_pods(bench, sts, {0: "ready"})
    bench.given(claim(ownerReferences=[OTHER, {**owner_reference(sts), "controller": False}]))

    bench.reconcile("default/db")

    assert owners(bench) == ["ConfigMap"]


def test_an_owner_that_does_not_control_becomes_one_that_does(bench: Bench) -> None:
    """Source: stateful_set_utils.go, hasNonControllerOwner."""
    sts = given_set(bench, 1, **with_claims(), **retention("Delete", "Retain"))
    given_pods(bench, sts, {0: "ready"})
    bench.given(claim(ownerReferences=[{**owner_reference(sts), "controller": False}]))

    bench.reconcile("default/db")

    assert bench.client.get("pvc", "data-db-0", "default")["metadata"]["ownerReferences"] == [owner_reference(sts)]


@pytest.mark.parametrize(("scaled", "deeds"), [("Delete", []), ("Retain", ["create db-0"])])
def test_a_pod_waits_for_the_end_of_a_stale_claim(bench: Bench, scaled: str, deeds: list[str]) -> None:
    """Source: stateful_pod_control.go, PodClaimIsStale."""
    bench.given(statefulset(**with_claims(), **retention("Retain", scaled)), claim(ownerReferences=[STRANGER]))

    bench.reconcile("default/db")

    assert said(bench) == deeds


def test_a_pod_comes_when_its_stale_claim_has_gone() -> None:
    bench = Running(StatefulSetController, ClaimProtection, Nodes)
    bench.given(statefulset(**with_claims(), **retention("Retain", "Delete")), claim(ownerReferences=[STRANGER]))
    bench.run(10)

    bench.client.delete("pvc", "data-db-0", "default")
    bench.run(10)

    assert said(bench) == ["create Claim data-db-0", "create db-0"] and owners(bench) == []


def test_a_claim_from_before_goes_with_the_set_as_soon_as_its_pod_is_made(bench: Bench) -> None:
    """Source: stateful_pod_control.go, CreateStatefulPod: the policy is set as far as is possible at this point."""
    bench.given(statefulset(**with_claims(), **retention("Delete", "Retain")), claim())

    bench.reconcile("default/db")

    assert owners(bench) == ["StatefulSet"]


@pytest.mark.parametrize(
    ("policy", "after_scaling", "after_deletion"),
    [
        (retention("Retain", "Retain"), ["data-db-0", "data-db-1"], ["data-db-0", "data-db-1"]),
        (retention("Retain", "Delete"), ["data-db-0"], ["data-db-0"]),
        (retention("Delete", "Retain"), ["data-db-0", "data-db-1"], []),
        (retention("Delete", "Delete"), ["data-db-0"], []),
    ],
)
def test_what_remains_of_the_claims(policy: Obj, after_scaling: list[str], after_deletion: list[str]) -> None:
    """Source: kubernetes.io, "StatefulSets", PersistentVolumeClaim retention."""
    bench = Running(StatefulSetController, ClaimProtection, GarbageCollector, Nodes)
    bench.given(statefulset(replicas=2, **with_claims(), **policy))
    bench.run(30)

    bench.client.scale("sts", "db", "default", 1)
    bench.run(30)
    remains = names(bench)
    bench.client.delete("sts", "db", "default", propagation="Background")
    bench.run(60)

    assert (remains, names(bench), bench.failures()) == (after_scaling, after_deletion, [])


def names(bench: Bench) -> list[str]:
    """The names of all claims."""
    return [found["metadata"]["name"] for found in bench.client.list("pvc")]


def test_a_pod_that_comes_back_after_scaling_gets_a_new_claim() -> None:
    bench = Running(StatefulSetController, ClaimProtection, GarbageCollector, Nodes)
    bench.given(statefulset(replicas=2, **with_claims(), **retention("Retain", "Delete")))
    bench.run(30)
    old = bench.client.get("pvc", "data-db-1", "default")["metadata"]["uid"]
    bench.client.scale("sts", "db", "default", 1)
    bench.run(1)

    bench.client.scale("sts", "db", "default", 2)
    bench.run(60)

    assert bench.client.get("pvc", "data-db-1", "default")["metadata"]["uid"] != old
    assert len(bench.client.list("Pod")) == 2 and bench.failures() == []


def test_a_pod_that_nobody_wants_is_not_given_a_claim(bench: Bench) -> None:
    sts = given_set(bench, 0, **with_claims())
    bench.given(pod("db-0", owner=sts))

    bench.reconcile("default/db")

    assert said(bench) == ["delete db-0"] and names(bench) == []
