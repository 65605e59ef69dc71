"""ControllerRevisions remember what a StatefulSet's or DaemonSet's template once was."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, template
from running import Nodes, Running
from stateful import statefulset
from test_daemonset import daemonset

from k8slab.controllers import DaemonSetController, StatefulSetController
from k8slab.controllers.history import restored
from k8slab.objects import controller_of, owner_reference

Obj = dict[str, Any]

SETS = {"StatefulSet": statefulset, "DaemonSet": daemonset}
CONTROLLERS = {"StatefulSet": StatefulSetController, "DaemonSet": DaemonSetController}
HASH_LABELS = {"StatefulSet": "controller.kubernetes.io/hash", "DaemonSet": "controller-revision-hash"}

both = pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])


def running(kind: str, **spec: Any) -> Running:
    """A server on which a set called app runs on one node."""
    bench = Running(CONTROLLERS[kind], Nodes)
    bench.given(node("node-1"), SETS[kind]("app", template=template("app", "nginx:1"), **spec))
    bench.run(10)
    return bench


def renew(bench: Running, kind: str, image: str) -> None:
    """Change the template's image, and let time pass."""
    bench.client.patch(kind, "app", "default", {"spec": {"template": template("app", image)}})
    bench.run(10)


def revisions(bench: Bench) -> list[tuple[int, str]]:
    """The number and the image of every revision, the oldest first."""
    found = [
        (revision["revision"], restored(revision)["spec"]["containers"][0]["image"])
        for revision in bench.client.list("controllerrevisions")
    ]
    return sorted(found)


@both
def test_a_revision_holds_the_template_as_a_patch(kind: str) -> None:
    """Source: controller_history.go, NewControllerRevision; getPatch: $patch: replace."""
    bench = running(kind)

    (revision,) = bench.client.list("controllerrevisions")

    owner = bench.client.get(kind, "app", "default")
    revision_hash = revision["metadata"]["labels"][HASH_LABELS[kind]]
    assert revision["data"] == {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}
    assert revision["metadata"]["name"] == f"app-{revision_hash}"
    assert revision["metadata"]["labels"] == {"app": "app", HASH_LABELS[kind]: revision_hash}
    assert controller_of(revision) == owner_reference(owner)


@both
def test_every_template_has_its_number(kind: str) -> None:
    bench = running(kind)

    renew(bench, kind, "nginx:2")
    renew(bench, kind, "nginx:3")

    assert revisions(bench) == [(1, "nginx:1"), (2, "nginx:2"), (3, "nginx:3")] and bench.failures() == []


@both
def test_a_template_that_comes_back_gets_its_old_revision_with_a_new_number(kind: str) -> None:
    """Source: stateful_set_control.go, getStatefulSetRevisions; daemon/update.go, constructHistory."""
    bench = running(kind)
    (before,) = bench.client.list("controllerrevisions")
    renew(bench, kind, "nginx:2")

    renew(bench, kind, "nginx:1")

    name = before["metadata"]["name"]
    assert revisions(bench) == [(2, "nginx:2"), (3, "nginx:1")]
    assert bench.client.get("controllerrevision", name, "default")["revision"] == 3


@both
def test_scaling_and_strategy_make_no_revision(kind: str) -> None:
    bench = running(kind)

    patch = {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}, "minReadySeconds": 1}}
    bench.client.patch(kind, "app", "default", patch, type="merge")
    bench.run(10)

    assert revisions(bench) == [(1, "nginx:1")]


@pytest.mark.parametrize(
    ("kind", "limit", "kept"),
    [
        ("StatefulSet", 10, [1, 2, 3, 4]),
        ("StatefulSet", 2, [2, 3, 4]),
        ("StatefulSet", 0, [4]),
        ("DaemonSet", 10, [1, 2, 3, 4]),
        ("DaemonSet", 2, [2, 3, 4]),
        ("DaemonSet", 0, [4]),
    ],
)
def test_the_oldest_revisions_are_forgotten(kind: str, limit: int, kept: list[int]) -> None:
    """Source: stateful_set_control.go, truncateHistory; daemon/update.go, cleanupHistory."""
    bench = running(kind, revisionHistoryLimit=limit)

    for image in ("nginx:2", "nginx:3", "nginx:4"):
        renew(bench, kind, image)

    assert [number for number, _ in revisions(bench)] == kept


@pytest.mark.parametrize(("kind", "kept"), [("StatefulSet", [1, 3, 4]), ("DaemonSet", [1, 4])])
def test_a_revision_that_a_pod_has_is_kept(kind: str, kept: list[int]) -> None:
    """A DaemonSet counts it to the limit, a StatefulSet does not. Source: truncateHistory, cleanupHistory."""
    bench = running(kind, revisionHistoryLimit=1, updateStrategy={"type": "OnDelete"})

    for image in ("nginx:2", "nginx:3", "nginx:4"):
        renew(bench, kind, image)

    assert [number for number, _ in revisions(bench)] == kept


@both
def test_a_name_that_another_revision_has_is_a_collision(kind: str) -> None:
    """Source: controller_history.go, CreateControllerRevision; daemon/update.go, snapshot."""
    (taken,) = running(kind).client.list("controllerrevisions")
    metadata = {"name": taken["metadata"]["name"], "namespace": "default"}
    bench = Running(CONTROLLERS[kind], Nodes)
    bench.given({**taken, "metadata": metadata, "data": {"spec": {}}})

    bench.given(node("node-1"), SETS[kind]("app", template=template("app", "nginx:1")))
    bench.run(10)

    names = [found["metadata"]["name"] for found in bench.client.list("controllerrevisions")]
    assert len(names) == 2 and bench.client.get(kind, "app", "default")["status"]["collisionCount"] == 1
    assert len(bench.client.list("Pod")) == 1 and bench.failures() == []


@both
def test_a_revision_that_the_cache_has_not_seen_is_used(kind: str) -> None:
    """Source: controller_history.go, CreateControllerRevision: equal data is no collision."""
    bench = running(kind)
    owner = bench.client.get(kind, "app", "default")

    found, collisions = bench.running[CONTROLLERS[kind]].history.newest(owner, [])  # type: ignore[attr-defined]

    assert (found["revision"], collisions) == (1, 0) and len(revisions(bench)) == 1


@both
def test_a_set_made_anew_adopts_the_revisions_and_pods_of_the_old(kind: str) -> None:
    """Source: kubernetes.io, "Perform a Rolling Update on a DaemonSet"; kubectl delete --cascade=orphan."""
    bench = running(kind)
    names = [found["metadata"]["name"] for found in bench.client.list("Pod")]
    for found in (*bench.client.list("Pod"), *bench.client.list("controllerrevisions")):
        bench.client.patch(
            found["kind"], found["metadata"]["name"], "default", {"metadata": {"ownerReferences": None}}, type="merge"
        )
    bench.client.delete(kind, "app", "default")

    made = bench.given(SETS[kind]("app", template=template("app", "nginx:1")))
    bench.run(10)

    (revision,) = bench.client.list("controllerrevisions")
    assert controller_of(revision) == owner_reference(made)
    assert [found["metadata"]["name"] for found in bench.client.list("Pod")] == names and bench.failures() == []
