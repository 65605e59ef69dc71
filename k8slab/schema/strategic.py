"""Strategic merge patch: a merge patch that knows which lists are keyed.

    $patch: delete | replace              in an object, or in an element of a keyed list
    $retainKeys: [type, rollingUpdate]    every other field of this object goes
    $setElementOrder/ports: [...]         the order of a list that merges
    $deleteFromPrimitiveList/finalizers   what to take out of a list of strings that merges

Source    apimachinery/pkg/util/strategicpatch/patch.go (StrategicMergeMapPatch) and mergepatch/errors.go;
          apiserver/pkg/endpoints/handlers/patch.go (interpretStrategicMergePatchError)
Left out  directives other than $patch that upstream leaves in a value that is new: here they go, too
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from k8slab.schema.facts import Field, Type
from k8slab.schema.jsonpatch import REJECTED
from k8slab.schema.merge import go_text, json_word, kept, settled
from k8slab.wire import ApiError, BadRequest, Invalid

__all__ = ["DELETE_FROM", "DIRECTIVE", "ORDER", "RETAIN", "Lookup", "element_key", "fields_below", "strategic_merge"]

Object = dict[str, Any]
Lookup = Callable[[str], Field | None]
"""Finds a field of the object at hand, or None where nothing is known of it."""

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
ORDER = "$setElementOrder/"
DELETE_FROM = "$deleteFromPrimitiveList/"
_DIRECTIVES = (RETAIN, ORDER, DELETE_FROM)
_GONE = object()


def strategic_merge(obj: Object, patch: Any, as_type: Type | None) -> Object:
    """Apply a strategic merge patch to an object of a type; of no type, all lists are replaced.

    Raises BadRequest for malformed directives, Invalid for lists of lists, and an ApiError without a
    reason (code 500, as the server answers) for elements without their merge key.
    """
    if not isinstance(patch, dict):
        raise BadRequest(f"json: cannot unmarshal {json_word(patch)} into Go value of type map[string]interface {{}}")
    return _merge_object(obj, patch, fields_below(as_type))


def fields_below(of: Type | Field | None) -> Lookup:
    """The fields within an object of a type, a field's objects, or a map's values."""
    if isinstance(of, Type):
        return of.field
    if of is not None and of.kind == "map":
        item = of.item
        return lambda name: item
    if of is not None and of.type is not None:
        return of.type.field
    return lambda name: None


def _merge_object(original: Object, patch: Object, lookup: Lookup) -> Object:
    if DIRECTIVE in patch:
        return _by_directive(patch)
    draft = _retained(original, patch)
    for name in _fields_of(patch):
        value = _merge_field(draft.get(name), patch, name, lookup(name))
        if value is _GONE:
            draft.pop(name, None)
        else:
            draft[name] = value
    return settled(original, draft)


def _by_directive(patch: Object) -> Object:
    if patch[DIRECTIVE] == "replace":
        return {name: value for name, value in patch.items() if name != DIRECTIVE}
    if patch[DIRECTIVE] == "delete":
        return {}
    raise _unknown_directive(patch)


def _unknown_directive(patch: Object) -> ApiError:
    return ApiError(f"unknown patch type: {go_text(patch[DIRECTIVE])} in map: {go_text(patch)}")


def _retained(original: Object, patch: Object) -> Object:
    """Copy the object, without the fields that $retainKeys does not name."""
    if RETAIN not in patch:
        return dict(original)
    names = patch[RETAIN]
    changed = [name for name, value in patch.items() if value is not None and not name.startswith("$")]
    if not isinstance(names, list) or not all(name in names for name in changed):
        raise BadRequest("invalid patch format of retainKeys")
    return {name: value for name, value in original.items() if name in names}


def _fields_of(patch: Object) -> list[str]:
    """Name the fields that a patch is about, be it only by a directive for one of them."""
    names: dict[str, None] = {}
    for key in patch:
        if key.startswith("$setElementOrder"):
            names[_after(key, ORDER, "setElementOrder list")] = None
        elif key.startswith("$deleteFromPrimitiveList"):
            names[_after(key, DELETE_FROM, "primitive list")] = None
        elif key != RETAIN:
            names[key] = None
    return list(names)


def _after(key: str, prefix: str, what: str) -> str:
    if not key.startswith(prefix):
        raise BadRequest(f"invalid patch format of {what}")
    return key.removeprefix(prefix)


def _merge_field(old: Any, patch: Object, name: str, field: Field | None) -> Any:
    """Return the new value of one field, or _GONE."""
    removed, order = patch.get(DELETE_FROM + name), patch.get(ORDER + name)
    if isinstance(old, list) and isinstance(removed, list):
        old = kept(old, [item for item in old if item not in removed])
    if name in patch and patch[name] is None:
        return _GONE
    if isinstance(old, list) and (name not in patch or isinstance(patch[name], list)):
        return _merge_list(old, patch.get(name), order, field) if name in patch or order is not None else old
    if name not in patch:
        return _GONE if old is None else old
    if isinstance(old, dict) and isinstance(patch[name], dict):
        return _merge_dict(old, patch[name], field)
    value = _without_directives(patch[name])
    if isinstance(value, list) and order is not None:
        return _ordered(value, _keys(order, field), [], field)
    return kept(old, value)


def _merge_dict(old: Object, new: Object, field: Field | None) -> Object:
    if field is not None and "replace" in field.strategies:
        return new
    return _merge_object(old, new, fields_below(field))


def _without_directives(value: Any) -> Any:
    """Make a value of a patch fit to be stored: no nulls in objects, nothing that is a directive."""
    if isinstance(value, dict):
        if DIRECTIVE in value:
            return _GONE
        clean = {name: _without_directives(item) for name, item in value.items() if not name.startswith(_DIRECTIVES)}
        return settled(value, {name: item for name, item in clean.items() if item is not None and item is not _GONE})
    if isinstance(value, list):
        items = [new for item in value if (new := _without_directives(item)) is not _GONE]
        return (
            items if len(items) != len(value) or any(a is not b for a, b in zip(items, value, strict=True)) else value
        )
    return value


# Lists


def _merge_list(old: list[Any], new: list[Any] | None, order: Any, field: Field | None) -> list[Any]:
    if field is None or "merge" not in field.strategies:
        return old if new is None else kept(old, new)
    if order is not None and not isinstance(order, list):
        raise BadRequest("invalid patch format of setElementOrder list")
    _check_elements(old, new or [])
    plain = [item for item in new or [] if not (isinstance(item, dict) and DIRECTIVE in item)]
    _check_order(plain, order, field)
    if new is None:
        merged = old
    elif field.merge_key:
        merged = _merge_elements(old, new, field)
    else:
        merged = old + [item for at, item in enumerate(new) if item not in old and item not in new[:at]]
    ordered = _ordered(merged, _keys(plain if order is None else order, field), _keys(old, field), field)
    return ordered if _moved(old, ordered) else old


def _moved(before: list[Any], after: list[Any]) -> bool:
    return len(before) != len(after) or any(a is not b for a, b in zip(before, after, strict=True))


def _check_elements(*lists: list[Any]) -> None:
    words = {json_word(item) for items in lists for item in items}
    if "array" in words:
        raise Invalid(REJECTED) from ValueError("lists of lists are not supported")
    if len(words) > 1:
        raise ApiError(f"list element types are not identical: {go_text(list(lists))}")


def _merge_elements(old: list[Object], new: list[Object], field: Field) -> list[Object]:
    """Merge the elements of a patch into those of the object that have the same key."""
    merged = [] if any(item.get(DIRECTIVE) == "replace" for item in new) else list(old)
    lookup = fields_below(field.item)
    for item in new:
        if DIRECTIVE in item:
            merged = _without_element(merged, item, field)
            continue
        key = element_key(item, field.merge_key)
        at = next((at for at, other in enumerate(merged) if other.get(field.merge_key) == key), None)
        if at is None:
            merged.append(_without_directives(item))
        else:
            merged[at] = _merge_object(merged[at], item, lookup)
    return merged


def _without_element(items: list[Object], directive: Object, field: Field) -> list[Object]:
    if directive[DIRECTIVE] == "replace":
        return items
    if directive[DIRECTIVE] == "merge":
        raise ApiError("merging lists cannot yet be specified in the patch")
    if directive[DIRECTIVE] != "delete":
        raise _unknown_directive(directive)
    key = element_key(directive, field.merge_key)
    return [item for item in items if item.get(field.merge_key) != key]


def element_key(item: Any, merge_key: str) -> Any:
    """What identifies an element of a list: its merge key, or the element itself where there is none."""
    if not merge_key:
        return item
    if not isinstance(item, dict):
        raise ApiError(f"expected a map[string]interface {{}}, but received a {json_word(item)}")
    if merge_key not in item:
        raise ApiError(f"map: {go_text(item)} does not contain declared merge key: {merge_key}")
    return item[merge_key]


def _keys(items: Sequence[Any], field: Field | None) -> list[Any]:
    return [element_key(item, field.merge_key if field else "") for item in items]


def _check_order(new: list[Any], order: list[Any] | None, field: Field) -> None:
    """Check that the elements of a patch stand in the order that the same patch asks for."""
    wanted = iter(_keys(order or (), field))
    if order and not all(key in wanted for key in _keys(new, field)):
        raise ApiError(
            f"the order in patch list:\n{go_text(new)}\n doesn't match $setElementOrder list:\n{go_text(order)}"
        )


def _ordered(merged: list[Any], wanted: list[Any], before: list[Any], field: Field | None) -> list[Any]:
    """Put the wanted elements in their order and the others between them where they were before."""
    keyed = list(zip(_keys(merged, field), merged, strict=True))
    ours = sorted((pair for pair in keyed if pair[0] in wanted), key=lambda pair: wanted.index(pair[0]))
    theirs = [pair for pair in keyed if pair[0] not in wanted]
    result: list[Any] = []
    for key, item in ours:
        while theirs and _is_before(theirs[0][0], key, before):
            result.append(theirs.pop(0)[1])
        result.append(item)
    return result + [item for _, item in theirs]


def _is_before(one: Any, other: Any, order: list[Any]) -> bool:
    return one in order and other in order and order.index(one) < order.index(other)
