"""What every controller of Pods needs to know: how one is made, whose it is, since when it can be relied on.

Source    pkg/controller/controller_utils.go, GetPodFromTemplate; pkg/api/v1/pod/util.go, IsPodAvailable;
          pkg/controller/replicaset/replica_set.go, slowStartBatch
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8slab.client import Informer
from k8slab.objects import controller_of, get_condition, is_ready, owner_reference, parse_rfc3339
from k8slab.wire import ApiError

__all__ = [
    "available_in_s",
    "fits",
    "index_pods_by_owner",
    "is_available",
    "is_place_closing",
    "new_pod",
    "replicas_of",
    "slow_start",
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


def slow_start(count: int, act: Callable[[int], None]) -> ApiError | None:
    """Do something `count` times: once, twice, four times …, as long as all of a batch goes well; else the error.

    Where every try must fail, as with a quota, only one is made and not five hundred.
    """
    done, batch = 0, 1
    while done < count:
        failures = []
        for i in range(done, min(done + batch, count)):
            try:
                act(i)
            except ApiError as error:
                failures.append(error)
        if failures:
            return failures[0]
        done, batch = done + batch, batch * 2
    return None


def is_place_closing(error: ApiError) -> bool:
    """Nothing can be made any more because the namespace is going: nobody needs to hear of it."""
    return any(cause.get("reason") == "NamespaceTerminating" for cause in error.details.get("causes") or ())


def fits(status: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """The status already says what is wanted (an absent number is 0)."""
    return all(status.get(name, 0) == value for name, value in wanted.items())
