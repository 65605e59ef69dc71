"""kubectl describe persistentvolumeclaim, and the claims of a StatefulSet.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describePersistentVolumeClaim and
          describeVolumeClaimTemplates; pkg/util/storage/storage.go
Left out  conditions (nothing here resizes a claim), the annotation that once named the class
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.heads import marks, names
from k8slab.kubectl.describe.layout import Obj, age, listed, section, told

__all__ = ["claim", "claim_templates"]

SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def claim(client: Client, obj: Obj) -> Iterator[str]:
    """A claim: the volume it has, and the pods that use it."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    yield from told(spec, {"StorageClass": "storageClassName"}, missing="")
    gone = metadata.get("deletionTimestamp")
    yield f"Status:\tTerminating (lasts {age(gone, client.now)})" if gone else f"Status:\t{status.get('phase', '')}"
    yield from told(spec, {"Volume": "volumeName"}, missing="")
    yield from marks(obj)
    yield f"Finalizers:\t[{' '.join(metadata.get('finalizers') or ())}]"
    bound = status if spec.get("volumeName") else {}
    yield f"Capacity:\t{(bound.get('capacity') or {}).get('storage', '0' if bound else '')}"
    yield f"Access Modes:\t{','.join(SHORT[mode] for mode in SHORT if mode in (bound.get('accessModes') or ()))}"
    yield from told(spec, {"VolumeMode": "volumeMode"})
    source = told(spec.get("dataSource") or {}, {"  APIGroup": "apiGroup", "  Kind": "kind", "  Name": "name"})
    yield from section("DataSource", source, optional=True)
    pods = client.list("Pod", metadata["namespace"])
    yield from listed("Used By", sorted(pod["metadata"]["name"] for pod in pods if _uses(pod, metadata["name"])))


def _uses(pod: Obj, name: str) -> bool:
    volumes = pod["spec"].get("volumes") or ()
    return any((volume.get("persistentVolumeClaim") or {}).get("claimName") == name for volume in volumes)


def claim_templates(templates: list[Obj]) -> Iterator[str]:
    """The claims that each pod of a StatefulSet gets."""
    return section("Volume Claims", (f"  {line}" for template in templates for line in _template(template)))


def _template(template: Obj) -> Iterator[str]:
    requests = (template["spec"].get("resources") or {}).get("requests") or {}
    yield from names(template)
    yield from told(template["spec"], {"StorageClass": "storageClassName"}, missing="")
    yield from marks(template)
    yield from told(requests, {"Capacity": "storage"}, missing="<default>")
    yield f"Access Modes:\t[{' '.join(template['spec'].get('accessModes') or ())}]"
