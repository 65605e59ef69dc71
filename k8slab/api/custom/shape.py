"""What a schema does to an object before it is looked at: unknown fields go, missing ones are filled in.

Both give the very same object back when there is nothing to do.

Source    apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}/algorithm.go
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "defaulted",
    "pruned",
]

Schema = dict[str, Any]

TYPE_META = ("apiVersion", "kind", "metadata")
_GONE = object()


def pruned(value: Any, schema: Schema, unknown: list[str], path: str = "", *, is_root: bool = False) -> Any:
    """The value without the fields its schema does not know; their paths are added to `unknown`."""
    if isinstance(value, list):
        inner = schema.get("items")
        if not isinstance(inner, dict):
            return value
        return _settled(value, [pruned(v, inner, unknown, f"{path}[{i}]") for i, v in enumerate(value)])
    if not isinstance(value, dict):
        return value
    known, others = schema.get("properties") or {}, schema.get("additionalProperties")
    is_resource = is_root or schema.get("x-kubernetes-embedded-resource")
    keeps_all = schema.get("x-kubernetes-preserve-unknown-fields") or others is True
    changes: Schema = {}
    for name, item in value.items():
        place, inner = f"{path}.{name}" if path else name, known.get(name, others)
        if is_resource and name in TYPE_META:
            continue
        if isinstance(inner, dict):
            changes[name] = pruned(item, inner, unknown, place)
        elif not keeps_all:
            changes[name] = _GONE
            unknown.append(place)
    return _changed(value, changes)


def defaulted(value: Any, schema: Schema, *, is_root: bool = False) -> Any:
    """The value with its schema's defaults; null goes where it is not allowed."""
    if isinstance(value, list):
        inner = schema.get("items")
        if not isinstance(inner, dict):
            return value
        return _settled(value, [defaulted(_or_default(item, inner), inner) for item in value])
    if not isinstance(value, dict):
        return value
    known, others = schema.get("properties") or {}, schema.get("additionalProperties")
    changes: Schema = {}
    for name, item in value.items():
        inner = known.get(name, others)
        if not isinstance(inner, dict) or (is_root and name in TYPE_META):
            continue
        new = _or_default(item, inner)
        changes[name] = _GONE if new is None and not inner.get("nullable") else defaulted(new, inner)
    added = {
        name: defaulted(inner["default"], inner)
        for name, inner in known.items()
        if name not in value and inner.get("default") is not None and not (is_root and name in TYPE_META)
    }
    changed = _changed(value, changes)
    return {**changed, **added} if added else changed


def _or_default(value: Any, schema: Schema) -> Any:
    return schema.get("default") if value is None and not schema.get("nullable") else value


def _changed(value: Schema, changes: Schema) -> Schema:
    if all(changes.get(name, item) is item for name, item in value.items()):
        return value
    return {name: new for name, item in value.items() if (new := changes.get(name, item)) is not _GONE}


def _settled(old: list[Any], new: list[Any]) -> list[Any]:
    return old if all(a is b for a, b in zip(old, new, strict=True)) else new
