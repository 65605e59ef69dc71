"""Objects seen through their type: which fields they have, what a change touches, merging, taking fields away.

The fields of an object or map have owners of their own unless their type is atomic; the elements of a list have them
when the list is a set or a map. Everything else is owned as a whole.

Source    sigs.k8s.io/structured-merge-diff/v6: typed/{tofieldset,compare,merge,remove,helpers}.go
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from k8slab.schema.facts import Field, Type
from k8slab.schema.fieldsets import HERE, FieldSet
from k8slab.schema.strategic import Lookup, fields_below

__all__ = [
    "Comparison",
    "compare",
    "element_of",
    "fields_of",
    "is_granular",
    "merged",
    "with_named",
    "without",
]

Obj = dict[str, Any]
Parts = tuple[FieldSet | None, FieldSet | None, FieldSet | None]

ABSENT: Any = object()
MEMBER: FieldSet = {}
SAME: Parts = (None, None, None)
ADDED: Parts = (MEMBER, None, None)
MODIFIED: Parts = (None, MEMBER, None)
REMOVED: Parts = (None, None, MEMBER)


class Comparison(NamedTuple):
    """What a change has done, as three sets."""

    added: FieldSet
    modified: FieldSet
    removed: FieldSet


class Several(list[Any]):
    """The elements of a list that have one and the same key."""


def is_granular(value: Any, field: Field | Type | None) -> bool:
    """The fields (or elements) of this value have owners of their own; else it is owned as a whole."""
    if isinstance(value, dict):
        if field is None:
            return True
        if isinstance(field, Type):
            return not field.atomic
        if field.kind == "object":
            return field.list_type != "atomic" and (field.type is None or not field.type.atomic)
        return field.kind == "any" or (field.kind == "map" and field.list_type != "atomic")
    return isinstance(value, list) and isinstance(field, Field) and field.list_type in ("map", "set")


def _elements(items: Sequence[Any], field: Field) -> dict[str, Any]:
    """The elements of a list by their path element. Raises ValueError when one lacks a key."""
    found: dict[str, Any] = {}
    for item in items:
        element = element_of(item, field)
        known = found.get(element, ABSENT)
        if known is ABSENT:
            found[element] = item
        else:
            found[element] = Several([*known, item] if isinstance(known, Several) else [known, item])
    return found


def element_of(item: Any, field: Field) -> str:
    """The path element of one element of a list. Raises ValueError when it lacks a key."""
    if field.list_type == "set":
        return "v:" + _json(item)
    if not isinstance(item, dict):
        raise ValueError("associative list with keys may not have non-map elements")
    return _key_element(field.list_keys, tuple(_key(item, name, field) for name in field.list_keys))


def _key(item: Obj, name: str, field: Field) -> Any:
    value = item.get(name)
    if value is None and field.type is not None:
        value = field.type.key_default(name)
    if isinstance(value, (dict, list)):
        raise ValueError(f"key field {name} is no scalar")
    if value is None:
        text = f"associative list with keys has an element that omits key field {_json(name)}"
        raise ValueError(f"{text} (and doesn't have default value)")
    return value


@lru_cache(maxsize=4096, typed=True)
def _key_element(names: tuple[str, ...], values: tuple[Any, ...]) -> str:
    return "k:" + _json(dict(sorted(zip(names, values, strict=True))))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _item(field: Field | Type | None) -> Field | None:
    return field.item if isinstance(field, Field) else None


# Sets


def fields_of(obj: Obj, of: Type | None) -> FieldSet:
    """Every field that an object names, as an apply of it owns them. Raises ValueError for elements without keys."""
    return _fields_of_map(obj, of) if is_granular(obj, of) else {}


def _fields_of_map(value: Obj, of: Type | Field | None) -> FieldSet:
    lookup, draft = fields_below(of), {}
    is_struct = isinstance(of, Type) or (of is not None and of.kind == "object")
    for name, item in value.items():
        field = lookup(name)
        below = _fields_of(item, field)
        if item is None or item == {} or not (is_struct and field is not None):
            below = _with_itself(below)
        if below is not None:
            draft["f:" + name] = below
    return draft


def _fields_of(value: Any, field: Field | None) -> FieldSet | None:
    """What is below a field; None when nothing is, and the field itself is not meant either."""
    if isinstance(value, Several) or not is_granular(value, field):
        return MEMBER
    if isinstance(value, dict):
        return _fields_of_map(value, field) or None
    assert field is not None
    item = field.item
    return {name: _with_itself(_fields_of(child, item)) for name, child in _elements(value, field).items()} or None


def _with_itself(node: FieldSet | None) -> FieldSet:
    return {HERE: MEMBER, **node} if node else MEMBER


def with_named(given: FieldSet, of: Type | Field | None) -> FieldSet:
    """The set, and in it the fields of objects whose own fields are in it (but neither maps' keys nor elements)."""
    lookup, item = fields_below(of), _item(of)
    is_struct = isinstance(of, Type) or (of is not None and of.kind == "object")
    draft: FieldSet = {}
    for element, below in given.items():
        if not below:
            draft[element] = below
        elif element.startswith("f:"):
            field = lookup(element[2:])
            inner = with_named(below, field)
            draft[element] = _with_itself(inner) if is_struct and field is not None else inner
        else:
            draft[element] = with_named(below, item)
    return draft


# Comparing


def compare(old: Obj, new: Obj, of: Type | None) -> Comparison:
    """What is added, modified and removed between two forms of an object.

    A part that is new as a whole is in the set itself, with all that is in it. Raises ValueError.
    """
    added, modified, removed = _zipped(old, new, fields_below(of), None, "f:")
    return Comparison(added or {}, modified or {}, removed or {})


def _compare(old: Any, new: Any, field: Field | None) -> Parts:
    if old is new:
        return SAME
    if isinstance(old, Several) or isinstance(new, Several):
        return _compare_several(old, new, field)
    one_way = old is ABSENT or new is ABSENT
    known = new if isinstance(new, (dict, list)) else old
    if not (old or new) or not is_granular(known, field) or not _are_alike(old, new, type(known)):
        if not one_way:
            return SAME if old == new and isinstance(old, bool) == isinstance(new, bool) else MODIFIED
        if not known or known is ABSENT or not is_granular(known, field):
            return ADDED if old is ABSENT else REMOVED
    before, after = (None if value is ABSENT else value for value in (old, new))
    if isinstance(known, dict):
        parts = _zipped(before or {}, after or {}, fields_below(field), None, "f:")
    else:
        assert field is not None
        parts = _zipped(_elements(before or (), field), _elements(after or (), field), None, field.item, "")
    if not one_way:
        return parts
    added, modified, removed = parts
    return (_with_itself(added), modified, None) if old is ABSENT else (None, modified, _with_itself(removed))


def _are_alike(old: Any, new: Any, kind: type) -> bool:
    return all(value is None or value is ABSENT or type(value) is kind for value in (old, new))


def _compare_several(old: Any, new: Any, field: Field | None) -> Parts:
    """Elements with one key are one thing as long as they are several; a lone one before or after counts alone."""
    if isinstance(old, Several) and isinstance(new, Several):
        return SAME if list(old) == list(new) else MODIFIED
    if isinstance(old, Several):
        return (_compare(ABSENT, new, field)[0] if new is not ABSENT else None), None, MEMBER
    return MEMBER, None, (_compare(old, ABSENT, field)[2] if old is not ABSENT else None)


def _zipped(old: Obj, new: Obj, lookup: Lookup | None, item: Field | None, prefix: str) -> Parts:
    drafts: tuple[FieldSet, FieldSet, FieldSet] = ({}, {}, {})
    names: Iterable[str] = new if new.keys() >= old.keys() else {**old, **new}
    for name in names:
        before, after = old.get(name, ABSENT), new.get(name, ABSENT)
        if before is after:
            continue
        parts = _compare(before, after, item if lookup is None else lookup(name))
        if parts is SAME:
            continue
        for draft, part in zip(drafts, parts, strict=True):
            if part is not None:
                draft[prefix + name] = part
    added, modified, removed = drafts
    return (added or None, modified or None, removed or None) if added or modified or removed else SAME


# Merging, and taking away


def merged(live: Any, config: Any, of: Type | Field | None) -> Any:
    """The object with what a configuration says; what is empty in it takes nothing away."""
    if not live or not is_granular(live, of):
        return config
    if not config:
        return live
    if not isinstance(config, type(live)):
        return config
    if isinstance(config, dict):
        lookup = fields_below(of)
        return {**live, **{name: merged(live.get(name), item, lookup(name)) for name, item in config.items()}}
    assert isinstance(of, Field)
    return _merged_lists(live, config, of)


def _merged_lists(live: list[Any], config: list[Any], of: Field) -> list[Any]:
    """Both lists in one: what is in the configuration stands in its order, the rest between it where it stood."""
    wanted, before = _elements(config, of), [element_of(item, of) for item in live]
    known = dict(zip(before, live, strict=True))
    shared = [name for name in wanted if name in known]
    names, result, at = list(wanted), [], 0
    done: set[str] = set()
    while at < len(before) or names:
        name = before[at] if at < len(before) else ""
        if name and name not in wanted:
            result.append(live[at])
            at += 1
            continue
        if name and (name in done or (names and name != names[0] and shared and name != shared[0])):
            at += 1  # it stands, or will stand, where the configuration has it
            continue
        taken = names.pop(0)
        done.add(taken)
        shared = shared[1:] if shared and shared[0] == taken else shared
        result.append(merged(known[taken], wanted[taken], of.item) if taken in known else wanted[taken])
        at += taken == name
    return result


def without(value: Any, gone: FieldSet, of: Type | Field | None) -> Any:
    """The value without the fields and elements of a set; what is left empty is None, as nothing is left of it."""
    if not isinstance(value, (dict, list)) or not value or not is_granular(value, of):
        return None if isinstance(value, (dict, list)) else value
    if isinstance(value, dict):
        lookup, draft = fields_below(of), {}
        for name, child in value.items():
            below = gone.get("f:" + name)
            if below is None:
                draft[name] = child
            elif below and HERE not in below:
                draft[name] = without(child, below, lookup(name))
        return draft or None
    assert isinstance(of, Field)
    kept = []
    for child in value:
        below = gone.get(element_of(child, of))
        if below is None:
            kept.append(child)
        elif below and HERE not in below:
            kept.append(without(child, below, of.item))
    return kept or None
