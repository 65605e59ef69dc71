"""Request bodies in protobuf, as kubectl sends them for most kinds that it makes: read into wire form.

A body is four bytes, then an envelope that names the kind and holds the message. What comes out is what Go's JSON
of the same value would be: a number says which field, the table says its name, its shape, and whether it is left
out when empty. Go writes fields that are not pointers even when they are empty.

Source    staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf/protobuf.go; .../meta/v1/time_proto.go; the
          tags of the Go structs (v1.37), through tools/generate_protobuf.py; protobuf.dev, Encoding
Left out  answers in protobuf; lists, and kinds that the API here does not have; fields of a newer release are refused
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

__all__ = ["decoded"]

MAGIC = b"k8s\0"
LIMIT_BYTES = 3 * 1024 * 1024
LIMIT_FIELDS = 100_000
"""A field of two bytes can become an object of many: no object that anyone means has so many of them."""
LIMIT_DEPTH = 100
"""Only for JSON inside a field: the messages themselves never hold their own kind."""
VARINT, BYTES = 0, 2
"""The wire types of what the kinds are made of: whole numbers and truths, and everything else."""
INLINE = "~"

Value = int | bytes


class Field(NamedTuple):
    """What a number stands for. It is held plainly, or by `*` a pointer, `[]` a list, `{}` a map from strings."""

    name: str
    holder: str
    type: str
    drops_empty: bool
    drops_zero: bool

    @classmethod
    def of(cls, line: str) -> Field:
        """Understand a line of the table: `resources? core/v1.ResourceRequirements`."""
        name, shape = line.split(" ")
        holder = next((mark for mark in ("*", "[]", "{}") if shape.startswith(mark)), "")
        return cls(name.rstrip("?0"), holder, shape.removeprefix(holder), name[-1] in "?0", name.endswith("0"))

    def is_dropped(self, value: Any, is_given: bool) -> bool:
        """Say whether Go's JSON leaves the field out: `omitempty` never means a struct, `omitzero` does."""
        if self.holder == "*":
            return self.drops_empty and not is_given
        if self.holder or self.type in SCALARS:
            return self.drops_empty and not value
        return self.drops_zero and value is None


class Type(NamedTuple):
    """A message: its fields by number, and the numbers of those that are there even when nothing was sent."""

    fields: dict[int, Field]
    always: frozenset[int]

    @classmethod
    def of(cls, lines: dict[str, str]) -> Type:
        """Understand a part of the table."""
        fields = {int(number): Field.of(line) for number, line in lines.items()}
        return cls(fields, frozenset(n for n, f in fields.items() if not f.drops_empty or _is_struct(f)))


class Reader:
    """Reads the messages of one body, up to a number of fields."""

    def __init__(self) -> None:
        self.left = LIMIT_FIELDS

    def count(self) -> None:
        """Count one field, or one number of a list that was sent in one piece."""
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"more than {LIMIT_FIELDS} fields")

    def message(self, name: str, data: bytes) -> dict[str, Any]:
        """Read a message into the object that Go's JSON would show. Raises ValueError."""
        type_, given, result = _type(name), self.given(name, data), {}
        for number in sorted(type_.always.union(given)):
            field, values = type_.fields[number], given.get(number, [])
            value = self.field(field, values)
            if field.name == INLINE:
                result.update(value)
            elif not field.is_dropped(value, bool(values)):
                result[field.name] = value
        return result

    def given(self, name: str, data: bytes) -> dict[int, list[Value]]:
        """Collect what was sent for each field, in its order."""
        fields, found = _type(name).fields, dict[int, list[Value]]()
        for number, value in _pieces(data):
            self.count()
            if number not in fields:
                raise ValueError(f"{name} has no field of number {number}")
            found.setdefault(number, []).append(value)
        return found

    def field(self, field: Field, values: list[Value]) -> Any:
        """Read everything that was sent for one field."""
        if not field.holder:
            return self.value(field.type, values)
        if not values:
            return None
        if field.holder == "*":
            return self.value(field.type, values)
        if field.holder == "[]":
            return [self.value(field.type, [value]) for value in self.unpacked(field.type, values)]
        entries = dict(self.entry(field.type, value) for value in values)
        return {key: entries[key] for key in sorted(entries)}

    def unpacked(self, type_: str, values: Iterable[Value]) -> Iterator[Value]:
        """Yield each element of a list: numbers may be sent one by one, or many in one piece."""
        is_number = type_ in SCALARS and SCALARS[type_][1] is int
        for value in values:
            if not is_number or isinstance(value, int):
                yield value
                continue
            at = 0
            while at < len(value):
                number, at = _varint(value, at)
                self.count()
                yield number

    def entry(self, type_: str, value: Value) -> tuple[str, Any]:
        """Read one entry of a map: its key is field 1, its value field 2."""
        name = f"entry {type_}"
        given = self.given(name, _joined([value]))
        return self.value("string", given.get(1, [])), self.value(type_, given.get(2, []))

    def value(self, type_: str, values: list[Value]) -> Any:
        """Read one value. Of scalars sent twice the last one counts, messages sent twice are one."""
        if type_ in SCALARS:
            zero, wanted, read = SCALARS[type_]
            if not values:
                return zero
            if not isinstance(values[-1], wanted):
                raise ValueError(f"wrong wire type for a value of type {type_}")
            return read(values[-1])
        data = _joined(values)
        if type_ in SPECIAL:
            return SPECIAL[type_](self.message(type_, data) if data else {})
        if type_.startswith("items:"):
            return self.message(type_, data)["items"]
        return self.message(type_, data)


def decoded(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds. Raises ValueError for whatever cannot be read."""
    if len(body) > LIMIT_BYTES:
        raise ValueError(f"the body is longer than {LIMIT_BYTES} bytes")
    if not body.startswith(MAGIC):
        raise ValueError(f"provided data does not appear to be a protobuf message, expected prefix [{_numbers(MAGIC)}]")
    if body == MAGIC:
        raise ValueError("empty body")
    reader = Reader()
    envelope = reader.given("envelope", body.removeprefix(MAGIC))
    if reader.value("string", envelope.get(3, [])):
        raise ValueError("a message with a content encoding of its own is not understood")
    title = reader.message("title", _joined(envelope.get(1, [])))
    name = _name_of(title["apiVersion"], title["kind"])
    return title | reader.message(name, _joined(envelope.get(2, [])[-1:]))


def _name_of(version: str, kind: str) -> str:
    for title, value in (("Kind", kind), ("apiVersion", version)):
        if not value:
            raise ValueError(
                f"Object '{title}' is missing in 'runtime.TypeMeta{{APIVersion:\"{version}\", Kind:\"{kind}\"}}'"
            )
    kinds = _table()["kinds"].get(version)
    name = kinds and (kinds.get(kind) or _table()["everywhere"].get(kind))
    if not name:
        raise ValueError(f'no kind "{kind}" is registered for version "{version}"')
    return str(name)


def _pieces(data: bytes) -> Iterator[tuple[int, Value]]:
    """Take a message apart: the number of each field, and the number or the bytes that follow."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if not tag >> 3:
            raise ValueError(f"proto: illegal tag 0 (wire type {tag & 7})")
        if tag & 7 not in (VARINT, BYTES):
            raise ValueError(f"wire type {tag & 7} of field {tag >> 3}: no field here is of such a type")
        value, at = _varint(data, at)
        if tag & 7 == VARINT:
            yield tag >> 3, value
        elif value > len(data) - at:
            raise ValueError("unexpected EOF")
        else:
            yield tag >> 3, data[at : at + value]
            at += value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number in groups of seven bits, the lowest first; return where it ends, too."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("unexpected EOF")
        byte, at = data[at], at + 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("proto: integer overflow")


def _joined(values: Iterable[Value]) -> bytes:
    """Put the pieces of a message together."""
    pieces = list(values)
    if any(isinstance(piece, int) for piece in pieces):
        raise ValueError("wrong wire type for a message")
    return b"".join(pieces)  # type: ignore[arg-type]


def _is_struct(field: Field) -> bool:
    return not field.holder and field.type not in SCALARS


def _signed(bits: int) -> Callable[[int], int]:
    return lambda number: (number + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("a string is not UTF-8") from None


def _int_or_string(message: dict[str, Any]) -> int | str:
    return str(message["strVal"]) if message.get("type") == 1 else int(message.get("intVal", 0))


def _moment(seconds: int, microseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)
    except (ValueError, OverflowError, OSError):
        raise ValueError("a time is out of range") from None


def _time(message: dict[str, Any]) -> str | None:
    if not message:
        return None
    return _moment(message["seconds"], 0).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def _microtime(message: dict[str, Any]) -> str | None:
    if not message:
        return None
    moment = _moment(message["seconds"], message["nanos"] // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _json(message: dict[str, Any]) -> Any:
    if not message or not message["raw"]:
        return None
    try:
        value = json.loads(message["raw"], parse_constant=_refuse)
    except RecursionError:
        raise ValueError("JSON in a field is too deep") from None
    level = [value]
    for _ in range(LIMIT_DEPTH):
        level = [i for v in level if isinstance(v, (dict, list)) for i in (v.values() if isinstance(v, dict) else v)]
    if level:
        raise ValueError("JSON in a field is too deep")
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise ValueError("JSON in a field has a number or a character that cannot be written again") from None
    return value


def _refuse(word: str) -> Any:
    raise ValueError(f"invalid character '{word[0]}' looking for beginning of value")


def _numbers(data: bytes) -> str:
    return " ".join(map(str, data))


@cache
def _table() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "protobuf.json"), encoding="utf-8") as file:
        return dict(json.load(file))


@cache
def _type(name: str) -> Type:
    if name.startswith("items:"):
        return Type.of({"1": f"items []{name.removeprefix('items:')}"})
    if name.startswith("entry "):
        return Type.of({"1": "key string", "2": f"value {name.removeprefix('entry ')}"})
    return Type.of(MESSAGES.get(name) or _table()["types"][name])


SCALARS: dict[str, tuple[Any, type[Value], Callable[[Any], Any]]] = {
    "string": ("", bytes, _text),
    "bytes": ("", bytes, lambda data: base64.b64encode(data).decode()),
    "bool": (False, int, bool),
    "int32": (0, int, _signed(32)),
    "int64": (0, int, _signed(64)),
}
MESSAGES = {
    "envelope": {"1": "typeMeta title", "2": "raw bytes", "3": "contentEncoding string", "4": "contentType string"},
    "title": {"1": "apiVersion string", "2": "kind string"},
    "quantity": {"1": "string string"},
    "int-or-string": {"1": "type int64", "2": "intVal int32", "3": "strVal string"},
    "json": {"1": "raw string"},
    "time": {"1": "seconds int64", "2": "nanos int32"},
    "microtime": {"1": "seconds int64", "2": "nanos int32"},
}
SPECIAL: dict[str, Callable[[dict[str, Any]], Any]] = {
    "quantity": lambda message: message.get("string", "0"),
    "int-or-string": _int_or_string,
    "json": _json,
    "time": _time,
    "microtime": _microtime,
}
