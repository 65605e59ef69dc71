"""Status and scale: what goes through each door, and what it counts for."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, refused, sample

WITH_STATUS = sorted(kind for kind, served in SERVED.items() if "status" in served.subresources)
WITH_GENERATION = sorted(kind for kind, served in SERVED.items() if served.has_generation)
READY = {"type": "Ready", "status": "True", "reason": "", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
BALANCED = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}
SOME_STATUS: dict[str, Obj] = {
    "CronJob": {"lastScheduleTime": "2026-01-01T00:00:00Z"},
    "DaemonSet": {"currentNumberScheduled": 1, "desiredNumberScheduled": 1, "numberMisscheduled": 0, "numberReady": 1},
    "Deployment": {"replicas": 3},
    "HorizontalPodAutoscaler": {"currentReplicas": 2, "desiredReplicas": 3},
    "Ingress": BALANCED,
    "Job": {"active": 1, "startTime": "2026-01-01T00:00:00Z"},
    "Namespace": {"phase": "Active", "conditions": [{"type": "X", "status": "True"}]},
    "Node": {"conditions": [{"type": "Ready", "status": "True"}]},
    "PersistentVolume": {"phase": "Available"},
    "PersistentVolumeClaim": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
    "Pod": {"phase": "Running", "qosClass": "BestEffort"},
    "PodDisruptionBudget": {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2},
    "ReplicaSet": {"replicas": 3},
    "ReplicationController": {"replicas": 3},
    "ResourceQuota": {"hard": {"pods": "10"}, "used": {"pods": "1"}},
    "Service": BALANCED,
    "ServiceCIDR": {"conditions": [READY]},
    "StatefulSet": {"replicas": 3},
    "VolumeAttachment": {"attached": True},
}
A_WISH: dict[str, Obj] = {
    "CSIDriver": {"spec": {"requiresRepublish": True}},
    "CronJob": {"spec": {"suspend": True}},
    "DaemonSet": {"spec": {"minReadySeconds": 5}},
    "Deployment": {"spec": {"replicas": 7}},
    "EndpointSlice": {"endpoints": [{"addresses": ["10.0.0.2"]}]},
    "Ingress": {"spec": {"ingressClassName": "fast"}},
    "IngressClass": {"spec": {"parameters": {"kind": "Settings", "name": "fast"}}},
    "Job": {"spec": {"parallelism": 2}},
    "NetworkPolicy": {"spec": {"policyTypes": ["Egress"]}},
    "Pod": {"spec": {"activeDeadlineSeconds": 60}},
    "PodDisruptionBudget": {"spec": {"minAvailable": 2}},
    "PodTemplate": {"template": {"metadata": {"labels": {"a": "b"}}}},
    "ReplicaSet": {"spec": {"replicas": 7}},
    "ReplicationController": {"spec": {"replicas": 7}},
    "StatefulSet": {"spec": {"replicas": 7}},
}


@pytest.mark.parametrize("kind", WITH_STATUS)
def test_a_write_to_the_status_changes_the_status_alone(api: ApiBench, kind: str) -> None:
    """Source: API conventions, "Spec and Status"; pkg/registry/*/strategy.go, PrepareForUpdate of the status."""
    created = api.given(sample(kind))
    spec = {**created.get("spec", {}), "replicas": 99} if "replicas" in created.get("spec", {}) else {}

    updated = api.client.update_status({**created, "spec": spec, "status": SOME_STATUS[kind]})

    assert updated["status"] == SOME_STATUS[kind]
    assert updated.get("spec") == created.get("spec")
    assert updated["metadata"].get("generation") == created["metadata"].get("generation")


@pytest.mark.parametrize(("kind", "labels"), [("Deployment", {}), ("Pod", {"a": "b"}), ("Node", {"a": "b"})])
def test_labels_go_through_the_door_of_some_kinds(api: ApiBench, kind: str, labels: Obj) -> None:
    """Source: pkg/registry/{apps/deployment,core/pod,core/node}/strategy.go, PrepareForUpdate of the status."""
    api.given(sample(kind))

    patched = api.patch(kind, "web", {"metadata": {"labels": {"a": "b"}}}, subresource="status")

    assert patched["metadata"].get("labels", {}) == labels


@pytest.mark.parametrize("kind", WITH_STATUS)
def test_a_write_to_the_object_leaves_the_status(api: ApiBench, kind: str) -> None:
    api.given(sample(kind))
    before = api.patch(kind, "web", {"status": SOME_STATUS[kind]}, subresource="status")
    change = {"metadata": {"labels": {"a": "b"}}, "status": {"conditions": [], "replicas": 9}}
    if kind in ("Service", "Namespace", "Pod", "Node"):
        change["status"] = {"conditions": []}

    patched = api.patch(kind, "web", change)

    assert patched["status"] == before["status"]
    assert patched["metadata"]["labels"]["a"] == "b"


@pytest.mark.parametrize("kind", sorted({"Deployment", "Pod", "ReplicaSet", "Service", "Namespace"}))
def test_a_status_in_a_manifest_is_not_taken(api: ApiBench, kind: str) -> None:
    """Source: pkg/registry/*/strategy.go, PrepareForCreate."""
    plain = api.client.create(sample(kind, "plain"))

    created = api.client.create(sample(kind, "bold", status=SOME_STATUS[kind] | {"conditions": []}))

    assert created["status"] == plain["status"]


@pytest.mark.parametrize("kind", sorted(set(SERVED) - set(WITH_STATUS)))
def test_kinds_without_a_status_have_no_such_door(api: ApiBench, kind: str) -> None:
    api.given(sample(kind))

    answer = api.send("get", kind, "web", subresource="status")

    assert (answer.code, answer.body["message"]) == (404, "the server could not find the requested resource")


@pytest.mark.parametrize("kind", sorted(A_WISH))
def test_only_a_changed_wish_counts_as_a_new_generation(api: ApiBench, kind: str) -> None:
    """Source: API conventions, "Metadata": generation; kubernetes.io, "Pods", "Pod generation"."""
    assert api.given(sample(kind))["metadata"]["generation"] == 1

    noted = api.patch(kind, "web", {"metadata": {"annotations": {"a": "b"}}})
    wished = api.patch(kind, "web", A_WISH[kind])
    again = api.patch(kind, "web", A_WISH[kind])

    assert [obj["metadata"]["generation"] for obj in (noted, wished, again)] == [1, 2, 2]


def test_a_class_of_priority_stays_at_its_first_generation(api: ApiBench) -> None:
    """Source: pkg/registry/scheduling/priorityclass/strategy.go, PrepareForUpdate."""
    api.given(sample("PriorityClass"))

    described = api.patch("PriorityClass", "web", {"description": "for the web"})

    assert sorted({*A_WISH, "PriorityClass"}) == WITH_GENERATION
    assert described["metadata"]["generation"] == 1


@pytest.mark.parametrize("kind", sorted(set(SERVED) - set(WITH_GENERATION)))
def test_other_kinds_count_no_generation(api: ApiBench, kind: str) -> None:
    api.given(sample(kind))

    assert "generation" not in api.patch(kind, "web", {"metadata": {"labels": {"a": "b"}}})["metadata"]


def test_a_generation_cannot_be_written(api: ApiBench) -> None:
    api.given(sample("Deployment"))

    patched = api.patch("Deployment", "web", {"metadata": {"generation": 41}, "spec": {"replicas": 2}})

    assert patched["metadata"]["generation"] == 2


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_a_scale_shows_what_is_wished_and_what_is(api: ApiBench, kind: str) -> None:
    """Source: autoscaling/v1 Scale; pkg/registry/apps/deployment/storage/storage.go, scaleFromDeployment."""
    created = api.given(sample(kind))
    status = api.patch(kind, "web", {"status": {"replicas": 3}}, subresource="status")

    scale = api.client.get(kind, "web", "default", subresource="scale")

    fields = ("name", "namespace", "uid", "creationTimestamp")
    assert scale == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            **{name: created["metadata"][name] for name in fields},
            "resourceVersion": status["metadata"]["resourceVersion"],
        },
        "spec": {"replicas": 1},
        "status": {"replicas": 3, "selector": "app=web"},
    }


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
@pytest.mark.parametrize("verb", ["update", "merge", "strategic", "json"])
def test_scaling_sets_the_replicas_and_nothing_else(api: ApiBench, kind: str, verb: str) -> None:
    created = api.given(sample(kind))
    scale = api.client.get(kind, "web", "default", subresource="scale")
    body: Any = {"spec": {"replicas": 4}}
    if verb == "update":
        body = {**scale, **body}
    elif verb == "json":
        body = [{"op": "replace", "path": "/spec/replicas", "value": 4}]
    content_type = {"merge": "merge-patch", "strategic": "strategic-merge-patch"}.get(verb, "json-patch")

    answer = api.send(
        "update" if verb == "update" else "patch",
        kind,
        "web",
        subresource="scale",
        body=body,
        content_type=f"application/{content_type}+json",
    )

    assert (answer.code, answer.body["kind"], answer.body["spec"]) == (200, "Scale", {"replicas": 4})
    scaled = api.client.get(kind, "web", "default")
    assert scaled["spec"] == {**created["spec"], "replicas": 4}
    assert scaled["metadata"]["generation"] == 2


def test_a_scale_below_nothing_is_refused(api: ApiBench) -> None:
    """Source: pkg/apis/autoscaling/validation, ValidateScale."""
    api.given(sample("Deployment"))

    error = refused(api.client.scale, "Deployment", "web", "default", -1)

    text = "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    assert error == (422, "Invalid", f'Scale.autoscaling "web" is invalid: {text}')


@pytest.mark.parametrize(
    ("replicas", "problem"),
    [("four", "string"), (True, "bool"), (1.5, "number 1.5"), (2**40, "number 1099511627776")],
)
def test_a_scale_counts_in_whole_numbers(api: ApiBench, replicas: Any, problem: str) -> None:
    """Source: Go's encoding/json; apiserver/pkg/endpoints/handlers/rest.go, transformDecodeError."""
    api.given(sample("Deployment"))

    answer = api.send("update", "Deployment", "web", subresource="scale", body={"spec": {"replicas": replicas}})

    text = f"json: cannot unmarshal {problem} into Go struct field ScaleSpec.spec.replicas of type int32"
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")
    assert answer.body["message"] == f'Scale in version "v1" cannot be handled as a Scale: {text}'


def test_a_scale_of_an_old_version_is_a_conflict(api: ApiBench) -> None:
    api.given(sample("Deployment"))
    scale = api.client.get("Deployment", "web", "default", subresource="scale")
    api.client.scale("Deployment", "web", "default", 2)

    answer = api.send("update", "Deployment", "web", subresource="scale", body={**scale, "spec": {"replicas": 5}})

    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
