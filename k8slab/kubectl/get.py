"""kubectl get, events, api-resources and version: reading and printing.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{get,events,apiresources,version}
Left out  get --watch (`kubectl get -w` needs a terminal that waits)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from k8slab.client import Resource, load_manifests
from k8slab.kubectl.command import Command, UsageError, full_singular
from k8slab.kubectl.printers import as_json, as_yaml, columns, json_path, json_path_template, shown_table
from k8slab.objects import human_age, parse_rfc3339
from k8slab.wire import NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "api_resources",
    "events",
    "get",
    "printed",
    "version",
]

Obj = dict[str, Any]
TABLES = {"", "wide"}


def get(session: Session, command: Command) -> str:
    """kubectl get KIND [NAME…], several kinds with commas, KIND/NAME, -f FILE."""
    if command.has("watch"):
        raise UsageError("error: there is no terminal to wait in: use `get` again, or the lab's watch tape")
    queries = _queries(session, command)
    output = command.flag("output")
    if output in TABLES:
        return _tables(session, command, queries)
    objects: list[Obj] = []
    for resource, name in queries:
        try:
            objects += _objects(session, command, resource, name)
        except NotFound:
            if not command.has("ignore-not-found"):
                raise
    single = len(objects) == 1 and all(name for _, name in queries)
    return printed(output, _sorted(objects, command), single=single, headers=not command.has("no-headers"))


def _queries(session: Session, command: Command) -> list[tuple[Resource, str]]:
    mapper, words = session.client.mapper, command.words
    if files := command.flags.get("--filename"):
        objs = load_manifests(session.stdin if files == ["-"] else [*map(_path, files)])
        return [(mapper.of(obj["apiVersion"], obj["kind"]), obj["metadata"]["name"]) for obj in objs]
    if not words:
        raise UsageError(
            'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of '
            "supported resources.\n\nerror: Required resource not specified."
        )
    if "/" in words[0]:
        pairs = [word.partition("/") for word in words]
        return [(mapper.named(kind), name) for kind, _, name in pairs]
    resources: list[Resource] = []
    for name in words[0].split(","):
        if name == "all":
            resources += [r for r in session.client.resources() if "all" in r.categories]
        else:
            resources.append(mapper.named(name))
    if command.namespace == "" and len(words) > 1:
        raise UsageError("error: a resource cannot be retrieved by name across all namespaces")
    return [(resource, name) for resource in resources for name in words[1:] or [""]]


def _path(name: str) -> Any:
    from pathlib import Path

    return Path(name)


def _objects(session: Session, command: Command, resource: Resource, name: str) -> list[Obj]:
    if name:
        return [session.client.get(resource.full_name, name, command.namespace)]
    labels, fields = command.flag("selector"), command.flag("field-selector")
    return session.client.list(resource.full_name, command.namespace, labels=labels, fields=fields)


def _tables(session: Session, command: Command, queries: list[tuple[Resource, str]]) -> str:
    """A table per kind; the names of one kind share a table."""
    several = len({resource for resource, _ in queries}) > 1
    tables: dict[Resource, Obj] = {}
    errors = []
    for resource, name in queries:
        labels, fields = command.flag("selector"), command.flag("field-selector")
        try:
            table = session.client.table(resource.full_name, command.namespace, name, labels=labels, fields=fields)
        except NotFound as error:
            if not command.has("ignore-not-found"):
                errors.append(f"Error from server (NotFound): {error.message}\n")
            continue
        if resource in tables:
            tables[resource]["rows"] += table["rows"]
        else:
            tables[resource] = table
    shown = [_shown(command, resource, table, several) for resource, table in tables.items() if table["rows"]]
    if not shown and not errors and not any(name for _, name in queries):
        if all(not resource.is_namespaced for resource, _ in queries) or not command.namespace:
            return "No resources found\n"
        return f"No resources found in {command.namespace} namespace.\n"
    return "\n".join(shown) + "".join(errors)


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


def _sorted(objects: list[Obj], command: Command) -> list[Obj]:
    path = command.flag("sort-by")
    return sorted(objects, key=lambda obj: _sort_key(obj, path)) if path else objects


def _sort_key(obj: Obj, path: str) -> tuple[int, Any]:
    found = next(json_path(path.strip("{}"), obj), None)
    return (0, "") if found is None else (1, found) if not isinstance(found, (int, float)) else (1, f"{found:020}")


def printed(output: str, objects: list[Obj], *, single: bool, headers: bool = True) -> str:
    """Objects in the form that -o asks for. Raises UsageError."""
    form, _, argument = output.partition("=")
    if form == "name":
        return "".join(f"{_qualified(obj)}/{obj['metadata']['name']}\n" for obj in objects)
    if form == "custom-columns":
        return _custom_columns(argument, objects, headers)
    whole: Any = objects[0] if single else _as_list(objects)
    if form == "yaml":
        return as_yaml(whole)
    if form == "json":
        return as_json(whole)
    if form in ("jsonpath", "jsonpath-as-json"):
        return json_path_template(argument.strip("'\""), whole)
    allowed = "custom-columns,json,jsonpath,name,wide,yaml"
    raise UsageError(
        f'error: unable to match a printer suitable for the output format "{form}", allowed formats are: {allowed}'
    )


def _qualified(obj: Obj) -> str:
    group: str = obj["apiVersion"].rpartition("/")[0]
    kind: str = obj["kind"].lower()
    return kind + (f".{group}" if group else "")


def _as_list(objects: Iterable[Obj]) -> Obj:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects), "metadata": {"resourceVersion": ""}}


def _custom_columns(spec: str, objects: list[Obj], headers: bool) -> str:
    if not spec:
        raise UsageError("error: custom-columns format specified but no custom columns given")
    pairs = [part.partition(":") for part in spec.split(",")]
    if any(not path for _, _, path in pairs):
        wrong = next(title for title, _, path in pairs if not path)
        raise UsageError(f"error: unexpected custom-columns spec: {wrong}, expected <header>:<json-path-expr>")
    rows: list[list[Any]] = [[title for title, _, _ in pairs]] if headers else []
    for obj in objects:
        rows.append([",".join(map(str, json_path(path, obj))) or "<none>" for _, _, path in pairs])
    return columns(rows)


def events(session: Session, command: Command) -> str:
    """kubectl events: the newest last."""
    fields = ""
    if about := command.flag("for"):
        kind, _, name = about.partition("/")
        fields = f"involvedObject.kind={session.client.mapper.named(kind).kind},involvedObject.name={name}"
    found = session.client.list("Event", command.namespace, fields=fields)
    if types := command.flag("types"):
        found[:] = [event for event in found if event["type"] in types.split(",")]
    found.sort(key=lambda event: event.get("lastTimestamp") or "")
    if not found:
        where = f" in {command.namespace} namespace" if command.namespace else ""
        return f"No events found{where}.\n"
    now, everywhere = session.client.now, not command.namespace
    head = ["NAMESPACE"] * everywhere + ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    rows = [] if command.has("no-headers") else [head]
    for event in found:
        about = event["involvedObject"]
        place = [event["metadata"]["namespace"]] * everywhere
        rows.append(
            [
                *place,
                last_seen(event, now),
                event["type"],
                event["reason"],
                f"{about['kind']}/{about['name']}",
                event["message"],
            ]
        )
    return columns(rows)


def last_seen(event: Obj, now: float) -> str:
    """How long ago an event was last seen, and how often since when."""
    age: str = human_age(now - parse_rfc3339(event["lastTimestamp"]))
    if event.get("count", 1) > 1:
        return f"{age} (x{event['count']} over {human_age(now - parse_rfc3339(event['firstTimestamp']))})"
    return age


def api_resources(session: Session, command: Command) -> str:
    """kubectl api-resources: what the server serves."""
    rows: list[list[Any]] = (
        [] if command.has("no-headers") else [["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]]
    )
    found = sorted(session.client.resources(), key=lambda resource: (resource.group, resource.plural))
    for r in found:
        if command.flag("namespaced", str(r.is_namespaced).lower()) == str(r.is_namespaced).lower():
            rows.append([r.plural, ",".join(r.short_names), r.api_version, str(r.is_namespaced).lower(), r.kind])
    return columns(rows)


def version(session: Session, command: Command) -> str:
    """kubectl version."""
    return "Client Version: v1.37.0 (k8slab)\nServer Version: v1.37.0 (k8slab)\n"
