"""JSONPath: what a path such as `.items[*].metadata.name` leads to.

A path is read once, into a function from an object to the list of values found; a field that is not there gives none.

Source    staging/src/k8s.io/client-go/util/jsonpath/{parser,jsonpath}.go
Left out  regular expressions (`=~`), unions; where the real one stops, what is no list has no items, and values of two
          types are only different; a quoted name needs no backslash before a dot
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["parse_path"]

Find = Callable[[Any], list[Any]]

TOKEN = re.compile(
    r"""[ $@]+ | \.$
    | \.\.(?P<descent>(?:\w(?:\\.|[^\s.,\[\]$@{}\\])*)?)
    | \.(?P<field>(?:\\.|[^\s.,\[\]$@{}\\])*)
    | \['(?P<quoted>[^']*)'\]
    | \[(?P<all>\*)\]
    | \[(?P<slice>-?\d+|(?:-?\d+)?:(?:-?\d+)?(?::(?:-?\d+)?)?)\]
    | \[\?\((?P<filter>(?:[^'")]|'[^']*'|"[^"]*")*)\)\]
    | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<word>\w[^\s.,\[\]$@{}]*)""",
    re.VERBOSE,
)
COMPARISON = re.compile(r"([^!<>=]+)([!<>=~]+)(.+)")
COMPARES = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
            ">=": operator.ge}  # fmt: skip


def parse_path(path: str) -> Find:
    """The function that finds what a path leads to; both raise ValueError in the real parser's words."""
    steps: list[Find] = []
    place = 0
    while place < len(path):
        token = TOKEN.match(path, place)
        if token is None:
            raise ValueError(_problem(path[place:]))
        if token.lastgroup:
            steps.append(STEPS[token.lastgroup](token[token.lastgroup]))
        place = token.end()

    def find(value: Any) -> list[Any]:
        values = [value]
        for step in steps:
            values = [found for each in values for found in step(each)]
        return values

    return find


def _problem(rest: str) -> str:
    """Why no token begins here."""
    if rest.startswith("[?("):
        return "unterminated filter"
    if rest[0] in "'\"":
        return "unterminated quoted string"
    if rest[0] == "[":
        return f"invalid array index {rest[1:].partition(']')[0]}" if "]" in rest else "unterminated array"
    return f"unrecognized character in action: U+{ord(rest[0]):04X} '{rest[0]}'"


def _children(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _field(text: str) -> Find:
    name = re.sub(r"\\(.)", r"\1", text)
    if text == "*":
        return _children
    return lambda value: [value[name]] if isinstance(value, dict) and name in value else []


def _descent(name: str) -> Find:
    field = _field(name) if name else lambda value: [value]
    return lambda value: [found for each in _containers(value) for found in field(each)]


def _containers(value: Any) -> Iterator[Any]:
    """A value and what it holds at any depth, as far as that holds something itself."""
    if children := _children(value):
        yield value
    for child in children:
        yield from _containers(child)


def _slice(text: str) -> Find:
    """What `[2]`, `[-1]`, `[1:3]` or `[::2]` takes of a list."""
    first, *more = text.split(":")
    by = int("".join(more[1:]) or 1)

    def step(value: Any) -> list[Any]:
        if not isinstance(value, list):
            return []
        length = len(value)
        start = int(first or 0) + length * first.startswith("-")
        end = start + 1
        if more:
            end = int(more[0] or length) + length * more[0].startswith("-")
        for index, is_within in ((start, 0 <= start < length), (end - 1, 0 <= end <= length)):
            if start != end and not is_within:
                raise ValueError(f"array index out of bounds: index {index}, length {length}")
        if start > end:
            raise ValueError(f"starting index {start} is greater than ending index {end}")
        if by <= 0:
            raise ValueError("step must be > 0")
        return value[start:end:by]

    return step


def _filter(text: str) -> Find:
    """The items of a list that pass `@.ready` (it is there) or `@.cpu>2`."""
    comparison = COMPARISON.fullmatch(text)
    if comparison is None:
        is_there = parse_path(text)
        return lambda value: [item for item in value if is_there(item)] if isinstance(value, list) else []
    left, right, sign = parse_path(comparison[1]), parse_path(comparison[3]), comparison[2]

    def passes(item: Any) -> bool:
        sides = left(item)[:1] + right(item)[:1]
        if sign not in COMPARES:
            raise ValueError(f"unrecognized filter operator {sign}")
        return len(sides) > 1 and _compares(COMPARES[sign], *sides)

    return lambda value: [item for item in value if passes(item)] if isinstance(value, list) else []


def _compares(compare: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    kinds = {float if type(side) is int else type(side) for side in (left, right)}
    are_alike = len(kinds) == 1 and kinds < {bool, float, str}
    return bool(compare(left, right)) if are_alike else compare is operator.ne


def _text(text: str) -> Find:
    value = text[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
    return lambda _: [value]


def _number(text: str) -> Find:
    value = float(text) if "." in text else int(text)
    return lambda _: [value]


def _word(text: str) -> Find:
    def find(_: Any) -> list[Any]:
        if text not in ("true", "false"):
            raise ValueError(f"unrecognized identifier {text}")
        return [text == "true"]

    return find


STEPS: dict[str, Callable[[str], Find]] = {
    "descent": _descent, "field": _field, "quoted": _field, "all": lambda _: _children, "slice": _slice,
    "filter": _filter, "text": _text, "number": _number, "word": _word,
}  # fmt: skip
