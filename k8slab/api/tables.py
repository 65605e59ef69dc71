"""The tables that `kubectl get` prints, made by the server as the real one makes them.

A column of priority 1 is shown only with `-o wide`. Ages are those of the server's clock. Who looks again pays only for
what has changed: an object is never changed in place, so its row holds as long as it is the same object.

Source    pkg/printers/internalversion/printers.go; staging/src/k8s.io/apimachinery/pkg/apis/meta/v1 (Table)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.api.columns import COLUMNS, Aging, Columns
from k8slab.api.kinds import Kind

__all__ = [
    "PARTIAL",
    "VERSION",
    "Tables",
]

Obj = dict[str, Any]

KEPT = 10_000  # rows
VERSION, PARTIAL = "meta.k8s.io/v1", "PartialObjectMetadata"


class Row(NamedTuple):
    """What an object has in a table at any time: its cells, some of which age, and its metadata as an object."""

    obj: Obj  # itself, so that nobody else gets its id
    cells: list[Any]
    aging: tuple[tuple[int, Aging], ...]
    partial: Obj

    def at(self, now: float) -> list[Any]:
        """The cells at a moment."""
        cells = self.cells.copy()
        for index, told in self.aging:
            cells[index] = told(now)
        return cells


class Tables:
    """Makes tables, and remembers the rows of what was shown last."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def of(self, kind: Kind, body: Obj, included: str, now: float) -> Obj:
        """The Table of a list or of one object; `included` is what its rows hold of their objects."""
        is_scale = body.get("kind") == "Scale"
        printer = kind.custom.printer if kind.custom and not is_scale else None
        shown = kind.form.stored if kind.form and not kind.custom and not is_scale else None
        columns = COLUMNS.get("Scale" if is_scale else kind.kind, DEFAULT)
        metadata = {name: body["metadata"][name] for name in ("resourceVersion", "continue", "remainingItemCount")
                    if name in body["metadata"]}  # fmt: skip
        rows = [self._row(obj, (printer or columns).cells, shown) for obj in body.get("items", [body])]
        return {
            "kind": "Table",
            "apiVersion": VERSION,
            "metadata": metadata,
            "columnDefinitions": printer.definitions if printer else [_definition(title) for title in columns.titles],
            "rows": [{"cells": row.at(now), "object": _within(row, included)} for row in rows],
        }

    def of_bookmark(self, kind: Kind, obj: Obj, included: str) -> Obj:
        """The Table of a BOOKMARK: a row that tells nothing but the resourceVersion in its object."""
        table = self.of(kind, {"metadata": obj["metadata"], "items": []}, included, 0.0)
        row = Row(obj, [""] * len(table["columnDefinitions"]), (), _partial(obj))
        return {**table, "rows": [{"cells": row.cells, "object": _within(row, included)}]}

    def _row(self, obj: Obj, cells_of: Callable[[Obj], list[Any]], shown: Callable[[Obj], Obj] | None) -> Row:
        uid = obj["metadata"].get("uid", "")
        known = self._rows.get(uid)
        if known is not None and known.obj is obj:
            return known
        cells = cells_of(shown(obj) if shown else obj)
        aging = tuple((index, cell) for index, cell in enumerate(cells) if callable(cell))
        row = Row(obj, cells, aging, _partial(obj))
        if uid:
            if len(self._rows) >= KEPT and known is None:
                del self._rows[next(iter(self._rows))]
            self._rows[uid] = row
        return row


def _partial(obj: Obj) -> Obj:
    metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    return {"kind": PARTIAL, "apiVersion": VERSION, "metadata": metadata}


def _within(row: Row, included: str) -> Obj | None:
    """What a row holds of its object: all, nothing, or (by default) its metadata without managedFields."""
    return None if included == "None" else row.obj if included == "Object" else row.partial


def _definition(title: str) -> Obj:
    name = title.removeprefix("*")
    format_ = "name" if name == "Name" else ""
    return {"name": name, "type": "string", "format": format_, "description": "", "priority": int(title[0] == "*")}


def _any(obj: Obj) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


DEFAULT = Columns(("Name", "Created At"), _any)
