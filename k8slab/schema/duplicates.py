"""Read JSON text and notice fields given twice: a dict has no place for them, so it must be done here.

The last one wins, as in Go; that there were others is a strict error like an unknown field.

Source    sigs.k8s.io/json (DisallowDuplicateFields)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str | bytes) -> tuple[Any, list[str]]:
    """Parse JSON; return the value and `duplicate field "spec.replicas"` for each field given twice.

    Raises json.JSONDecodeError, a ValueError, for what is no JSON.
    """
    repeated: dict[int, tuple[Any, list[str]]] = {}  # by the identity of the object, held so that it stays its own

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            names = [name for name, _ in pairs]
            repeated[id(made)] = made, [name for name in made if names.count(name) > 1]
        return made

    value = json.loads(text, object_pairs_hook=as_object)
    return value, list(dict.fromkeys(_located(value, repeated, ""))) if repeated else []


def _located(value: Any, repeated: dict[int, tuple[Any, list[str]]], path: str) -> Iterator[str]:
    if isinstance(value, dict):
        _, twice = repeated.get(id(value), (value, []))
        for name, item in value.items():
            here = f"{path}.{name}" if path else name
            if name in twice:
                yield f'duplicate field "{here}"'
            yield from _located(item, repeated, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _located(item, repeated, f"{path}[{index}]")
