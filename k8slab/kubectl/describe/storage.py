"""kubectl describe persistentvolume, storageclass and csinode.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go (describePersistentVolume, describeStorageClass,
          describeCSINode, printHostPathVolumeSource, printNFSVolumeSource, printCSIPersistentVolumeSource …)
Left out  volumes of other kinds than hostPath, local, nfs and csi (`<unknown>`), attributes of a CSI volume
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.heads import marks
from k8slab.kubectl.describe.layout import Obj, age, date, told
from k8slab.kubectl.printers import NONE
from k8slab.schema import go_text

__all__ = ["MODES", "csi_node", "storage_class", "volume"]

Fields = tuple[tuple[str, str, str], ...]  # title, field, what is said when it is not set

MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
READ_ONLY = ("ReadOnly", "readOnly", "false")
SOURCES: dict[str, tuple[str, Fields]] = {
    "hostPath": (
        "HostPath (bare host directory volume)",
        (("Path", "path", ""), ("HostPathType", "type", NONE)),
    ),
    "local": ("LocalVolume (a persistent volume backed by local storage on a node)", (("Path", "path", ""),)),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (("Server", "server", ""), ("Path", "path", ""), READ_ONLY),
    ),
    "csi": (
        "CSI (a Container Storage Interface (CSI) volume source)",
        (("Driver", "driver", ""), ("FSType", "fsType", ""), ("VolumeHandle", "volumeHandle", ""), READ_ONLY),
    ),
}


def volume(client: Client, obj: Obj) -> Iterator[str]:
    """A volume: whose it is, what it can, and behind what it stands."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    yield from marks(obj)
    yield f"Finalizers:\t[{' '.join(metadata.get('finalizers') or ())}]"
    yield f"StorageClass:\t{spec.get('storageClassName', '')}"
    gone, ref = metadata.get("deletionTimestamp"), spec.get("claimRef")
    yield f"Status:\tTerminating (lasts {age(gone, client.now)})" if gone else f"Status:\t{status.get('phase', '')}"
    yield f"Claim:\t{ref['namespace']}/{ref['name']}" if ref else "Claim:\t"
    yield f"Reclaim Policy:\t{spec.get('persistentVolumeReclaimPolicy', '')}"
    yield f"Access Modes:\t{','.join(MODES[mode] for mode in MODES if mode in (spec.get('accessModes') or ()))}"
    yield from told(spec, {"VolumeMode": "volumeMode"})
    yield f"Capacity:\t{(spec.get('capacity') or {}).get('storage', '0')}"
    yield from _affinity((spec.get("nodeAffinity") or {}).get("required"))
    yield f"Message:\t{status.get('message', '')}"
    yield "Source:"
    yield from _source(spec)


def _affinity(required: Obj | None) -> Iterator[str]:
    if required is None:
        yield f"Node Affinity:\t{NONE}"
        return
    terms = required.get("nodeSelectorTerms") or ()
    yield "Node Affinity:\t"
    yield "  Required Terms:\t" if terms else f"  Required Terms:\t{NONE}"
    for number, term in enumerate(terms):
        yield from _term(f"    Term {number}", term.get("matchExpressions") or ())


def _term(title: str, rules: Any) -> Iterator[str]:
    start = f"{title}:\t"
    for rule in rules:
        values = f" [{', '.join(rule['values'])}]" if rule.get("values") else ""
        yield f"{start}{rule['key']} {rule.get('operator', 'In').lower()}{values}"
        start = "\t"
    if not rules:
        yield f"{start}{NONE}"


def _source(spec: Obj) -> Iterator[str]:
    kind = next((name for name in SOURCES if name in spec), None)
    if kind is None:
        yield "  <unknown>"
        return
    text, fields = SOURCES[kind]
    yield f"    Type:\t{text}"
    for title, field, default in fields:
        yield f"    {title}:\t{go_text(spec[kind].get(field, default))}"
    if kind == "csi":
        yield f"    VolumeAttributes:\t{NONE}"


def storage_class(client: Client, obj: Obj) -> Iterator[str]:
    """A class: who makes its volumes, and how."""
    annotations = obj["metadata"].get("annotations") or {}
    yield f"IsDefaultClass:\t{'Yes' if any(annotations.get(mark) == 'true' for mark in DEFAULT) else 'No'}"
    yield f"Annotations:\t{_pairs(annotations)}"
    yield f"Provisioner:\t{obj.get('provisioner', '')}"
    yield f"Parameters:\t{_pairs(obj.get('parameters') or {})}"
    grows = obj.get("allowVolumeExpansion")
    yield f"AllowVolumeExpansion:\t{'<unset>' if grows is None else str(grows)}"
    options = obj.get("mountOptions")
    yield "MountOptions:" if options else f"MountOptions:\t{NONE}"
    yield from (f"  {option}" for option in options or ())
    yield f"ReclaimPolicy:\t{obj.get('reclaimPolicy', '<unset>')}"
    yield f"VolumeBindingMode:\t{obj.get('volumeBindingMode', '<unset>')}"
    if obj.get("allowedTopologies"):
        yield "AllowedTopologies:\t"
        for number, term in enumerate(obj["allowedTopologies"]):
            yield from _term(f"  Term {number}", term.get("matchLabelExpressions") or ())


def csi_node(client: Client, obj: Obj) -> Iterator[str]:
    """The drivers that are on a node."""
    yield from marks(obj)
    yield f"CreationTimestamp:\t{date(obj['metadata'].get('creationTimestamp'))}"
    yield "Spec:"
    drivers = (obj.get("spec") or {}).get("drivers") or ()
    if drivers:
        yield "  Drivers:"
    for driver in drivers:
        yield f"    {driver['name']}:"
        yield f"      Node ID:\t{driver['nodeID']}"
        count = (driver.get("allocatable") or {}).get("count")
        if count is not None:
            yield "      Allocatables:"
            yield f"        Count:\t{count}"
        if driver.get("topologyKeys") is not None:
            yield f"      Topology Keys:\t[{' '.join(driver['topologyKeys'])}]"


def _pairs(found: Obj) -> str:
    """`key=value` after `key=value`, as labels are written; `<none>` without any."""
    return ",".join(f"{key}={value}" for key, value in sorted(found.items())) or NONE
