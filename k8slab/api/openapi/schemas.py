"""The schemas of kinds, as an OpenAPI v3 document holds them.

Source    api/openapi-spec/v3; apiextensions-apiserver/pkg/controller/openapi/builder/builder.go
Left out  descriptions of built-in fields (each type names its page of the API reference instead)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.kinds import Kind
from k8slab.schema import Field, Type, named_type, type_of

__all__ = ["Schemas"]

Obj = dict[str, Any]

REFERENCE = "https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.37/"
PACKAGES = {
    "meta/v1": "io.k8s.apimachinery.pkg.apis.meta.v1",
    "apiextensions/v1": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
}
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
PLAIN: dict[str, Obj] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "bytes": {"type": "string", "format": "byte"},
    "any": {"type": "object"},
}
NAMED: dict[str, tuple[str, Obj]] = {
    "time": ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", {"type": "string", "format": "date-time"}),
    "microtime": ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", {"type": "string", "format": "date-time"}),
    "quantity": (
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    "int-or-string": (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"},
    ),
}


class Schemas:
    """The schemas of one document, gathered as they are named."""

    def __init__(self) -> None:
        self.found: Obj = {}
        self._names: dict[tuple[str, str, str], str] = {}

    def add(self, kind: Kind) -> None:
        """Take in the schema of a kind with all that it refers to."""
        own = (kind.group, kind.version, kind.kind)
        if kind.custom:
            self._names[own] = _custom_name(kind)
            self.found[_custom_name(kind)] = _custom_schema(kind, self.found)
        elif type_of(kind.api_version, kind.kind) is None:
            self._names[own] = f"{kind.group}.{kind.version}.{kind.kind}"
            self.found[self._names[own]] = {**_unstored(kind), **_of_kind(*own)}
        else:
            self.named(*own)

    def named(self, group: str, version: str, kind: str) -> Obj:
        """A reference to the schema of a kind that is added already, or built in."""
        if name := self._names.get((group, version, kind)):
            return {"$ref": f"#/components/schemas/{name}"}
        if group == "meta.k8s.io":
            return _add(named_type(f"meta/{version}.{kind}"), self.found)
        built_in = type_of(f"{group}/{version}" if group else version, kind)
        assert built_in is not None
        reference = _add(built_in, self.found)
        self.found[_name(built_in)] |= _of_kind(group, version, kind)
        return reference

    def list_of(self, kind: Kind) -> Obj:
        """A reference to the schema of a list of these."""
        item = self.named(kind.group, kind.version, kind.kind)
        name = f"{item['$ref'].rpartition('/')[2].removesuffix(kind.kind)}{kind.list_kind}"
        metadata = _add(named_type("meta/v1.ListMeta"), self.found)
        self.found[name] = {
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": PLAIN["string"],
                "items": {"type": "array", "items": {"allOf": [item]}},
                "kind": PLAIN["string"],
                "metadata": {"allOf": [metadata]},
            },
            **_of_kind(kind.group, kind.version, kind.list_kind),
        }
        return {"$ref": f"#/components/schemas/{name}"}


def _unstored(kind: Kind) -> Obj:
    """The schema of what is worked out when it is asked for: metrics, the audit record, attempts of schedulers."""
    measured = {"timestamp": {"type": "string", "format": "date-time"}, "window": {"type": "string"}}
    own: dict[str, Obj] = {
        "AuditRecord": {"spec": {"type": "object"}},
        "NodeMetrics": {**measured, "usage": {"type": "object"}},
        "SchedulingAttempt": {"spec": {"type": "object"}, "status": {"type": "object"}},
        "PodMetrics": {**measured, "containers": {"type": "array", "items": {"type": "object"}}},
    }
    head = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return {"type": "object", "properties": {**head, **own.get(kind.kind, {})}}


def _of_kind(group: str, version: str, kind: str) -> Obj:
    return {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}


def _name(type_: Type) -> str:
    return f"{PACKAGES.get(type_.table, f'io.k8s.api.{type_.table}')}.{type_.name}".replace("/", ".")


def _add(type_: Type, schemas: Obj) -> Obj:
    """A reference to a named type, whose schema is added with all that it refers to."""
    name = _name(type_)
    if name not in schemas:
        group, _, version = type_.table.partition("/")
        schema: Obj = {"type": "object"}
        schemas[name] = schema  # before its fields, as types may refer to themselves
        schema["externalDocs"] = {"url": f"{REFERENCE}#{type_.name.lower()}-{version}-{group}"}
        schema["properties"] = {key: _schema(field, schemas) for key, field in type_.fields.items()}
        if required := [key for key, field in type_.fields.items() if field.required]:
            schema["required"] = required
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(field: Field, schemas: Obj) -> Obj:
    """The schema of one field, with the words that tell how it merges."""
    schema = _shape(field, schemas)
    if field.list_type:
        schema["x-kubernetes-list-type" if field.kind == "list" else "x-kubernetes-map-type"] = field.list_type
    if field.list_keys:
        schema["x-kubernetes-list-map-keys"] = list(field.list_keys)
    if field.merge_key:
        schema["x-kubernetes-patch-merge-key"] = field.merge_key
    if field.strategies:
        schema["x-kubernetes-patch-strategy"] = ",".join(sorted(field.strategies))
    return schema


def _shape(field: Field, schemas: Obj) -> Obj:
    if field.kind == "list" and field.item is not None:
        return {"type": "array", "items": _shape(field.item, schemas)}
    if field.kind == "map" and field.item is not None:
        return {"type": "object", "additionalProperties": _shape(field.item, schemas)}
    if field.kind in NAMED:
        name, schemas[name] = NAMED[field.kind]
        return {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
    if field.type is not None:
        return {"allOf": [_add(field.type, schemas)]}
    return dict(PLAIN[field.kind])


def _custom_name(kind: Kind) -> str:
    return f"{'.'.join(reversed(kind.group.split('.')))}.{kind.version}.{kind.kind}"


def _custom_schema(kind: Kind, schemas: Obj) -> Obj:
    """The schema of a definition, with what every object has."""
    _add(named_type("meta/v1.ObjectMeta"), schemas)
    head = {
        "apiVersion": PLAIN["string"],
        "kind": PLAIN["string"],
        "metadata": {"allOf": [{"$ref": f"#/components/schemas/{META}"}]},
    }
    given = kind.custom.schema if kind.custom else {}
    return {
        "type": "object",
        **given,
        "properties": {**head, **(given.get("properties") or {})},
        **_of_kind(kind.group, kind.version, kind.kind),
    }
