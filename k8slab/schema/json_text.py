"""Read JSON text as Go reads it: in its words when it is none, and with notice of fields given twice.

Of a field given twice the last one wins, as in Go; that there were others is a strict error like an unknown field,
for which a dict has no place, so it must be noticed here. Bytes that are no UTF-8 become replacement characters.

Source    sigs.k8s.io/json (DisallowDuplicateFields; internal/golang/encoding/json: scanner.go, decode.go)
Left out  more than 100 levels (Go: 10,000); numbers of more than 4,300 digits; words broken off, such as `tru`, are
          placed at their beginning
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["parse_json"]

MOST_LEVELS = 100
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # half of a character that is beyond 16 bits
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
PLACES = {
    "Expecting value": "looking for beginning of value",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX escape": "in \\u hexadecimal character escape",
}
IN_STRINGS = {  # and what Python's place is in front of
    "Invalid control character at": "",
    "Invalid \\escape": r"^\\",
    "Invalid \\uXXXX escape": "^u?[0-9a-fA-F]*",
}


def parse_json(text: str | bytes) -> tuple[Any, list[str]]:
    """Parse JSON; return the value and `duplicate field "spec.replicas"` for each field given twice.

    Raises ValueError, in Go's words, for what is no JSON.
    """
    repeated: dict[int, tuple[Any, list[str]]] = {}  # by the identity of the object, held so that it stays its own

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            names = [name for name, _ in pairs]
            repeated[id(made)] = made, [name for name in made if names.count(name) > 1]
        return made

    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        value = json.loads(text, object_pairs_hook=as_object, parse_constant=_refuse, parse_float=_number)
    except json.JSONDecodeError as error:
        raise ValueError(_in_go(error)) from None
    except RecursionError:
        raise ValueError("exceeded max depth") from None
    if text.count("{") + text.count("[") > MOST_LEVELS and _is_deeper(value, MOST_LEVELS):
        raise ValueError("exceeded max depth")
    doubles = list(dict.fromkeys(_located(value, repeated, ""))) if repeated else []
    if HALF.search(text):
        value = json.loads(_whole(json.dumps(value, ensure_ascii=False)))
    return value, doubles


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


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [i for v in level if isinstance(v, (dict, list)) for i in (v.values() if isinstance(v, dict) else v)]
    return any(isinstance(value, (dict, list)) for value in level)


def _in_go(error: json.JSONDecodeError) -> str:
    """What Go's scanner says."""
    rest, message = error.doc[error.pos :], error.msg.rstrip(": ")
    if message in IN_STRINGS:
        rest = re.sub(IN_STRINGS[message], "", rest)
    else:
        rest = rest.lstrip(" \t\r\n")
    if not rest or message.startswith("Unterminated"):
        return "unexpected end of JSON input"
    place = PLACES.get(message) or f"after {_open_at(error.doc[: error.pos])}"
    return f"invalid character {_quoted(rest[0])} {place}"


def _open_at(text: str) -> str:
    """What is still open at the end of a text."""
    levels: list[str] = []
    for mark in re.findall(r"[][{}]", STRING.sub("", text)):
        if mark in "[{":
            levels.append(mark)
        else:
            levels.pop()
    return "array element" if levels[-1] == "[" else "object key:value pair"


def _quoted(letter: str) -> str:
    """A character as Go's quoteChar shows it: of one beyond ASCII only the first byte."""
    letter = chr(letter.encode()[0])
    if letter == "'":
        return r"'\''"
    if letter == '"':
        return "'\"'"
    return "'" + (json.dumps(letter)[1:-1].replace("\\u00", "\\x") if letter < " " else letter) + "'"


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return number


def _refuse(word: str) -> Any:
    place = "in numeric literal" if word[0] == "-" else PLACES["Expecting value"]
    raise ValueError(f"invalid character '{word.lstrip('-')[0]}' {place}")


def _whole(text: str) -> str:
    """The text with a replacement character for each half of a character, as Go reads it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
