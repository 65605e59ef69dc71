"""What is refused about volumes, claims, classes and CSI drivers, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import BODIES, SERVED, ApiBench, Obj, refused, sample
from bad_objects import LABEL, SUBDOMAIN

MODES = '"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'
STATIC = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
EXACTLY_ONE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
ZERO = "must be greater than zero"
ATTACHMENT = BODIES["VolumeAttachment"]["spec"]
GOOD_DRIVER = {"name": "disk.example.com", "nodeID": "n1"}


def volume(**fields: Any) -> Obj:
    given = {**BODIES["PersistentVolume"]["spec"], **fields}
    return {"spec": {name: value for name, value in given.items() if value is not None}}


def claim(**fields: Any) -> Obj:
    return {"spec": {**BODIES["PersistentVolumeClaim"]["spec"], **fields}}


def attachment(**fields: Any) -> Obj:
    return {"spec": {**ATTACHMENT, **fields}}


def drivers(*given: Obj) -> Obj:
    return {"spec": {"drivers": list(given)}}


VOLUMES: list[tuple[str, Obj, str]] = [
    ("PersistentVolume", volume(accessModes=[]), "spec.accessModes: Required value"),
    ("PersistentVolume", volume(accessModes=["Often"]),
     f'spec.accessModes: Unsupported value: "Often": supported values: {MODES}'),
    ("PersistentVolume", volume(accessModes=["ReadWriteOncePod", "ReadOnlyMany"]),
     "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"),
    ("PersistentVolume", volume(capacity={}),
     '[spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage"]'),
    ("PersistentVolume", volume(capacity={"storage": "0"}),
     f'spec.capacity[storage]: Invalid value: "0": {ZERO}'),
    ("PersistentVolume", volume(hostPath=None), "spec: Required value: must specify a volume type"),
    ("PersistentVolume", volume(hostPath={"path": "/a/../b"}),
     "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"),
    ("PersistentVolume", volume(nfs={"server": "a", "path": "/"}),
     "spec.nfs: Forbidden: may not specify more than 1 volume type"),
    ("PersistentVolume", volume(hostPath=None, nfs={"server": "a"}), "spec.nfs.path: Required value"),
    ("PersistentVolume", volume(hostPath=None, local={"path": "/a"}),
     "spec.nodeAffinity: Required value: Local volume requires node affinity"),
    ("PersistentVolume", volume(persistentVolumeReclaimPolicy="Burn"),
     'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"'),
    ("PersistentVolume", volume(hostPath={"path": "/"}, persistentVolumeReclaimPolicy="Recycle"),
     "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"),
    ("PersistentVolume", volume(volumeMode="Tape"),
     'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'),
    ("PersistentVolume", volume(storageClassName="Fast"), f'spec.storageClassName: Invalid value: "Fast": {SUBDOMAIN}'),
    ("PersistentVolume", volume(volumeAttributesClassName="gold"),
     "spec.csi: Required value: has to be specified when using volumeAttributesClassName"),
    ("PersistentVolumeClaim", claim(accessModes=[]),
     "spec.accessModes: Required value: at least 1 access mode is required"),
    ("PersistentVolumeClaim", claim(accessModes=["Often"]),
     f'spec.accessModes: Unsupported value: "Often": supported values: {MODES}'),
    ("PersistentVolumeClaim", claim(resources={}), "spec.resources[storage]: Required value"),
    ("PersistentVolumeClaim", claim(resources={"requests": {"storage": "-1"}}),
     f'spec.resources[storage]: Invalid value: "-1": {ZERO}'),
    ("PersistentVolumeClaim", claim(storageClassName="Fast"),
     f'spec.storageClassName: Invalid value: "Fast": {SUBDOMAIN}'),
    ("PersistentVolumeClaim", claim(volumeMode="Tape"),
     'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'),
]  # fmt: skip
CLASSES: list[tuple[str, Obj, str]] = [
    ("StorageClass", {"provisioner": ""}, "provisioner: Required value"),
    ("StorageClass", {"reclaimPolicy": "Recycle"},
     'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'),
    ("StorageClass", {"volumeBindingMode": "Later"},
     'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"'),
    ("StorageClass", {"parameters": {"": "a"}}, 'parameters: Invalid value: "": field can not be empty.'),
    ("VolumeAttributesClass", {"driverName": ""}, "driverName: Required value"),
    ("VolumeAttributesClass", {"parameters": {}},
     "parameters: Required value: must contain at least one key/value pair"),
    ("RuntimeClass", {"handler": "Run_C"}, f'handler: Invalid value: "Run_C": {LABEL}'),
    ("CSIStorageCapacity", {"storageClassName": "A"}, f'storageClassName: Invalid value: "A": {SUBDOMAIN}'),
    ("CSIStorageCapacity", {"capacity": "-1"},
     'capacity: Invalid value: "-1": must be greater than or equal to 0'),
]  # fmt: skip
DRIVERS: list[tuple[str, Obj, str]] = [
    ("VolumeAttachment", attachment(attacher=""), "spec.attacher: Required value"),
    ("VolumeAttachment", attachment(source={}), f"spec.source: Required value: {EXACTLY_ONE}"),
    ("VolumeAttachment", attachment(nodeName="N"), f'spec.nodeName: Invalid value: "N": {SUBDOMAIN}'),
    ("VolumeAttachment", attachment(source={"persistentVolumeName": "A"}),
     f'spec.source.persistentVolumeName: Invalid value: "A": {SUBDOMAIN}'),
    ("CSIDriver", {"spec": {"fsGroupPolicy": "Maybe"}},
     'spec.fsGroupPolicy: Unsupported value: "Maybe": supported values: "File", "None", "ReadWriteOnceWithFSType"'),
    ("CSIDriver", {"spec": {"volumeLifecycleModes": ["Brief"]}},
     'spec.volumeLifecycleModes: Unsupported value: "Brief": supported values: "Persistent", "Ephemeral"'),
    ("CSIDriver", {"spec": {"tokenRequests": [{"audience": "a"}, {"audience": "a"}]}},
     'spec.tokenRequests[1].audience: Duplicate value: "a"'),
    ("CSIDriver", {"spec": {"tokenRequests": [{"audience": "a", "expirationSeconds": 5}]}},
     "spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes"),
    ("CSIDriver", {"spec": {"nodeAllocatableUpdatePeriodSeconds": 5}},
     "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds"),
    ("CSINode", drivers({"name": "disk.example.com", "nodeID": ""}), "spec.drivers[0].nodeID: Required value"),
    ("CSINode", drivers(GOOD_DRIVER, GOOD_DRIVER), 'spec.drivers[1].name: Duplicate value: "disk.example.com"'),
    ("CSINode", drivers({**GOOD_DRIVER, "allocatable": {"count": -1}}),
     "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0"),
]  # fmt: skip
UPDATES: list[tuple[str, Obj, Obj, str]] = [
    ("StorageClass", {}, {"parameters": {"a": "b"}}, "parameters: Forbidden: updates to parameters are forbidden."),
    ("StorageClass", {}, {"provisioner": "b.io/c"}, "provisioner: Forbidden: updates to provisioner are forbidden."),
    ("StorageClass", {}, {"reclaimPolicy": "Retain"},
     "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden."),
    ("StorageClass", {}, {"volumeBindingMode": "WaitForFirstConsumer"},
     'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'),
    ("VolumeAttributesClass", {}, {"driverName": "b"}, "driverName: Forbidden: updates to driverName are forbidden."),
    ("RuntimeClass", {}, {"handler": "kata"}, 'handler: Invalid value: "kata": field is immutable'),
    ("CSIStorageCapacity", {}, {"storageClassName": "slow"},
     'storageClassName: Invalid value: "slow": field is immutable'),
    ("CSIDriver", {}, {"spec": {"attachRequired": False}},
     "spec.attachedRequired: Invalid value: false: field is immutable"),
    ("CSINode", drivers(GOOD_DRIVER), drivers({**GOOD_DRIVER, "nodeID": "n2"}),
     'spec.drivers: Invalid value: {"Name":"disk.example.com","NodeID":"n2","TopologyKeys":null,"Allocatable":null}: '
     "field is immutable"),
    ("VolumeAttachment", {}, {"spec": {"nodeName": "node-2"}},
     'spec: Invalid value: {"Attacher":"example.com","Source":{"PersistentVolumeName":"disk","InlineVolumeSpec":null},'
     '"NodeName":"node-2"}: field is immutable'),
    ("PersistentVolume", {}, {"spec": {"volumeMode": "Block"}},
     'volumeMode: Invalid value: "Block": field is immutable'),
]  # fmt: skip


def qualified(kind: str) -> str:
    return f"{kind}.{SERVED[kind].group}".rstrip(".")


@pytest.mark.parametrize(
    ("kind", "changes", "message"), [*VOLUMES, *CLASSES, *DRIVERS], ids=lambda value: str(value)[:60]
)
def test_a_bad_storage_object_is_refused(api: ApiBench, kind: str, changes: Obj, message: str) -> None:
    """Source: pkg/apis/core/validation/validation.go, pkg/apis/{storage,node}/validation/validation.go."""
    error = refused(api.client.create, sample(kind, **changes))

    assert error == (422, "Invalid", f'{qualified(kind)} "web" is invalid: {message}')


@pytest.mark.parametrize(("kind", "before", "patch", "message"), UPDATES, ids=lambda value: str(value)[:60])
def test_some_things_about_storage_stay(api: ApiBench, kind: str, before: Obj, patch: Obj, message: str) -> None:
    """Source: as above, Validate…Update."""
    api.given(sample(kind, **before))

    error = refused(api.patch, kind, "web", patch)

    assert error == (422, "Invalid", f'{qualified(kind)} "web" is invalid: {message}')


def test_a_volume_stays_where_it_is(api: ApiBench) -> None:
    """Source: ValidatePersistentVolumeUpdate."""
    api.given(sample("PersistentVolume"))

    _, _, text = refused(api.patch, "PersistentVolume", "web", {"spec": {"hostPath": {"path": "/other"}}})

    where = "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n"
    assert text.startswith(f'PersistentVolume "web" is invalid: {where}')


@pytest.mark.parametrize(
    ("patch", "phase"),
    [
        ({"accessModes": ["ReadWriteMany"]}, "Pending"),
        ({"resources": {"requests": {"storage": "2Gi"}}}, "Pending"),
        ({"accessModes": ["ReadWriteMany"]}, "Bound"),
    ],
)
def test_a_claim_stays(api: ApiBench, patch: Obj, phase: str) -> None:
    """Source: ValidatePersistentVolumeClaimUpdate."""
    api.given(sample("PersistentVolumeClaim"))
    api.patch("PersistentVolumeClaim", "web", {"status": {"phase": phase}}, subresource="status")

    _, _, text = refused(api.patch, "PersistentVolumeClaim", "web", {"spec": patch})

    assert text.startswith(f'PersistentVolumeClaim "web" is invalid: spec: Forbidden: {STATIC}\n')


def test_a_claim_finds_its_volume_once(api: ApiBench) -> None:
    api.given(sample("PersistentVolumeClaim"))
    found = api.patch("PersistentVolumeClaim", "web", {"spec": {"volumeName": "disk-1"}})

    code, _, _ = refused(api.patch, "PersistentVolumeClaim", "web", {"spec": {"volumeName": "disk-2"}})

    assert (found["spec"]["volumeName"], code) == ("disk-1", 422)


@pytest.mark.parametrize(("size", "is_taken"), [("2Gi", True), ("1536Mi", True), ("1Gi", False)])
def test_a_bound_claim_grows_and_never_shrinks_below_what_it_has(api: ApiBench, size: str, is_taken: bool) -> None:
    """Source: as above; kubernetes.io, "Persistent Volumes", "Recovering from Failure when Expanding Volumes"."""
    api.given(sample("PersistentVolumeClaim", **claim(resources={"requests": {"storage": "2Gi"}})))
    status = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
    api.patch("PersistentVolumeClaim", "web", {"status": status}, subresource="status")

    answer = api.send("patch", "PersistentVolumeClaim", "web", content_type="application/merge-patch+json",
                      body={"spec": {"resources": {"requests": {"storage": size}}}})  # fmt: skip

    assert (answer.code == 200) == is_taken
    if not is_taken:
        text = "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
        assert answer.body["message"] == f'PersistentVolumeClaim "web" is invalid: {text}'


@pytest.mark.parametrize(
    ("kind", "place", "wanted"),
    [
        ("PersistentVolume", "spec", {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"}),
        ("PersistentVolumeClaim", "spec", {"volumeMode": "Filesystem"}),
        ("PersistentVolumeClaim", "status", {"phase": "Pending"}),
        ("CSIDriver", "spec", {"attachRequired": True, "fsGroupPolicy": "ReadWriteOnceWithFSType"}),
        ("StorageClass", "", {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}),
    ],
)
def test_storage_has_defaults(api: ApiBench, kind: str, place: str, wanted: Obj) -> None:
    """Source: pkg/apis/core/v1/defaults.go; pkg/apis/storage/v1/defaults.go."""
    created = api.given(sample(kind))

    part = created[place] if place else created
    assert {name: part[name] for name in wanted} == wanted
