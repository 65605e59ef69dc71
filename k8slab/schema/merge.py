"""JSON merge patch, and what all patches share: equality, and results that are kept when nothing changed.

Every patch is a pure function. What it does not touch is shared with the object it was applied to, and
a patch that changes nothing gives back that very object.

Source    RFC 7386; apiserver/pkg/endpoints/handlers/patch.go (applyJSPatch)
"""

from __future__ import annotations

from typing import Any

from k8slab.wire import BadRequest

__all__ = ["go_text", "is_same", "json_word", "kept", "merge_patch", "settled"]

Object = dict[str, Any]


def merge_patch(obj: Object, patch: Any) -> Object:
    """Apply a JSON merge patch: objects merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        word = json_word(patch)
        raise BadRequest(
            f"error decoding patch: json: cannot unmarshal {word} into Go value of type map[string]interface {{}}"
        )
    return _merged(obj, patch)


def _merged(target: Object, patch: Object) -> Object:
    draft = dict(target)
    for name, value in patch.items():
        if value is None:
            draft.pop(name, None)
        elif isinstance(value, dict):
            old = target.get(name)
            draft[name] = _merged(old if isinstance(old, dict) else {}, value)
        else:
            draft[name] = kept(target.get(name), value)
    return settled(target, draft)


def kept(old: Any, new: Any) -> Any:
    """Return the old value if the new one says the same."""
    return old if is_same(old, new) else new


def settled(original: Object, draft: Object) -> Object:
    """Return the original if the draft has the very same values under the same names."""
    if len(draft) == len(original) and all(draft.get(name) is value for name, value in original.items()):
        return original
    return draft


def is_same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1, and 1 is not 1.0."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def json_word(value: Any) -> str:
    """Name the JSON type of a value as Go's encoding/json does."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    for python_type, word in _JSON_WORDS.items():
        if isinstance(value, python_type):
            return word
    return f"Python {type(value).__name__}"


_JSON_WORDS: dict[type, str] = {str: "string", int: "number", float: "number", list: "array", dict: "object"}


def go_text(value: Any) -> str:
    """Write a value as Go's %v does: `map[name:web ports:[80 443]]`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{go_text(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_text, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)
