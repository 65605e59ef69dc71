"""kubectl api-resources, explain and auth can-i: what the server serves, with which fields, and to whom.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{apiresources,auth/cani.go,explain/explain.go}; pkg/explain/v2/templates/
          plaintext.tmpl
Left out  explain --api-version, its outputs other than plaintext, the descriptions of built-in fields, which the
          server's document has not; api-versions and version; --verbs, --categories, --sort-by, --cached, -o json|yaml;
          auth whoami and reconcile; can-i about URLs, --list and --quiet; the warning about a verb that nobody knows;
          exit codes (a `no` is told by its text alone)
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from k8slab.client import Client, Resource
from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.kubectl.printers import columns
from k8slab.kubectl.targets import named
from k8slab.wire import NotFound

__all__ = ["api_resources", "auth", "explain"]

Schema = dict[str, Any]

UNDISCOVERED = ("*", "users", "groups")  # what can be asked about and is no resource
TWO_NEEDED = "error: you must specify two arguments: verb resource or verb resource/resourceName.\n"
MOST_ENUMS = 4
HEAD = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", "VERBS", "CATEGORIES"]


def api_resources(session: Session, command: Command) -> str:
    """kubectl api-resources [--namespaced=…] [--api-group=…] [-o name|wide]."""
    output = command.flag("output")
    if output not in ("", "name", "wide"):
        raise left_out(f"api-resources -o {output}")
    session.client.mapper.refresh()
    found = sorted(session.client.resources(), key=lambda resource: (resource.group, resource.plural))
    if "namespaced" in command.flags:
        found = [resource for resource in found if resource.is_namespaced == command.has("namespaced")]
    if "api-group" in command.flags:
        found = [resource for resource in found if resource.group == command.flag("api-group")]
    if output == "name":
        return "".join(f"{resource.full_name}\n" for resource in found)
    rows = [] if command.has("no-headers") else [HEAD]
    for r in found:
        row = [r.plural, ",".join(r.short_names), r.api_version, str(r.is_namespaced).lower(), r.kind]
        rows.append([*row, ",".join(r.verbs), ",".join(r.categories)])
    return columns(row if output else row[:5] for row in rows)


def auth(session: Session, command: Command) -> str:
    """kubectl auth can-i VERB TYPE | TYPE/NAME: `yes`, or `no` and perhaps why."""
    what, *words = command.words
    if what != "can-i":
        raise command.misused(f'unknown command "{what}"')
    if len(words) != 2:
        raise UsageError(f"{TWO_NEEDED}See 'kubectl auth can-i -h' for help and examples.")
    verb, (kind, _, name) = words[0], words[1].partition("/")
    if not kind:
        raise left_out("auth can-i URL")
    plural, group, doubt = _asked_about(session, command, kind)
    attributes = {"namespace": command.namespace, "verb": verb, "group": group, "resource": plural, "name": name,
                  "subresource": command.flag("subresource")}  # fmt: skip
    spec: Obj = {"resourceAttributes": {field: value for field, value in attributes.items() if value}}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    status = session.client.create(review)["status"]
    answer = "yes" if status["allowed"] else " - ".join(["no", *filter(None, [status.get("reason", "")])])
    return (f"Warning: {doubt}\n\n" if doubt else "") + f"{answer}\n"


def _asked_about(session: Session, command: Command, kind: str) -> tuple[str, str, str]:
    """The plural and the group of what the server knows by this name, and what is doubtful about the question."""
    plural, dot, group = kind.lower().partition(".")
    if plural in UNDISCOVERED:
        return kind, "", ""
    where = f" in group '{group}'" if dot else ""
    try:
        resource = session.client.mapper.named(kind.lower())
    except NotFound:
        return kind, "", f"the server doesn't have a resource type '{plural}'{where}"
    if resource.is_namespaced or command.has("all-namespaces"):
        return resource.plural, resource.group, ""
    where = f" in group '{resource.group}'" if resource.group else ""
    return resource.plural, resource.group, f"resource '{resource.plural}' is not namespace scoped{where}"


def explain(session: Session, command: Command) -> str:
    """kubectl explain RESOURCE[.FIELD…] [--recursive]."""
    if not command.words:
        suggestion = 'Use "kubectl api-resources" for a complete list of supported resources.'
        raise UsageError(f"error: You must specify the type of resource to explain. {suggestion}")
    if len(command.words) > 1:
        raise UsageError("error: We accept only this format: explain RESOURCE")
    resource, path = _resource(session.client, command.words[0])
    place = f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"
    schemas: dict[str, Schema] = session.client.raw(f"/openapi/v3/{place}")["components"]["schemas"]
    head = [f"GROUP:      {resource.group}"] if resource.group else []
    head += [f"KIND:       {resource.kind}", f"VERSION:    {resource.version}", ""]
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    schema = next(s for s in schemas.values() if kind in s.get("x-kubernetes-group-version-kind", ()))
    try:
        lines = list(_Document(schemas, command.has("recursive")).lines(schema, path))
    except UsageError as error:
        raise UsageError("\n".join([*head, str(error)])) from None
    return "\n".join([*head, *lines, "", ""])


def _resource(client: Client, word: str) -> tuple[Resource, list[str]]:
    """The resource that the first parts of a word name (as many as possible), and the fields that follow."""
    parts = word.rstrip(".").split(".")
    for count in range(len(parts), 1, -1):
        try:
            return client.mapper.named(".".join(parts[:count])), parts[count:]
        except NotFound:
            continue
    try:
        return named(client, parts[0]), parts[1:]
    except NotFound as error:
        raise UsageError(error.message) from None  # without `error:`, as the real one says it


class _Document:
    """The schemas of a document, and how their fields are told."""

    def __init__(self, schemas: dict[str, Schema], recursive: bool) -> None:
        self.schemas = schemas
        self.recursive = recursive

    def lines(self, schema: Schema, path: list[str]) -> Iterator[str]:
        """Follow the path and tell what it leads to. Raises UsageError where a field does not exist."""
        for name in path:
            found = self._field(schema, name)
            if found is None:
                raise UsageError(f'error: field "{path[-1]}" does not exist')
            schema = found
        if path:
            yield f"FIELD: {path[-1]} <{self._type(schema)}>"
            enums = [f"    {_enum(value)}" for value in schema.get("enum") or ()]
            yield from ["ENUM:", *enums, ""] if enums else ["", ""]
        yield "DESCRIPTION:"
        yield from _wrapped("\n".join(self._descriptions(schema)) or "<empty>", 76, 4)
        if url := (self._resolved(schema).get("externalDocs") or {}).get("url"):
            yield from ("", "EXTERNAL DOCS:", f"    URL: {url}")
        if fields := list(self._fields(schema, 1, frozenset())):
            yield from ("FIELDS:", *fields)

    def _resolved(self, schema: Schema) -> Schema:
        return self.schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)

    def _layers(self, schema: Schema) -> Iterator[Schema]:
        """A schema, and those that it is made of or that it holds."""
        schema = self._resolved(schema)
        yield schema
        inner = [*(schema.get("allOf") or ()), schema.get("items"), schema.get("additionalProperties")]
        for one in inner:
            if isinstance(one, dict):
                yield from self._layers(one)

    def _field(self, schema: Schema, name: str) -> Schema | None:
        found = (layer["properties"][name] for layer in self._layers(schema) if name in (layer.get("properties") or {}))
        return next(found, None)

    def _descriptions(self, schema: Schema) -> Iterator[str]:
        return (layer["description"] + "\n" for layer in self._layers(schema) if layer.get("description"))

    def _type(self, schema: Schema) -> str:
        """A short name of what a value is: `string`, `[]Container`, `map[string]string`."""
        if schema.get("items"):
            return f"[]{self._type(schema['items'])}"
        if isinstance(schema.get("additionalProperties"), dict):
            return f"map[string]{self._type(schema['additionalProperties'])}"
        if len(schema.get("allOf") or ()) == 1 and not schema.get("properties"):
            return self._type(schema["allOf"][0])
        kind: str = self._resolved(schema).get("type") or "object"
        return kind if kind != "object" else schema.get("$ref", "Object").rpartition(".")[2]

    def _fields(self, schema: Schema, level: int, seen: frozenset[int]) -> Iterator[str]:
        for layer in (layer for layer in self._layers(schema) if id(layer) not in seen):
            for name, field in sorted((layer.get("properties") or {}).items()):
                yield from self._detail(name, field, name in layer.get("required", ()), 2 * level)
                if self.recursive:
                    yield from self._fields(field, level + 1, seen | {id(layer)})

    def _detail(self, name: str, field: Schema, required: bool, indent: int) -> Iterator[str]:
        yield f"{' ' * indent}{name}\t<{self._type(field)}>" + " -required-" * required
        if enums := field.get("enum"):
            more = ", ...." if len(enums) > MOST_ENUMS else ""
            yield f"{' ' * indent}enum: {', '.join(map(_enum, enums[:MOST_ENUMS]))}{more}"
        if not self.recursive:
            yield from _wrapped(field.get("description") or "<no description>", 78 - indent, indent + 2)
            yield ""


def _enum(value: Any) -> str:
    return '""' if value == "" else str(value)


def _wrapped(text: str, width: int, indent: int) -> Iterator[str]:
    for line in text.split("\n"):
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]:
            yield " " * indent + part
