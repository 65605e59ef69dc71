"""Whether an apply's configuration fits its type.

Source    sigs.k8s.io/structured-merge-diff/v6: typed/validate.go, typed/helpers.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.schema.facts import Field, Type
from k8slab.schema.fieldsets import paths
from k8slab.schema.merge import go_text
from k8slab.schema.strategic import fields_below
from k8slab.schema.typed import element_of

__all__ = ["type_errors"]

NUMBERS = ("int32", "int64", "integer", "number")
TEXTS = ("string", "time", "microtime", "bytes")


def type_errors(config: dict[str, Any], of: Type | None) -> list[str]:
    """What does not fit, with the paths of the fields."""
    return [f"{path}: {text}" if path else text for path, text in _of_map(config, of, "")]


def _of_map(value: dict[str, Any], of: Type | Field | None, path: str) -> Iterator[tuple[str, str]]:
    lookup = fields_below(of)
    is_closed = isinstance(of, Type) or (of is not None and of.kind == "object" and of.type is not None)
    for name in sorted(value, key=str):
        field = lookup(name)
        if field is None and is_closed:
            yield f"{path}.{name}", "field not declared in schema"
        else:
            yield from _of_value(value[name], field, f"{path}.{name}")


def _of_value(value: Any, field: Field | None, path: str) -> Iterator[tuple[str, str]]:
    if value is None or field is None or field.kind == "any":
        return
    if field.kind in ("object", "map"):
        if not isinstance(value, dict):
            yield path, f"expected map, got {_shown(value)}"
        else:
            yield from _of_map(value, field, path)
    elif field.kind == "list":
        if not isinstance(value, list):
            yield path, f"expected list, got {_shown(value)}"
        else:
            yield from _of_list(value, field, path)
    elif problem := _of_scalar(value, field.kind):
        yield path, problem


def _of_list(items: list[Any], field: Field, path: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for at, item in enumerate(items):
        shown = f"[{at}]"
        if field.list_type in ("map", "set"):
            try:
                element = element_of(item, field)
            except ValueError as error:
                yield path, f"element {at}: {error}"
                continue
            (shown,) = paths({element: {}})
            if element in seen:
                yield path, f"duplicate entries for key {shown}"
            seen.add(element)
        yield from _of_value(item, field.item, path + shown)


def _of_scalar(value: Any, kind: str) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in NUMBERS and not is_number:
        return f"expected numeric (int or float), got {_go_type(value)}"
    if kind in TEXTS and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{_shown(value)}}}"
    if kind == "boolean" and not isinstance(value, bool):
        return f"expected boolean, got &{{{_shown(value)}}}"
    return f"expected any scalar, got &{{{_shown(value)}}}" if isinstance(value, (dict, list)) else ""


def _shown(value: Any) -> str:
    return go_text(value)


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"
