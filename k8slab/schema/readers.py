"""Readers: for each type one function that checks a value of it, in one pass.

A reader is made when its type is first met and learns each field when the field is first seen. It takes
the value, its path and a report, and returns the value itself or, when something in it must go or be
written differently, a copy that shares all the rest.

Source    sigs.k8s.io/json/internal/golang/encoding/json (decode.go, kubernetes_patch.go)
Left out  Go's names for most strings of a kind (tools/generate_facts.py has those that are met); keys that
          are no strings, which JSON cannot have
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.schema.facts import Field, Type, named_type
from k8slab.schema.merge import json_word
from k8slab.schema.scalars import canonical_bytes, canonical_microtime, canonical_quantity, canonical_time

__all__ = ["CUSTOM", "Decoded", "read"]

CUSTOM = Type("custom", "Unstructured", {"metadata": "meta/v1.ObjectMeta", "*": "any"})
"""The type of a kind that no table knows: only its metadata is fixed, the rest is taken as it is."""

Object = dict[str, Any]
Path = tuple[Any, Any, str] | None
"""Where a value stands: the path of its parent, its key or index, and the Go struct that has that field."""


class Decoded(NamedTuple):
    """A body as read: the object, and what a strict reading would refuse."""

    obj: Object
    strict_errors: list[str]


def read(obj: Any, as_type: Type) -> Decoded:
    """Read an object as a type; ValueError has the decoder's words for the first thing that is wrong."""
    report = _Report()
    result = _reader_of(as_type)(obj, None, report)
    if report.error:
        raise ValueError(report.error)
    return Decoded(result, report.strict)


class _Report:
    """What one reading found out: the first error, and up to a hundred strict errors."""

    __slots__ = ("error", "strict")

    def __init__(self) -> None:
        self.error = ""
        self.strict: list[str] = []

    def unknown(self, path: Path, key: str) -> None:
        text = f'unknown field "{_path_text((path, key, ""))}"'
        if text not in self.strict and len(self.strict) < 100:
            self.strict.append(text)

    def mismatch(self, value: Any, go_type: str, path: Path) -> None:
        self.error = self.error or _mismatch(value, go_type, path)


Reader = Callable[[Any, Path, _Report], Any]
_GONE = object()  # stands for a field that is dropped
_PLAIN: dict[str, type] = {"string": str, "boolean": bool, "int32": int, "int64": int}
_INT32 = 2**31
_ZERO: dict[str, Any] = {"string": "", "boolean": False, "quantity": "0", "object": {}} | dict.fromkeys(
    ("int32", "int64", "number"), 0
)
_readers: dict[Type, Reader] = {}


def _reader_of(as_type: Type) -> Reader:
    found = _readers.get(as_type)
    if found is None:
        found = _readers[as_type] = _object_reader(as_type)
    return found


def _object_reader(as_type: Type) -> Reader:
    name = as_type.name
    plain: dict[str, type] = {}  # by field: the only Python type that needs no further look
    readers: dict[str, Reader] = {}
    plain_of, reader_of = plain.get, readers.get

    def learn(key: str) -> Reader | None:
        field = as_type.field(key) or as_type.field("*")
        if field is None:
            return None
        if field.kind in _PLAIN:
            plain[key] = _PLAIN[field.kind]  # what is an int, but a large one, goes to its reader all the same
        readers[key] = made = _reader(field)
        return made

    def read_object(value: Any, path: Path, report: _Report) -> Any:
        if not isinstance(value, dict):
            report.mismatch(value, f"{as_type.table.rpartition('/')[2]}.{name}", path)
            return value
        changes: Object | None = None
        for key, item in value.items():
            kind = type(item)
            if kind is plain_of(key) and (kind is not int or -_INT32 <= item < _INT32):
                continue
            reader = reader_of(key) or learn(key)
            if reader is None:
                report.unknown(path, key)
                new = _GONE
            elif item is None:
                new = _GONE
            else:
                new = reader(item, (path, key, name), report)
                if new is item:
                    continue
            if changes is None:
                changes = {}
            changes[key] = new
        return value if changes is None else _changed(value, changes)

    return read_object


def _changed(value: Object, changes: Object) -> Object:
    return {key: new for key, item in value.items() if (new := changes.get(key, item)) is not _GONE}


def _reader(field: Field) -> Reader:
    """Make the reader of a field's values."""
    if field.kind == "object":
        return _reader_of(named_type(field.ref))
    if field.item is not None:
        return _list_reader(field) if field.kind == "list" else _map_reader(field)
    if field.go_name and field.kind == "string":
        return _plain_reader(str, field.go_name)
    return _SCALARS[field.kind]


def _list_reader(field: Field) -> Reader:
    assert field.item is not None
    read_item, zero, go_type = _reader(field.item), _ZERO.get(field.item.kind), field.go_type
    plain = str if field.item.kind == "string" else None

    def read_list(value: Any, path: Path, report: _Report) -> Any:
        if not isinstance(value, list):
            report.mismatch(value, go_type, path)
            return value
        new = value
        for index, item in enumerate(value):
            if type(item) is plain:
                continue
            read = zero if item is None else read_item(item, (path, index, ""), report)
            if read is not item:
                new = list(value) if new is value else new
                new[index] = read
        return new

    return read_list


def _map_reader(field: Field) -> Reader:
    assert field.item is not None
    read_item, zero, go_type = _reader(field.item), _ZERO.get(field.item.kind), field.go_type
    plain = str if field.item.kind == "string" else None

    def read_map(value: Any, path: Path, report: _Report) -> Any:
        if not isinstance(value, dict):
            report.mismatch(value, go_type, path)
            return value
        changes: dict[str, Any] = {}
        for key, item in value.items():
            if type(item) is plain:
                continue
            read = zero if item is None else read_item(item, (path, key, ""), report)
            if read is not item:
                changes[key] = read
        return value | changes if changes else value

    return read_map


def _plain_reader(python_type: type, go_type: str) -> Reader:
    def read_plain(value: Any, path: Path, report: _Report) -> Any:
        if not isinstance(value, python_type):
            report.mismatch(value, go_type, path)
        return value

    return read_plain


def _integer_reader(bits: int) -> Reader:
    most = 2 ** (bits - 1)

    def read_integer(value: Any, path: Path, report: _Report) -> Any:
        if type(value) is not int or not -most <= value < most:
            report.mismatch(value, f"int{bits}", path)
        return value

    return read_integer


def _read_number(value: Any, path: Path, report: _Report) -> Any:
    if type(value) is not float and type(value) is not int:
        report.mismatch(value, "float64", path)
    return value


def _read_any(value: Any, path: Path, report: _Report) -> Any:
    return value


def _read_bytes(value: Any, path: Path, report: _Report) -> Any:
    if not isinstance(value, str):
        report.mismatch(value, "[]uint8", path)
        return value
    try:
        return canonical_bytes(value)
    except ValueError as error:
        report.error = report.error or str(error)
        return value


# The rest read themselves in Go. Their errors end the reading at once and so hide earlier ones.


def _read_quantity(value: Any, path: Path, report: _Report) -> Any:
    if isinstance(value, str):
        return _same(value, canonical_quantity(value.strip()))
    if type(value) is int or type(value) is float:
        return canonical_quantity(str(value))
    return canonical_quantity("{}")  # whatever else it is, it does not match


def _read_int_or_string(value: Any, path: Path, report: _Report) -> Any:
    if isinstance(value, str) or (type(value) is int and -_INT32 <= value < _INT32):
        return value
    raise ValueError(_mismatch(value, "int32", path))


def _time_reader(canonical: Callable[[str], str]) -> Reader:
    def read_time(value: Any, path: Path, report: _Report) -> Any:
        if not isinstance(value, str):
            raise ValueError(_mismatch(value, "string", path))
        return _same(value, canonical(value))

    return read_time


def _same(value: str, canonical: str) -> str:
    return value if canonical == value else canonical


_SCALARS: dict[str, Reader] = {
    "string": _plain_reader(str, "string"),
    "boolean": _plain_reader(bool, "bool"),
    "int32": _integer_reader(32),
    "int64": _integer_reader(64),
    "number": _read_number,
    "any": _read_any,
    "bytes": _read_bytes,
    "quantity": _read_quantity,
    "int-or-string": _read_int_or_string,
    "time": _time_reader(canonical_time),
    "microtime": _time_reader(canonical_microtime),
}
_NUMERIC = {"int32", "int64", "float64"}


def _mismatch(value: Any, go_type: str, path: Path) -> str:
    """Say it as encoding/json does: list indexes and map keys are no part of a field's name."""
    word = json_word(value)
    if word == "number" and go_type in _NUMERIC:
        word += f" {value}"
    names: list[str] = []
    struct = ""
    while path is not None:
        path, label, owner = path
        if owner:
            names.append(label)
            struct = struct or owner
    target = f"struct field {struct}.{'.'.join(reversed(names))} of" if names else "value of"
    return f"json: cannot unmarshal {word} into Go {target} type {go_type}"


def _path_text(path: Path) -> str:
    parts: list[str] = []
    while path is not None:
        path, label, _ = path
        parts.append(f"[{label}]" if isinstance(label, int) else f".{label}")
    return "".join(reversed(parts)).lstrip(".")
