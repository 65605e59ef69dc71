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

    assert updated["metadata"]["annotations"]["a"] == "b"
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
    api.let_go(kind, "web")

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


@pytest.mark.parametrize("verb", ["get", "update", "patch", "delete"])
@EVERY_KIND
def test_what_does_not_exist_is_not_found(api: ApiBench, kind: str, verb: str) -> None:
    """Source: apimachinery/pkg/api/errors/errors.go, NewNotFound."""
    body = {"update": sample(kind, "ghost"), "patch": {}}.get(verb)

    answer = api.send(verb, kind, "ghost", body=body, content_type="application/merge-patch+json")

    served = SERVED[kind]
    assert answer.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f'{served.full_name} "ghost" not found',
        "reason": "NotFound",
        "details": {"name": "ghost", **({"group": served.group} if served.group else {}), "kind": served.plural},
        "code": 404,
    }


@EVERY_KIND
def test_an_update_of_an_old_version_is_a_conflict(api: ApiBench, kind: str) -> None:
    """Source: apiserver/pkg/registry/generic/registry/store.go, OptimisticLockErrorMsg."""
    old = api.given(sample(kind))
    api.patch(kind, "web", {"metadata": {"annotations": {"a": "b"}}})

    error = refused(api.client.update, old)

    name = SERVED[kind].full_name
    assert error == (409, "Conflict", f'Operation cannot be fulfilled on {name} "web": {STALE}')
    assert api.client.get(kind, "web", place_of(kind))["metadata"]["annotations"]["a"] == "b"


def test_a_patch_that_names_an_old_version_is_a_conflict(api: ApiBench) -> None:
    old = api.given(sample("ConfigMap"))
    api.patch("ConfigMap", "web", {"data": {"color": "blue"}})
    patch = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "data": {"color": "green"}}

    error = refused(api.patch, "ConfigMap", "web", patch)

    assert error == (409, "Conflict", f'Operation cannot be fulfilled on configmaps "web": {STALE}')


def test_an_update_without_a_version_wins(api: ApiBench) -> None:
    """Source: store.go, Update: AllowUnconditionalUpdate."""
    api.given(sample("ConfigMap"))

    updated = api.client.update(sample("ConfigMap", data={"color": "blue"}))

    assert updated["data"] == {"color": "blue"}


def test_a_lease_is_not_updated_without_a_version(api: ApiBench) -> None:
    """Source: pkg/registry/coordination/lease/strategy.go, AllowUnconditionalUpdate; store.go, Update."""
    api.given(sample("Lease"))

    error = refused(api.client.update, sample("Lease"))

    text = "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    assert error == (422, "Invalid", f'leases.coordination.k8s.io "web" is invalid: {text}')


@EVERY_KIND
def test_a_write_that_changes_nothing_is_no_write(api: ApiBench, kind: str) -> None:
    """Source: apiserver/pkg/storage/etcd3/store.go, GuaranteedUpdate: no write when the data is the same."""
    created = api.given(sample(kind))
    revision = api.revision

    assert api.client.update(created) == created
    assert api.patch(kind, "web", {"metadata": {"labels": created["metadata"].get("labels", {})}}) == created
    assert api.revision == revision


def test_the_identity_of_an_object_stays(api: ApiBench) -> None:
    created = api.given(sample("ConfigMap"))
    stranger = {**created["metadata"], "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7}

    updated = api.client.update({**created, "metadata": {**stranger, "labels": {"a": "b"}}})

    assert updated["metadata"]["creationTimestamp"] == created["metadata"]["creationTimestamp"]
    assert "generation" not in updated["metadata"]


def test_an_update_of_another_object_of_that_name_is_a_conflict(api: ApiBench) -> None:
    """Source: apiserver/pkg/storage/interfaces.go, Preconditions.Check; errors.go, StorageError."""
    old = api.given(sample("ConfigMap"))
    api.client.delete("ConfigMap", "web", "default")
    new = api.given(sample("ConfigMap"))
    metadata = {"name": "web", "namespace": "default", "uid": old["metadata"]["uid"]}

    error = refused(api.client.update, {**sample("ConfigMap"), "metadata": metadata})

    uids = f"UID in precondition: {old['metadata']['uid']}, UID in object meta: {new['metadata']['uid']}"
    storage = "StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/web, ResourceVersion: 0"
    text = f"{storage}, AdditionalErrorMsg: Precondition failed: {uids}"
    assert error == (409, "Conflict", f'Operation cannot be fulfilled on configmaps "web": {text}')
