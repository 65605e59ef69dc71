"""Conditions."""

from __future__ import annotations

from typing import Any

__all__ = ["get_condition", "has_condition", "is_active", "is_leaving", "is_ready", "with_condition"]

Obj = dict[str, Any]


def get_condition(obj: Obj, type: str) -> Obj | None:
    """One."""
    for c in (obj.get("status") or {}).get("conditions") or ():
        if c["type"] == type:
            return c
    return None


def has_condition(obj: Obj, type: str, status: str = "True") -> bool:
    """Has."""
    c = get_condition(obj, type)
    return c is not None and c["status"] == status


def with_condition(conditions: list[Obj], new: Obj, now: str) -> list[Obj]:
    """With."""
    out, done = [], False
    for c in conditions:
        if c["type"] == new["type"]:
            done = True
            since = c.get("lastTransitionTime", now) if c["status"] == new["status"] else now
            out.append({**new, "lastTransitionTime": since})
        else:
            out.append(c)
    if not done:
        out.append({**new, "lastTransitionTime": now})
    return out


def is_ready(obj: Obj) -> bool:
    """Ready."""
    return has_condition(obj, "Ready")


def is_leaving(obj: Obj) -> bool:
    """Leaving."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_active(pod: Obj) -> bool:
    """Active."""
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed") and not is_leaving(pod)
