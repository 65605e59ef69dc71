"""Who wrote which field: metadata.managedFields after creates, updates and patches.

Source: kubernetes.io, "Server-Side Apply", Field management; test/integration/apiserver/apply/apply_test.go.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_bench import ApiBench, FrozenStore, refused, sample
from field_owners import owners, wrote

from k8slab.client import Client, InProcess

Obj = dict[str, Any]

DEPLOYED = [
    "f:progressDeadlineSeconds",
    "f:replicas",
    "f:revisionHistoryLimit",
    "f:selector",
    "f:strategy",
    "f:template",
]  # f:spec of a Deployment that was created


def test_who_creates_owns_what_was_given_and_what_was_defaulted(api: ApiBench) -> None:
    """Source: a Deployment that `kubectl create` has made, on a v1.37 server."""
    made = api.given(sample("Deployment", labels={"app": "web"}))

    (entry,) = made["metadata"]["managedFields"]
    spec = entry["fieldsV1"].pop("f:spec")

    assert entry == {
        "manager": "k8slab",
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": made["metadata"]["creationTimestamp"],
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}},
    }
    assert list(spec) == DEPLOYED
    assert spec["f:strategy"] == {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}}
    assert list(spec["f:template"]["f:spec"]["f:containers"]) == ['k:{"name":"main"}']


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ConfigMap", {"f:data": {".": {}, "f:color": {}}}),
        ("Namespace", {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}}),
        (
            "Service",
            {
                "f:spec": {
                    "f:internalTrafficPolicy": {},
                    "f:ports": {
                        ".": {},
                        'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}},
                    },
                    "f:selector": {},
                    "f:sessionAffinity": {},
                    "f:type": {},
                }
            },
        ),
        ("Role", {"f:rules": {}}),
        ("RoleBinding", {"f:roleRef": {}}),
        ("Lease", {"f:spec": {"f:holderIdentity": {}, "f:leaseDurationSeconds": {}}}),
        (
            "PersistentVolumeClaim",
            {
                "f:spec": {
                    "f:accessModes": {},
                    "f:resources": {"f:requests": {".": {}, "f:storage": {}}},
                    "f:volumeMode": {},
                }
            },
        ),
    ],
)
def test_a_new_object_is_owned_field_by_field(api: ApiBench, kind: str, fields: Obj) -> None:
    """Source: objects of a real cluster; what the server allocates or admission adds (clusterIP) is nobody's."""
    made = api.given(sample(kind))

    assert made["metadata"]["managedFields"][0]["fieldsV1"] == fields


@pytest.mark.parametrize(
    ("user", "manager"),
    [
        ("system:node:node-1", "kubelet"),
        ("system:kube-scheduler", "kube-scheduler"),
        ("system:serviceaccount:kube-system:deployment-controller", "kube-controller-manager"),
        ("system:serviceaccount:default:robot", "k8slab"),
        ("alice", "k8slab"),
    ],
)
def test_a_writer_without_a_name_is_known_by_its_program(api: ApiBench, user: str, manager: str) -> None:
    """Source: apiserver/pkg/endpoints/handlers/create.go, managerOrUserAgent."""
    client = Client(InProcess(api.api.handle, lambda: api.loop.now, user, isolated=True))

    made = client.create(sample("ConfigMap"))

    assert made["metadata"]["managedFields"][0]["manager"] == manager


@pytest.mark.parametrize(
    ("patch", "hands"),
    [
        ({"data": {"size": "big"}}, {"me Update": ".data.size", "k8slab Update": ".data .data.color"}),
        ({"data": {"color": "blue"}}, {"me Update": ".data.color", "k8slab Update": ".data"}),
        ({"data": {"color": None}}, {"k8slab Update": ".data"}),
        ({"data": None}, {}),
        ({"data": {"color": "red"}}, {"k8slab Update": ".data .data.color"}),
        ({"data": None, "immutable": True}, {"me Update": ".immutable"}),
        (
            {"metadata": {"labels": {"a": "b"}}},
            {"me Update": ".metadata.labels .metadata.labels.a", "k8slab Update": ".data .data.color"},
        ),
    ],
)
def test_who_changes_a_field_takes_it(api: ApiBench, patch: Obj, hands: dict[str, str]) -> None:
    """Source: merge/update.go: what was modified or added goes to the writer, what was removed to nobody."""
    api.given(sample("ConfigMap"))

    changed = wrote(api, "ConfigMap", patch, "me")

    assert owners(changed) == hands


def test_the_status_has_owners_of_its_own(api: ApiBench) -> None:
    api.given(sample("Pod"))

    changed = wrote(api, "Pod", {"status": {"phase": "Running"}}, "kubelet", subresource="status")

    (entry,) = [entry for entry in changed["metadata"]["managedFields"] if entry.get("subresource")]
    assert (entry["manager"], entry["subresource"]) == ("kubelet", "status")
    assert entry["fieldsV1"] == {"f:status": {"f:phase": {}}}


def test_what_binds_a_pod_owns_nothing(api: ApiBench) -> None:
    """Source: pkg/registry/core/pod/storage/storage.go, BindingREST writes beneath the handlers."""
    pod = api.given(sample("Pod"))
    api.client.create(sample("Node", "node-1"))

    api.client.bind(pod, "node-1")

    bound = api.client.get("Pod", "web", "default")
    assert owners(bound) == owners(pod) and bound["spec"]["nodeName"] == "node-1"


def test_replicas_set_through_the_scale_belong_to_the_subresource(api: ApiBench) -> None:
    """Source: apimachinery/pkg/util/managedfields/scalehandler.go."""
    api.given(sample("Deployment"))

    api.client.scale("Deployment", "web", "default", 3)

    entries = api.client.get("Deployment", "web", "default")["metadata"]["managedFields"]
    scaled = [entry for entry in entries if entry.get("subresource") == "scale"]
    assert [entry["fieldsV1"] for entry in scaled] == [{"f:spec": {"f:replicas": {}}}]
    assert "f:replicas" not in next(e for e in entries if "subresource" not in e)["fieldsV1"]["f:spec"]


def test_time_moves_on_only_with_a_change(api: ApiBench) -> None:
    before = api.given(sample("ConfigMap"))
    api.loop.run_until(api.loop.now + 60)

    same = wrote(api, "ConfigMap", {"data": {"color": "red"}}, "k8slab")
    changed = wrote(api, "ConfigMap", {"data": {"size": "big"}}, "k8slab")

    times = [obj["metadata"]["managedFields"][0]["time"] for obj in (before, same, changed)]
    assert times[0] == times[1] < times[2]
    assert same["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("given", "is_tracked"),
    [
        ([{}], False),
        ([], True),
        (None, True),
        ([{"manager": "x", "operation": "Zork"}], True),
        ("all", True),
    ],
)
def test_managed_fields_are_reset_by_one_empty_entry_alone(api: ApiBench, given: Any, is_tracked: bool) -> None:
    """Source: kubernetes.io, "Server-Side Apply", Clearing managedFields; fieldmanager.go, isResetManagedFields."""
    api.given(sample("ConfigMap"))

    wrote(api, "ConfigMap", {"metadata": {"managedFields": given}}, "me")
    later = wrote(api, "ConfigMap", {"data": {"size": "big"}}, "me")

    assert bool(later["metadata"].get("managedFields")) is is_tracked


def test_a_client_may_say_itself_who_owns_what(api: ApiBench) -> None:
    made = api.given(sample("ConfigMap"))
    (entry,) = made["metadata"]["managedFields"]

    moved = [{**entry, "manager": "robot", "operation": "Apply"}]
    changed = api.client.update({**made, "metadata": {**made["metadata"], "managedFields": moved}})

    assert owners(changed) == {"robot Apply": ".data .data.color"}


def test_a_json_patch_steps_into_managed_fields(api: ApiBench) -> None:
    """Source: client-go/util/csaupgrade/upgrade.go, UpgradeManagedFieldsPatch."""
    api.given(sample("ConfigMap"))

    operations = [{"op": "replace", "path": "/metadata/managedFields/0/manager", "value": "robot"}]
    changed = api.patch("ConfigMap", "web", operations, type="json")

    assert owners(changed) == {"robot Update": ".data .data.color"}


def test_what_changes_in_one_version_is_taken_in_all(api: ApiBench) -> None:
    """Source: merge/update.go: objects are compared in the version of each manager."""
    target = {"type": "Utilization", "averageUtilization": 50}
    scaler = sample("HorizontalPodAutoscaler")
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    api.given({**scaler, "spec": {**scaler["spec"], "metrics": metrics}})

    path = {"group": "autoscaling", "version": "v1", "namespace": "default", "name": "web"}
    patch = {"spec": {"targetCPUUtilizationPercentage": 70}}
    api.request("patch", "horizontalpodautoscalers", body=patch, content_type="application/merge-patch+json",
                params={"fieldManager": "me"}, **path)  # fmt: skip

    hands = owners(api.client.get("HorizontalPodAutoscaler", "web", "default"))
    assert hands["me Update"] == ".spec.targetCPUUtilizationPercentage"
    assert ".spec.metrics" not in hands["k8slab Update"] and ".spec.maxReplicas" in hands["k8slab Update"]


def test_at_most_ten_updaters_are_told_apart(api: ApiBench) -> None:
    """Source: managedfields/internal/capmanagers.go: the oldest become ancient-changes."""
    api.given(sample("ConfigMap"))

    for number in range(12):
        api.loop.run_until(api.loop.now + 1)
        changed = wrote(api, "ConfigMap", {"data": {f"key-{number:02}": "x"}}, f"writer-{number:02}")

    entries = changed["metadata"]["managedFields"]
    names = [entry["manager"] for entry in entries]
    assert names == ["ancient-changes", *(f"writer-{number:02}" for number in range(3, 12))]
    assert list(entries[0]["fieldsV1"]["f:data"]) == [".", "f:color", "f:key-00", "f:key-01", "f:key-02"]


@pytest.mark.parametrize("name", ["a" * 129, "a\nb"])
def test_a_name_that_is_none_is_refused(api: ApiBench, name: str) -> None:
    """Source: apimachinery/pkg/apis/meta/v1/validation/validation.go, ValidateFieldManager."""
    answer = api.send("create", "ConfigMap", body=sample("ConfigMap"), params={"fieldManager": name})

    assert answer.code == 422 and answer.body["message"].startswith(
        'CreateOptions.meta.k8s.io "" is invalid: fieldManager'
    )


def test_entries_stand_by_operation_time_and_name(api: ApiBench) -> None:
    """Source: managedfields/internal/managedfields.go, sortEncodedManagedFields."""
    api.given(sample("ConfigMap"))
    for name, pause_s in (("z", 60), ("c", 60), ("b", 0), ("a", 0)):
        api.loop.run_until(api.loop.now + pause_s)
        changed = wrote(api, "ConfigMap", {"data": {name: "x"}}, name)

    assert [entry["manager"] for entry in changed["metadata"]["managedFields"]] == ["k8slab", "z", "a", "b", "c"]


def test_a_status_given_with_a_new_object_is_nobodys(api: ApiBench) -> None:
    """Source: pkg/registry/apps/deployment/strategy.go, GetResetFields."""
    made = api.given(sample("Deployment", status={"replicas": 3}))

    assert "status" not in owners(made)["k8slab Update"]


def test_what_the_status_door_says_of_managed_fields_is_not_heard(api: ApiBench) -> None:
    """Source: fieldmanager.go, decodeLiveOrNew."""
    made = api.given(sample("Pod"))

    patch = {"status": {"phase": "Running"}, "metadata": {"managedFields": [{}]}}
    changed = wrote(api, "Pod", patch, "kubelet", subresource="status")

    assert owners(changed) == {**owners(made), "kubelet Update": ".status.phase"}


def test_what_has_lost_every_owner_is_tracked_no_more(api: ApiBench) -> None:
    """Source: managedfields/internal/skipnonapplied.go, Update."""
    api.given(sample("ConfigMap"))
    wrote(api, "ConfigMap", {"data": None}, "me")

    later = wrote(api, "ConfigMap", {"data": {"size": "big"}}, "me")

    assert "managedFields" not in later["metadata"]


def history(steps: list[tuple[str, Obj]], *, is_curious: bool) -> str:
    """The managedFields after merge patches by these managers, a second apart, read after each or only at the end."""
    api = ApiBench(FrozenStore)
    api.given(sample("ConfigMap", data={"color": "red", "beat": "0"}))
    for manager, data in steps:
        api.loop.run_until(api.loop.now + 1)
        answer = api.send(
            "patch",
            "ConfigMap",
            "web",
            body={"data": data},
            content_type="application/merge-patch+json",
            params={"fieldManager": manager},
        )
        if is_curious:
            list(answer.body["metadata"]["managedFields"])
    return json.dumps(api.client.get("ConfigMap", "web", "default")["metadata"]["managedFields"])


@pytest.mark.parametrize(
    "steps",
    [
        [(f"w{n % 4}", {f"key-{n % 7}": str(n), "color": None if n % 3 else "red"}) for n in range(20)],
        [("w", {"beat": str(n)}) for n in range(1, 20)],
        [(f"w{n // 5}", {"beat": str(n)}) for n in range(1, 20)],
        [("w", {"beat": str(n), "color": "red" if n % 5 else "blue"}) for n in range(1, 20)],
        [("w", {"beat": str(n)}) for n in range(1, 9)] + [("v", {"beat": "9"}), ("w", {"beat": "10"})],
    ],
)
def test_sets_worked_out_late_are_those_worked_out_at_once(steps: list[tuple[str, Obj]]) -> None:
    """Twenty writes that nobody has read are told as if somebody had read after each."""
    assert history(steps, is_curious=False) == history(steps, is_curious=True)


def test_a_heartbeat_moves_nothing_but_its_time(api: ApiBench) -> None:
    lease = api.given(sample("Lease"))
    seen = []
    for number in range(3):
        api.loop.run_until(api.loop.now + 10)
        lease = wrote(api, "Lease", {"spec": {"leaseTransitions": 1, "holderIdentity": f"node-{number}"}}, "kubelet")
        seen.append({**owners(lease), "time": lease["metadata"]["managedFields"][-1]["time"]})

    assert seen[1] == {**seen[0], "time": seen[1]["time"]}
    assert seen[0]["time"] < seen[1]["time"] < seen[2]["time"]
    assert seen[2]["kubelet Update"] == ".spec.holderIdentity .spec.leaseTransitions"


def test_a_shared_object_reads_like_one_on_the_wire(api: ApiBench) -> None:
    api.given(sample("ConfigMap"))

    fields = api.send("get", "ConfigMap", "web").body["metadata"]["managedFields"]

    assert (len(fields), fields[0]["manager"], [entry["operation"] for entry in fields]) == (1, "k8slab", ["Update"])
    assert fields == api.client.get("ConfigMap", "web", "default")["metadata"]["managedFields"]


def test_bad_objects_are_still_refused(api: ApiBench) -> None:
    assert refused(api.client.create, {**sample("ConfigMap"), "metadata": "x"})[0] == 400
