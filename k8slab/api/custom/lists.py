"""Lists that are sets or maps have nothing twice; embedded resources say what they are.

Source    apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go, schema/objectmeta/validation.go
Left out  the metadata of embedded resources is not checked
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from k8slab.wire import FieldError

__all__ = [
    "check_embedded",
    "check_lists",
]

Schema = dict[str, Any]
Errors = Iterator[FieldError]


def check_lists(value: Any, schema: Schema, path: str = "") -> Errors:
    """What stands twice in lists of type set or map."""
    if isinstance(value, list) and schema.get("x-kubernetes-list-type") in ("set", "map"):
        yield from _check_list(value, schema, path)
    for place, item, inner in _below(value, schema, path):
        yield from check_lists(item, inner, place)


def check_embedded(value: Any, schema: Schema, path: str = "") -> Errors:
    """Embedded resources without apiVersion or kind."""
    if isinstance(value, dict) and schema.get("x-kubernetes-embedded-resource"):
        for name in ("apiVersion", "kind"):
            if not value.get(name):
                yield FieldError("FieldValueRequired", f"{path}.{name}", "must not be empty")
    for place, item, inner in _below(value, schema, path):
        yield from check_embedded(item, inner, place)


def _below(value: Any, schema: Schema, path: str) -> Iterator[tuple[str, Any, Schema]]:
    """Every child that has a schema of its own."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield f"{path}[{index}]", item, schema["items"]
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inner = known.get(name, others)
            if isinstance(inner, dict):
                is_key = name not in known
                yield f"{path}[{name}]" if is_key else f"{path}.{name}" if path else name, item, inner


def _check_list(items: list[Any], schema: Schema, path: str) -> Errors:
    shown = items
    if schema["x-kubernetes-list-type"] == "map":
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        for index, item in enumerate(items):
            if item is not None and not isinstance(item, dict):
                text = "must be an object for an array of list-type map"
                yield FieldError("FieldValueInvalid", f"{path}[{index}]", text, item)
                return
        shown = [{key: item[key] for key in keys if key in item} if item else {} for item in items]
    times: dict[str, int] = {}
    for index, item in enumerate(shown):
        text = json.dumps(item, sort_keys=True)
        times[text] = times.get(text, 0) + 1
        if times[text] == 2:  # the server names only the first repetition
            yield FieldError("FieldValueDuplicate", f"{path}[{index}]", "", item)
