"""The OpenAPI v3 documents of what the server serves: one per group and version, as clients read them.

Source    staging/src/k8s.io/kube-openapi/pkg/handler3; kubernetes.io, "The Kubernetes API", "OpenAPI V3"
Left out  descriptions of built-in fields (each type names its page of the API reference instead); OpenAPI v2;
          operations beyond what kubectl looks for: the kind of a path, and the query parameters of its writes
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from k8slab.api.kinds import KINDS, Kind
from k8slab.schema import Field, Type, named_type, type_of

__all__ = ["openapi"]

Obj = dict[str, Any]

ROOT = "/openapi/v3"
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
PARAMETERS = [{"in": "query", "name": name, "schema": {"type": "string"}}
              for name in ("dryRun", "fieldManager", "fieldValidation", "force")]  # fmt: skip


def openapi(path: str, custom: Iterable[Kind] = ()) -> Obj | None:
    """The list of documents at /openapi/v3, or the one of `/openapi/v3/apis/apps/v1`; None where there is nothing."""
    kinds = [*KINDS, *custom]
    documents = {_place(kind): [other for other in kinds if _place(other) == _place(kind)] for kind in kinds}
    if path == ROOT:
        return {"paths": {place: {"serverRelativeURL": _url(place, found)} for place, found in documents.items()}}
    found = documents.get(path.removeprefix(f"{ROOT}/"))
    return _document(found) if found else None


def _place(kind: Kind) -> str:
    return f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"


def _url(place: str, kinds: list[Kind]) -> str:
    """Where a document is; its hash changes when the document does."""
    told = json.dumps([[kind.kind, kind.custom.schema if kind.custom else ""] for kind in kinds], sort_keys=True)
    return f"{ROOT}/{place}?hash={hashlib.sha256(told.encode()).hexdigest()[:32].upper()}"


def _document(kinds: list[Kind]) -> Obj:
    schemas: Obj = {}
    paths: Obj = {}
    for kind in kinds:
        if kind.custom:
            schemas[_custom_name(kind)] = _custom_schema(kind, schemas)
        elif (built_in := type_of(kind.api_version, kind.kind)) is not None:
            _add(built_in, schemas)
            schemas[_name(built_in)] |= _of_kind(kind)
        else:
            schemas[f"{kind.group}.{kind.version}.{kind.kind}"] = {**_unstored(kind), **_of_kind(kind)}
        paths[_path(kind)] = _operations(kind)
    info = {"title": "Kubernetes", "version": "v1.37.0"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _unstored(kind: Kind) -> Obj:
    """The schema of what is worked out when it is asked for: metrics and the audit record."""
    measured = {"timestamp": {"type": "string", "format": "date-time"}, "window": {"type": "string"}}
    own: dict[str, Obj] = {
        "AuditRecord": {"spec": {"type": "object"}},
        "NodeMetrics": {**measured, "usage": {"type": "object"}},
        "PodMetrics": {**measured, "containers": {"type": "array", "items": {"type": "object"}}},
    }
    head = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return {"type": "object", "properties": {**head, **own.get(kind.kind, {})}}


def _path(kind: Kind) -> str:
    where = "namespaces/{namespace}/" if kind.is_namespaced else ""
    return f"/{_place(kind)}/{where}{kind.plural}/{{name}}"


def _operations(kind: Kind) -> Obj:
    (of_kind,) = _of_kind(kind)["x-kubernetes-group-version-kind"]
    verbs = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
    return {
        method: {"x-kubernetes-group-version-kind": of_kind, "parameters": [] if method == "get" else PARAMETERS}
        for verb, method in verbs.items()
        if verb in kind.verbs
    }


def _of_kind(kind: Kind) -> Obj:
    return {"x-kubernetes-group-version-kind": [{"group": kind.group, "version": kind.version, "kind": kind.kind}]}


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
    return {"type": "object", **given, "properties": {**head, **(given.get("properties") or {})}, **_of_kind(kind)}
