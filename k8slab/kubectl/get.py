"""kubectl get: tables, and objects in every other form.

Source    staging/src/k8s.io/kubectl/pkg/cmd/get
Left out  --watch-only, --output-watch-events; --watch of other outputs than tables
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.client import Resource
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.jsonpath import json_path
from k8slab.kubectl.manifests import manifests
from k8slab.kubectl.output import printed
from k8slab.kubectl.printers import shown_table
from k8slab.kubectl.report import Report
from k8slab.kubectl.targets import TWICE_NAMED, full_singular, named, slashed
from k8slab.wire import ApiError, BadRequest, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "get",
]

Obj = dict[str, Any]
Query = tuple[Resource, str]

TABLES = {"", "wide"}
QUIET_S, LONGEST_WATCH_S = 60.0, 600.0


def get(session: Session, command: Command) -> str:
    """kubectl get KIND [NAME…], several kinds with commas, KIND/NAME, -f FILE."""
    output, report = command.flag("output"), Report()
    queries = _queries(session, command, report)
    if command.has("watch"):
        return _watched(session, command, queries) + str(report)
    if output in TABLES:
        return _tables(session, command, queries, report)
    if command.has("show-labels"):
        raise UsageError(f"error: --show-labels option cannot be used with {output.partition('=')[0]} printer")
    if not output.startswith(("jsonpath", "custom-columns", "yaml", "json", "name")):
        printed(output, [], single=False)
    objects: list[Obj] = []
    for resource, name in queries:
        with report:
            objects += _objects(session, command, resource, name)
    single = len(queries) == 1 and bool(queries[0][1])
    if objects or not single:
        shows = {"headers": not command.has("no-headers"), "managed_fields": command.has("show-managed-fields")}
        report.say(printed(output, _sorted(objects, command), single=single, **shows))
    return str(report)


def _queries(session: Session, command: Command, report: Report) -> list[Query]:
    """Kinds and names; the name "" stands for all of the kind."""
    client, words = session.client, command.words
    if "--filename" in command.flags:
        return [(manifest.resource, manifest.name) for manifest in manifests(session, command, report)]
    if not words:
        raise UsageError(
            'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of '
            "supported resources.\n\nerror: Required resource not specified.\n"
            'Use "kubectl explain <resource>" for a detailed description of that resource '
            "(e.g. kubectl explain pods).\n"
            "See 'kubectl get -h' for help and examples"
        )
    if "/" in words[0]:
        found = [slashed(client, word) for word in words]
        return [(target.resource, target.name) for target in found]
    if any("/" in word for word in words):
        raise UsageError(TWICE_NAMED)
    if command.namespace == "" and len(words) > 1:
        raise UsageError("error: a resource cannot be retrieved by name across all namespaces")
    return [(resource, name) for resource in _resources(session, words[0]) for name in words[1:] or [""]]


def _resources(session: Session, names: str) -> list[Resource]:
    resources: list[Resource] = []
    for name in names.split(","):
        if name == "all":
            resources += [r for r in session.client.resources() if "all" in r.categories]
        else:
            resources.append(named(session.client, name))
    return resources


def _objects(session: Session, command: Command, resource: Resource, name: str) -> list[Obj]:
    labels, fields = command.flag("selector"), command.flag("field-selector")
    try:
        if name:
            return [session.client.get(resource.full_name, name, command.namespace)]
        return session.client.list(resource.full_name, command.namespace, labels=labels, fields=fields)
    except BadRequest as error:
        raise _not_found_by(resource, command, error) from None
    except NotFound:
        if command.has("ignore-not-found"):
            return []
        raise


def _not_found_by(resource: Resource, command: Command, error: ApiError) -> ApiError:
    """A selector that the server does not understand, in kubectl's words."""
    version = f"{resource.group}/{resource.version}"
    start = (
        f'Unable to find "{version}, Resource={resource.plural}" that match label selector '
        f'"{command.flag("selector")}", field selector "{command.flag("field-selector")}": '
    )
    return BadRequest(start + error.message.removeprefix(start))


def _tables(session: Session, command: Command, queries: list[Query], report: Report) -> str:
    """A table per kind; the names of one kind share a table."""
    several = len({resource for resource, _ in queries}) > 1
    tables: dict[Resource, Obj] = {}
    for resource, name in queries:
        with report:
            table = _table(session, command, resource, name)
            if resource in tables:
                tables[resource]["rows"] += table["rows"]
            else:
                tables[resource] = table
    shown = [_shown(command, resource, table, several) for resource, table in tables.items() if table["rows"]]
    report.say("\n".join(shown))
    if not shown and not str(report) and not command.has("ignore-not-found"):
        if all(not resource.is_namespaced for resource, _ in queries) or not command.namespace:
            return "No resources found\n"
        return f"No resources found in {command.namespace} namespace.\n"
    return str(report)


def _table(session: Session, command: Command, resource: Resource, name: str) -> Obj:
    labels, fields = command.flag("selector"), command.flag("field-selector")
    try:
        return session.client.table(resource.full_name, command.namespace, name, labels=labels, fields=fields)
    except BadRequest as error:
        raise _not_found_by(resource, command, error) from None
    except NotFound:
        if command.has("ignore-not-found"):
            return {"rows": [], "columnDefinitions": []}
        raise


def _shown(command: Command, resource: Resource, table: Obj, several: bool) -> str:
    if path := command.flag("sort-by"):
        table["rows"].sort(key=lambda row: _sort_key(row["object"], path))
    return shown_table(
        table,
        wide=command.flag("output") == "wide",
        namespaces=resource.is_namespaced and not command.namespace,
        labels=command.has("show-labels"),
        headers=not command.has("no-headers"),
        prefix=f"{full_singular(resource)}/" if several else "",
        label_columns=[key for text in command.flags.get("--label-columns", []) for key in text.split(",")],
    )


def _watched(session: Session, command: Command, queries: list[Query]) -> str:
    """A table, and below it a row for each change, until nothing has changed for a minute (or ten have passed)."""
    if len(queries) != 1:
        raise UsageError("error: you may only specify a single resource type")
    resource, name = queries[0]
    if command.flag("output") not in TABLES or not session.can_wait:
        raise UsageError(
            "error: this slab's kubectl watches tables alone, and where time can pass; for more use the real kubectl"
        )
    table = _table(session, command, resource, name)
    fields = ",".join(filter(None, (command.flag("field-selector"), name and f"metadata.name={name}")))
    since, labels = table["metadata"]["resourceVersion"], command.flag("selector")
    stream = session.client.watch_table(
        resource.full_name, command.namespace, since=since, labels=labels, fields=fields
    )
    end, last = session.client.now + LONGEST_WATCH_S, session.client.now
    while session.client.now < min(end, last + QUIET_S):
        session.wait(1.0)
        for event in stream.pull():
            if event.type in ("ADDED", "MODIFIED", "DELETED"):
                table["rows"] += event.object["rows"]
                last = session.client.now
    stream.close()
    return _shown(command, resource, table, several=False)


def _sorted(objects: list[Obj], command: Command) -> list[Obj]:
    path = command.flag("sort-by")
    return sorted(objects, key=lambda obj: _sort_key(obj, path)) if path else objects


def _sort_key(obj: Obj, path: str) -> tuple[int, Any]:
    found = next(json_path(path.strip("{}"), obj), None)
    return (0, "") if found is None else (1, found) if not isinstance(found, (int, float)) else (1, f"{found:020}")
