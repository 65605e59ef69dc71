"""The columns of roles and bindings.

Source    pkg/printers/internalversion/printers.go; roles have only those that every kind has
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import Columns, age

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

WHO = ("*Users", "*Groups", "*ServiceAccounts")


def _binding(obj: Obj) -> Cells:
    role, subjects = obj["roleRef"], obj.get("subjects") or []
    users, groups = (
        ", ".join(subject["name"] for subject in subjects if subject["kind"] == kind) for kind in ("User", "Group")
    )
    accounts = [subject for subject in subjects if subject["kind"] == "ServiceAccount"]
    shown = ", ".join(f"{account.get('namespace', '')}/{account['name']}" for account in accounts)
    return [obj["metadata"]["name"], f"{role['kind']}/{role['name']}", age(obj), users, groups, shown]


COLUMNS: dict[str, Columns] = {
    "ClusterRoleBinding": Columns(("Name", "Role", "Age", *WHO), _binding),
    "RoleBinding": Columns(("Name", "Role", "Age", *WHO), _binding),
}
