"""The life of one object of every kind: created, read, replaced, patched, deleted."""

from __future__ import annotations

import re

import pytest
from api_bench import SERVED, ApiBench, place_of, refused, sample

STALE = "the object has been modified; please apply your changes to the latest version and try again"
EVERY_KIND = pytest.mark.parametrize("kind", sorted(SERVED))
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@EVERY_KIND
def test_what_is_created_gets_an_identity(api: ApiBench, kind: str) -> None:
    """Source: kubernetes.io, "Object Names and IDs"; API conventions, "Metadata"."""
    created = api.client.create(sample(kind))

    metadata = created["metadata"]
    assert re.fullmatch(UUID, metadata["uid"])
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert metadata["resourceVersion"] == str(api.revision)
    assert (created["kind"], created["apiVersion"]) == (kind, SERVED[kind].api_version)


@EVERY_KIND
def test_what_is_created_can_be_read_and_is_in_the_list(api: ApiBench, kind: str) -> None:
    created = api.client.create(sample(kind))

    found = api.client.get(kind, "web", place_of(kind))
    assert found == created
    assert created in api.client.list(kind)


@EVERY_KIND
def test_an_update_replaces_and_counts_up_the_version(api: ApiBench, kind: str) -> None:
    created = api.given(sample(kind))

    updated = api.client.update({**created, "metadata": {**created["metadata"], "annotations": {"a": "b"}}})

    assert updated["metadata"]["annotations"] == {"a": "b"}
    assert int(updated["metadata"]["resourceVersion"]) > int(created["metadata"]["resourceVersion"])
    assert api.client.get(kind, "web", place_of(kind)) == updated


@EVERY_KIND
def test_a_patch_changes_what_it_names(api: ApiBench, kind: str) -> None:
    created = api.given(sample(kind))

    patched = api.patch(kind, "web", {"metadata": {"labels": {"tier": "front"}}})

    assert patched["metadata"]["labels"]["tier"] == "front"
    rest = {name: value for name, value in created.items() if name != "metadata"}
    assert {name: value for name, value in patched.items() if name != "metadata"} == rest


@EVERY_KIND
def test_what_is_deleted_is_gone(api: ApiBench, kind: str) -> None:
    api.given(sample(kind))
    if kind == "Namespace":
        api.patch(kind, "web", {"spec": {"finalizers": None}}, subresource="finalize")

    api.client.delete(kind, "web", place_of(kind))

    full_name = SERVED[kind].full_name
    assert refused(api.client.get, kind, "web", place_of(kind)) == (
        404,
        "NotFound",
        f'{full_name} "web" not found',
    )


@EVERY_KIND
def test_a_name_is_given_once(api: ApiBench, kind: str) -> None:
    """Source: apimachinery/pkg/api/errors/errors.go, NewAlreadyExists."""
    api.given(sample(kind))

    error = refused(api.client.create, sample(kind))

    assert error == (409, "AlreadyExists", f'{SERVED[kind].full_name} "web" already exists')
