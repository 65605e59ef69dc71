"""The columns of a custom kind in `kubectl get`.

Source    apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from k8slab.api.columns.cells import since
from k8slab.objects import parse_path, parse_rfc3339

__all__ = [
    "Printer",
]

Obj = dict[str, Any]

AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


class Printer:
    """Makes the columns' titles, and the cells of one object."""

    def __init__(self, columns: list[Obj]) -> None:
        columns = columns or [AGE]
        name = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
        self.definitions = [name, *map(_definition, columns)]
        self._columns = [(column["type"], parse_path(column["jsonPath"])) for column in columns]

    def cells(self, obj: Obj) -> list[Any]:
        """The name, and what each column's path leads to; None where that is nothing. A moment is an Aging cell."""
        return [obj["metadata"]["name"], *(_cell(type_, _first(find, obj)) for type_, find in self._columns)]


def _definition(column: Obj) -> Obj:
    description = (
        column.get("description") or f"Custom resource definition column (in JSONPath format): {column['jsonPath']}"
    )
    return {
        "name": column["name"],
        "type": column["type"],
        "format": column.get("format") or "",
        "description": description,
        "priority": column.get("priority") or 0,
    }


def _first(find: Callable[[Obj], list[Any]], obj: Obj) -> Any:
    try:
        return next(iter(find(obj)), None)
    except ValueError:  # an index beyond the end of a list
        return None


def _cell(type_: str, value: Any) -> Any:
    if type_ == "string" and value is not None:
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if type_ == "integer" and is_number:
        return int(value)
    if type_ == "number" and is_number:
        return value
    if type_ == "boolean" and isinstance(value, bool):
        return value
    if type_ == "date" and isinstance(value, str):
        try:
            parse_rfc3339(value)
        except ValueError:
            return "<invalid>"
        return since(value)
    return None
