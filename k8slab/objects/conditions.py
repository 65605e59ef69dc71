"""Conditions, and what the usual questions about an object come down to.

Source    staging/src/k8s.io/apimachinery/pkg/api/meta/conditions.go; pkg/controller/controller_utils.go, IsPodActive
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "get_condition",
    "has_condition",
    "is_active",
    "is_leaving",
    "is_ready",
    "with_condition",
]

Obj = dict[str, Any]


def get_condition(obj: Obj, type: str) -> Obj | None:
    """The condition of this type in an object's status, or None."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition["type"] == type:
            found: Obj = condition
            return found
    return None


def has_condition(obj: Obj, type: str, status: str = "True") -> bool:
    """The object has the condition, with this status."""
    condition = get_condition(obj, type)
    return condition is not None and condition["status"] == status


def with_condition(conditions: list[Obj], new: Obj, now: str) -> list[Obj]:
    """The conditions with `new` in the place of the one of its type, or at the end.

    `lastTransitionTime` becomes `now` when the status is another than before, and else stays as it was.
    """
    result, is_known = [], False
    for condition in conditions:
        if condition["type"] == new["type"]:
            is_known = True
            since = condition.get("lastTransitionTime", now) if condition["status"] == new["status"] else now
            condition = {**new, "lastTransitionTime": since}
        result.append(condition)
    return result if is_known else [*result, {**new, "lastTransitionTime": now}]


def is_ready(obj: Obj) -> bool:
    """The Pod or Node is Ready."""
    for condition in (obj.get("status") or {}).get("conditions") or ():  # has_condition, for the hottest of questions
        if condition["type"] == "Ready":
            return bool(condition["status"] == "True")
    return False


def is_leaving(obj: Obj) -> bool:
    """The object is being deleted."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_active(pod: Obj) -> bool:
    """The Pod has neither ended nor is it being deleted."""
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed") and not is_leaving(pod)
