"""Paths of plain names, such as `.spec.replicas`, which the scale subresource reads and writes.

Source    apiextensions-apiserver/pkg/registry/customresource/etcd.go (splitReplicasPath)
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "put_at",
    "value_at",
]

Obj = dict[str, Any]


def value_at(obj: Obj, path: str) -> Any:
    """What stands at a path, or None."""
    value: Any = obj
    for name in _names(path):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put_at(obj: Obj, path: str, new: Any) -> Obj:
    """The object with another value at a path."""

    def put(value: Any, names: list[str]) -> Any:
        if not names:
            return new
        value = value if isinstance(value, dict) else {}
        return {**value, names[0]: put(value.get(names[0]), names[1:])}

    changed: Obj = put(obj, _names(path))
    return changed


def _names(path: str) -> list[str]:
    return [name for name in path.split(".") if name]
