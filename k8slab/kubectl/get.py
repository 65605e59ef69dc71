"""kubectl get: tables, and objects in every other form.

Source    staging/src/k8s.io/kubectl/pkg/cmd/get
Left out  -f, --ignore-not-found, --watch-only, --output-watch-events; --watch of other outputs than tables
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.client import Resource
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.jsonpath import json_path
from k8slab.kubectl.printers import NONE, columns, printed
from k8slab.kubectl.report import Report
from k8slab.kubectl.targets import Target, full_singular, kinds_and_names, objects
from k8slab.wire import BadRequest

__all__ = ["get"]

TABLES = {"", "wide"}
QUIET_S, LONGEST_WATCH_S = 60.0, 600.0
NOTHING_NAMED = (
    'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported '
    'resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed '
    "description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples"
)


def get(session: Session, command: Command) -> str:
    """kubectl get KIND [NAME…], several kinds with commas, KIND/NAME."""
    output, report, shown = command.flag("output"), Report(), list[Obj]()
    if not command.words:
        raise UsageError(NOTHING_NAMED)
    found = kinds_and_names(session.client, command.words, command.namespace)
    if not command.namespace and any(target.name for target in found):
        raise UsageError("error: a resource cannot be retrieved by name across all namespaces")
    if command.has("watch"):
        return _watched(session, command, found)
    if output in TABLES:
        return _tables(session, command, found, report)
    if command.has("show-labels"):
        raise UsageError(f"error: --show-labels option cannot be used with {output.partition('=')[0]} printer")
    for target in found:
        with report:
            shown += _found(session, command, target, as_table=False)
    single = len(found) == 1 and bool(found[0].name)
    if shown or not single:
        shows = {"headers": not command.has("no-headers"), "managed_fields": command.has("show-managed-fields")}
        report.say(printed(output, _sorted(command, shown, lambda obj: obj), single=single, **shows))
    return str(report)


def _found(session: Session, command: Command, target: Target, *, as_table: bool) -> Any:
    """A Table, or a list of objects. Raises BadRequest for a selector that the server does not understand."""
    client, (kind, name, namespace) = session.client, target.place
    labels, fields = command.flag("selector"), command.flag("field-selector")
    try:
        if as_table:
            return client.table(kind, namespace, name, labels=labels, fields=fields)
        return objects(client, target, labels, fields)
    except BadRequest as error:
        version = f"{target.resource.group}/{target.resource.version}"
        start = f'Unable to find "{version}, Resource={target.resource.plural}" that match label selector "{labels}", '
        start += f'field selector "{fields}": '
        raise BadRequest(start + error.message) from None


def _tables(session: Session, command: Command, found: list[Target], report: Report) -> str:
    """A table per kind; the names of one kind share a table."""
    tables: dict[Resource, Obj] = {}
    for target in found:
        with report:
            table = _found(session, command, target, as_table=True)
            tables.setdefault(target.resource, {**table, "rows": []})["rows"].extend(table["rows"])
    several = len({target.resource for target in found}) > 1
    shown = [_shown(command, resource, table, several) for resource, table in tables.items() if table["rows"]]
    report.say("\n".join(shown))
    if shown or str(report):
        return str(report)
    if all(not target.resource.is_namespaced for target in found) or not command.namespace:
        return "No resources found\n"
    return f"No resources found in {command.namespace} namespace.\n"


def _shown(command: Command, resource: Resource, table: Obj, several: bool) -> str:
    """A Table in columns: those that are asked for, and those of the flags around them."""
    everywhere, labels = resource.is_namespaced and not command.namespace, command.has("show-labels")
    wide = command.flag("output") == "wide"
    keys = [key for text in command.flags.get("label-columns", ()) for key in text.split(",")]
    shown = [i for i, column in enumerate(table["columnDefinitions"]) if wide or not column["priority"]]
    titles = [table["columnDefinitions"][i]["name"] for i in shown]
    head = ["Namespace"] * everywhere + titles + [key.rpartition("/")[2] for key in keys] + ["Labels"] * labels
    rows = [] if command.has("no-headers") else [[title.upper() for title in head]]
    for row in _sorted(command, table["rows"], lambda row: row["object"]):
        metadata, cells = row["object"]["metadata"], [row["cells"][i] for i in shown]
        if several and "Name" in titles:
            cells[titles.index("Name")] = f"{full_singular(resource)}/{cells[titles.index('Name')]}"
        own = metadata.get("labels") or {}
        cells += [own.get(key, "") for key in keys]
        text = ",".join(f"{name}={value}" for name, value in sorted(own.items())) or NONE
        rows.append([metadata.get("namespace")] * everywhere + cells + [text] * labels)
    return columns(rows)


def _watched(session: Session, command: Command, found: list[Target]) -> str:
    """A table, and below it a row for each change, until nothing has changed for a minute (or ten have passed)."""
    if len(found) != 1:
        raise UsageError("error: you may only specify a single resource type")
    if command.flag("output") not in TABLES or session.run is None:
        use = "watches tables alone, and where time can pass; for more use the real kubectl"
        raise UsageError(f"error: this slab's kubectl {use}")
    client, (kind, name, namespace) = session.client, found[0].place
    table = _found(session, command, found[0], as_table=True)
    fields = ",".join(filter(None, (command.flag("field-selector"), name and f"metadata.name={name}")))
    since, labels = table["metadata"]["resourceVersion"], command.flag("selector")
    stream = client.watch_table(kind, namespace, since=since, labels=labels, fields=fields)
    end, last = client.now + LONGEST_WATCH_S, client.now
    while client.now < min(end, last + QUIET_S):
        session.wait(1.0)
        for event in stream.pull():
            if event.type in ("ADDED", "MODIFIED", "DELETED"):
                table["rows"] += event.object["rows"]
                last = client.now
    stream.close()
    return _shown(command, found[0].resource, table, several=False)


def _sorted(command: Command, rows: list[Obj], obj_of: Callable[[Obj], Obj]) -> list[Obj]:
    """In the order of --sort-by: what has no such field first, numbers by their size."""
    path = command.flag("sort-by").strip("{}")

    def key(row: Obj) -> tuple[bool, Any]:
        found = next(iter(json_path(path, obj_of(row))), None)
        return found is not None, f"{found:020}" if isinstance(found, (int, float)) else found or ""

    return sorted(rows, key=key) if path else rows
