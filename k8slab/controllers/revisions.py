"""The ReplicaSets of a Deployment as its history: which one is new, which number it has, which may go.

Source    pkg/controller/deployment/util/deployment_util.go; sync.go, getNewReplicaSet;
          staging/.../util/rand (SafeEncodeString)
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.controllers.pods import replicas_of
from k8slab.controllers.rollout import max_surge
from k8slab.objects import is_leaving, owner_reference

__all__ = [
    "REVISION",
    "annotated",
    "find_new",
    "new_replicaset",
    "next_revision",
    "revision_of",
    "sized",
    "surplus_history",
]

Obj = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX = "deployment.kubernetes.io/max-replicas"
HASH_LABEL = "pod-template-hash"
NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAX}
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Obj, collisions: int = 0) -> str:
    """A short name for a template: FNV-1a (32 bits) of its JSON, spelled in letters that make no words.

    `collisions` makes it another name, when somebody else has the first.
    """
    value = 0x811C9DC5
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    for byte in text.encode() + (collisions.to_bytes(8, "little") if collisions else b""):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(value))


def find_new(deployment: Obj, owned: list[Obj]) -> Obj | None:
    """The oldest ReplicaSet whose template is the Deployment's."""
    wanted = deployment["spec"]["template"]
    return next((rs for rs in owned if _without_hash(rs["spec"]["template"]) == _without_hash(wanted)), None)


def _without_hash(template: Obj) -> Obj:
    metadata = template.get("metadata") or {}
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != HASH_LABEL}
    return {"metadata": {**metadata, "labels": labels}, "spec": template.get("spec")}


def revision_of(obj: Obj) -> int:
    """The revision noted on a ReplicaSet or Deployment, 0 without one."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def next_revision(old: list[Obj]) -> int:
    """One more than the newest of the old ReplicaSets."""
    return max(map(revision_of, old), default=0) + 1


def new_replicaset(deployment: Obj, owned: list[Obj], replicas: int) -> Obj:
    """The ReplicaSet for a template that has none yet."""
    spec, metadata = deployment["spec"], deployment["metadata"]
    template = spec["template"]
    hash_ = template_hash(template, (deployment.get("status") or {}).get("collisionCount", 0))
    labels = {**(template["metadata"].get("labels") or {}), HASH_LABEL: hash_}
    selector = {**spec["selector"], "matchLabels": {**spec["selector"].get("matchLabels", {}), HASH_LABEL: hash_}}
    rs: Obj = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{metadata['name']}-{hash_}",
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": selector,
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }
    if spec.get("minReadySeconds"):
        rs["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    rs["metadata"]["annotations"] = {**annotated(deployment, rs, next_revision(owned)), **sized(deployment)}
    return rs


def annotated(deployment: Obj, rs: Obj, revision: int) -> Obj:
    """The annotations a ReplicaSet should carry: the Deployment's own, and its revision."""
    had = rs["metadata"].get("annotations") or {}
    copied = {k: v for k, v in (deployment["metadata"].get("annotations") or {}).items() if k not in NOT_COPIED}
    annotations = {**had, **copied, REVISION: str(revision)}
    before = had.get(REVISION)
    if before and before != str(revision):
        annotations[HISTORY] = ",".join(filter(None, (had.get(HISTORY), before)))
    return annotations


def sized(deployment: Obj) -> Obj:
    """The annotations that say for which size of the Deployment a ReplicaSet was scaled."""
    wanted = deployment["spec"]["replicas"]
    return {DESIRED: str(wanted), MAX: str(wanted + max_surge(deployment))}


def surplus_history(deployment: Obj, old: list[Obj]) -> list[Obj]:
    """The oldest ReplicaSets beyond revisionHistoryLimit, without those that still have Pods or may get some."""
    staying = sorted((rs for rs in old if not is_leaving(rs)), key=revision_of)
    surplus = staying[: max(len(staying) - deployment["spec"].get("revisionHistoryLimit", 10), 0)]
    return [rs for rs in surplus if not replicas_of(rs) and _is_seen_empty(rs)]


def _is_seen_empty(rs: Obj) -> bool:
    status = rs.get("status") or {}
    return not status.get("replicas") and status.get("observedGeneration", 0) >= rs["metadata"]["generation"]
