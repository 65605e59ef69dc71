"""NodeRestriction: a kubelet writes about its own node, its own lease and the pods that are bound to it, nothing else.

Source    plugin/pkg/admission/noderestriction/admission.go
Left out  the labels with which a node registers; what a mirror pod refers to; claims, tokens and resource slices
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.api.admission.service_account import MIRROR

__all__ = [
    "KUBELET",
    "check_node",
]

Obj = dict[str, Any]

KUBELET = "system:node:"
LEASES = "kube-node-lease"
KUBELET_SPACES = ("kubelet.kubernetes.io", "node.kubernetes.io")
KUBELET_LABELS = {"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "topology.kubernetes.io/zone",
                  "topology.kubernetes.io/region", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
                  "beta.kubernetes.io/instance-type"}  # fmt: skip


def check_node(cluster: Cluster, attempt: Attempt, new: Obj | None, old: Obj | None) -> None:
    """Raises Forbidden when a kubelet reaches beyond its node; `new` is None when something is deleted."""
    name, kind = attempt.user.removeprefix(KUBELET), attempt.kind.kind
    problem = ""
    if kind == "Pod":
        problem = _pod_problem(cluster, attempt, name, new, old)
    elif kind == "Node":
        problem = _node_problem(attempt, name, new, old)
    elif kind == "Lease" and attempt.namespace != LEASES:
        problem = f'can only access leases in the "{LEASES}" system namespace'
    elif kind in ("Lease", "CSINode") and attempt.name != name:
        what = "node lease" if kind == "Lease" else kind
        problem = f"can only access {what} with the same name as the requesting node"
    if problem:
        raise attempt.forbidden(problem)


def _pod_problem(cluster: Cluster, attempt: Attempt, name: str, new: Obj | None, old: Obj | None) -> str:
    is_mine = bool(old) and (old or {})["spec"].get("nodeName") == name
    if attempt.subresource == "status":
        if not is_mine:
            return f'node "{name}" can only update pod status for pods with spec.nodeName set to itself'
        changes = new and old and new["metadata"].get("labels") != old["metadata"].get("labels")
        return f'node "{name}" cannot update labels through pod status' if changes else ""
    if attempt.subresource == "eviction":
        return "" if is_mine else f"node {name} can only evict pods with spec.nodeName set to itself"
    if attempt.subresource:
        return f"unexpected pod subresource \"{attempt.subresource}\", only 'status' and 'eviction' are allowed"
    if new is None:
        return "" if is_mine else f'node "{name}" can only delete pods with spec.nodeName set to itself'
    if old is not None:
        return f'unexpected operation "UPDATE", node "{name}" can only create and delete mirror pods'
    return _mirror_problem(cluster, name, new)


def _mirror_problem(cluster: Cluster, name: str, pod: Obj) -> str:
    metadata, spec = pod["metadata"], pod["spec"]
    start, owners = f'node "{name}" can only create pods with', metadata.get("ownerReferences") or []
    if MIRROR not in (metadata.get("annotations") or {}):
        return f'pod does not have "{MIRROR}" annotation, node "{name}" can only create mirror pods'
    if spec.get("nodeName") != name:
        return f"{start} spec.nodeName set to itself"
    if len(owners) > 1:
        return f"{start} a single owner reference set to itself"
    if [(owner["apiVersion"], owner["kind"], owner["name"]) for owner in owners] != [("v1", "Node", name)]:
        return f"{start} an owner reference set to itself"
    if not owners[0].get("controller"):
        return f"{start} a controller owner reference set to itself"
    node = cluster.get("Node", name)
    if node is not None and node["metadata"]["uid"] != owners[0]["uid"]:
        return f"node {name} UID mismatch: expected {owners[0]['uid']} got {node['metadata']['uid']}"
    return ""


def _node_problem(attempt: Attempt, name: str, new: Obj | None, old: Obj | None) -> str:
    if attempt.name != name:
        return f'node "{name}" is not allowed to modify node "{attempt.name}"'
    if new is None or old is None:
        return ""
    if ((new.get("spec") or {}).get("taints") or []) != ((old.get("spec") or {}).get("taints") or []):
        return f'node "{name}" is not allowed to modify taints'
    before, after = (obj["metadata"].get("labels") or {} for obj in (old, new))
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    forbidden = [key for key in changed if _is_reserved(key)]
    return f"is not allowed to modify labels: {', '.join(forbidden)}" if forbidden else ""


def _is_reserved(label: str) -> bool:
    """Only people may give a node this label: pods are steered by it."""
    space = label.rpartition("/")[0]
    if not f".{space}".endswith((".kubernetes.io", ".k8s.io")):
        return False
    return label not in KUBELET_LABELS and not f".{space}".endswith(tuple(f".{own}" for own in KUBELET_SPACES))
