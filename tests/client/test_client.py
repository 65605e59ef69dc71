"""The verbs of a client, and what they promise to those who act on caches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench import Bench, deployment, node, pod

from k8slab.client import Client, InProcess, Reader
from k8slab.wire import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServiceUnavailable,
)

Obj = dict[str, Any]


def config(name: str = "colors", **data: str) -> Obj:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda c: c.create(config()), AlreadyExists, 'configmaps "colors" already exists'),
        (lambda c: c.create(config("A")), Invalid, 'ConfigMap "A" is invalid: metadata.name: Invalid value: "A"'),
        (lambda c: c.create({**config("b"), "dato": {}}, strict=True), BadRequest, "strict decoding error"),
        (lambda c: c.create({"kind": "Pod"}), BadRequest, "Object 'apiVersion' is missing in '{'kind': 'Pod'}'"),
        (lambda c: c.create({"apiVersion": "v1"}), BadRequest, "Object 'Kind' is missing in"),
        (lambda c: c.create({**config(), "kind": "Cm"}), NotFound, 'no matches for kind "Cm" in version "v1"'),
        (lambda c: c.update(config("b")), NotFound, 'configmaps "b" not found'),
        (lambda c: c.get("cm", "b", "default"), NotFound, 'configmaps "b" not found'),
        (lambda c: c.get("zork", "b"), NotFound, 'the server doesn\'t have a resource type "zork"'),
        (lambda c: c.patch("cm", "b", "default", {}), NotFound, 'configmaps "b" not found'),
        (lambda c: c.patch("cm", "colors", "default", {}, type="x"), BadRequest, "unknown patch type 'x'"),
        (lambda c: c.patch("cm", "colors", "default", {}, type="apply"), Invalid, "fieldManager: Required value"),
        (lambda c: c.delete("cm", "b", "default"), NotFound, 'configmaps "b" not found'),
        (
            lambda c: c.delete("cm", "colors", "default", uid="x"),
            Conflict,
            "the UID in the precondition",
        ),
        (lambda c: c.delete("ns", "default"), Forbidden, 'namespaces "default" is forbidden'),
        (lambda c: c.scale("cm", "colors", "default", 1), NotFound, "the server could not find the requested resource"),
    ],
)
def test_a_refusal_is_an_error_of_its_own_class(
    bench: Bench, act: Callable[[Client], object], error: type[ApiError], text: str
) -> None:
    """Source: apimachinery api/errors; kubectl's and the API server's wordings."""
    bench.given(config())

    with pytest.raises(error) as caught:
        act(bench.client)

    assert text in caught.value.message


def test_an_update_from_an_old_version_is_a_conflict(bench: Bench) -> None:
    """Source: kubernetes.io, "Kubernetes API Concepts", resource versions."""
    old = bench.given(config(sky="blue"))
    bench.client.update({**old, "data": {"sky": "grey"}})

    with pytest.raises(Conflict, match="the object has been modified"):
        bench.client.update({**old, "data": {"sky": "red"}})


@pytest.mark.parametrize(
    ("type_", "patch", "data"),
    [
        ("strategic", {"data": {"b": "3", "a": None}}, {"b": "3"}),
        ("merge", {"data": {"b": "3", "a": None}}, {"b": "3"}),
        ("json", [{"op": "replace", "path": "/data/b", "value": "3"}], {"a": "1", "b": "3"}),
    ],
)
def test_a_patch_changes_parts(bench: Bench, type_: str, patch: Any, data: Obj) -> None:
    bench.given(config(a="1", b="2"))

    assert bench.client.patch("cm", "colors", "default", patch, type=type_)["data"] == data


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.create(config("b"), dry_run=True),
        lambda c: c.patch("cm", "colors", "default", {"data": {"sky": "red"}}, dry_run=True),
        lambda c: c.delete("cm", "colors", "default", dry_run=True),
        lambda c: c.apply(config(sky="red"), dry_run=True),
        lambda c: c.apply(config("b"), dry_run=True),
    ],
)
def test_a_dry_run_writes_nothing(bench: Bench, act: Callable[[Client], object]) -> None:
    """Source: kubernetes.io, "Kubernetes API Concepts", dry-run."""
    bench.given(config(sky="blue"))
    revision, written = bench.store.revision, dict(bench.client.written)

    act(bench.client)

    assert (bench.store.revision, bench.client.written) == (revision, written)


def test_status_and_spec_are_written_apart(bench: Bench) -> None:
    """Source: API conventions, "Spec and Status"."""
    made = bench.given(node("n1", unschedulable=True))

    bench.client.update({**made, "spec": {}, "status": {}})
    bench.client.patch_status(made, {"conditions": None, "phase": "Running"})

    stored = bench.client.get("no", "n1")
    assert "unschedulable" not in stored["spec"]
    assert stored["status"]["phase"] == "Running" and "conditions" not in stored["status"]


def test_a_status_is_not_written_to_another_object_of_the_same_name(bench: Bench) -> None:
    """Source: what Kubernetes' own controllers send carries the uid or the version it was made from."""
    before = bench.given(pod("web"))
    bench.client.delete("po", "web", "default", grace_s=0)
    bench.given(pod("web"))

    with pytest.raises(Conflict):
        bench.client.patch_status(before, {"phase": "Failed"})


def test_scale_goes_through_its_subresource(bench: Bench) -> None:
    bench.given(deployment("web", 1))

    answer = bench.client.scale("deploy", "web", "default", 4)

    assert (answer["kind"], answer["spec"]["replicas"]) == ("Scale", 4)
    assert bench.client.get("deploy", "web", "default")["spec"]["replicas"] == 4


def test_a_pod_is_bound_once(bench: Bench) -> None:
    """Source: pkg/registry/core/pod/storage/storage.go, assignPod: a pod that has a node is a Conflict."""
    made = bench.given({**pod("web"), "status": {}})

    bench.client.bind(made, "n1")
    with pytest.raises(Conflict, match="is already assigned to node"):
        bench.client.bind(made, "n2")

    assert bench.client.get("po", "web", "default")["spec"]["nodeName"] == "n1"


def test_a_collection_is_deleted_by_selector(bench: Bench) -> None:
    bench.given(*(config(name) for name in ("a", "b", "c")))
    bench.client.patch("cm", "b", "default", {"metadata": {"labels": {"keep": "yes"}}})

    bench.client.delete_collection("cm", "default", labels="!keep")

    assert [obj["metadata"]["name"] for obj in bench.client.list("cm", "default")] == ["b"]


def test_a_list_comes_in_pages_of_one_moment(bench: Bench) -> None:
    """Source: kubernetes.io, "Kubernetes API Concepts", retrieving large results sets in chunks."""
    bench.given(*(config(f"c{n}") for n in range(5)))

    first = bench.client.list("cm", "default", limit=2)
    bench.given(config("c9"))
    second = bench.client.list("cm", "default", limit=9, continue_=first.continue_token)

    assert [obj["metadata"]["name"] for obj in first + second] == [f"c{n}" for n in range(5)]
    assert (first.remaining, second.continue_token, first.resource_version) == (3, "", second.resource_version)


def test_the_past_can_be_read(bench: Bench) -> None:
    then = bench.given(config(sky="blue"))["metadata"]["resourceVersion"]
    bench.client.patch("cm", "colors", "default", {"data": {"sky": "grey"}})

    past = bench.client.list("cm", "default", resource_version=then)

    assert past[0]["data"] == {"sky": "blue"}


def test_the_newest_write_is_remembered_by_kind(bench: Bench) -> None:
    made = bench.given(config(sky="blue"))
    assert bench.client.written["ConfigMap"] == int(made["metadata"]["resourceVersion"])

    bench.client.delete("cm", "colors", "default")

    assert bench.client.written["ConfigMap"] == bench.store.revision


def test_warnings_wait_until_they_are_taken(bench: Bench) -> None:
    """Source: API server field validation: Warn is the default and names the field."""
    bench.client.create({**config(), "dato": {}})

    assert bench.client.warnings == ['unknown field "dato"']


def test_nobody_answers_without_a_way_to_the_server(bench: Bench) -> None:
    away = InProcess(bench.api.handle, lambda: 0.0, "test", is_reachable=lambda: False)

    with pytest.raises(ServiceUnavailable, match="Unable to connect to the server"):
        Reader(away).list("Pod")


def test_an_isolated_client_gets_copies(bench: Bench) -> None:
    bench.given(config(sky="blue"))

    for answer in (bench.client.get("cm", "colors", "default"), bench.client.list("cm", "default")[0]):
        answer["data"]["sky"] = "red"
    event = next(e for e in bench.client.watch("cm").pull() if e.object["metadata"]["name"] == "colors")
    event.object["data"]["sky"] = "red"

    assert bench.client.get("cm", "colors", "default")["data"] == {"sky": "blue"}
