"""The JSONPaths of printer columns, selectable fields and the scale subresource.

Source    staging/src/k8s.io/client-go/util/jsonpath (parser.go, jsonpath.go)
Left out  slices, unions, recursive descent; filters compare one path with one text, number or boolean by == and !=
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = [
    "parse_path",
    "put_at",
    "value_at",
]

Obj = dict[str, Any]
Step = Callable[[Any], Iterable[Any]]

STEP = re.compile(
    r"""\.?(?P<star>\*)|\[(?P<star2>\*)\]
    |\[\?\(\s*@(?P<inner>[^=!\s]+)\s*(?P<op>==|!=)\s*(?P<literal>"[^"]*"|'[^']*'|[\w.+-]+)\s*\)\]
    |\[(?P<index>-?\d+)\]|\[['"](?P<quoted>[^'"]+)['"]\]|\.(?P<name>(?:\\.|[^.\[\\])+)""",
    re.VERBOSE,
)


def parse_path(text: str) -> Callable[[Any], list[Any]]:
    """The function that finds what a path leads to. Raises ValueError."""
    steps, place = [], 0
    while place < len(text):
        found = STEP.match(text, place)
        if found is None:
            raise ValueError(f"unrecognized path {text!r}")
        steps.append(_step(found))
        place = found.end()

    def find(value: Any) -> list[Any]:
        values = [value]
        for step in steps:
            values = [inner for each in values for inner in step(each)]
        return values

    return find


def _step(found: re.Match[str]) -> Step:
    if found["star"] or found["star2"]:
        return lambda value: value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if found["index"] is not None:
        index = int(found["index"])
        return lambda value: value[index : index + 1 or None] if isinstance(value, list) else ()
    if found["inner"]:
        return _filter(parse_path(found["inner"]), found["op"] == "==", _literal(found["literal"]))
    name = found["quoted"] or re.sub(r"\\(.)", r"\1", found["name"])
    return lambda value: (value[name],) if isinstance(value, dict) and name in value else ()


def _filter(inner: Callable[[Any], list[Any]], is_equal: bool, wanted: Any) -> Step:
    def step(value: Any) -> Iterable[Any]:
        for item in value if isinstance(value, list) else ():
            found = inner(item)
            if found and (found[0] == wanted) is is_equal:
                yield item

    return step


def _literal(text: str) -> Any:
    if text[0] in "\"'":
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        return text


def value_at(obj: Obj, path: str) -> Any:
    """What stands at a path of plain names, or None."""
    value: Any = obj
    for name in _names(path):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put_at(obj: Obj, path: str, new: Any) -> Obj:
    """The object with another value at a path of plain names."""

    def put(value: Any, names: list[str]) -> Any:
        if not names:
            return new
        value = value if isinstance(value, dict) else {}
        return {**value, names[0]: put(value.get(names[0]), names[1:])}

    changed: Obj = put(obj, _names(path))
    return changed


def _names(path: str) -> list[str]:
    return [name for name in path.split(".") if name]
