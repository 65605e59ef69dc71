"""What a create takes from the manifest, what it makes up itself, and where it puts the object."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import Mock

import pytest
from api_bench import SERVED, ApiBench, refused, sample

NAMELESS = "metadata.name: Required value: name or generateName is required"
ELSEWHERE = "the namespace of the provided object does not match the namespace sent on the request"


def generated(base: str, kind: str = "ConfigMap") -> dict[str, Any]:
    obj = sample(kind)
    return {**obj, "metadata": {"namespace": "default", "generateName": base}}


@pytest.mark.parametrize(("base", "kept"), [("web-", "web-"), ("a" * 70, "a" * 58)])
def test_a_name_is_made_from_its_beginning(api: ApiBench, base: str, kept: str) -> None:
    """Source: apiserver/pkg/storage/names/generate.go; apimachinery/pkg/util/rand."""
    created = api.client.create(generated(base))

    assert re.fullmatch(kept + "[bcdfghjklmnpqrstvwxz2456789]{5}", created["metadata"]["name"])
    assert created["metadata"]["generateName"] == base


def test_made_up_names_differ(api: ApiBench) -> None:
    names = {api.client.create(generated("web-"))["metadata"]["name"] for _ in range(20)}

    assert len(names) == 20


def test_a_given_name_wins_over_its_beginning(api: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Generated names"."""
    obj = generated("other-")
    obj["metadata"]["name"] = "web"

    assert api.client.create(obj)["metadata"]["name"] == "web"


@pytest.mark.parametrize(("taken", "is_found"), [(0, True), (7, True), (8, False)])
def test_a_made_up_name_that_is_taken_is_made_again(
    api: ApiBench, monkeypatch: pytest.MonkeyPatch, taken: int, is_found: bool
) -> None:
    """Eight times. Source: apiserver/pkg/registry/generic/registry/store.go, createWithGenerateNameRetry."""
    api.given({**sample("ConfigMap"), "metadata": {"name": "web-aaaaa", "namespace": "default"}})
    monkeypatch.setattr(api.loop.random, "choices", Mock(side_effect=["aaaaa"] * taken + ["bbbbb"]))

    status = api.send("create", "ConfigMap", body=generated("web-")).body

    if is_found:
        assert status["metadata"]["name"] == "web-bbbbb"
    else:
        assert status["message"] == (
            'configmaps "web-aaaaa" already exists, the server was not able to generate a unique name for the object'
        )
        assert status["details"] == {"name": "web-aaaaa", "kind": "configmaps", "retryAfterSeconds": 1}


def test_the_name_of_what_is_about_to_go_is_taken_too(api: ApiBench) -> None:
    """Source: apiserver/pkg/registry/generic/registry/store.go, create."""
    obj = sample("ConfigMap")
    held = {**obj, "metadata": {**obj["metadata"], "finalizers": ["slab.example/hold"]}}
    api.given(held)
    api.client.delete("ConfigMap", "web", "default")

    error = refused(api.client.create, obj)

    assert error == (409, "AlreadyExists", 'object is being deleted: configmaps "web" already exists')


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_nothing_is_created_without_a_name(api: ApiBench, kind: str) -> None:
    """Source: apimachinery/pkg/api/validation/objectmeta.go, ValidateObjectMeta."""
    group = SERVED[kind].group

    error = refused(api.client.create, {**sample(kind), "metadata": {}})

    assert error == (422, "Invalid", f'{kind}{"." + group if group else ""} "" is invalid: {NAMELESS}')


@pytest.mark.parametrize("field", ["uid", "creationTimestamp", "generation", "deletionTimestamp"])
def test_what_belongs_to_the_system_is_not_taken_from_a_manifest(api: ApiBench, field: str) -> None:
    """Source: registry/rest/create.go, FillObjectMetaSystemFields and WipeObjectMetaSystemFields."""
    value = {"uid": "mine", "generation": 7}.get(field, "2001-01-01T00:00:00Z")
    obj = sample("ConfigMap")
    obj["metadata"][field] = value

    assert api.client.create(obj)["metadata"].get(field) != value


def test_a_new_object_may_not_name_a_version(api: ApiBench) -> None:
    """Source: storage/etcd3/store.go, Create: storage.ErrResourceVersionSetOnCreate."""
    obj = sample("ConfigMap")
    obj["metadata"]["resourceVersion"] = "5"

    answer = api.send("create", "ConfigMap", body=obj)

    assert answer.body["message"] == "resourceVersion should not be set on objects to be created"
    assert answer.code == 500


@pytest.mark.parametrize("verb", ["create", "update"])
def test_an_object_goes_where_the_request_goes(api: ApiBench, verb: str) -> None:
    """Source: registry/rest/meta.go, EnsureObjectNamespaceMatchesRequestNamespace."""
    api.given(sample("Namespace", "shop"), sample("ConfigMap"))
    name = "web" if verb == "update" else ""
    elsewhere = sample("ConfigMap")
    elsewhere["metadata"]["namespace"] = "shop"

    answer = api.send(verb, "ConfigMap", name, body=elsewhere)

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (400, "BadRequest", ELSEWHERE)


def test_the_name_on_the_url_is_the_name_of_the_object(api: ApiBench) -> None:
    """Source: registry/rest/update.go, BeforeUpdate; endpoints/handlers/rest.go, checkName."""
    api.given(sample("ConfigMap"))

    answer = api.send("update", "ConfigMap", "web", body=sample("ConfigMap", "other"))

    text = "the name of the object (other) does not match the name on the URL (web)"
    assert (answer.code, answer.body["message"]) == (400, text)


def test_a_dry_run_answers_as_if_and_stores_nothing(api: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Dry-run"."""
    revision = api.revision

    created = api.client.create(sample("Deployment"), dry_run=True)

    assert created["spec"]["replicas"] == 1 and created["metadata"]["uid"]
    assert (api.revision, api.client.list("Deployment")) == (revision, [])


@pytest.mark.parametrize("change", ["update", "patch", "delete"])
def test_a_dry_run_changes_nothing(api: ApiBench, change: str) -> None:
    created, revision = api.given(sample("ConfigMap")), api.revision
    body = {"update": {**created, "data": {}}, "patch": {"data": {"a": "b"}}}.get(change)

    answer = api.send(
        change, "ConfigMap", "web", body=body, params={"dryRun": "All"}, content_type="application/merge-patch+json"
    )

    assert answer.code == 200
    assert (api.revision, api.client.get("ConfigMap", "web", "default")) == (revision, created)


def test_a_dry_run_shows_the_version_that_is(api: ApiBench) -> None:
    created = api.given(sample("ConfigMap"))
    patch = {"data": {"color": "blue"}}

    shown = api.client.patch("ConfigMap", "web", "default", patch, dry_run=True)

    assert shown["data"] == {"color": "blue"}
    assert shown["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]


@pytest.mark.parametrize(("kind", "left"), [("Event", []), ("ConfigMap", ["web"])])
def test_only_events_end_by_themselves_after_an_hour(api: ApiBench, kind: str, left: list[str]) -> None:
    """Source: kube-apiserver, --event-ttl (1h0m0s); leases of etcd are shared for a minute."""
    api.given(sample(kind))
    api.loop.run_until(api.loop.now + 3599)
    assert [obj["metadata"]["name"] for obj in api.client.list(kind)] == ["web"]

    api.loop.run_until(api.loop.now + 62)

    assert [obj["metadata"]["name"] for obj in api.client.list(kind)] == left


def test_only_one_dry_run_is_known(api: ApiBench) -> None:
    """Source: apimachinery/pkg/apis/meta/v1/validation, ValidateDryRun."""
    answer = api.send("create", "ConfigMap", body=sample("ConfigMap"), params={"dryRun": "Some"})

    text = 'dryRun: Unsupported value: ["Some"]: supported values: "All"'
    assert (answer.code, answer.body["message"]) == (422, f'CreateOptions.meta.k8s.io "" is invalid: {text}')


@pytest.mark.parametrize("unknown", ["/api/v1/widgets", "/apis/apps/v2/deployments", "/apis/shop.example/v1/pods"])
def test_what_is_not_served_is_not_found(api: ApiBench, unknown: str) -> None:
    """Source: apiserver/pkg/endpoints/handlers/responsewriters; kubectl's "could not find the requested resource"."""
    *_, group, version, plural = unknown.split("/")
    request = api.request("list", plural, "" if group == "api" else group, version)

    assert (request.code, request.body["message"]) == (404, "the server could not find the requested resource")


@pytest.mark.parametrize(("verb", "kind"), [("deletecollection", "Namespace"), ("frobnicate", "Pod")])
def test_what_a_resource_does_not_do_is_not_allowed(api: ApiBench, verb: str, kind: str) -> None:
    answer = api.send(verb, kind)

    text = "the server does not allow this method on the requested resource"
    assert (answer.code, answer.body["reason"], answer.body["message"]) == (405, "MethodNotAllowed", text)
