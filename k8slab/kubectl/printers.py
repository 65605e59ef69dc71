"""Printing: columns, YAML and JSON, and objects in the form that -o asks for.

Source    staging/src/k8s.io/cli-runtime/pkg/printers (tableprinter.go); staging/src/k8s.io/kubectl/pkg/cmd/get/
          customcolumn.go; Go's text/tabwriter; sigs.k8s.io/yaml
Left out  go-template, kyaml, and forms that are read from a file
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import yaml

from k8slab.kubectl.command import Obj, UsageError
from k8slab.kubectl.jsonpath import json_path, json_path_template
from k8slab.schema import go_text

__all__ = ["NONE", "aligned", "as_yaml", "columns", "printed"]

FORMS = (
    "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,"
    "name,template,templatefile,wide,yaml"
)
NONE = "<none>"


def aligned(text: str, gap: int = 3, narrowest: int = 0) -> str:
    """Text with tabs as columns: cells of one place in lines that follow each other get one width."""
    rows = [line.split("\t") for line in text.split("\n")]
    for place in range(max(map(len, rows)) - 1):
        for another_follows, run in groupby(rows, lambda row: len(row) > place + 1):  # noqa: B023
            block = list(run) if another_follows else []
            width = max((len(row[place]) + gap for row in block), default=0)
            for row in block:
                row[place] = row[place].ljust(max(width, narrowest))
    return "\n".join("".join(row) for row in rows) + "\n"


def columns(rows: Iterable[Iterable[Any]]) -> str:
    """Rows of cells as kubectl's tables show them."""
    lines = ["\t".join(map(_cell, row)) for row in rows]
    return aligned("\n".join(lines), narrowest=6) if lines else ""


def _cell(value: Any) -> str:
    if value is None:
        return NONE
    text = str(value).lower() if isinstance(value, bool) else str(value)
    first, broken, _ = text.partition("\n")
    return first.replace("\t", " ") + ("..." if broken else "")


class _Dumper(yaml.SafeDumper):
    """YAML as Go's library writes it: no anchors, and in double quotes what another reader could take for no text."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write out each time what is shared."""
        return True


# what YAML 1.1 reads as a number in base 60, as yes or no, or as another number than PyYAML does
OTHER_THAN_TEXT = re.compile(
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|y|Y|n|N|[-+]?0o[0-7_]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
)


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    tag: str = dumper.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    is_text = tag.endswith((":str", ":merge", ":value")) and not OTHER_THAN_TEXT.fullmatch(value)
    style = "|" if "\n" in value else None if is_text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _map(dumper: _Dumper, value: Obj) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", sorted(value.items(), key=lambda item: _natural(item[0])))


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Keys in the order people count in: a9 before a10."""
    parts: Iterator[str] = (part for part in re.split(r"([0-9]+)", key) if part)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _map)


def as_yaml(obj: Any) -> str:
    """YAML with sorted keys, as Go's library lays it out."""
    text: str = yaml.dump(obj, Dumper=_Dumper, default_flow_style=False, allow_unicode=True)
    return text


def printed(
    output: str, objects: list[Obj], *, single: bool, headers: bool = True, managed_fields: bool = False
) -> str:
    """Objects in a form such as `yaml`, `name` or `custom-columns=NAME:.metadata.name`. Raises UsageError."""
    form, equals, argument = output.partition("=")
    if form == "custom-columns":
        return _custom_columns(argument, objects, headers)
    if form == "name" and not equals:
        return "".join(f"{_qualified(obj)}/{obj['metadata']['name']}\n" for obj in objects)
    if form in ("json", "yaml") and not managed_fields:
        objects = [_without_managed_fields(obj) for obj in objects]
    everything = {"apiVersion": "v1", "kind": "List", "items": objects, "metadata": {"resourceVersion": ""}}
    whole = objects[0] if single else everything
    if form in ("json", "yaml") and not equals:
        return (
            as_yaml(whole) if form == "yaml" else json.dumps(whole, indent=4, ensure_ascii=False, sort_keys=True) + "\n"
        )
    if form == "jsonpath":
        if not argument:
            raise UsageError("error: template format specified but no template given")
        return json_path_template(argument, whole)
    raise UsageError(
        f'error: unable to match a printer suitable for the output format "{output}", allowed formats are: {FORMS}'
    )


def _qualified(obj: Obj) -> str:
    group, slash, _ = obj["apiVersion"].rpartition("/")
    return f"{obj['kind'].lower()}.{group}" if slash else str(obj["kind"]).lower()


def _without_managed_fields(obj: Obj) -> Obj:
    metadata = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "managedFields"}
    return {**obj, "metadata": metadata} if "metadata" in obj else obj


def _custom_columns(spec: str, objects: list[Obj], headers: bool) -> str:
    if not spec:
        raise UsageError("error: custom-columns format specified but no custom columns given")
    pairs = [part.partition(":") for part in spec.split(",")]
    for text, _, path in pairs:
        if not path:
            raise UsageError(f"error: unexpected custom-columns spec: {text}, expected <header>:<json-path-expr>")
    rows: list[list[Any]] = [[title for title, _, _ in pairs]] if headers else []
    for obj in objects:
        cells = [",".join(map(go_text, json_path(path.strip("{}"), obj))) for _, _, path in pairs]
        rows.append([cell.replace("\n", " ") or NONE for cell in cells])
    return columns(rows)
