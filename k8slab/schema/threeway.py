"""The patch between two or three versions of an object, as kubectl computes it.

`kubectl apply` has three: what was applied last, what is wanted now, and what is there. The patch takes
additions and changes from the difference between what is there and what is wanted, and removals only
from the difference between what was applied last and what is wanted: what others added stays.

Source    apimachinery/pkg/util/strategicpatch/patch.go (CreateTwoWayMergeMapPatch, CreateThreeWayMergePatch);
          for kinds without a type, apimachinery/pkg/util/jsonmergepatch/patch.go
Left out  conflicts (kubectl applies with overwrite); preconditions on apiVersion, kind and name
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.schema.facts import Field, Type
from k8slab.schema.merge import go_text, is_same
from k8slab.schema.strategic import (
    DELETE_FROM,
    DIRECTIVE,
    ORDER,
    RETAIN,
    Lookup,
    element_key,
    fields_below,
)

__all__ = ["three_way", "two_way"]

Object = dict[str, Any]


class _Sides(NamedTuple):
    """Which differences a patch takes up."""

    adds: bool
    removes: bool


def two_way(original: Object, modified: Object, as_type: Type | None) -> Object:
    """The strategic merge patch that makes `original` into `modified`."""
    return _diff(original, modified, fields_below(as_type), _Sides(adds=True, removes=True))


def three_way(original: Object, modified: Object, current: Object, as_type: Type | None) -> Object:
    """The strategic merge patch of `kubectl apply`; empty if there is nothing to do.

    Of no type, it is a JSON merge patch: it has no directives and its lists are whole.
    """
    lookup = fields_below(as_type)
    additions = _diff(current, modified, lookup, _Sides(adds=True, removes=False))
    removals = _diff(original, modified, lookup, _Sides(adds=False, removes=True))
    return _combined(removals, additions, lookup)


def _diff(old: Object, new: Object, lookup: Lookup, sides: _Sides, retain: bool = False) -> Object:
    patch: Object = {}
    for name, value in new.items():
        if name not in old or _kind(old[name]) is not _kind(value):
            if sides.adds:
                patch[name] = value
        else:
            patch |= _diff_field(name, old[name], value, lookup(name), sides)
    if sides.removes:
        patch |= {name: None for name in old if name not in new}
    if retain and (patch or any(value is not None and name not in new for name, value in old.items())):
        patch |= {RETAIN: names} if (names := sorted(name for name in new if new[name] is not None)) else {}
    return patch


def _kind(value: Any) -> type:
    return dict if isinstance(value, dict) else list if isinstance(value, list) else type(value)


def _diff_field(name: str, old: Any, new: Any, field: Field | None, sides: _Sides) -> Object:
    strategies = field.strategies if field else frozenset()
    if isinstance(new, dict) and "replace" not in strategies:
        below = _diff(old, new, fields_below(field), sides, "retainKeys" in strategies)
        return {name: below} if below else {}
    if isinstance(new, list) and field and "merge" in strategies:
        return _diff_list(name, old, new, field, sides)
    return {name: new} if sides.adds and not is_same(old, new) else {}


def _diff_list(name: str, old: list[Any], new: list[Any], field: Field, sides: _Sides) -> Object:
    if not old:
        return {name: new} if new and sides.adds else {}
    if isinstance((old + new)[0], dict):
        return _diff_elements(name, old, new, field, sides)
    added = [item for item in new if item not in old] if sides.adds else []
    removed = sorted((item for item in old if item not in new), key=str) if sides.removes else []
    patch: Object = {name: added} if added else {}
    patch |= {DELETE_FROM + name: list(dict.fromkeys(removed))} if removed else {}
    return patch | ({ORDER + name: new} if new and (removed or (sides.adds and not is_same(old, new))) else {})


def _diff_elements(name: str, old: list[Object], new: list[Object], field: Field, sides: _Sides) -> Object:
    key = field.merge_key
    left = [(element_key(item, key), item) for item in old]
    patch: list[Object] = []
    for item in new:
        value = element_key(item, key)
        match = next((pair for pair in left if pair[0] == value), None)
        if match is not None:
            left.remove(match)
            below = _diff(match[1], item, fields_below(field.item), sides, "retainKeys" in field.strategies)
            patch += [{**below, key: value}] if below else []
        elif sides.adds:
            patch.append(item)
    if sides.removes:
        patch += [{DIRECTIVE: "delete", key: value} for value, _ in sorted(left, key=lambda pair: go_text(pair[0]))]
    moved = [element_key(item, key) for item in old] != [element_key(item, key) for item in new]
    order = {ORDER + name: [{key: item[key]} for item in new]} if new and (patch or (sides.adds and moved)) else {}
    return order | ({name: patch} if patch else {})


def _combined(removals: Object, additions: Object, lookup: Lookup) -> Object:
    """Put additions into a patch of removals; the two never speak of the same value."""
    patch = dict(removals)
    for name, value in additions.items():
        there = patch.get(name)
        field = lookup(name)
        if isinstance(there, dict) and isinstance(value, dict):
            patch[name] = _combined(there, value, fields_below(field))
        elif isinstance(there, list) and isinstance(value, list) and field and field.merge_key:
            order = removals.get(ORDER + name) or additions.get(ORDER + name) or []
            patch[name] = _combined_elements(there, value, order, field)
        else:
            patch[name] = value
    return patch


def _combined_elements(
    removals: list[Object], additions: list[Object], order: list[Object], field: Field
) -> list[Object]:
    key, result = field.merge_key, list(removals)
    for item in additions:
        at = next((at for at, other in enumerate(result) if other[key] == item[key] and DIRECTIVE not in other), None)
        if at is None:
            result.append(item)
        else:
            result[at] = _combined(result[at], item, fields_below(field.item))
    places = {element[key]: place for place, element in enumerate(order)}
    return sorted(result, key=lambda item: places.get(item[key], len(places)))
