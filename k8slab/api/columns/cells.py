"""What the columns of all kinds have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.objects import human_age, parse_rfc3339

__all__ = [
    "NONE",
    "Aging",
    "Columns",
    "age",
    "since",
]

Obj = dict[str, Any]
Cells = list[Any]
Aging = Callable[[float], str]  # a cell that says something else as time goes by: what it says at a moment

NONE = "<none>"


class Columns(NamedTuple):
    """The titles of a kind's columns (wide ones begin with `*`), and the cells of one object, some of them Aging."""

    titles: tuple[str, ...]
    cells: Callable[[Obj], Cells]


def age(obj: Obj) -> Aging:
    """How long ago the object was created."""
    return since(obj["metadata"].get("creationTimestamp"))


def since(moment: str | None, form: str = "{}") -> Aging:
    """How long ago a moment was (as `form` says it), `<unknown>` without one."""
    if not moment:
        return lambda now: form.format("<unknown>")
    start = parse_rfc3339(moment)
    return lambda now: form.format(human_age(now - start))
