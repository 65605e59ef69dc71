"""Printing: tables, names, YAML, JSON, JSONPath and custom columns.

Source    staging/src/k8s.io/cli-runtime/pkg/printers; kubernetes.io, "JSONPath Support"
Left out  go-template, JSONPath's regular expressions and unions, --sort-by on anything but plain paths
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.kubectl.command import UsageError

__all__ = [
    "as_json",
    "as_yaml",
    "columns",
    "json_path",
    "json_path_template",
    "shown_table",
]

Obj = dict[str, Any]

GAP = 3  # spaces between columns, as kubectl's tab writer leaves
NARROWEST = 6


def columns(rows: Iterable[Iterable[Any]]) -> str:
    """Rows of cells as aligned text."""
    texts = [[_cell(cell) for cell in row] for row in rows]
    if not texts:
        return ""
    widths = [max(max(len(row[i]) for row in texts) + GAP, NARROWEST) for i in range(len(texts[0]))]
    return "".join(
        "".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)) + row[-1] + "\n"
        for row in texts
    )


def _cell(value: Any) -> str:
    return "<none>" if value is None else str(value).partition("\n")[0]


def shown_table(
    table: Obj,
    *,
    wide: bool,
    namespaces: bool,
    labels: bool,
    headers: bool,
    prefix: str = "",
    label_columns: Iterable[str] = (),
) -> str:
    """A Table as `kubectl get` prints it."""
    shown = [i for i, column in enumerate(table["columnDefinitions"]) if wide or not column["priority"]]
    titles = [table["columnDefinitions"][i]["name"].upper() for i in shown]
    keys = list(label_columns)
    head = ["NAMESPACE"] * namespaces + titles + [key.rpartition("/")[2].upper() for key in keys] + ["LABELS"] * labels
    rows = [head] if headers else []
    for row in table["rows"]:
        metadata = row["object"]["metadata"]
        cells = [row["cells"][i] for i in shown]
        if prefix:
            name_at = next(n for n, i in enumerate(shown) if table["columnDefinitions"][i]["name"] == "Name")
            cells[name_at] = prefix + cells[name_at]
        own = metadata.get("labels") or {}
        extra = [own.get(key, "<none>") for key in keys]
        text = ",".join(f"{name}={value}" for name, value in sorted(own.items())) or "<none>"
        rows.append([metadata.get("namespace")] * namespaces + cells + extra + [text] * labels)
    return columns(rows)


def as_yaml(obj: Any) -> str:
    """YAML with sorted keys, as Go's library lays it out."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """No anchors: what is shared is written out each time."""

        def ignore_aliases(self, data: Any) -> bool:
            """Never refer back."""
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(obj, Dumper=Dumper, default_flow_style=False, allow_unicode=True, width=10**9)


def as_json(obj: Any) -> str:
    """JSON with four spaces of indentation and sorted keys."""
    return json.dumps(obj, indent=4, ensure_ascii=False, sort_keys=True) + "\n"


def json_path_template(template: str, obj: Any) -> str:
    """Fill the `{…}` of a template; `{range …}…{end}` repeats. Raises UsageError."""
    parts = re.split(r"(\{(?:[^{}'\"]|'[^']*'|\"[^\"]*\")*\})", template if "{" in template else "{" + template + "}")
    text, rest = _fill(parts, 0, obj, template)
    if rest < len(parts):
        raise UsageError(f"error: error parsing jsonpath {template}, unexpected end")
    return text


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
        else:
            out.append(" ".join(_plain(value) for value in json_path(inner, obj)))
    return "".join(out), at


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


TOKEN = re.compile(
    r"\.\.([\w-]+)|\.((?:\\.|[\w-])+)|\[(\*|-?\d+|-?\d*:-?\d*|'[^']*'|\"[^\"]*\"|\?\(.*?\))\]|\.?(\*)|(\$|@)"
)
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
            raise UsageError(f"error: error parsing jsonpath {{{path}}}, unrecognized character at {at}")
        at = match.end()
        values = [found for value in values for found in _step(value, match)]
    yield from values


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
    elif index[0] in "'\"":
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
