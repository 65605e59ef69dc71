"""kubectl describe pod and persistentvolumeclaim, and their templates inside a workload.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describePod, describeVolumes, DescribePodTemplate,
          describePersistentVolumeClaim and describeVolumeClaimTemplates; pkg/util/storage/storage.go
Left out  volumes other than TYPES (`<unknown>`), readiness gates, topology spread constraints,
          devices; of a claim the annotation that once named its class
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.containers import containers
from k8slab.kubectl.describe.heads import annotation_lines, controlled_by, keyed, labels, marks, names
from k8slab.kubectl.describe.layout import Obj, age, date, listed, section, told
from k8slab.kubectl.describe.storage import MODES
from k8slab.kubectl.printers import NONE
from k8slab.schema import go_text

__all__ = ["claim", "claim_templates", "pod", "pod_template"]

Fields = tuple[tuple[str, str, str], ...]  # title, field, what is said when it is not set

PRIORITY_CLASS, ACCOUNT = {"Priority Class Name": "priorityClassName"}, {"Service Account": "serviceAccountName"}
CLAIM_COLUMNS = ("  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage",
                 "  ----\t------\t-----------------\t------------------\t------\t-------")  # fmt: skip
OPTIONAL = ("Optional", "optional", "false")
TYPES = {
    "emptyDir": "EmptyDir (a temporary directory that shares a pod's lifetime)",
    "hostPath": "HostPath (bare host directory volume)",
    "configMap": "ConfigMap (a volume populated by a ConfigMap)",
    "secret": "Secret (a volume populated by a Secret)",
    "persistentVolumeClaim": "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
    "projected": "Projected (a volume that contains injected data from multiple sources)",
}
FIELDS: dict[str, Fields] = {
    "emptyDir": (("Medium", "medium", ""), ("SizeLimit", "sizeLimit", "<unset>")),
    "hostPath": (("Path", "path", ""), ("HostPathType", "type", NONE)),
    "configMap": (("Name", "name", ""), OPTIONAL),
    "secret": (("SecretName", "secretName", ""), OPTIONAL),
    "persistentVolumeClaim": (("ClaimName", "claimName", ""), ("ReadOnly", "readOnly", "false")),
}
PROJECTED: dict[str, Fields] = {
    "secret": (("SecretName", "name", ""), OPTIONAL),
    "configMap": (("ConfigMapName", "name", ""), OPTIONAL),
    "downwardAPI": (("DownwardAPI", "", "true"),),
    "serviceAccountToken": (("TokenExpirationSeconds", "expirationSeconds", "3600"),),
}


def pod(client: Client, obj: Obj) -> Iterator[str]:
    """A pod, its containers, volumes and tolerations."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from told(spec, {"Priority": "priority", **PRIORITY_CLASS, **ACCOUNT})
    yield f"Node:\t{spec['nodeName']}/{status.get('hostIP', '')}" if spec.get("nodeName") else f"Node:\t{NONE}"
    yield from told(status, {"Start Time": "startTime"}, date)
    yield from marks(obj)
    yield from _phase(obj, client.now)
    yield f"IP:\t{status.get('podIP', '')}"
    yield from section("IPs", (f"  IP:\t{address['ip']}" for address in status.get("podIPs") or ()))
    yield from controlled_by(obj)
    yield from told(status, {"NominatedNodeName": "nominatedNodeName"})
    yield from containers(spec, obj)
    states = [f"  {condition['type']} \t{condition['status']} " for condition in status.get("conditions") or ()]
    yield from section("Conditions", ["  Type\tStatus", *states] if states else (), optional=True)
    yield from _volumes(spec)
    yield f"QoS Class:\t{status.get('qosClass', '')}"
    yield from _wishes(spec)


def _phase(obj: Obj, now: float) -> Iterator[str]:
    metadata, status = obj["metadata"], obj.get("status") or {}
    if metadata.get("deletionTimestamp") and status.get("phase") not in ("Failed", "Succeeded"):
        yield f"Status:\tTerminating (lasts {age(metadata['deletionTimestamp'], now)})"
        yield f"Termination Grace Period:\t{metadata.get('deletionGracePeriodSeconds', 0)}s"
    else:
        yield f"Status:\t{status.get('phase', '')}"
    yield from told(status, {"Reason": "reason", "Message": "message"})


def _volumes(spec: Obj, indent: str = "") -> Iterator[str]:
    """The volumes under their title; those of a template stand further right."""
    found = spec.get("volumes") or ()
    return section(f"{indent}Volumes", (line for volume in found for line in _volume(volume, indent[:1])))


def _volume(volume: Obj, indent: str) -> Iterator[str]:
    yield f"  {indent}{volume['name']}:"
    kind = next((field for field in volume if field in TYPES), None)
    if kind is None:
        yield "  <unknown>"
        return
    yield f"    Type:\t{TYPES[kind]}"
    known, parts = (PROJECTED, volume[kind].get("sources") or ()) if kind == "projected" else (FIELDS, [volume])
    for source, content in (item for part in parts for item in part.items()):
        for title, field, default in known.get(source, ()):
            yield f"    {title}:\t{go_text((content or {}).get(field, default))}"


def _wishes(spec: Obj, indent: str = "") -> Iterator[str]:
    """Where a pod may run."""
    yield from labels(f"{indent}Node-Selectors", spec.get("nodeSelector"))
    tolerations = sorted(spec.get("tolerations") or (), key=lambda toleration: toleration.get("key", ""))
    yield from listed(f"{indent}Tolerations", map(_toleration, tolerations))


def _toleration(toleration: Obj) -> str:
    exists = toleration.get("operator") == "Exists" and not toleration.get("value")
    lasts = f"for {toleration['tolerationSeconds']}s" if "tolerationSeconds" in toleration else ""
    return " ".join(filter(None, (keyed(toleration), "op=Exists" if exists else "", lasts)))


def pod_template(template: Obj) -> Iterator[str]:
    """A pod template as it stands in the description of a workload."""
    metadata, spec = template.get("metadata") or {}, template["spec"]
    yield "Pod Template:"
    yield from labels("  Labels", metadata.get("labels"))
    if metadata.get("annotations"):
        yield from annotation_lines("  Annotations", metadata["annotations"])
    yield from (f"  {line}" for line in told(spec, ACCOUNT))
    yield from containers(spec)
    yield from _volumes(spec, "  ")
    yield from (f"  {line}" for line in told(spec, PRIORITY_CLASS))
    yield from _wishes(spec, "  ")


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
    yield f"Access Modes:\t{','.join(MODES[mode] for mode in MODES if mode in (bound.get('accessModes') or ()))}"
    yield from told(spec, {"VolumeMode": "volumeMode"})
    source = told(spec.get("dataSource") or {}, {"  APIGroup": "apiGroup", "  Kind": "kind", "  Name": "name"})
    yield from section("DataSource", source, optional=True)
    pods = client.list("Pod", metadata["namespace"])
    yield from listed("Used By", sorted(pod["metadata"]["name"] for pod in pods if _uses(pod, metadata["name"])))
    rows = [_claim_condition(condition) for condition in status.get("conditions") or ()]
    yield from section("Conditions", [*CLAIM_COLUMNS, *rows] if rows else (), optional=True)


def _claim_condition(condition: Obj) -> str:
    times = [date(condition.get(field)) for field in ("lastProbeTime", "lastTransitionTime")]
    cells = [condition["type"], condition["status"], *times, condition.get("reason", ""), ""]
    return "  " + " \t".join(cells) + str(condition.get("message", ""))


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
