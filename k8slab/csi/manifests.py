"""The objects that come with a driver: itself, a class, and what its account may.

Source    kubernetes-csi: deploy/kubernetes/rbac.yaml of external-provisioner, external-attacher, external-resizer and
          external-snapshotter; client/config/crd of external-snapshotter
Left out  most of the schema of snapshots: what a field may be is checked no further
"""

from __future__ import annotations

from typing import Any

from k8slab.world import Farm

__all__ = [
    "account_of",
    "driver_manifests",
    "snapshot_class",
    "snapshot_kinds",
]

Obj = dict[str, Any]

READ = ["get", "list", "watch"]
SNAPSHOTS = "snapshot.storage.k8s.io"
APPROVED = {"api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter/pull/814"}
DEFAULT = "storageclass.kubernetes.io/is-default-class"
POLICY: tuple[tuple[str, str, list[str]], ...] = (
    ("", "persistentvolumes", [*READ, "create", "update", "patch", "delete"]),
    ("", "persistentvolumeclaims", [*READ, "update"]),
    ("", "persistentvolumeclaims/status", ["update", "patch"]),
    ("", "events", [*READ, "create", "update", "patch"]),
    ("", "nodes", READ),
    ("storage.k8s.io", "storageclasses", READ),
    ("storage.k8s.io", "csinodes", READ),
    ("storage.k8s.io", "volumeattachments", [*READ, "update", "patch"]),
    ("storage.k8s.io", "volumeattachments/status", ["update", "patch"]),
    (SNAPSHOTS, "volumesnapshots", [*READ, "update", "patch"]),
    (SNAPSHOTS, "volumesnapshots/status", ["update", "patch"]),
    (SNAPSHOTS, "volumesnapshotcontents", [*READ, "create", "update", "patch", "delete"]),
    (SNAPSHOTS, "volumesnapshotcontents/status", ["update", "patch"]),
    (SNAPSHOTS, "volumesnapshotclasses", [*READ, "create"]),
)
KINDS: tuple[tuple[str, str, list[str], str, list[tuple[str, str, str]]], ...] = (
    ("VolumeSnapshot", "volumesnapshots", ["vs"], "Namespaced", [
        ("ReadyToUse", "boolean", ".status.readyToUse"),
        ("SourcePVC", "string", ".spec.source.persistentVolumeClaimName"),
        ("SourceSnapshotContent", "string", ".spec.source.volumeSnapshotContentName"),
        ("RestoreSize", "string", ".status.restoreSize"),
        ("SnapshotClass", "string", ".spec.volumeSnapshotClassName"),
        ("SnapshotContent", "string", ".status.boundVolumeSnapshotContentName"),
        ("CreationTime", "date", ".status.creationTime"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]),
    ("VolumeSnapshotContent", "volumesnapshotcontents", ["vsc", "vscs"], "Cluster", [
        ("ReadyToUse", "boolean", ".status.readyToUse"),
        ("RestoreSize", "integer", ".status.restoreSize"),
        ("DeletionPolicy", "string", ".spec.deletionPolicy"),
        ("Driver", "string", ".spec.driver"),
        ("VolumeSnapshotClass", "string", ".spec.volumeSnapshotClassName"),
        ("VolumeSnapshot", "string", ".spec.volumeSnapshotRef.name"),
        ("VolumeSnapshotNamespace", "string", ".spec.volumeSnapshotRef.namespace"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]),
    ("VolumeSnapshotClass", "volumesnapshotclasses", ["vsclass", "vsclasses"], "Cluster", [
        ("Driver", "string", ".driver"),
        ("DeletionPolicy", "string", ".deletionPolicy"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]),
)  # fmt: skip


def account_of(farm: Farm) -> str:
    """The account in whose name the driver speaks."""
    return f"{farm.name}-csi-controller"


def driver_manifests(farm: Farm, *, is_default: bool = False) -> list[Obj]:
    """The driver, its account with its role, and a StorageClass of the farm's name."""
    name = account_of(farm)
    rules = [{"apiGroups": [group], "resources": [resource], "verbs": verbs} for group, resource, verbs in POLICY]
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "kube-system"}
    rbac = "rbac.authorization.k8s.io"
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": name}
    modes = ["Persistent"]
    binding = {"subjects": [subject], "roleRef": role}
    return [
        _object("v1", "ServiceAccount", name, namespace="kube-system"),
        {**_object(f"{rbac}/v1", "ClusterRole", name), "rules": rules},
        {**_object(f"{rbac}/v1", "ClusterRoleBinding", name), **binding},
        {
            **_object("storage.k8s.io/v1", "CSIDriver", farm.driver),
            "spec": {"attachRequired": not farm.is_shared, "volumeLifecycleModes": modes},
        },
        _storage_class(farm, {DEFAULT: "true"} if is_default else {}),
    ]


def _storage_class(farm: Farm, annotations: Obj) -> Obj:
    """A class of the farm's name; a farm with zones waits for a Pod, so that the disk lies where its node is."""
    found = {
        **_object("storage.k8s.io/v1", "StorageClass", farm.name, annotations=annotations),
        "provisioner": farm.driver,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer" if farm.zones else "Immediate",
        "allowVolumeExpansion": True,
    }
    if not farm.zones:
        return found
    rule = {"key": "topology.kubernetes.io/zone", "values": list(farm.zones)}
    return {**found, "allowedTopologies": [{"matchLabelExpressions": [rule]}]}


def snapshot_class(farm: Farm) -> Obj:
    """The class of a farm's snapshots, which bears its name."""
    kind = _object(f"{SNAPSHOTS}/v1", "VolumeSnapshotClass", farm.name)
    return {**kind, "driver": farm.driver, "deletionPolicy": "Delete"}


def snapshot_kinds() -> list[Obj]:
    """The three custom kinds by which snapshots are asked for."""
    return [_kind(*row) for row in KINDS]


def _kind(kind: str, plural: str, short: list[str], scope: str, columns: list[tuple[str, str, str]]) -> Obj:
    loose = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema: Obj = {"type": "object", "properties": {"spec": loose, "status": loose}}
    if kind == "VolumeSnapshotClass":
        texts = {field: {"type": "string"} for field in ("driver", "deletionPolicy")}
        texts["deletionPolicy"]["enum"] = ["Delete", "Retain"]  # type: ignore[assignment]
        parameters = {"type": "object", "additionalProperties": {"type": "string"}}
        schema = {"type": "object", "properties": {**texts, "parameters": parameters}, "required": list(texts)}
    version: Obj = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": [{"name": n, "type": t, "jsonPath": path} for n, t, path in columns],
    }
    if kind != "VolumeSnapshotClass":
        version["subresources"] = {"status": {}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List", "shortNames": short}
    return {
        **_object("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{SNAPSHOTS}", annotations=APPROVED),
        "spec": {"group": SNAPSHOTS, "scope": scope, "names": names, "versions": [version]},
    }


def _object(api_version: str, kind: str, name: str, **metadata: Any) -> Obj:
    given = {field: value for field, value in metadata.items() if value}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **given}}
