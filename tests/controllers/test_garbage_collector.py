"""What becomes of those whose owners go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench import Bench
from running import Running

from k8slab.controllers import GarbageCollector
from k8slab.objects import owner_reference

Obj = dict[str, Any]


def made(bench: Bench, name: str, *owners: Obj, namespace: str = "default", blocks: bool = True, **more: Any) -> Obj:
    """A ConfigMap of these owners, as it is stored."""
    references = [{**owner_reference(owner), "blockOwnerDeletion": blocks, "controller": False} for owner in owners]
    metadata = {"name": name, "namespace": namespace, "ownerReferences": references, **more}
    stored: Obj = bench.given({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    return stored


@pytest.fixture
def bench() -> Running:
    """A server with a running collector."""
    running = Running(GarbageCollector)
    running.run(1)
    return running


def there(bench: Running, seconds: float = 30) -> str:
    """The names of the ConfigMaps that are left; `-` follows those that are leaving."""
    bench.run(seconds)
    assert bench.failures() == []
    found = bench.client.list("cm", "default")
    return " ".join(f"{o['metadata']['name']}{'-' * ('deletionTimestamp' in o['metadata'])}" for o in found)


def delete(bench: Bench, name: str, how: str) -> None:
    """Delete a ConfigMap with a propagation policy."""
    bench.client.delete("cm", name, "default", propagation=how)


def family(bench: Running) -> None:
    """a owns b and c, b owns d; x is nobody's."""
    a = made(bench, "a")
    b = made(bench, "b", a)
    made(bench, "c", a)
    made(bench, "d", b)
    made(bench, "x")
    bench.run(5)


@pytest.mark.parametrize(
    ("how", "left"),
    [("Background", "x"), ("Foreground", "x"), ("Orphan", "b c d x"), ("", "x")],
)
def test_a_family_goes_with_its_head_or_stays(bench: Running, how: str, left: str) -> None:
    """Source: kubernetes.io, "Garbage Collection", Cascading deletion."""
    family(bench)

    delete(bench, "a", how)

    assert there(bench) == left


def test_in_the_background_the_owner_goes_first(bench: Running) -> None:
    family(bench)

    delete(bench, "a", "Background")

    assert there(bench, 0) == "b c d x"


def test_in_the_foreground_the_owner_goes_last(bench: Running) -> None:
    """Source: kubernetes.io, "Garbage Collection", Foreground cascading deletion."""
    a = made(bench, "a")
    made(bench, "b", a, finalizers=["hold.it/here"])
    delete(bench, "a", "Foreground")
    assert there(bench) == "a- b-"

    bench.client.patch("cm", "b", "default", {"metadata": {"finalizers": None}}, type="merge")

    assert there(bench) == ""


def test_who_does_not_block_is_not_waited_for(bench: Running) -> None:
    """Source: garbagecollector.go, processDeletingDependentsItem: blockingDependents."""
    a = made(bench, "a")
    made(bench, "b", a, finalizers=["hold.it/here"], blocks=False)

    delete(bench, "a", "Foreground")

    assert there(bench) == "b-"


def test_an_orphan_loses_its_reference_and_nothing_else(bench: Running) -> None:
    """Source: garbagecollector.go, orphanDependents."""
    a, other = made(bench, "a"), made(bench, "other")
    made(bench, "b", a, other, labels={"keep": "me"})

    delete(bench, "a", "Orphan")

    assert there(bench) == "b other"
    metadata = bench.client.get("cm", "b", "default")["metadata"]
    assert [reference["name"] for reference in metadata["ownerReferences"]] == ["other"]
    assert metadata["labels"] == {"keep": "me"}


@pytest.mark.parametrize("how", ["Background", "Foreground"])
def test_one_owner_that_stays_is_enough(bench: Running, how: str) -> None:
    """Source: garbagecollector.go, attemptToDeleteItem: a solid owner keeps it; the other references go."""
    a, other = made(bench, "a"), made(bench, "other")
    made(bench, "b", a, other)
    bench.run(5)

    delete(bench, "a", how)

    assert there(bench) == "b other"
    references = bench.client.get("cm", "b", "default")["metadata"]["ownerReferences"]
    assert [reference["name"] for reference in references] == ["other"]


def test_the_last_owner_takes_it_along(bench: Running) -> None:
    a, other = made(bench, "a"), made(bench, "other")
    made(bench, "b", a, other)
    delete(bench, "a", "Background")
    bench.run(5)

    delete(bench, "other", "Background")

    assert there(bench) == ""


def wrong(**change: Any) -> Callable[[Obj], Obj]:
    """A copy of an owner that is not quite the owner."""
    return lambda owner: {**owner, **change.get("top", {}), "metadata": {**owner["metadata"], **change.get("meta", {})}}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (wrong(), "b owner"),
        (wrong(meta={"uid": "another"}), "owner"),
        (wrong(meta={"uid": "another", "name": "nobody"}), "owner"),
        (wrong(top={"kind": "Zork", "apiVersion": "zork.io/v1"}, meta={"uid": "z"}), "b owner"),
    ],
)
def test_an_owner_is_known_by_its_uid(bench: Running, change: Callable[[Obj], Obj], left: str) -> None:
    """Source: garbagecollector.go, isDangling; a kind that is not served decides nothing."""
    made(bench, "b", change(made(bench, "owner")))

    assert there(bench) == left


def test_an_owner_in_another_namespace_is_no_owner(bench: Running) -> None:
    """Source: kubernetes.io, "Owners and Dependents": cross-namespace references are treated as absent."""
    made(bench, "b", made(bench, "far", namespace="kube-system"))

    assert there(bench) == ""


def test_something_of_the_whole_cluster_cannot_belong_to_a_namespace(bench: Running) -> None:
    """Source: kubernetes.io, "Owners and Dependents": an unresolvable reference, not collected."""
    reference = owner_reference(made(bench, "a"))
    reference["uid"] = "another"
    space = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "ownerReferences": [reference]}}

    bench.given(space)

    assert there(bench) == "a" and len(bench.client.list("no")) == 1


def test_an_owner_may_come_and_go_while_nobody_looks(bench: Running) -> None:
    a = made(bench, "a")
    made(bench, "b", a)
    bench.run(5)
    bench.informers_of[GarbageCollector].stop()
    delete(bench, "a", "Background")
    made(bench, "a")

    bench.start(GarbageCollector)

    assert there(bench) == "a"


def test_a_dependent_without_dependents_is_deleted_in_the_background(bench: Running) -> None:
    """Source: garbagecollector.go, attemptToDeleteItem: Foreground only for what has dependents itself."""
    a = made(bench, "a")
    made(bench, "b", a)
    bench.run(5)
    bench.writes.clear()

    delete(bench, "a", "Foreground")
    bench.run(30)

    assert bench.writes == ["delete configmaps/b", "patch configmaps/a"]


def test_a_grown_family_goes_level_by_level(bench: Running) -> None:
    a = made(bench, "a")
    for n in range(20):
        made(bench, f"c{n}", made(bench, f"b{n}", a))
    bench.run(5)

    delete(bench, "a", "Foreground")

    assert there(bench, 60) == ""


def definition(plural: str, kind: str) -> Obj:
    """A CustomResourceDefinition whose objects may hold anything."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    metadata = {"name": f"{plural}.example.com"}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata,
            "spec": spec}  # fmt: skip


@pytest.mark.parametrize("kind", ["Ship", "Pod"])
def test_kinds_that_come_later_are_family_too(bench: Running, kind: str) -> None:
    """Source: garbagecollector.go, Sync: monitors are resynced with what discovery tells."""
    bench.given(definition(f"{kind.lower()}ies", kind))
    bench.run(5)
    place = {"name": "head", "namespace": "default"}
    head = bench.given({"apiVersion": "example.com/v1", "kind": kind, "metadata": place})
    made(bench, "member", head)
    reference = [{**owner_reference(head), "controller": False}]
    metadata = {"name": "child", "namespace": "default", "ownerReferences": reference}
    bench.given({"apiVersion": "example.com/v1", "kind": kind, "metadata": metadata})
    bench.run(5)

    bench.client.delete(f"{kind}.example.com", "head", "default")

    assert there(bench) == ""
    assert bench.client.list(f"{kind}.example.com", "default") == []
