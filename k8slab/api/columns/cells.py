"""What the columns of all kinds have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.objects import human_age, parse_rfc3339

__all__ = [
    "NONE",
    "Columns",
    "age",
    "since",
]

Obj = dict[str, Any]
Cells = list[Any]

NONE = "<none>"


class Columns(NamedTuple):
    """The titles of a kind's columns (wide ones begin with `*`), and the cells of one object."""

    titles: tuple[str, ...]
    cells: Callable[[Obj, float], Cells]


def age(obj: Obj, now: float) -> str:
    """How long ago the object was created."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def since(moment: str | None, now: float) -> str:
    """How long ago a moment was, `<unknown>` without one."""
    return human_age(now - parse_rfc3339(moment)) if moment else "<unknown>"
