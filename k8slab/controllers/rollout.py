"""The arithmetic of a roll-out, in pure functions: how many replicas each ReplicaSet may have now.

Source    pkg/controller/deployment/util/deployment_util.go (NewRSNewReplicas, ResolveFenceposts,
          GetReplicaSetProportion);
          rolling.go (reconcileOldReplicaSets); sync.go (scale, calculateStatus); progress.go (syncRolloutStatus)
"""

from __future__ import annotations

import math
from typing import Any

from k8slab.controllers.pods import replicas_of
from k8slab.objects import get_condition, parse_rfc3339, rfc3339, with_condition

__all__ = [
    "begun",
    "deployment_status",
    "is_complete",
    "max_surge",
    "new_replicas",
    "proportional",
    "scale_down_old",
    "wants_scaling",
]

Obj = dict[str, Any]
Scalings = list[tuple[Obj, int]]

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX = "deployment.kubernetes.io/max-replicas"
NO_DEADLINE_S = 2**31 - 1
DONE, UPDATED, TIMED_OUT = "NewReplicaSetAvailable", "ReplicaSetUpdated", "ProgressDeadlineExceeded"
PAUSED = "DeploymentPaused"


def sum_replicas(sets: list[Obj]) -> int:
    """How many Pods the ReplicaSets together are told to keep."""
    return sum(map(replicas_of, sets))


def _available(sets: list[Obj]) -> int:
    return sum((rs.get("status") or {}).get("availableReplicas", 0) for rs in sets)


def _fenceposts(deployment: Obj) -> tuple[int, int]:
    """maxSurge rounded up and maxUnavailable rounded down; never both 0."""
    strategy, wanted = deployment["spec"]["strategy"], deployment["spec"]["replicas"]
    if strategy["type"] == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = _resolved(rolling.get("maxSurge", "25%"), wanted, math.ceil)
    unavailable = _resolved(rolling.get("maxUnavailable", "25%"), wanted, math.floor)
    return surge, min(unavailable if surge or unavailable else 1, wanted)


def _resolved(value: int | str, of: int, rounding: Any) -> int:
    if isinstance(value, str):
        return int(rounding(int(value.rstrip("%")) * of / 100))
    return value


def max_surge(deployment: Obj) -> int:
    """How many Pods more than wanted a roll-out may have."""
    return _fenceposts(deployment)[0]


def max_unavailable(deployment: Obj) -> int:
    """How many Pods of the wanted number may be unavailable during a roll-out."""
    return _fenceposts(deployment)[1]


def new_replicas(deployment: Obj, new: Obj | None, owned: list[Obj]) -> int:
    """What the new ReplicaSet may have now without going beyond the surge."""
    wanted: int = deployment["spec"]["replicas"]
    have = replicas_of(new) if new else 0
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        return wanted
    if have > wanted:
        return wanted
    room = wanted + max_surge(deployment) - sum_replicas(owned)
    return have + min(max(room, 0), wanted - have)


def scale_down_old(deployment: Obj, new: Obj, old: list[Obj]) -> Scalings:
    """Which old ReplicaSets may shrink, and to what: first their broken Pods, then as many as stay available."""
    if not sum_replicas(old):
        return []
    least = deployment["spec"]["replicas"] - max_unavailable(deployment)
    new_unavailable = replicas_of(new) - _available([new])
    room = sum_replicas(old) + replicas_of(new) - least - new_unavailable
    if room <= 0:
        return []
    sizes = {rs["metadata"]["name"]: replicas_of(rs) for rs in old}
    for rs in old:
        unhealthy = min(room, sizes[rs["metadata"]["name"]] - _available([rs]))
        if unhealthy > 0:
            sizes[rs["metadata"]["name"]] -= unhealthy
            room -= unhealthy
    spare = _available([*old, new]) - least
    for rs in old:
        fewer = min(sizes[rs["metadata"]["name"]], spare)
        if fewer > 0:
            sizes[rs["metadata"]["name"]] -= fewer
            spare -= fewer
    return [(rs, sizes[rs["metadata"]["name"]]) for rs in old if sizes[rs["metadata"]["name"]] != replicas_of(rs)]


def wants_scaling(deployment: Obj, owned: list[Obj]) -> bool:
    """Somebody changed spec.replicas since the active ReplicaSets were sized."""
    for rs in owned:
        desired = (rs["metadata"].get("annotations") or {}).get(DESIRED, "")
        if replicas_of(rs) and desired.isdigit() and int(desired) != deployment["spec"]["replicas"]:
            return True
    return False


def proportional(deployment: Obj, new: Obj | None, owned: list[Obj]) -> Scalings:
    """Share a new number of replicas among the ReplicaSets, in proportion to their sizes."""
    wanted: int = deployment["spec"]["replicas"]
    active = [rs for rs in owned if replicas_of(rs)]
    if len(active) <= 1:
        only = active[0] if active else new or (owned[-1] if owned else None)
        return [(only, wanted)] if only is not None else []
    if new is not None and (new.get("status") or {}).get("availableReplicas", 0) == wanted == replicas_of(new):
        return [(rs, 0) for rs in active if rs is not new]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        return []
    return _shared_out(deployment, active, wanted + max_surge(deployment) if wanted else 0)


def _shared_out(deployment: Obj, active: list[Obj], allowed: int) -> Scalings:
    to_add = allowed - sum_replicas(active)
    largest_first = sorted(active, key=_age_order, reverse=to_add > 0)  # of the same size, newer grow, older shrink
    largest_first.sort(key=replicas_of, reverse=True)
    sizes, added = [], 0
    for rs in largest_first:
        share = _proportion(deployment, rs, to_add, added) if to_add else 0
        sizes.append(replicas_of(rs) + share)
        added += share
    sizes[0] = max(sizes[0] + to_add - added, 0)
    return list(zip(largest_first, sizes, strict=True))


def _age_order(rs: Obj) -> tuple[str, str]:
    return rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]


def _proportion(deployment: Obj, rs: Obj, to_add: int, added: int) -> int:
    """A ReplicaSet's part of the replicas to add (or, negative, to remove)."""
    before = (rs["metadata"].get("annotations") or {}).get(MAX, "")
    wanted: int = deployment["spec"]["replicas"]
    most_before = int(before) if before.isdigit() else 0
    most_before = most_before or (deployment.get("status") or {}).get("replicas", 0)
    if wanted and not most_before:
        fraction = 0
    elif wanted:
        most_now = wanted + max_surge(deployment)
        fraction = math.floor(replicas_of(rs) * most_now / most_before + 0.5) - replicas_of(rs)
    else:
        fraction = -replicas_of(rs)
    left = to_add - added
    return min(fraction, left) if to_add > 0 else max(fraction, left)


def deployment_status(deployment: Obj, new: Obj | None, owned: list[Obj], now: float) -> tuple[Obj, float | None]:
    """The status of a Deployment, and in how many seconds its progress deadline may pass (None: it cannot)."""
    statuses = [rs.get("status") or {} for rs in owned]
    total = sum(status.get("replicas", 0) for status in statuses)
    available = _available(owned)
    status: Obj = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": total,
        "updatedReplicas": ((new or {}).get("status") or {}).get("replicas", 0),
        "readyReplicas": sum(s.get("readyReplicas", 0) for s in statuses),
        "availableReplicas": available,
        "unavailableReplicas": max(sum_replicas(owned) - available, 0),
        "terminatingReplicas": sum(s.get("terminatingReplicas", 0) for s in statuses),
    }
    before = (deployment.get("status") or {}).get("conditions") or []
    conditions = _with(before, _available_condition(deployment, available), now)
    progress = _progress_condition(deployment, new, status, now)
    if progress is not None:
        conditions = _with(conditions, progress, now)
    unwanted = {"Progressing"} if not _has_deadline(deployment) else set()
    failure = _replica_failure(new, owned)
    if failure is not None:
        conditions = _with(conditions, failure, now)
    else:
        unwanted.add("ReplicaFailure")
    status["conditions"] = [condition for condition in conditions if condition["type"] not in unwanted]
    return status, _deadline_in_s(deployment, status, now)


def _with(conditions: list[Obj], new: Obj, now: float) -> list[Obj]:
    """The conditions with this one at their end; it is left as it was when neither status nor reason changes.

    ReplicaSetUpdated is written anew all the same, as its lastUpdateTime is what the progress deadline counts from.
    """
    had = get_condition({"status": {"conditions": conditions}}, new["type"])
    if had and (had["status"], had["reason"]) == (new["status"], new["reason"]) and new["reason"] != UPDATED:
        return conditions
    stamp = rfc3339(now)
    changed = with_condition(conditions, {**new, "lastUpdateTime": stamp}, stamp)
    return sorted(changed, key=lambda condition: bool(condition["type"] == new["type"]))


def _replica_failure(new: Obj | None, owned: list[Obj]) -> Obj | None:
    """Why a ReplicaSet cannot make its Pods, the new one's reason before those of others."""
    for rs in [*([new] if new else []), *owned]:
        failure = get_condition(rs, "ReplicaFailure")
        if failure is not None:
            return {name: failure[name] for name in ("type", "status", "reason", "message") if name in failure}
    return None


def _has_deadline(deployment: Obj) -> bool:
    limit_s: int = deployment["spec"].get("progressDeadlineSeconds", NO_DEADLINE_S)
    return limit_s != NO_DEADLINE_S


def _available_condition(deployment: Obj, available: int) -> Obj:
    if available >= deployment["spec"]["replicas"] - max_unavailable(deployment):
        text = "Deployment has minimum availability."
        return {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": text}
    text = "Deployment does not have minimum availability."
    return {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": text}


def _progress_condition(deployment: Obj, new: Obj | None, status: Obj, now: float) -> Obj | None:
    """Progressing: done, moving, paused or stuck; None leaves the condition as it was."""
    spec, had = deployment["spec"], get_condition(deployment, "Progressing")
    if not _has_deadline(deployment):
        return None
    reason = had["reason"] if had else ""
    if spec.get("paused"):
        return None if reason == TIMED_OUT else _progressing("Unknown", PAUSED, "Deployment is paused")
    if reason == PAUSED:
        return _progressing("Unknown", "DeploymentResumed", "Deployment is resumed")
    if reason == DONE and status["replicas"] == status["updatedReplicas"]:
        return None  # scaling, or losing a Pod, is no roll-out
    name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    if is_complete(deployment, status):
        return _progressing("True", DONE, f"{name} has successfully progressed.")
    if had is not None and _has_progressed(deployment.get("status") or {}, status):
        return _progressing("True", UPDATED, f"{name} is progressing.")
    if had is not None and _has_timed_out(deployment, had, now):
        return _progressing("False", TIMED_OUT, f"{name} has timed out progressing.")
    return None


def begun(deployment: Obj, new: Obj, verb: str, now: float) -> Obj:
    """The Deployment with Progressing set for a ReplicaSet that was just Created, or Found; the deadline starts."""
    if not _has_deadline(deployment):
        return deployment
    status = deployment.get("status") or {}
    text = f'{verb} new replica set "{new["metadata"]["name"]}"'
    condition = _progressing("True", f"NewReplicaSet{verb}" if verb == "Created" else f"{verb}NewReplicaSet", text)
    conditions = _with(status.get("conditions") or [], condition, now)
    return {**deployment, "status": {**status, "conditions": conditions}}


def _progressing(status: str, reason: str, message: str) -> Obj:
    return {"type": "Progressing", "status": status, "reason": reason, "message": message}


def is_complete(deployment: Obj, status: Obj) -> bool:
    """Every wanted Pod is of the newest template and available, and no other is left."""
    wanted = deployment["spec"]["replicas"]
    counts = [status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas")]
    is_seen: bool = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return is_seen and counts == [wanted] * 3


def _has_progressed(before: Obj, status: Obj) -> bool:
    old_before = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return bool(
        status["updatedReplicas"] > before.get("updatedReplicas", 0)
        or status["replicas"] - status["updatedReplicas"] < old_before
        or status["readyReplicas"] > before.get("readyReplicas", 0)
        or status["availableReplicas"] > before.get("availableReplicas", 0)
    )


def _has_timed_out(deployment: Obj, had: Obj, now: float) -> bool:
    reason: str = had["reason"]
    if reason in (DONE, TIMED_OUT):
        return reason == TIMED_OUT
    since = parse_rfc3339(had.get("lastUpdateTime") or had["lastTransitionTime"])
    deadline_s: int = deployment["spec"]["progressDeadlineSeconds"]
    return now >= since + deadline_s


def _deadline_in_s(deployment: Obj, status: Obj, now: float) -> float | None:
    progress = get_condition({"status": status}, "Progressing")
    limit_s: int = deployment["spec"].get("progressDeadlineSeconds", NO_DEADLINE_S)
    if limit_s == NO_DEADLINE_S or progress is None or is_complete(deployment, status):
        return None
    if progress["reason"] in (TIMED_OUT, PAUSED, DONE):
        return None
    since = parse_rfc3339(progress.get("lastUpdateTime") or progress["lastTransitionTime"])
    return max(since + limit_s - now, 1.0)
