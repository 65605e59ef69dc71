"""Deleting: at once, with grace, by finalizers, by collection, and with what is to become of dependents."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, place_of, refused, sample, told

HOLD = "shop.example/hold"


def held(kind: str, *finalizers: str) -> Obj:
    obj = sample(kind)
    obj["metadata"]["finalizers"] = list(finalizers or (HOLD,))
    return obj


def bound_pod(api: ApiBench, **spec: Any) -> Obj:
    api.client.bind(api.given(sample("Pod", spec={**sample("Pod")["spec"], **spec})), "node-1")
    return api.client.get("Pod", "web", "default")


SHOWN = {
    "PersistentVolume", "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "Service", "ServiceAccount",
    "CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(SERVED) - {"Namespace", "Pod"} - SHOWN))
def test_the_answer_names_what_was_deleted(api: ApiBench, kind: str) -> None:
    """Source: store.go, finalizeDelete."""
    created = api.given(sample(kind))

    answer = api.client.delete(kind, "web", place_of(kind))

    served = SERVED[kind]
    details = {"name": "web", **({"group": served.group} if served.group else {}), "kind": served.plural}
    assert answer == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**details, "uid": created["metadata"]["uid"]},
    }


@pytest.mark.parametrize("kind", sorted(SHOWN & set(SERVED) | {"Pod"}))
def test_of_some_kinds_the_answer_is_the_last_form(api: ApiBench, kind: str) -> None:
    """Source: the OpenAPI document of v1.37: what the delete operation of a kind answers (ReturnDeletedObject)."""
    created = api.given(sample(kind))

    assert api.client.delete(kind, "web", "default")["metadata"]["uid"] == created["metadata"]["uid"]


@pytest.mark.parametrize(
    ("phase", "asked_s", "left_s"),
    [
        ("Running", None, 30),
        ("Running", 5, 5),
        ("Running", 90, 90),
        ("Running", 0, None),
        ("Running", -7, 1),
        ("Pending", None, 30),
        ("Succeeded", None, None),
        ("Failed", 60, None),
    ],
)
def test_a_pod_on_a_node_is_given_time(api: ApiBench, phase: str, asked_s: int | None, left_s: int | None) -> None:
    """Source: pkg/registry/core/pod/strategy.go, CheckGracefulDelete; registry/rest/delete.go, BeforeDelete."""
    bound_pod(api)
    api.patch("Pod", "web", {"status": {"phase": phase}}, subresource="status")

    api.client.delete("Pod", "web", "default", grace_s=asked_s)

    left = [pod["metadata"]["deletionGracePeriodSeconds"] for pod in api.client.list("Pod")]
    assert left == ([] if left_s is None else [left_s])


def test_the_time_is_the_pods_own(api: ApiBench) -> None:
    bound_pod(api, terminationGracePeriodSeconds=7)

    left = api.client.delete("Pod", "web", "default")["metadata"]

    assert (left["deletionTimestamp"], left["deletionGracePeriodSeconds"]) == ("2026-01-01T00:00:07Z", 7)


def test_a_pod_on_no_node_goes_at_once(api: ApiBench) -> None:
    api.given(sample("Pod"))

    api.client.delete("Pod", "web", "default", grace_s=60)

    assert api.client.list("Pod") == []


@pytest.mark.parametrize(
    ("again_s", "timestamp", "grace_s"),
    [(None, "00:00:30Z", 30), (60, "00:00:30Z", 30), (30, "00:00:30Z", 30), (20, "00:00:20Z", 20)],
)
def test_a_second_deletion_can_only_shorten_the_time(
    api: ApiBench, again_s: int | None, timestamp: str, grace_s: int
) -> None:
    """Source: registry/rest/delete.go, BeforeDelete: the time counts from the first deletion."""
    bound_pod(api)
    api.client.delete("Pod", "web", "default")
    api.loop.run_until(api.loop.now + 10)

    left = api.client.delete("Pod", "web", "default", grace_s=again_s)["metadata"]

    assert left["deletionTimestamp"] == f"2026-01-01T{timestamp}"
    assert left["deletionGracePeriodSeconds"] == grace_s


def test_a_second_deletion_without_grace_ends_it(api: ApiBench) -> None:
    bound_pod(api)
    api.client.delete("Pod", "web", "default")

    api.client.delete("Pod", "web", "default", grace_s=0)

    assert api.client.list("Pod") == []


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_a_finalizer_holds_an_object(api: ApiBench, kind: str) -> None:
    """Source: kubernetes.io, "Finalizers"."""
    created = api.given(held(kind))
    by_server = created["metadata"]["finalizers"][1:]  # volumes and claims are protected, too

    api.client.delete(kind, "web", place_of(kind))

    left = api.client.get(kind, "web", place_of(kind))["metadata"]
    assert (left["deletionTimestamp"], left["deletionGracePeriodSeconds"]) == ("2026-01-01T00:00:00Z", 0)
    assert left["finalizers"] == [HOLD, *by_server]
    assert left.get("generation", 1) == (created["metadata"].get("generation", 0) or 0) + 1


@pytest.mark.parametrize("kind", sorted(set(SERVED) - {"Namespace"}))
def test_the_last_finalizer_lets_it_go(api: ApiBench, kind: str) -> None:
    api.given(held(kind, HOLD, "shop.example/other"))
    api.client.delete(kind, "web", place_of(kind))
    stream = api.client.watch(kind, since=str(api.revision))

    answers = [api.patch(kind, "web", {"metadata": {"finalizers": finalizers}}) for finalizers in ([HOLD], None)]

    assert [answer["kind"] for answer in answers] == [kind, kind]  # registry/store.go, deleteWithoutFinalizers
    assert told(stream) == ["MODIFIED web", "DELETED web"]
    assert [obj["metadata"]["name"] for obj in api.client.list(kind, place_of(kind))] == []


def test_what_is_leaving_takes_no_new_finalizer(api: ApiBench) -> None:
    """Source: apimachinery/pkg/api/validation/objectmeta.go, ValidateNoNewFinalizers."""
    api.given(held("ConfigMap"))
    api.client.delete("ConfigMap", "web", "default")

    error = refused(api.patch, "ConfigMap", "web", {"metadata": {"finalizers": [HOLD, "shop.example/b"]}})

    text = "no new finalizers can be added if the object is being deleted, found new finalizers "
    path = "metadata.finalizers: Forbidden: "
    assert error == (422, "Invalid", f'ConfigMap "web" is invalid: {path}{text}[]string{{"shop.example/b"}}')


def test_deleting_again_changes_nothing(api: ApiBench) -> None:
    api.given(held("ConfigMap"))
    first = api.client.delete("ConfigMap", "web", "default")
    api.loop.run_until(api.loop.now + 10)

    assert api.client.delete("ConfigMap", "web", "default") == first


@pytest.mark.parametrize(
    ("options", "finalizers"),
    [
        ({"propagationPolicy": "Foreground"}, ["foregroundDeletion"]),
        ({"propagationPolicy": "Orphan"}, ["orphan"]),
        ({"propagationPolicy": "Background"}, None),
        ({"orphanDependents": True}, ["orphan"]),
        ({"orphanDependents": False}, None),
        ({}, None),
    ],
)
def test_what_becomes_of_dependents_is_a_finalizer(api: ApiBench, options: Obj, finalizers: list[str] | None) -> None:
    """Source: store.go, deletionFinalizersForGarbageCollection."""
    api.given(sample("Deployment"))

    api.send("delete", "Deployment", "web", body=options)

    assert [obj["metadata"]["finalizers"] for obj in api.client.list("Deployment")] == [finalizers][: bool(finalizers)]


def test_a_later_wish_replaces_an_earlier_one(api: ApiBench) -> None:
    api.given(held("ReplicaSet", HOLD, "orphan"))

    api.client.delete("ReplicaSet", "web", "default", propagation="Foreground")

    assert api.client.get("ReplicaSet", "web", "default")["metadata"]["finalizers"] == [HOLD, "foregroundDeletion"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Deployment"])
@pytest.mark.parametrize(
    ("field", "title", "guess"),
    [("uid", "UID", "deleted and then recreated"), ("resourceVersion", "ResourceVersion", "modified")],
)
def test_a_deletion_may_be_meant_for_one_object_only(
    api: ApiBench, kind: str, field: str, title: str, guess: str
) -> None:
    """Source: registry/rest/delete.go, BeforeDelete."""
    found = api.given(sample(kind))["metadata"][field]

    answer = api.send("delete", kind, "web", body={"preconditions": {field: "other"}})

    name = f"{kind}.{SERVED[kind].group}".rstrip(".")
    text = f"the {title} in the precondition (other) does not match the {title} in record ({found}). "
    assert answer.code == 409
    assert answer.body["message"] == (
        f'Operation cannot be fulfilled on {name} "web": {text}The object might have been {guess}'
    )
    assert api.send("delete", kind, "web", body={"preconditions": {field: found}}).code == 200


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            {"propagationPolicy": "Sideways"},
            422,
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": '
            'supported values: "Foreground", "Background", "Orphan", "nil"',
        ),
        (
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            422,
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": '
            "orphanDependents and deletionPropagation cannot be both set",
        ),
        (
            {"gracePeriodSeconds": "soon"},
            400,
            'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal string '
            "into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["delete", "deletecollection"])
def test_options_that_make_no_sense_delete_nothing(
    api: ApiBench, verb: str, options: Obj, code: int, message: str
) -> None:
    """Source: apimachinery/pkg/apis/meta/v1/validation/validation.go, ValidateDeleteOptions."""
    created = api.given(sample("ConfigMap"))

    answer = api.send(verb, "ConfigMap", "web" if verb == "delete" else "", body=options)

    assert (answer.code, answer.body["message"]) == (code, message)
    assert api.client.list("ConfigMap") == [created]
