"""The type of a custom kind, for those who ask who owns which of its fields.

Source    apiextensions-apiserver/pkg/apiserver/schema/kubeopenapi.go; kube-openapi/pkg/schemaconv/openapi.go
Left out  objects with both fields of their own and keys of one type: their keys are owned as if nothing were known
"""

from __future__ import annotations

from typing import Any

from k8slab.schema import Field, Type

__all__ = ["OwnType"]

Schema = dict[str, Any]

SCALARS = ("boolean", "integer", "number", "string")


class OwnType(Type):
    """What a structural schema says of an object, as the types of built-in kinds say it."""

    __slots__ = ("_schema",)

    def __init__(self, schema: Schema, *, is_resource: bool = False) -> None:
        names = dict.fromkeys(schema.get("properties") or {}, "string")
        if is_resource:
            names = {**names, "apiVersion": "string", "kind": "string", "metadata": "meta/v1.ObjectMeta"}
        if schema.get("x-kubernetes-map-type") == "atomic":
            names[""] = "atomic"
        super().__init__("custom", "", names)
        self._schema: Schema = schema.get("properties") or {}

    def key_default(self, name: str) -> Any:
        """What the schema has for an absent field."""
        return (self._schema.get(name) or {}).get("default")

    def _understood(self, name: str) -> Field:
        if name == "metadata" and self._lines[name] != "string":
            return super()._understood(name)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _field(self._schema.get(name) or {})
        return known


def _field(schema: Schema) -> Field:
    kind, others = schema.get("type", ""), schema.get("additionalProperties")
    is_resource = bool(schema.get("x-kubernetes-embedded-resource"))
    if kind == "array":
        items = schema.get("items")
        item = _field(items) if isinstance(items, dict) else Field("any")
        keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
        return Field("list", item, list_type=schema.get("x-kubernetes-list-type") or "atomic", list_keys=keys)
    if kind in SCALARS or schema.get("x-kubernetes-int-or-string"):
        return Field(kind or "int-or-string")
    if schema.get("properties") or is_resource:
        return Field("object", own=OwnType(schema, is_resource=is_resource))
    atomic = schema.get("x-kubernetes-map-type", "")
    if isinstance(others, dict):
        return Field("map", _field(others), list_type=atomic)
    return Field("map", Field("any"), list_type=atomic) if kind == "object" else Field("any")
