"""Writes that are only tried, writes that are strict, and deletions of what is still what it was."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample
from custom_bench import NUMBER, define, define_spec, fields, order, send

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web", "namespace": "default"}}
BINDING = {
    "apiVersion": "v1",
    "kind": "Binding",
    "metadata": {"name": "web"},
    "target": {"kind": "Node", "name": "node-1"},
}
PLACES = [("deployments", "apps"), ("orders", "shop.example")]
COLOUR: Obj = {"data": {"color": "blue"}}


@pytest.mark.parametrize(
    ("verb", "kind", "name", "wish", "code"),
    [
        ("create", "ConfigMap", "", {"body": sample("ConfigMap", "new")}, 201),
        ("create", "Service", "", {"body": sample("Service", "new")}, 201),
        ("create", "Namespace", "", {"body": sample("Namespace", "new")}, 201),
        ("update", "ConfigMap", "web", {"body": sample("ConfigMap", **COLOUR)}, 200),
        ("patch", "ConfigMap", "web", {"body": COLOUR, "content_type": MERGE}, 200),
        ("patch", "ConfigMap", "web", {"body": sample("ConfigMap", **COLOUR), "content_type": APPLY,
                                       "params": {"fieldManager": "me", "force": "true"}}, 200),
        ("patch", "ConfigMap", "new", {"body": sample("ConfigMap", "new"), "content_type": APPLY,
                                       "params": {"fieldManager": "me"}}, 201),
        ("delete", "ConfigMap", "web", {}, 200),
        ("delete", "Pod", "web", {}, 200),
        ("deletecollection", "ConfigMap", "", {}, 200),
        ("patch", "Pod", "web", {"body": {"status": {"phase": "Failed"}}, "content_type": MERGE,
                                 "subresource": "status"}, 200),
        ("patch", "Deployment", "web", {"body": {"spec": {"replicas": 7}}, "content_type": MERGE,
                                        "subresource": "scale"}, 200),
        ("create", "Pod", "web", {"body": BINDING, "subresource": "binding"}, 201),
        ("create", "Pod", "web", {"body": EVICTION, "subresource": "eviction"}, 201),
    ],
)  # fmt: skip
def test_what_is_only_tried_changes_nothing(
    api: ApiBench, verb: str, kind: str, name: str, wish: dict[str, Any], code: int
) -> None:
    """Source: kubernetes.io, API concepts, "Dry-run"."""
    api.given(sample("ConfigMap"), sample("Pod"), sample("Deployment"))
    before = [(kv.key, kv.value) for kv in api.store.range("/").kvs]
    revision = api.revision

    answer = api.send(verb, kind, name, **{**wish, "params": {"dryRun": "All", **wish.get("params", {})}})

    assert (answer.code, answer.revision, api.revision) == (code, 0, revision), answer.body
    assert [(kv.key, kv.value) for kv in api.store.range("/").kvs] == before


def test_a_try_shows_what_would_be(api: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Dry-run": close to the real answer, without a version."""
    answer = api.send("create", "Pod", body=sample("Pod"), params={"dryRun": "All"})

    assert answer.body["spec"]["restartPolicy"] == "Always" and answer.body["status"]["phase"] == "Pending"
    assert answer.body["metadata"]["uid"] and "resourceVersion" not in answer.body["metadata"]


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete"])
def test_a_try_of_a_custom_object_changes_nothing(api: ApiBench, verb: str) -> None:
    define(api)
    created = api.client.create(order(spec={"a": 1}))
    revision = api.revision
    body = {"create": order("new"), "update": {**created, "spec": {"a": 2}}, "patch": {"spec": {"a": 2}}}.get(verb)

    answer = send(api, verb, "" if verb == "create" else "one", body=body, content_type=MERGE * (verb == "patch"),
                  params={"dryRun": "All"})  # fmt: skip

    assert (answer.code, api.revision) == (201 if verb == "create" else 200, revision)


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection"])
def test_there_is_one_way_to_try(api: ApiBench, verb: str) -> None:
    """Source: apimachinery/pkg/apis/meta/v1/validation/validation.go, ValidateDryRun."""
    api.given(sample("ConfigMap"))
    options = {"create": "Create", "update": "Update", "patch": "Patch"}.get(verb, "Delete")
    name = {"create": "", "deletecollection": ""}.get(verb, "web")
    body = sample("ConfigMap", "new" if verb == "create" else "web") if not verb.startswith("delete") else None

    answer = api.send(verb, "ConfigMap", name, body=body, content_type=MERGE, params={"dryRun": "Some"})

    text = 'dryRun: Unsupported value: ["Some"]: supported values: "All"'
    assert (answer.code, answer.body["message"]) == (422, f'{options}Options.meta.k8s.io "" is invalid: {text}')


@pytest.mark.parametrize("verb", ["create", "update", "patch"])
@pytest.mark.parametrize(
    ("wish", "is_refused", "warnings"),
    [
        ("Strict", True, 0),
        ("Warn", False, 1),
        ("", False, 1),
        ("Ignore", False, 0),
    ],
)
@pytest.mark.parametrize("is_custom", [False, True])
def test_unknown_fields_are_treated_as_one_wishes(
    api: ApiBench, verb: str, wish: str, is_refused: bool, warnings: int, is_custom: bool
) -> None:
    """Source: kubernetes.io, API concepts, "Field validation": the default is Warn."""
    define_spec(api, fields(size=NUMBER))
    there = api.client.create(order("web", spec={"size": 1}) if is_custom else sample("Deployment"))
    body = {"spec": {"colour": "red"}}
    if verb != "patch":
        metadata = {"name": "new", "namespace": "default"} if verb == "create" else there["metadata"]
        body = {**there, "metadata": metadata, "spec": {**there["spec"], "colour": "red"}}
    place, params = PLACES[is_custom], {"fieldValidation": wish} if wish else {}
    name = "" if verb == "create" else "web"

    answer = api.request(verb, *place, namespace="default", name=name, body=body, content_type=MERGE, params=params)

    assert (answer.code >= 400, len(answer.warnings)) == (is_refused, warnings), answer.body
    if is_refused:
        assert 'unknown field "spec.colour"' in answer.body["message"]


@pytest.mark.parametrize("verb", ["create", "update", "patch"])
def test_there_are_three_ways_to_check_fields(api: ApiBench, verb: str) -> None:
    """Source: apimachinery/pkg/apis/meta/v1/validation/validation.go, ValidateFieldValidation."""
    api.given(sample("ConfigMap"))

    answer = api.send(verb, "ConfigMap", "" if verb == "create" else "web", body=sample("ConfigMap"),
                      content_type=MERGE, params={"fieldValidation": "Loose"})  # fmt: skip

    text = 'fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"'
    options = f"{verb.capitalize()}Options"
    assert (answer.code, answer.body["message"]) == (422, f'{options}.meta.k8s.io "" is invalid: {text}')


@pytest.mark.parametrize(
    ("params", "deleted", "left"),
    [
        ({}, ["a", "b", "c"], []),
        ({"labelSelector": "tier=front"}, ["a"], ["b", "c"]),
        ({"fieldSelector": "metadata.name!=a"}, ["b", "c"], ["a"]),
        ({"limit": "2"}, ["a", "b"], ["c"]),
        ({"labelSelector": "tier=none"}, [], ["a", "b", "c"]),
    ],
)
def test_a_collection_is_deleted_as_it_is_listed(
    api: ApiBench, params: dict[str, str], deleted: list[str], left: list[str]
) -> None:
    """Source: apiserver/pkg/registry/generic/registry/store.go, DeleteCollection."""
    api.given(sample("ConfigMap", "a", labels={"tier": "front"}), sample("ConfigMap", "b"), sample("ConfigMap", "c"))

    answer = api.send("deletecollection", "ConfigMap", params=params)

    assert [item["metadata"]["name"] for item in answer.body["items"]] == deleted
    assert [obj["metadata"]["name"] for obj in api.client.list("ConfigMap")] == left


def test_a_collection_is_deleted_page_by_page(api: ApiBench) -> None:
    api.given(*(sample("ConfigMap", name) for name in "abc"))

    first = api.send("deletecollection", "ConfigMap", params={"limit": "2"}).body["metadata"]
    api.send("deletecollection", "ConfigMap", params={"limit": "2", "continue": first["continue"]})

    assert api.client.list("ConfigMap") == []


@pytest.mark.parametrize(("field", "is_right", "code"), [("uid", True, 200), ("uid", False, 409),
                                                         ("resourceVersion", False, 409)])  # fmt: skip
def test_a_custom_object_too_is_deleted_only_if_it_is_meant(
    api: ApiBench, field: str, is_right: bool, code: int
) -> None:
    """Source: registry/rest/delete.go, BeforeDelete."""
    define(api)
    created = api.client.create(order())

    wanted = created["metadata"][field] if is_right else "other"
    answer = send(api, "delete", "one", body={"preconditions": {field: wanted}})

    assert answer.code == code
