"""JSONPath as kubectl knows it: templates with `{…}`, ranges, filters, slices, recursive descent.

Source    staging/src/k8s.io/client-go/util/jsonpath; kubernetes.io, "JSONPath Support"
Left out  regular expressions, unions, numbers as they are (`{1}`)
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator
from typing import Any

from k8slab.kubectl.command import UsageError

__all__ = ["json_path", "json_path_template"]

ACTION = re.compile(r"(\{(?:[^{}'\"]|'[^']*'|\"[^\"]*\")*\})")
TOKEN = re.compile(r"\.\.([\w-]+)|\.((?:\\.|[\w/-])+)|\[(\*|-?\d+|-?\d*:-?\d*|'[^']*'|\?\(.*?\))\]|\.?(\*)|(\$|@)")
TEST = re.compile(r"\?\(\s*(@[^=!<>\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)$")
COMPARES = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
            ">=": operator.ge}  # fmt: skip

compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


class _Stuck(UsageError):
    """The path is well written, and leads nowhere."""


def json_path_template(template: str, obj: Any) -> str:
    """Fill the `{…}` of a template; `{range …}…{end}` repeats. Raises UsageError."""
    parts = ACTION.split(template)
    for part in parts:
        if "{" in part and not part.endswith("}"):
            problem = "unterminated array" if part.rfind("[") > part.rfind("]") else "unclosed action"
            raise UsageError(f"error: error parsing jsonpath {template}, {problem}")
    try:
        text, rest = _fill(parts, obj)
        if rest:
            raise _Stuck("not in range, nothing to end")
    except _Stuck as problem:
        raise UsageError(
            f'error: error executing jsonpath "{template}": Error executing template: {problem}. Printing more '
            f"information for debugging the template:\n\ttemplate was:\n\t\t{template}"
        ) from None
    return text


def _fill(parts: list[str], obj: Any) -> tuple[str, list[str]]:
    """The text up to the `{end}`, and the parts behind it."""
    text = ""
    while parts:
        part, *parts = parts
        inner = part[1:-1].strip()
        if not (part.startswith("{") and part.endswith("}")):
            text += part
        elif inner == "end":
            return text, parts
        elif inner.startswith("range "):
            filled = [_fill(parts, item) for item in json_path(inner[6:].strip(), obj)]
            text += "".join(once for once, _ in filled)
            parts = (filled or [_fill(parts, None)])[0][1]
        elif inner[:1] in ("'", '"'):
            text += inner[1:-1].encode().decode("unicode_escape")
        elif inner and inner[0] not in "$@.[":
            raise _Stuck(f"unrecognized identifier {inner}")
        else:
            found = json_path(inner, obj)
            text += " ".join(value if isinstance(value, str) else compact(value) for value in found)
    return text, parts


def json_path(path: str, obj: Any) -> Iterator[Any]:
    """The values at a path such as `.items[*].metadata.name`. Raises UsageError."""
    values, rest = [obj], path if path[:1] in ("$", "@", ".", "[") else "." + path
    while rest not in ("", ".", ".["):
        match = TOKEN.match(rest)
        if match is None:
            character = f"unrecognized character in action: U+{ord(rest[0]):04X} '{rest[0]}'"
            index = f"invalid array index {rest[1:].partition(']')[0]}"
            raise UsageError(f"error: error parsing jsonpath {{{path}}}, {index if rest[0] == '[' else character}")
        rest = rest[match.end() :]
        values = [found for value in values for found in _step(value, match)]
    yield from values


def _children(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _step(value: Any, match: re.Match[str]) -> Iterator[Any]:
    deep, field, index, star, root = match.groups()
    name = index[1:-1] if index and index[0] == "'" else re.sub(r"\\(.)", r"\1", field or "")
    if root:
        yield value
    elif deep:
        yield from _deep(value, deep)
    elif star or index == "*":
        yield from _children(value)
    elif name:
        yield from [value[name]] if isinstance(value, dict) and name in value else []
    elif isinstance(value, list):
        yield from _chosen(value, index)


def _deep(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict) and name in value:
        yield value[name]
    for child in _children(value):
        yield from _deep(child, name)


def _chosen(items: list[Any], index: str) -> list[Any]:
    """What `[2]`, `[1:3]` or `[?(@.name=="web")]` takes of a list."""
    if index[0] == "?":
        return [item for item in items if _passes(item, index)]
    if ":" in index:
        return items[slice(*(int(text) if text else None for text in index.split(":")))]
    if -len(items) <= int(index) < len(items):
        return [items[int(index)]]
    place = int(index) + len(items) * (int(index) < 0)
    raise _Stuck(f"array index out of bounds: index {place}, length {len(items)}")


def _passes(item: Any, test: str) -> bool:
    match = TEST.match(test)
    if match is None:
        raise UsageError(f"error: error parsing jsonpath {test}, invalid filter")
    path, op, wanted_text = match.groups()
    found = list(json_path(path, item))
    if not op or not found:
        return bool(found) and not op
    value, wanted = found[0], wanted_text[1:-1] if wanted_text[0] in "'\"" else json.loads(wanted_text)
    if type(value) is not type(wanted) and not {type(value), type(wanted)} <= {int, float}:
        return bool(op == "!=")
    return bool(COMPARES[op](value, wanted))
