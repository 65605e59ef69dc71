"""The columns of Jobs and CronJobs.

Source    pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from k8slab.api.columns.cells import Columns

__all__ = ["COLUMNS"]

COLUMNS: dict[str, Columns] = {}
