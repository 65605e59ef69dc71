"""What a PodDisruptionBudget says of itself, the same for the API server and the controller.

Source    staging/src/k8s.io/component-helpers/apps/poddisruptionbudget/helpers.go
"""

from __future__ import annotations

from typing import Any

from k8slab.objects.conditions import with_condition
from k8slab.objects.selectors import matches

__all__ = [
    "budgets_of",
    "with_disruption_condition",
]

Obj = dict[str, Any]


def budgets_of(pod: Obj, budgets: list[Obj]) -> list[Obj]:
    """The budgets of the pod's namespace that select it; one without a selector selects nothing, an empty one all."""
    labels = pod["metadata"].get("labels") or {}
    return [
        each for each in budgets if (wanted := each["spec"].get("selector")) is not None and matches(wanted, labels)
    ]


def with_disruption_condition(status: Obj, now: str) -> Obj:
    """The status with the condition that goes with the disruptions it allows."""
    allows = status["disruptionsAllowed"] > 0
    condition = {
        "type": "DisruptionAllowed",
        "status": "True" if allows else "False",
        "observedGeneration": status.get("observedGeneration", 0),
        "reason": "SufficientPods" if allows else "InsufficientPods",
        "message": "",
    }
    return {**status, "conditions": with_condition(status.get("conditions") or [], condition, now)}
