"""kubectl describe persistentvolumeclaim, and the claims of a StatefulSet.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describePersistentVolumeClaim and
          describeVolumeClaimTemplates; pkg/util/storage/storage.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import NONE, annotation_lines, labels, listed, marks, names
from k8slab.kubectl.describe.moments import age, date

__all__ = [
    "claim",
    "claim_templates",
]

Obj = dict[str, Any]

CLASS = "volume.beta.kubernetes.io/storage-class"
SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def claim(client: Client, obj: Obj) -> Iterator[str]:
    """A claim: the volume it has, and the pods that use it."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield f"StorageClass:\t{_class(obj)}"
    if metadata.get("deletionTimestamp"):
        yield f"Status:\tTerminating (lasts {age(metadata['deletionTimestamp'], client.now)})"
    else:
        yield f"Status:\t{status.get('phase', '')}"
    yield f"Volume:\t{spec.get('volumeName', '')}"
    yield from marks(obj)
    yield f"Finalizers:\t[{' '.join(metadata.get('finalizers') or ())}]"
    bound = status if spec.get("volumeName") else {}
    yield f"Capacity:\t{(bound.get('capacity') or {}).get('storage', '0' if bound else '')}"
    yield f"Access Modes:\t{','.join(SHORT[mode] for mode in SHORT if mode in (bound.get('accessModes') or ()))}"
    if "volumeMode" in spec:
        yield f"VolumeMode:\t{spec['volumeMode']}"
    if source := spec.get("dataSource"):
        yield "DataSource:"
        words = {"APIGroup": source.get("apiGroup"), "Kind": source["kind"], "Name": source["name"]}
        yield from (f"  {word}:\t{value}" for word, value in words.items() if value is not None)
    pods = client.list("Pod", metadata["namespace"])
    yield from listed("Used By", sorted(pod["metadata"]["name"] for pod in pods if _uses(pod, metadata["name"])))
    yield from _conditions(status)


def _class(obj: Obj) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    name: str = annotations.get(CLASS) or obj["spec"].get("storageClassName", "")
    return name


def _uses(pod: Obj, name: str) -> bool:
    return any(
        (volume.get("persistentVolumeClaim") or {}).get("claimName") == name
        for volume in pod["spec"].get("volumes") or ()
    )


def _conditions(status: Obj) -> Iterator[str]:
    if status.get("conditions"):
        yield "Conditions:"
        yield "  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage"
        yield "  ----\t------\t-----------------\t------------------\t------\t-------"
    for c in status.get("conditions") or ():
        times = f"{date(c.get('lastProbeTime'))} \t{date(c.get('lastTransitionTime'))}"
        yield f"  {c['type']} \t{c['status']} \t{times} \t{c.get('reason', '')} \t{c.get('message', '')}"


def claim_templates(templates: list[Obj]) -> Iterator[str]:
    """The claims that each pod of a StatefulSet gets."""
    if not templates:
        yield f"Volume Claims:\t{NONE}"
        return
    yield "Volume Claims:"
    for template in templates:
        metadata, spec = template["metadata"], template["spec"]
        yield f"  Name:\t{metadata['name']}"
        yield f"  StorageClass:\t{_class(template)}"
        yield from labels("  Labels", metadata.get("labels"))
        yield from annotation_lines("  Annotations", metadata.get("annotations"))
        requests = (spec.get("resources") or {}).get("requests") or {}
        yield f"  Capacity:\t{requests.get('storage', '<default>')}"
        yield f"  Access Modes:\t[{' '.join(spec.get('accessModes') or ())}]"
