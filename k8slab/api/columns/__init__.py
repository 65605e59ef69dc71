"""The columns of each kind in `kubectl get`, by kind; one file per API group."""

from __future__ import annotations

from k8slab.api.columns import apps, core, pods, services
from k8slab.api.columns.cells import Columns

__all__ = ["COLUMNS", "Columns"]

COLUMNS: dict[str, Columns] = {**core.COLUMNS, **pods.COLUMNS, **services.COLUMNS, **apps.COLUMNS}
