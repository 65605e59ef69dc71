"""`apply`: what was applied last, what is wanted, and what others have set since."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench import Bench, deployment
from test_client import config

from k8slab.client import LAST_APPLIED, apply_patch, with_last_applied
from k8slab.wire import ApiError, BadRequest, Invalid, NotFound

Obj = dict[str, Any]


def containers(*pairs: tuple[str, str]) -> Obj:
    """A Deployment whose pods have these containers and images."""
    web = deployment("web")
    web["spec"]["template"]["spec"] = {"containers": [{"name": name, "image": image} for name, image in pairs]}
    return web


def test_a_field_that_leaves_the_manifest_goes(bench: Bench) -> None:
    """Source: kubernetes.io, "Declarative Management of Kubernetes Objects", how apply calculates differences."""
    bench.client.apply(config(sky="blue", sun="yellow"))

    assert bench.client.apply(config(sky="blue"))["data"] == {"sky": "blue"}


def test_a_field_that_somebody_else_set_stays(bench: Bench) -> None:
    """Source: the same page: replicas set by an autoscaler."""
    web = deployment("web")
    del web["spec"]["replicas"]
    bench.client.apply(web)
    bench.client.scale("deploy", "web", "default", 7)
    bench.client.patch("deploy", "web", "default", {"metadata": {"labels": {"team": "shop"}}})

    web["spec"]["minReadySeconds"] = 5
    live = bench.client.apply(web)

    assert (live["spec"]["replicas"], live["metadata"]["labels"]) == (7, {"team": "shop"})
    assert live["spec"]["minReadySeconds"] == 5


def test_a_field_that_the_manifest_names_is_set_back(bench: Bench) -> None:
    bench.client.apply(deployment("web", 2))
    bench.client.scale("deploy", "web", "default", 7)

    assert bench.client.apply(deployment("web", 2))["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("live_too", "manifest", "images"),
    [
        ([], [("main", "nginx:2"), ("log", "fluent:1")], {"main": "nginx:2", "log": "fluent:1"}),
        ([("mesh", "envoy:1")], [("main", "nginx:2")], {"main": "nginx:2", "mesh": "envoy:1"}),
        ([("mesh", "envoy:1")], [("new", "redis:1")], {"new": "redis:1", "mesh": "envoy:1"}),
    ],
)
def test_containers_are_merged_by_name(
    bench: Bench, live_too: list[tuple[str, str]], manifest: list[tuple[str, str]], images: Obj
) -> None:
    """Source: the same page, "Merge strategy for list of complex elements": by patchMergeKey."""
    bench.client.apply(containers(("main", "nginx:1"), ("log", "fluent:1")))
    added = {"containers": [{"name": name, "image": image} for name, image in live_too]}
    bench.client.patch("deploy", "web", "default", {"spec": {"template": {"spec": added}}})

    live = bench.client.apply(containers(*manifest))

    assert {c["name"]: c["image"] for c in live["spec"]["template"]["spec"]["containers"]} == images


def test_an_atomic_list_is_replaced_whole(bench: Bench) -> None:
    """Source: the same page: args is a list of primitives without a merge strategy."""
    web = containers(("main", "nginx"))
    first = web["spec"]["template"]["spec"]["containers"][0]
    first["args"] = ["a", "b"]
    bench.client.apply(web)

    first["args"] = ["c"]
    live = bench.client.apply(web)

    assert live["spec"]["template"]["spec"]["containers"][0]["args"] == ["c"]


def test_the_note_is_the_manifest_itself(bench: Bench) -> None:
    """Source: kubectl util/apply.go, GetModifiedConfiguration: compact JSON, a line break, no note within the note."""
    once = bench.client.apply(config(sky="blue"))
    note = once["metadata"]["annotations"][LAST_APPLIED]
    assert note.endswith("}\n") and ": " not in note
    assert json.loads(note) == {**config(sky="blue"), "metadata": {**config()["metadata"], "annotations": {}}}

    twice = bench.client.apply(once)

    assert json.loads(twice["metadata"]["annotations"][LAST_APPLIED])["metadata"]["annotations"] == {}


def test_applying_the_same_twice_writes_once(bench: Bench) -> None:
    bench.client.apply(deployment("web", 2))
    revision = bench.store.revision

    bench.client.apply(deployment("web", 2))

    assert bench.store.revision == revision


def test_what_was_created_without_apply_keeps_its_fields(bench: Bench) -> None:
    """Source: kubectl apply warns of the missing annotation and removes nothing."""
    bench.given(config(sky="blue", sun="yellow"))

    assert bench.client.apply(config(sky="grey"))["data"] == {"sky": "grey", "sun": "yellow"}


def test_there_is_no_patch_between_equals() -> None:
    live = with_last_applied(config(sky="blue"))

    assert apply_patch(live, config(sky="blue")) == {}


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        ({"metadata": {}}, "resource name may not be empty"),
        ({"metadata": None}, "resource name may not be empty"),
        ({"metadata": []}, "resource name may not be empty"),
        ({"metadata": {"name": 5}}, "metadata.name of type string"),
        ({"metadata": {"name": "colors", "annotations": [1]}}, "cannot restore map from slice"),
        ({"metadata": {"name": "new", "annotations": "x"}}, "metadata.annotations of type map[string]string"),
        ({"data": {"sky": {"blue"}}}, "holds something that is not JSON"),
        ({"dato": {}}, 'strict decoding error: unknown field "dato"'),
        ({"data": [1]}, "cannot restore map from slice"),
    ],
)
def test_a_wrong_manifest_is_a_clear_error(bench: Bench, manifest: Obj, text: str) -> None:
    bench.client.apply(config(sky="blue"))

    with pytest.raises(ApiError) as caught:
        bench.client.apply({**config(), **manifest})

    assert text in caught.value.message


@pytest.mark.parametrize("note", ["{", "[]", "1", "[" * 100_000])
def test_a_spoilt_note_is_a_clear_error(bench: Bench, note: str) -> None:
    spoilt = config()
    spoilt["metadata"]["annotations"] = {LAST_APPLIED: note}
    bench.given(spoilt)

    with pytest.raises(BadRequest, match=r"the annotation .*last-applied-configuration of \"colors\""):
        bench.client.apply(config())


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (config("NOT A NAME"), Invalid),
        ({**config("x"), "kind": "Zork"}, NotFound),
        ({**config("x"), "dato": 1}, BadRequest),
        ({"metadata": {}}, BadRequest),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": None}, BadRequest),
        ({**config("x"), "metadata": {"name": "x", "namespace": "nowhere"}}, NotFound),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_document_and_nothing_is_written(bench: Bench, bad: Obj, error: type[ApiError], place: int) -> None:
    objs = [config("a"), config("b")]
    objs.insert(place, bad)
    revision = bench.store.revision

    with pytest.raises(error):
        bench.client.apply_all(objs)

    assert bench.store.revision == revision


def test_a_namespace_may_come_with_what_lives_in_it(bench: Bench) -> None:
    shop: Obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    within = {**config(sky="blue"), "metadata": {"name": "colors", "namespace": "shop"}}

    bench.client.apply_all([shop, within])

    assert bench.client.get("cm", "colors", "shop")["data"] == {"sky": "blue"}
