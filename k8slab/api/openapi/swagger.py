"""The documents of OpenAPI v3 as one of version 2, with what version 2 cannot say left away.

Source    api/openapi-spec/swagger.json; apiextensions-apiserver/pkg/controller/openapi/v2/conversion.go
          (ToStructuralOpenAPIV2)
Left out  a field that must be there stays so when it may be null, too; protobuf among the media types
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["swagger"]

Obj = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch")
JUNCTORS = ("allOf", "anyOf", "oneOf", "not")
KEPT = ("operationId", "tags", "x-kubernetes-action", "x-kubernetes-group-version-kind")
BEARER = {"BearerToken": {"type": "apiKey", "name": "authorization", "in": "header"}}


def swagger(documents: Iterable[Obj], info: Obj) -> Obj:
    """One swagger 2.0 document of several of OpenAPI 3.0."""
    definitions: Obj = {}
    paths: Obj = {}
    for document in documents:
        for name, schema in document["components"]["schemas"].items():
            definitions[name] = {**definitions.get(name, {}), **_schema(schema)}  # only its own tells of which kind
        paths |= {path: _item(item) for path, item in document["paths"].items()}
    return {
        "swagger": "2.0",
        "info": info,
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": BEARER,
        "security": [{"BearerToken": []}],
    }


def _schema(schema: Obj) -> Obj:
    """The schema without what version 2 does not know; what may be null, or anything, has no inner types."""
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"].replace("#/components/schemas/", "#/definitions/")}
    if references := [part for part in schema.get("allOf") or () if "$ref" in part]:
        more = {name: value for name, value in schema.items() if name != "allOf"}
        return {**more, **_schema(references[0])}
    made = {name: value for name, value in schema.items() if name not in (*JUNCTORS, "nullable")}
    if "oneOf" in schema and "type" not in schema:
        made["type"] = "string"  # a quantity, or a number or a text
    if schema.get("nullable"):
        made.pop("type", None)
    if schema.get("nullable") or schema.get("x-kubernetes-preserve-unknown-fields"):
        made = {name: value for name, value in made.items() if name not in ("items", "properties")}
    if made.get("type") == "array" and "items" not in made:
        del made["type"]
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = _schema(made[name])
    if "properties" in made:
        made["properties"] = {name: _schema(inner) for name, inner in made["properties"].items()}
    return made


def _item(item: Obj) -> Obj:
    operations = {method: _operation(item[method]) for method in METHODS if method in item}
    return {**operations, "parameters": [_parameter(each) for each in item["parameters"]]}


def _operation(operation: Obj) -> Obj:
    sent = operation.get("requestBody")
    content = sent["content"] if sent else {}
    parameters = [_parameter(each) for each in operation["parameters"]]
    if sent:
        body = _schema(next(iter(content.values()))["schema"])
        required = {"required": True} if sent.get("required") else {}
        parameters = [{"in": "body", "name": "body", **required, "schema": body}, *parameters]
    answered = {form for told in operation["responses"].values() for form in told.get("content") or ()}
    return {
        **{name: operation[name] for name in KEPT},
        "consumes": list(content) or ["*/*"],
        "produces": sorted(answered),
        "schemes": ["https"],
        "parameters": parameters,
        "responses": {code: _response(told) for code, told in operation["responses"].items()},
    }


def _response(told: Obj) -> Obj:
    made = {"description": told["description"]}
    for content in (told.get("content") or {}).values():
        made["schema"] = _schema(content["schema"])
    return made


def _parameter(parameter: Obj) -> Obj:
    schema = parameter["schema"]
    return {**{name: value for name, value in parameter.items() if name != "schema"}, **schema}
