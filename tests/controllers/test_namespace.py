"""Namespaces that are deleted with everything in them."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, deployment, pod
from running import Nodes, Running

from k8slab.controllers import NamespaceController
from k8slab.wire import NotFound

Obj = dict[str, Any]

CONTROLLER = NamespaceController


def within(obj: Obj, namespace: str = "shop") -> Obj:
    """The object in another namespace."""
    return {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}


def shop(bench: Bench, *objs: Obj) -> None:
    """A namespace with these objects."""
    bench.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, *map(within, objs))


def config(name: str, **metadata: Any) -> Obj:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def is_gone(bench: Bench, name: str = "shop") -> bool:
    """There is no such namespace."""
    return all(each["metadata"]["name"] != name for each in bench.client.list("ns"))


def test_a_namespace_goes_with_all_that_is_in_it() -> None:
    """Source: namespaced_resources_deleter.go, Delete; kubernetes.io, "Namespaces"."""
    bench = Running(NamespaceController, Nodes)
    shop(bench, config("a"), deployment("web"), pod("web"), {**config("s"), "kind": "Secret"})
    bench.given(within(config("a"), "default"))
    bench.run(5)

    bench.client.delete("ns", "shop")
    bench.run(60)

    assert is_gone(bench)
    assert [len(bench.client.list(kind, "shop")) for kind in ("cm", "deploy", "po", "secret")] == [0] * 4
    assert len(bench.client.list("cm", "default")) == 1 and bench.failures() == []


def test_an_empty_namespace_is_let_go_by_its_finalizer(bench: Bench) -> None:
    """Source: namespaced_resources_deleter.go, finalizeNamespace."""
    shop(bench)
    bench.client.delete("ns", "shop")
    assert bench.client.get("ns", "shop")["status"]["phase"] == "Terminating"

    bench.reconcile("/shop")

    assert bench.writes == ["patch Namespace/shop/status", "update Namespace/shop/finalize"] and is_gone(bench)


def test_a_namespace_that_stays_is_left_alone(bench: Bench) -> None:
    shop(bench, config("a"))

    bench.reconcile("/shop")

    assert bench.writes == []


def test_it_waits_for_pods_that_take_their_time(bench: Bench) -> None:
    shop(bench, {**pod("web", node="n1")})
    bench.client.delete("ns", "shop")

    again = bench.reconcile("/shop")

    assert again is not None and again.seconds == 30 / 2 + 1
    assert "deletionTimestamp" in bench.client.get("po", "web", "shop")["metadata"] and not is_gone(bench)


def test_a_finalizer_holds_the_namespace_until_it_goes() -> None:
    """Source: kubernetes.io, "Finalizers": the object, and so its namespace, stays until its finalizers are gone."""
    bench = Running(NamespaceController)
    shop(bench, config("a", finalizers=["hold.it/here"]), config("b"))
    bench.client.delete("ns", "shop")
    bench.run(100)
    assert [each["metadata"]["name"] for each in bench.client.list("cm", "shop")] == ["a"]

    bench.client.patch("cm", "a", "shop", {"metadata": {"finalizers": None}}, type="merge")
    bench.run(100)

    assert is_gone(bench)


@pytest.mark.parametrize(
    ("finalizers", "expected"),
    [
        (
            ["hold.it/here"],
            {
                "NamespaceContentRemaining": "Some resources are remaining: configmaps. has 2 resource instances, "
                "deployments.apps has 1 resource instances",
                "NamespaceFinalizersRemaining": "Some content in the namespace has finalizers remaining: "
                "hold.it/here in 3 resource instances",
            },
        ),
        ([], {}),
    ],
)
def test_a_namespace_says_what_keeps_it(bench: Bench, finalizers: list[str], expected: dict[str, str]) -> None:
    """Source: status_condition_utils.go; kubectl get namespace -o yaml of one that is stuck."""
    held = deployment("web")
    held["metadata"]["finalizers"] = finalizers
    shop(bench, config("a", finalizers=finalizers), config("b", finalizers=finalizers), held)
    bench.client.patch("ns", "shop", "", {"metadata": {"finalizers": ["keep.it/visible"]}})
    bench.client.delete("ns", "shop")

    bench.reconcile("/shop")

    conditions = bench.client.get("ns", "shop")["status"]["conditions"]
    assert {c["type"]: c["message"] for c in conditions if c["status"] == "True"} == expected
    assert len(conditions) == 5

    bench.reconcile("/shop")
    assert "patch Namespace/shop/status" not in bench.writes


def test_waiting_for_a_finalizer_lets_the_cluster_rest() -> None:
    bench = Running(NamespaceController)
    shop(bench, config("a", finalizers=["hold.it/here"]))
    bench.client.delete("ns", "shop")
    then = bench.loop.now

    bench.loop.settle()

    assert bench.loop.now - then < 10


@pytest.mark.parametrize("finalizers", [["other.io/x"], []])
def test_finalizers_of_others_are_kept(bench: Bench, finalizers: list[str]) -> None:
    """Source: namespaced_resources_deleter.go, finalizeNamespace removes its own token only."""
    space: Obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    bench.given({**space, "spec": {"finalizers": ["kubernetes", *finalizers]}})
    bench.client.delete("ns", "shop")

    bench.reconcile("/shop")

    if finalizers:
        assert bench.client.get("ns", "shop")["spec"]["finalizers"] == finalizers
    else:
        with pytest.raises(NotFound):
            bench.client.get("ns", "shop")
