"""The columns of budgets, quotas and priority classes; limit ranges have none of their own.

Source    pkg/printers/internalversion/printers.go (printPodDisruptionBudget, printResourceQuota, printPriorityClass)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import Columns, age

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]


def _budget(obj: Obj) -> Cells:
    wanted = [str(obj["spec"].get(name, "N/A")) for name in ("minAvailable", "maxUnavailable")]
    allowed = (obj.get("status") or {}).get("disruptionsAllowed", 0)
    return [obj["metadata"]["name"], *wanted, allowed, age(obj)]


def _quota(obj: Obj) -> Cells:
    status = obj.get("status") or {}
    used, shown = status.get("used") or {}, ([], [])  # type: dict[str, str], tuple[list[str], list[str]]
    for name, hard in sorted((status.get("hard") or {}).items()):
        shown[name.startswith("limits.")].append(f"{name}: {used.get(name, '0')}/{hard}")
    return [obj["metadata"]["name"], *(", ".join(texts) for texts in shown), age(obj)]


def _priority_class(obj: Obj) -> Cells:
    policy = obj.get("preemptionPolicy", "")
    return [obj["metadata"]["name"], obj.get("value", 0), obj.get("globalDefault", False), age(obj), policy]


COLUMNS: dict[str, Columns] = {
    "PodDisruptionBudget": Columns(
        ("Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"),
        _budget,
    ),
    "PriorityClass": Columns(("Name", "Value", "Global-Default", "Age", "PreemptionPolicy"), _priority_class),
    "ResourceQuota": Columns(("Name", "Request", "Limit", "Age"), _quota),
}
