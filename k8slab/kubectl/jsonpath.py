"""JSONPath as kubectl knows it: templates with `{…}`, ranges, filters, slices, recursive descent.

Source    staging/src/k8s.io/client-go/util/jsonpath; kubernetes.io, "JSONPath Support"
Left out  regular expressions and unions
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator
from typing import Any

from k8slab.kubectl.command import UsageError

__all__ = [
    "json_path",
    "json_path_template",
]


def json_path_template(template: str, obj: Any) -> str:
    """Fill the `{…}` of a template; `{range …}…{end}` repeats. Raises UsageError."""
    parts = re.split(r"(\{(?:[^{}'\"]|'[^']*'|\"[^\"]*\")*\})", template)
    for part in parts:
        if "{" in part and not part.endswith("}"):
            problem = "unterminated array" if part.rfind("[") > part.rfind("]") else "unclosed action"
            raise UsageError(f"error: error parsing jsonpath {template}, {problem}")
    try:
        text, rest = _fill(parts, 0, obj, template)
        if rest < len(parts):
            raise _Stuck("not in range, nothing to end")
    except _Stuck as problem:
        raise UsageError(
            f'error: error executing jsonpath "{template}": Error executing template: {problem}. Printing more '
            f"information for debugging the template:\n\ttemplate was:\n\t\t{template}"
        ) from None
    return text


class _Stuck(UsageError):
    """The path is well written, and leads nowhere."""


def _fill(parts: list[str], at: int, obj: Any, template: str) -> tuple[str, int]:
    out = []
    while at < len(parts):
        part = parts[at]
        at += 1
        if not (part.startswith("{") and part.endswith("}")):
            out.append(part)
            continue
        inner = part[1:-1].strip()
        if inner == "end":
            return "".join(out), at
        if inner.startswith("range "):
            found, after = list(json_path(inner[6:].strip(), obj)), at
            for item in found or [None]:
                text, after = _fill(parts, at, item, template)
                out.append(text if found else "")
            at = after
        elif inner[:1] in "'\"" and inner:
            out.append(inner[1:-1].encode().decode("unicode_escape"))
        elif LITERAL.fullmatch(inner):
            out.append(inner)
        elif inner and inner[0] not in "$@.[":
            raise _Stuck(f"unrecognized identifier {inner}")
        else:
            out.append(" ".join(_plain(value) for value in json_path(inner, obj)))
    return "".join(out), at


def _plain(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    )


LITERAL = re.compile(r"-?\d+(\.\d+)?|true|false")
TOKEN = re.compile(r"\.\.([\w-]+)|\.((?:\\.|[\w/-])+)|\[(\*|-?\d+|-?\d*:-?\d*|'[^']*'|\?\(.*?\))\]|\.?(\*)|(\$|@)")
COMPARES = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEST = re.compile(r"\?\(\s*(@[^=!<>\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)$")


def json_path(path: str, obj: Any) -> Iterator[Any]:
    """The values at a path such as `.items[*].metadata.name`. Raises UsageError."""
    values, at = [obj], 0
    path = path if path[:1] in "$@.[" else "." + path
    while at < len(path):
        if path[at] == "." and path[at + 1 :] in ("", "["):
            break
        match = TOKEN.match(path, at)
        if match is None or match.end() == at:
            raise UsageError(f"error: error parsing jsonpath {{{path}}}, {_complaint(path[at:])}")
        at = match.end()
        values = [found for value in values for found in _step(value, match)]
    yield from values


def _complaint(rest: str) -> str:
    if rest.startswith("["):
        return f"invalid array index {rest[1:].partition(']')[0]}"
    return f"unrecognized character in action: U+{ord(rest[0]):04X} '{rest[0]}'"


def _step(value: Any, match: re.Match[str]) -> Iterator[Any]:
    deep, field, index, star, root = match.groups()
    if root:
        yield value
    elif deep:
        yield from _deep(value, deep)
    elif field is not None:
        if isinstance(value, dict) and (name := re.sub(r"\\(.)", r"\1", field)) in value:
            yield value[name]
    elif star or index == "*":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif index[0] == "'":
        if isinstance(value, dict) and index[1:-1] in value:
            yield value[index[1:-1]]
    elif index[0] == "?":
        yield from (item for item in value if _passes(item, index)) if isinstance(value, list) else ()
    elif isinstance(value, list):
        if ":" in index:
            start, end = (int(text) if text else None for text in index.split(":"))
            yield from value[start:end]
        elif -len(value) <= int(index) < len(value):
            yield value[int(index)]
        else:
            place = int(index) + len(value) * (int(index) < 0)
            raise _Stuck(f"array index out of bounds: index {place}, length {len(value)}")


def _deep(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict) and name in value:
        yield value[name]
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _deep(child, name)


def _passes(item: Any, test: str) -> bool:
    match = TEST.match(test)
    if match is None:
        raise UsageError(f"error: error parsing jsonpath {test}, invalid filter")
    path, op, wanted_text = match.groups()
    found = list(json_path(path, item))
    if not op or not found:
        return bool(found) and not op
    wanted = wanted_text[1:-1] if wanted_text[0] in "'\"" else json.loads(wanted_text)
    value = found[0]
    if type(value) is not type(wanted) and not {type(value), type(wanted)} <= {int, float}:
        return op == "!="
    return bool(COMPARES[op](value, wanted))
