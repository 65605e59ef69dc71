"""Adoption and release: an owner's objects are those that it controls and its selector means."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, deployment, pod, pods_of, replicaset
from running import Nodes, Running

from k8slab.controllers import DeploymentController, ReplicaSetController
from k8slab.objects import controller_of, owner_reference

Obj = dict[str, Any]

CONTROLLER = ReplicaSetController
ADOPT, CREATE, STATUS = "patch Pod/orphan", "create Pod", "patch ReplicaSet/web/status"
WEB = {"app": "web"}
OTHER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "other", "uid": "1", "controller": True}
FRIEND = {"apiVersion": "v1", "kind": "ConfigMap", "name": "friend", "uid": "2"}


def orphan(**metadata: Any) -> Obj:
    """A running Pod that nobody controls, with the labels of web unless said otherwise."""
    made = pod("orphan")
    return {**made, "metadata": {**made["metadata"], "labels": WEB, **metadata}}


@pytest.mark.parametrize(
    ("given", "writes"),
    [
        (orphan(), [ADOPT, STATUS]),
        (orphan(labels={"app": "web", "more": "x"}), [ADOPT, STATUS]),
        (orphan(ownerReferences=[FRIEND]), [ADOPT, STATUS]),
        (orphan(labels={"app": "other"}), [CREATE, STATUS]),
        (orphan(namespace="kube-system"), [CREATE, STATUS]),
        (orphan(ownerReferences=[OTHER]), [CREATE, STATUS]),
    ],
)
def test_an_orphan_is_adopted_where_the_selector_means_it(bench: Bench, given: Obj, writes: list[str]) -> None:
    """Source: controller_ref_manager.go, ClaimObject."""
    bench.given(replicaset("web", 1), given)

    bench.reconcile("default/web")

    assert bench.writes == writes


def test_an_adopted_pod_keeps_its_other_owners(bench: Bench) -> None:
    web = bench.given(replicaset("web", 1))
    bench.given(orphan(ownerReferences=[FRIEND]))

    bench.reconcile("default/web")

    (adopted,) = bench.client.list("po")
    assert sorted(ref["name"] for ref in adopted["metadata"]["ownerReferences"]) == ["friend", "web"]
    assert controller_of(adopted) == owner_reference(web)


def test_a_pod_of_other_labels_is_released_and_replaced(bench: Bench) -> None:
    """Source: kubernetes.io, "ReplicaSet", Isolating Pods from a ReplicaSet."""
    web = bench.given(replicaset("web", 2))
    bench.given(*pods_of(web, 2))
    bench.client.patch("po", "web-0", "default", {"metadata": {"labels": {"app": "debug"}}})

    bench.reconcile("default/web")

    assert bench.writes == ["patch Pod/web-0", CREATE, STATUS]
    assert "ownerReferences" not in bench.client.get("po", "web-0", "default")["metadata"]


def test_what_is_too_many_is_removed_after_adoption(bench: Bench) -> None:
    """Source: kubernetes.io, "ReplicaSet", Non-Template Pod acquisitions."""
    web = bench.given(replicaset("web", 1))
    bench.given(pod("web-0", owner=web), orphan())

    bench.reconcile("default/web")

    assert bench.writes[0] == ADOPT and bench.writes[1].startswith("delete Pod/")


@pytest.mark.parametrize("given", [orphan(), orphan(labels={"app": "other"})])
def test_a_leaving_owner_neither_takes_nor_lets_go(bench: Bench, given: Obj) -> None:
    """Source: controller_ref_manager.go, ClaimObject: the controller's deletionTimestamp."""
    web = bench.given({**replicaset("web", 1), "metadata": {"name": "web", "finalizers": ["a.b/c"]}})
    if given["metadata"]["labels"] != WEB:
        given["metadata"]["ownerReferences"] = [owner_reference(web)]
    bench.given(given)
    bench.client.delete("rs", "web", "default")

    bench.reconcile("default/web")

    assert bench.writes == [STATUS]


@pytest.mark.parametrize("finalizers", [[], ["a.b/c"]])
def test_no_orphan_goes_to_an_owner_that_in_truth_is_gone(bench: Bench, finalizers: list[str]) -> None:
    """Source: controller_utils.go, RecheckDeletionTimestamp: the server is asked, not the cache."""
    web = bench.given({**replicaset("web", 0), "metadata": {"name": "web", "finalizers": finalizers}})
    bench.reconcile("default/web")
    bench.client.delete("rs", "web", "default")
    bench.given(orphan())
    bench.controller.informer("Pod").reflector.drain()

    assert bench.controller.claims.of(web) == []  # type: ignore[attr-defined]


def test_an_orphan_that_is_leaving_is_let_go(bench: Bench) -> None:
    bench.given(replicaset("web", 1), orphan(finalizers=["a.b/c"]))
    bench.client.delete("po", "orphan", "default", grace_s=0)

    bench.reconcile("default/web")

    assert bench.writes == [CREATE, STATUS]


def test_an_orphan_is_noticed_when_it_comes_and_when_its_labels_change() -> None:
    bench = Running(ReplicaSetController, Nodes)
    bench.given(replicaset("web", 3), orphan(labels={"app": "other"}))
    bench.run(10)

    bench.client.patch("po", "orphan", "default", {"metadata": {"labels": WEB}})
    bench.run(10)
    bench.given({**orphan(), "metadata": {"name": "late", "labels": WEB}})
    bench.run(10)

    assert len(bench.client.list("po", labels="app=web")) == 3
    assert {ADOPT, "patch Pod/late"} <= {*bench.writes} and bench.failures() == []


def test_a_deployment_adopts_the_replicasets_it_left_behind() -> None:
    """Source: deployment_controller.go, getReplicaSetsForDeployment; kubectl delete --cascade=orphan."""
    bench = Running(DeploymentController, ReplicaSetController, Nodes)
    bench.given(deployment("web", 2))
    bench.run(10)
    (rs,) = bench.client.list("rs")
    bench.client.patch("rs", rs["metadata"]["name"], "default", {"metadata": {"ownerReferences": None}}, type="merge")
    bench.run(10)

    assert controller_of(bench.client.get("rs", rs["metadata"]["name"], "default")) is not None
    assert len(bench.client.list("rs")) == 1 and bench.failures() == []


def test_a_deployment_releases_a_replicaset_of_other_labels() -> None:
    bench = Running(DeploymentController, ReplicaSetController, Nodes)
    bench.given(deployment("web", 2))
    bench.run(10)
    (rs,) = bench.client.list("rs")
    bench.client.patch("rs", rs["metadata"]["name"], "default", {"metadata": {"labels": {"app": "old"}}})

    bench.run(10)

    assert "ownerReferences" not in bench.client.get("rs", rs["metadata"]["name"], "default")["metadata"]
