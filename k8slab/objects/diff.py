"""What differs between two forms of an object, field by field.

Elements of lists are matched by what names them (`item_name`), else by their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

__all__ = [
    "MISSING",
    "Change",
    "changes",
    "item_name",
    "path_text",
]

Path = tuple[str | int, ...]

NAMED_BY = ("name", "type", "uid", "key", "ip")


class _Missing:
    """Stands for a field that is not there."""

    def __repr__(self) -> str:
        return "∅"


MISSING: Final = _Missing()


class Change(NamedTuple):
    """One field: where it is, what it was and what it is (MISSING: not there)."""

    path: Path
    before: Any
    after: Any


def changes(before: Any, after: Any, path: Path = ()) -> list[Change]:
    """Every leaf that differs, in the order of the fields; a subtree that comes or goes is one change."""
    return list(_changes(before, after, path))


def _changes(before: Any, after: Any, path: Path) -> Iterator[Change]:
    if before is after or before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _changes(before.get(name, MISSING), after.get(name, MISSING), (*path, name))
    elif isinstance(before, list) and isinstance(after, list):
        old, new = _by_name(before), _by_name(after)
        if old is None or new is None:
            old, new = dict(enumerate(before)), dict(enumerate(after))
        for key in dict.fromkeys((*old, *new)):
            yield from _changes(old.get(key, MISSING), new.get(key, MISSING), (*path, key))
    else:
        yield Change(path, before, after)


def item_name(item: Any) -> str:
    """What tells an element of a list from the others, "" for one without a name.

    A taint is named by key and effect, an endpoint by its first address.
    """
    if not isinstance(item, dict):
        return ""
    if "effect" in item:
        return f"{item.get('key', '')}:{item['effect']}"
    name = next((item[field] for field in NAMED_BY if item.get(field)), "")
    return str(name or next(iter(item.get("addresses") or ()), ""))


def _by_name(items: list[Any]) -> dict[str | int, Any] | None:
    """The elements under their names, None when they have none that differ."""
    names = [f"[{name}]" for name in map(item_name, items) if name]
    return dict(zip(names, items, strict=True)) if len(names) == len(items) == len(set(names)) else None


def path_text(path: Path) -> str:
    """`status.conditions[Ready].status`, `spec.containers[0].image`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.startswith("["):
            text += part
        else:
            text += f".{part}" if text else part
    return text
