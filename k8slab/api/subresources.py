"""Scale and binding: small doors to one part of an object.

Source    pkg/registry/apps/deployment/storage/storage.go (ScaleREST);
          pkg/registry/core/pod/storage/storage.go (BindingREST)
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import as_text, rfc3339, with_condition
from k8slab.wire import ApiError, Conflict, FieldError, invalid

__all__ = [
    "bind",
    "scale_of",
    "success",
    "with_scale",
]

Obj = dict[str, Any]


def scale_of(obj: Obj) -> Obj:
    """The Scale (autoscaling/v1) of a Deployment or ReplicaSet."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    fields = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in fields},
        "spec": {"replicas": spec.get("replicas", 1)},
        "status": {"replicas": status.get("replicas", 0), "selector": as_text(spec.get("selector") or {})},
    }


def with_scale(obj: Obj, scale: Obj) -> Obj:
    """The object with the replicas that a Scale asks for. Raises Invalid for fewer than none."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    metadata = obj["metadata"]
    if replicas < 0:
        error = FieldError("FieldValueInvalid", "spec.replicas", "must be greater than or equal to 0", replicas)
        raise invalid("Scale", "autoscaling", metadata["name"], [error])
    version = (scale.get("metadata") or {}).get("resourceVersion") or metadata["resourceVersion"]
    return {**obj, "metadata": {**metadata, "resourceVersion": version}, "spec": {**obj["spec"], "replicas": replicas}}


def bind(pod: Obj, binding: Obj, now: float) -> Obj:
    """The pod with its node, and scheduled.

    Raises Conflict when it has one, is leaving or is another pod, and an ApiError without a reason (code 500,
    as the server answers) when the target is no node.
    """
    metadata, name = pod["metadata"], pod["metadata"]["name"]
    target = binding.get("target") or {}
    node, kind = target.get("name", ""), target.get("kind", "")
    uid = (binding.get("metadata") or {}).get("uid", "")
    if kind not in ("", "Node"):
        raise ApiError(f'target.kind: Unsupported value: "{kind}": supported values: "Node", "<empty>"')
    if not node:
        raise ApiError("target.name: Required value")
    problem = ""
    if uid and uid != metadata["uid"]:
        problem = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata['uid']}"
    elif metadata.get("deletionTimestamp"):
        problem = f"pod {name} is being deleted, cannot be assigned to a host"
    elif pod["spec"].get("nodeName"):
        problem = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
    if problem:
        text = f'Operation cannot be fulfilled on pods/binding "{name}": {problem}'
        raise Conflict(text, {"name": name, "kind": "pods/binding"})
    status = pod.get("status") or {}
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
    conditions = with_condition(status.get("conditions") or [], scheduled, rfc3339(now))
    return {
        **pod,
        "spec": {**pod["spec"], "nodeName": node},
        "status": {**{k: v for k, v in status.items() if k != "nominatedNodeName"}, "conditions": conditions},
    }


def success(code: int) -> Obj:
    """The Status that says only that it went well."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}
