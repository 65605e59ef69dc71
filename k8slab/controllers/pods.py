"""What every controller of Pods needs to know: how one is made, whose it is, since when it can be relied on.

Source    pkg/controller/controller_utils.go, GetPodFromTemplate; pkg/api/v1/pod/util.go, IsPodAvailable
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.client import After, Informer
from k8slab.objects import controller_of, get_condition, is_ready, owner_reference, parse_rfc3339

__all__ = [
    "available_in_s",
    "fits",
    "index_pods_by_owner",
    "is_available",
    "new_pod",
    "next_look",
    "replicas_of",
]

Obj = dict[str, Any]


def replicas_of(rs: Obj) -> int:
    """How many Pods the ReplicaSet is told to keep."""
    replicas: int = rs["spec"].get("replicas", 1)
    return replicas


def new_pod(owner: Obj) -> Obj:
    """A Pod from the owner's template, named after the owner; the template's spec is shared, not copied."""
    template = owner["spec"]["template"]
    given = template.get("metadata") or {}
    metadata: Obj = {
        "generateName": owner["metadata"]["name"] + "-",
        "namespace": owner["metadata"]["namespace"],
        "ownerReferences": [owner_reference(owner)],
    }
    metadata |= {name: given[name] for name in ("labels", "annotations", "finalizers") if given.get(name)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def index_pods_by_owner(pods: Informer) -> None:
    """Let the Pods be found by the uid of their controller, with `by_index("owner", uid)`."""
    pods.add_index("owner", _owner_uid)


def _owner_uid(obj: Obj) -> tuple[str, ...]:
    owner = controller_of(obj)
    return (owner["uid"],) if owner else ()


def available_in_s(pod: Obj, min_ready_s: float, now: float) -> float:
    """Seconds until a ready Pod has been ready for `min_ready_s`; 0 or less when it has."""
    if not min_ready_s:
        return 0.0
    ready = get_condition(pod, "Ready") or {}
    since = ready.get("lastTransitionTime")
    return parse_rfc3339(since) + min_ready_s - now if since else min_ready_s


def is_available(pod: Obj, min_ready_s: float, now: float) -> bool:
    """The Pod is ready, and has been for `min_ready_s`."""
    return is_ready(pod) and available_in_s(pod, min_ready_s, now) <= 0


def next_look(pods: list[Obj], min_ready_s: float, now: float) -> After | None:
    """When the next of the ready Pods will have been ready for long enough."""
    waits = [available_in_s(pod, min_ready_s, now) for pod in pods if is_ready(pod)] if min_ready_s else []
    return min((After(wait) for wait in waits if wait > 0), default=None)


def fits(status: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """The status already says what is wanted (an absent number is 0)."""
    return all(status.get(name, 0) == value for name, value in wanted.items())
