"""Filling in what nobody wrote, in an object that is shared with everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = [
    "each",
    "filled",
    "replaced",
]

Obj = dict[str, Any]


def filled(obj: Obj, defaults: Mapping[str, Any]) -> Obj:
    """The object with the fields it lacks (an empty text is none); the very same one when it lacks none."""
    missing = {
        name: value
        for name, value in defaults.items()
        if (given := obj.get(name)) is None or (given == "" and value != "")
    }
    return {**obj, **missing} if missing else obj


def replaced(obj: Obj, name: str, value: Any) -> Obj:
    """The object with another value in one field; the very same one when it is the same value."""
    return obj if obj.get(name) is value else {**obj, name: value}


def each(items: list[Obj], change: Callable[[Obj], Obj]) -> list[Obj]:
    """Every element changed; the very same list when none is."""
    changed = [change(item) for item in items]
    return items if all(old is new for old, new in zip(items, changed, strict=True)) else changed
