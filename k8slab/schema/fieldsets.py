"""Sets of field paths, in the form in which they travel (fieldsV1), and the algebra on them.

A set is a dict of path elements: `f:NAME` for a field, `k:{…}` for the element of a list with keys, `v:…` for the
element of a list that is a set, `i:N` for a place. An element that leads to `{}` is in the set; one that leads to more
is in it only if there is a `.` beside the rest. Sets are never changed in place, and share what they have in common.
The set of nothing is `{}`.

Source    sigs.k8s.io/structured-merge-diff/v6: fieldpath/{set,serialize,serialize-pe}.go
Left out  elements by index are read and written, but no list of the API gives any
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

__all__ = [
    "HERE",
    "FieldSet",
    "difference",
    "from_fields_v1",
    "intersection",
    "paths",
    "to_fields_v1",
    "union",
]

FieldSet = dict[str, Any]

HERE = "."  # beside other elements: what leads here is in the set itself
MEMBER: FieldSet = {}
ORDER = {HERE: 0, "f": 1, "k": 2, "v": 3, "i": 4}


def union(one: FieldSet, other: FieldSet) -> FieldSet:
    """The paths that are in either set."""
    if not one or not other:
        return one or other
    return _union(one, other)


def _union(one: FieldSet, other: FieldSet) -> FieldSet:
    if one is other:
        return one
    if not one or not other:
        rest = one or other
        return rest if not rest or HERE in rest else {HERE: MEMBER, **rest}
    draft = dict(one)
    for element, below in other.items():
        ours = one.get(element)
        draft[element] = below if ours is None else _union(ours, below)
    return one if _is_as_before(draft, one) else draft


def difference(one: FieldSet, other: FieldSet) -> FieldSet:
    """The paths of the first set that are not in the second."""
    if not one or not other:
        return one
    return _difference(one, other) or {}


def _difference(one: FieldSet, other: FieldSet) -> FieldSet | None:
    if one is other:
        return None
    if not one:
        return None if _is_member(other) else one
    if not other:
        return {element: below for element, below in one.items() if element != HERE} if HERE in one else one
    draft: FieldSet = {}
    for element, below in one.items():
        theirs = other.get(element)
        rest = below if theirs is None else None if element == HERE else _difference(below, theirs)
        if rest is not None:
            draft[element] = rest
    return one if _is_as_before(draft, one) else _settled(draft)


def intersection(one: FieldSet, other: FieldSet) -> FieldSet:
    """The paths that are in both sets."""
    if not one or not other:
        return {}
    return _intersection(one, other) or {}


def _intersection(one: FieldSet, other: FieldSet) -> FieldSet | None:
    if one is other:
        return one
    if not one or not other:
        return MEMBER if _is_member(one) and _is_member(other) else None
    draft: FieldSet = {}
    for element, below in one.items():
        theirs = other.get(element)
        both = None if theirs is None else _intersection(below, theirs)
        if both is not None:
            draft[element] = both
    return one if _is_as_before(draft, one) else _settled(draft)


def _is_member(node: FieldSet) -> bool:
    return not node or HERE in node


def _is_as_before(draft: FieldSet, before: FieldSet) -> bool:
    return len(draft) == len(before) and all(before.get(name) is below for name, below in draft.items())


def _settled(draft: FieldSet) -> FieldSet | None:
    """A node in the one form that it may have; None when nothing is left of it."""
    if not draft:
        return None
    return MEMBER if len(draft) == 1 and HERE in draft else draft


# The form on the wire


def from_fields_v1(given: Any) -> FieldSet:
    """The set that a fieldsV1 stands for, in its one form. Raises ValueError."""
    if not isinstance(given, dict):
        raise ValueError("fieldsV1 must be an object")
    return {name: below for name, below in _read(given).items() if name != HERE}


def _read(given: dict[str, Any]) -> FieldSet:
    for element, below in given.items():
        if not isinstance(below, dict):
            raise ValueError(f"{element}: fieldsV1 must be an object")
    return _settled({name: _read(given[name]) for name in sorted(given, key=_rank)}) or MEMBER


def to_fields_v1(given: FieldSet) -> FieldSet:
    """A set as the server writes it: fields, then keys, then values, each in their order."""
    return {name: to_fields_v1(given[name]) for name in sorted(given, key=_rank)}


def _rank(element: str) -> Any:
    """Where a path element stands among its siblings. Raises ValueError for what is none."""
    kind, _, rest = element.partition(":")
    if element == HERE or kind == "f":
        return ORDER[kind], rest, ()
    try:
        value = json.loads(rest)
        return ORDER[kind], "", tuple(map(_weight, value.values() if kind == "k" else [value]))
    except (KeyError, AttributeError, ValueError):
        raise ValueError(f"unknown path element: {element}") from None


def _weight(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))


def paths(given: FieldSet) -> list[str]:
    """The members of a set as texts such as `.spec.containers[name="web"].image`, members before what is below."""
    return list(_paths(given, ""))


def _paths(node: FieldSet, path: str) -> Iterator[str]:
    elements = [(path + _shown(name), node[name]) for name in sorted(node, key=_rank) if name != HERE]
    yield from (where for where, below in elements if _is_member(below))
    for where, below in elements:
        yield from _paths(below, where)


def _shown(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return "." + rest
    if kind == "k":
        pairs = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in json.loads(rest).items())
        return "[" + ",".join(pairs) + "]"
    return f"[={rest}]" if kind == "v" else f"[{rest}]"
