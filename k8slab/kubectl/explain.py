"""kubectl explain: the fields of a kind, from the server's OpenAPI document.

Source    staging/src/k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl; pkg/cmd/explain/explain.go
Left out  --api-version; outputs other than plaintext; the descriptions of built-in fields, which the document has not
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from k8slab.client import Client, Resource
from k8slab.kubectl.command import Command, Session, UsageError
from k8slab.kubectl.targets import named
from k8slab.wire import NotFound

__all__ = ["explain"]

Schema = dict[str, Any]

MOST_ENUMS = 4


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
