"""What every field of every built-in kind looks like.

A table per group and version (see tools/generate_facts.py) is read when one of its types is first
needed, and a field's line is understood when that field is first looked at: a process that handles
pods never pays for the rest.

Source    api/openapi-spec/swagger.json (v1.37), through tools/generate_facts.py
Left out  enums and default values: the published schema has none. Defaulting and validation own them
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Field", "Type", "kinds_of", "named_type", "type_of"]

_FOLDER = os.path.join(os.path.dirname(__file__), "tables")
_FILES = frozenset(os.listdir(_FOLDER))
_tables: dict[str, dict[str, Any]] = {}
_types: dict[str, Type] = {}


class Field(NamedTuple):
    """One field, or one element of a list or map.

    `kind` is string, boolean, int32, int64, number, quantity, int-or-string, time, microtime, bytes,
    any, object (its fields are those of `type`), list or map (what they hold is `item`).
    """

    kind: str
    item: Field | None = None
    ref: str = ""
    required: bool = False
    list_type: str = ""
    """How lists merge on apply: atomic, set or map; for objects and maps atomic or nothing."""
    list_keys: tuple[str, ...] = ()
    """The fields that identify an element of a list of type map."""
    merge_key: str = ""
    """The one field that identifies an element in a strategic merge patch."""
    strategies: frozenset[str] = frozenset()
    """Words of patchStrategy: merge, replace, retainKeys."""
    go_name: str = ""
    """Go's name where the kind alone does not tell, such as v1.Protocol for a string."""
    own: Type | None = None
    """The type of an object whose type has no name."""

    @property
    def type(self) -> Type | None:
        """The type of an object, or of the objects that a list or map holds."""
        if self.item is not None:
            return self.item.type
        if self.own is not None:
            return self.own
        return named_type(self.ref) if self.ref else None

    @property
    def go_type(self) -> str:
        """The Go type as the JSON decoder prints it, such as `[]v1.Container`."""
        if self.go_name:
            return self.go_name
        if self.item is not None:
            return ("[]" if self.kind == "list" else "map[string]") + self.item.go_type
        if self.ref:
            folder, _, name = self.ref.partition(".")
            return f"{folder.rpartition('/')[2]}.{name}"
        return _GO_TYPES.get(self.kind, self.kind)


_GO_TYPES = {
    "boolean": "bool",
    "number": "float64",
    "quantity": "resource.Quantity",
    "int-or-string": "intstr.IntOrString",
    "time": "v1.Time",
    "microtime": "v1.MicroTime",
    "bytes": "[]uint8",
}


class Type:
    """A Go struct of the API: its name and its fields."""

    __slots__ = ("_known", "_lines", "atomic", "name", "table")

    def __init__(self, table: str, name: str, lines: dict[str, str]) -> None:
        self.table = table
        self.name = name
        self.atomic = lines.get("") == "atomic"
        self._lines = lines
        self._known: dict[str, Field] = {}

    def __repr__(self) -> str:
        return f"Type({self.table}.{self.name})"

    @property
    def fields(self) -> dict[str, Field]:
        """All fields by name, in the order of the alphabet."""
        return {name: self._understood(name) for name in self._lines if name}

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return self._understood(name) if name and name in self._lines else None

    def key_default(self, name: str) -> Any:
        """What stands for an absent field that identifies elements of a list; None where nothing does."""
        return "TCP" if name == "protocol" else None

    def _understood(self, name: str) -> Field:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _field(self._lines[name], self.table)
        return known


@lru_cache(maxsize=1024)
def type_of(api_version: str, kind: str) -> Type | None:
    """The type of a built-in kind, or None: `type_of("apps/v1", "Deployment")`.

    Kinds that every group has (DeleteOptions, WatchEvent) are found under each of them.
    """
    table = _table_of(api_version)
    if table is None:
        return None
    if kind in _table(table)["kinds"]:
        return named_type(f"{table}.{kind}")
    return named_type(f"meta/v1.{kind}") if kind in _table("meta/v1")["kinds"] else None


def kinds_of(api_version: str) -> tuple[str, ...]:
    """The kinds that the table of a group and version knows, lists among them."""
    table = _table_of(api_version)
    return tuple(_table(table)["kinds"]) if table else ()


def named_type(full_name: str) -> Type:
    """The type of a full name such as `core/v1.PodSpec`; KeyError if there is none."""
    found = _types.get(full_name)
    if found is None:
        table, _, name = full_name.rpartition(".")
        found = _types[full_name] = Type(table, name, _table(table)["types"][name])
    return found


def _table_of(api_version: str) -> str | None:
    """Find the table of a group and version; its name has only the first part of the group's."""
    group, _, version = api_version.rpartition("/")
    name = f"{group.partition('.')[0] or 'core'}/{version}"
    is_there = _file_name(name) in _FILES and _table(name)["apiVersion"] == api_version
    return name if is_there else None


def _table(name: str) -> dict[str, Any]:
    found = _tables.get(name)
    if found is None:
        with open(os.path.join(_FOLDER, _file_name(name)), encoding="utf-8") as file:
            found = _tables[name] = json.load(file)
    return found


def _file_name(table: str) -> str:
    return table.replace("/", "_") + ".json"


def _field(line: str, table: str) -> Field:
    shape, *words = line.split(" ")
    field = _shape(shape, table)
    for word in words:
        field = _with_word(field, word)
    return field


def _shape(text: str, table: str) -> Field:
    if text.startswith("[]"):
        return Field("list", _shape(text[2:], table))
    if text.startswith("map[string]"):
        return Field("map", _shape(text[11:], table))
    if not any(map(str.isupper, text)):
        return Field(text)
    return Field("object", ref=text if "." in text else f"{table}.{text}")


def _with_word(field: Field, word: str) -> Field:
    name, _, keys = word.rstrip(")").partition("(")
    if name == "required":
        return field._replace(required=True)
    if name == "go":
        return field._replace(go_name=keys) if field.kind != "list" else _of_named(field, keys)
    if name == "merge" or name == "retainKeys" or name == "replace":
        return field._replace(strategies=field.strategies | {name}, merge_key=keys or field.merge_key)
    return field._replace(list_type=name, list_keys=tuple(keys.split(",")) if keys else ())


def _of_named(field: Field, go_name: str) -> Field:
    assert field.item is not None
    return field._replace(item=field.item._replace(go_name=go_name))
