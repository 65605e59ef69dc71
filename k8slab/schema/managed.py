"""Who owns which fields of an object: what an update and an apply make of metadata.managedFields.

An update owns what it has changed and takes it from everybody else. An apply owns all that its configuration names;
what it named the last time and nobody owns any more is taken away, and what another manager owns with another value
is a conflict.

Source    sigs.k8s.io/structured-merge-diff/v6, merge/{update,conflict}.go; apimachinery/pkg/util/managedfields/
          internal: managedfields.go, stripmeta.go, buildmanagerinfo.go, managedfieldsupdater.go, capmanagers.go
Left out  what an applier gives up is looked for in the version of its new configuration, not of its last one; sets are
          not adapted to a changed schema
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from k8slab.schema.facts import Type
from k8slab.schema.fieldsets import FieldSet, difference, from_fields_v1, intersection, paths, to_fields_v1, union
from k8slab.schema.typed import Comparison, compare, fields_of, merged, with_named, without

__all__ = [
    "Conflicts",
    "Managed",
    "Manager",
    "STRIPPED",
    "applied",
    "managers_from",
    "managers_to",
    "updated",
]

Obj = dict[str, Any]

MOST_UPDATERS = 10
ANCIENT = "ancient-changes"
STRIPPED: FieldSet = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        **{
            f"f:{name}": {}
            for name in (
                "clusterName",
                "creationTimestamp",
                "generation",
                "managedFields",
                "name",
                "namespace",
                "resourceVersion",
                "selfLink",
                "uid",
            )
        },
    },
}


class Manager(NamedTuple):
    """Who writes: an entry of managedFields has its own for each. An applier has one for all versions ("")."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""

    def __str__(self) -> str:
        text = f'"{self.name}"' + (f' with subresource "{self.subresource}"' if self.subresource else "")
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


class Owned(NamedTuple):
    """What a manager owns, in which version it was written, and when that last changed ("": nobody knows)."""

    fields: FieldSet
    api_version: str
    time: str


Managed = dict[Manager, Owned]
Others = Callable[[str], Comparison | None] | None
"""What a change is in another version of the kind; None for a version that is not served."""


class Conflicts(Exception):
    """What an apply wants to change and others own: pairs of a manager and a path."""

    def __init__(self, found: list[tuple[Manager, str]]) -> None:
        super().__init__(found)
        self.found = found

    def message(self) -> str:
        """The text of the server's answer."""
        if len(self.found) == 1:
            ((manager, path),) = self.found
            return f"Apply failed with 1 conflict: conflict with {manager}: {path}"
        lines = []
        for manager in dict.fromkeys(manager for manager, _ in self.found):
            lines += [f"conflicts with {manager}:", *(f"- {path}" for other, path in self.found if other == manager)]
        return f"Apply failed with {len(self.found)} conflicts: " + "\n".join(lines)


def managers_from(entries: Iterable[Obj]) -> Managed:
    """The managers of a metadata.managedFields. Raises ValueError for what is none."""
    found: Managed = {}
    for entry in entries:
        operation, version = entry.get("operation", ""), entry.get("apiVersion", "")
        if operation not in ("Apply", "Update"):
            raise ValueError(f"invalid operation {operation!r}")
        if entry.get("fieldsType") != "FieldsV1" or not version:
            raise ValueError(f"unsupported managed fields type or version: {entry.get('fieldsType')!r}, {version!r}")
        key = Manager(
            entry.get("manager", ""), operation, version if operation == "Update" else "", entry.get("subresource", "")
        )
        found[key] = Owned(from_fields_v1(entry.get("fieldsV1") or {}), version, entry.get("time") or "")
    return found


def managers_to(managed: Managed) -> list[Obj]:
    """The metadata.managedFields of these managers, in the server's order."""
    return [_entry(*item) for item in sorted(managed.items(), key=_order)]


def _order(item: tuple[Manager, Owned]) -> tuple[str, ...]:
    manager, owned = item
    return manager.operation, owned.time, manager.name, owned.api_version, manager.subresource


def _entry(manager: Manager, owned: Owned) -> Obj:
    entry: Obj = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": owned.api_version,
        "time": owned.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_fields_v1(owned.fields),
        "subresource": manager.subresource,
    }
    return {name: value for name, value in entry.items() if value != ""}


def updated(
    managed: Managed, old: Obj, new: Obj, of: Type | None, manager: Manager, time: str, others: Others = None
) -> Managed:
    """Who owns what after `manager` has changed `old` into `new`. Raises ValueError for elements without keys."""
    changes = compare(old, new, of)
    result = _without_lost(managed, _in_each(managed, changes, manager.api_version, others))
    mine = difference(difference(union(changes.added, changes.modified), changes.removed), STRIPPED)
    if mine:
        before = result.get(manager)
        result[manager] = Owned(union(mine, before.fields) if before else mine, manager.api_version, time)
    return _capped(result)


def _in_each(managed: Managed, changes: Comparison, api_version: str, others: Others) -> dict[str, Comparison | None]:
    """A change in each version that somebody owns fields in."""
    versions = {owned.api_version for owned in managed.values()} - {api_version}
    return {api_version: changes, **{each: others(each) if others else changes for each in versions}}


def _without_lost(managed: Managed, changed: dict[str, Comparison | None], but: Manager | None = None) -> Managed:
    """What is left to the managers of an object that somebody else (or `but`) has changed."""
    result: Managed = {}
    for manager, owned in managed.items():
        changes, left = changed[owned.api_version], owned.fields
        if changes is None:
            continue
        if manager != but:
            left = difference(difference(left, union(changes.added, changes.modified)), changes.removed)
        if left:
            result[manager] = owned if left is owned.fields else owned._replace(fields=left)
    return result


def _capped(managed: Managed) -> Managed:
    """At most ten updaters: the oldest of each version become one that stands for them all."""
    updaters = sorted((m for m in managed if m.operation == "Update"), key=lambda m: (managed[m].time, m))
    surplus = len(updaters) - MOST_UPDATERS
    if surplus <= 0:
        return managed
    result, first_of = dict(managed), dict[str, Manager]()
    for manager in updaters:
        if surplus <= 0:
            break
        owned = result[manager]
        first = first_of.setdefault(owned.api_version, manager)
        if first is manager:
            continue
        bucket = Manager(ANCIENT, "Update", owned.api_version)
        if bucket not in result:
            result[bucket] = result.pop(first)
        fields = union(owned.fields, result[bucket].fields)
        del result[manager]
        result[bucket] = Owned(fields, owned.api_version, owned.time)
        surplus -= 1
    return result


def applied(
    managed: Managed,
    live: Obj,
    config: Obj,
    of: Type | None,
    manager: Manager,
    time: str,
    *,
    force: bool,
    reset: Iterable[str] = (),
    others: Callable[[Obj], Others] | None = None,
) -> tuple[Obj, Managed]:
    """The object with a configuration applied to it, and who owns what then; the very same object if nothing changes.

    The configuration cannot own the fields in `reset`. Raises Conflicts, ValueError for elements without keys.
    """
    api_version, last = config["apiVersion"], managed.get(manager)
    closed = {"f:" + name for name in reset}
    mine = {name: below for name, below in fields_of(config, of).items() if name not in closed}
    managers = {**managed, manager: Owned(mine, api_version, last.time if last else "")}
    new = merged(live, config, of)
    if last is not None and last.fields:
        new = _pruned(new, managers, last.fields, of)
    changed = _in_each(managers, compare(live, new, of), api_version, others and others(new))
    if not force:
        _check(managers, changed, manager)
    managers = _without_lost(managers, changed, but=manager)
    mine = difference(mine, STRIPPED)
    if mine:
        is_same = new == live
        managers[manager] = Owned(mine, api_version, (last.time if last else "") if is_same else time)
    else:
        managers.pop(manager, None)
    return (live if new == live else new), managers


def _check(managed: Managed, changed: dict[str, Comparison | None], applier: Manager) -> None:
    found = []
    for manager in sorted(managed):
        changes = changed[managed[manager].api_version]
        if manager != applier and changes is not None:
            wanted = union(changes.modified, changes.added)
            found += [(manager, path) for path in paths(intersection(managed[manager].fields, wanted))]
    if found:
        raise Conflicts(found)


def _pruned(merged_obj: Obj, managed: Managed, last: FieldSet, of: Type | None) -> Obj:
    """The object without what its applier named the last time and nobody owns any more."""
    everything = with_named(fields_of(merged_obj, of), of)
    owned: FieldSet = {}
    for each in managed.values():
        owned = union(owned, each.fields)
    pruned = without(merged_obj, with_named(last, of), of) or {}
    kept = union(with_named(fields_of(pruned, of), of), with_named(owned, of))
    pruned = without(merged_obj, difference(everything, kept), of) or {}
    gone = difference(everything, with_named(fields_of(pruned, of), of))
    result: Obj = without(merged_obj, intersection(gone, with_named(last, of)), of)
    return result
