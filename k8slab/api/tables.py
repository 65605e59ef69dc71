"""The tables that `kubectl get` prints, made by the server as the real one makes them.

A column of priority 1 is shown only with `-o wide`. Ages are those of the server's clock.

Source    pkg/printers/internalversion/printers.go; staging/src/k8s.io/apimachinery/pkg/apis/meta/v1 (Table)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns import COLUMNS, Columns
from k8slab.api.kinds import Kind

__all__ = ["as_table"]

Obj = dict[str, Any]


def as_table(kind: Kind, body: Obj, now: float) -> Obj:
    """The Table of a list or of one object."""
    is_scale = body.get("kind") == "Scale"
    printer = kind.custom.printer if kind.custom and not is_scale else None
    shown = kind.form.stored if kind.form and not kind.custom and not is_scale else None
    columns = COLUMNS.get("Scale" if is_scale else kind.kind, DEFAULT)
    cells = printer.cells if printer else columns.cells
    objects = body.get("items", [body])
    metadata = {name: body["metadata"][name] for name in ("resourceVersion", "continue", "remainingItemCount")
                if name in body["metadata"]}  # fmt: skip
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": printer.definitions if printer else [_definition(title) for title in columns.titles],
        "rows": [{"cells": cells(shown(obj) if shown else obj, now), "object": obj} for obj in objects],
    }


def _definition(title: str) -> Obj:
    name = title.removeprefix("*")
    format_ = "name" if name == "Name" else ""
    return {"name": name, "type": "string", "format": format_, "description": "", "priority": int(title[0] == "*")}


def _any(obj: Obj, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


DEFAULT = Columns(("Name", "Created At"), _any)
