"""Columns as Go's text/tabwriter lays them out for kubeadm."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["table"]

WIDTH, SPACE = 10, 3


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines; the last column is as wide as it is."""
    widths = [max(WIDTH, *(len(row[at]) + SPACE for row in rows)) for at in range(len(rows[0]) - 1)]
    return ["".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows]
