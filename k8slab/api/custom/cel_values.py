"""From the values of an object to those of CEL, as its schema says.

Source    apiserver/pkg/cel/common/values.go, apiserver/pkg/cel/escaping.go
"""

from __future__ import annotations

import re
from typing import Any

__all__ = [
    "cel_value",
    "size_of",
]

Schema = dict[str, Any]

RESERVED = {
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
}  # fmt: skip
ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


def cel_value(value: Any, schema: Schema) -> Any:
    """The value as CEL sees it: moments and durations by their format, names of fields escaped."""
    import celpy

    types = celpy.celtypes
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        inner = others if isinstance(others, dict) else {}
        return types.MapType({
            types.StringType(_escaped(name) if name in known else name): cel_value(item, known.get(name, inner))
            for name, item in value.items()
        })  # fmt: skip
    if isinstance(value, list):
        items = schema.get("items")
        return types.ListType([cel_value(item, items if isinstance(items, dict) else {}) for item in value])
    if isinstance(value, str) and schema.get("format") in ("date-time", "duration", "date"):
        make = types.DurationType if schema["format"] == "duration" else types.TimestampType
        return make(value + "T00:00:00Z" if schema["format"] == "date" else value)
    if schema.get("type") == "number" and isinstance(value, int):
        return types.DoubleType(value)
    return celpy.json_to_cel(value)


def size_of(value: Any) -> int:
    """How many values there are in a value; a long text counts for more."""
    if isinstance(value, dict):
        return 1 + sum(map(size_of, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(size_of, value))
    return 1 + len(value) // 100 if isinstance(value, str) else 1


def _escaped(name: str) -> str:
    if name in RESERVED:
        return f"__{name}__"
    return re.sub(r"__|[./-]", lambda found: ESCAPES[found.group()], name)
