"""Objects in the form that -o asks for.

Source    staging/src/k8s.io/cli-runtime/pkg/printers; staging/src/k8s.io/kubectl/pkg/cmd/get/customcolumn.go
Left out  go-template, kyaml, and forms that are read from a file
"""

from __future__ import annotations

from typing import Any

from k8slab.kubectl.command import Obj, UsageError
from k8slab.kubectl.jsonpath import json_path, json_path_template
from k8slab.kubectl.printers import as_json, as_yaml, columns

__all__ = ["printed"]

FORMS = (
    "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,"
    "name,template,templatefile,wide,yaml"
)


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
        return as_yaml(whole) if form == "yaml" else as_json(whole)
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
        rows.append([",".join(map(_go_text, json_path(path.strip("{}"), obj))) or "<none>" for _, _, path in pairs])
    return columns(rows)


def _go_text(value: Any) -> str:
    """A value as Go prints it: `map[a:1 b:2]`, `[x y]`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{_go_text(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go_text, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value).replace("\n", " ")
