"""The fields of limit ranges and priority classes that the server fills in.

Source    pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem); pkg/apis/scheduling/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]


def _limit_range(obj: Obj) -> Obj:
    spec = obj.get("spec") or {}
    limits = spec.get("limits")
    return replaced(obj, "spec", replaced(spec, "limits", each(limits, _item))) if limits else obj


def _item(item: Obj) -> Obj:
    """What a container may have at most it has, and what it has it asks for, or else at least the least."""
    if item.get("type") != "Container":
        return item
    default = {**(item.get("max") or {}), **(item.get("default") or {})}
    request = {**(item.get("min") or {}), **default, **(item.get("defaultRequest") or {})}
    wanted = {name: value for name, value in (("default", default), ("defaultRequest", request)) if value}
    return item if all(item.get(name) == value for name, value in wanted.items()) else {**item, **wanted}


def _priority_class(obj: Obj) -> Obj:
    return filled(obj, {"value": 0, "preemptionPolicy": "PreemptLowerPriority"})


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {
    ("v1", "LimitRange"): _limit_range,
    ("scheduling.k8s.io/v1", "PriorityClass"): _priority_class,
}
