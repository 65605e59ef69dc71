"""The columns of each kind in `kubectl get`, by kind; one file per API group."""

from __future__ import annotations

from k8slab.api.columns import apps, autoscaling, batch, core, networking, own, pods, policy, rbac, services, storage
from k8slab.api.columns.cells import Aging, Columns

__all__ = ["COLUMNS", "Aging", "Columns"]

COLUMNS: dict[str, Columns] = {
    **apps.COLUMNS,
    **autoscaling.COLUMNS,
    **batch.COLUMNS,
    **core.COLUMNS,
    **networking.COLUMNS,
    **own.COLUMNS,
    **pods.COLUMNS,
    **policy.COLUMNS,
    **rbac.COLUMNS,
    **services.COLUMNS,
    **storage.COLUMNS,
}
