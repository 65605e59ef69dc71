"""The document at /openapi/v2 in protobuf, the only form in which kubectl asks for it: when version 3 lacks a kind.

A line of the table tells a field's number and its shape: `*` a list, `{` a map (pairs of a name and a value), `3>` a
message that has nothing but its field 3, the name of a message, or a scalar. Other values travel as text.

Source    github.com/google/gnostic-models, openapiv2/OpenAPIv2.proto (numbers); kube-openapi/pkg/handler/handler.go
Left out  fields that the document here never has
"""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from typing import Any

__all__ = ["ANSWERED", "ASKED", "encoded"]

ASKED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
ANSWERED = ASKED.replace("@", ".")
PLACE = {"required": "1 yes", "in": "2 text", "description": "3 text", "name": "4 text"}
PARAMETERS = {"body": "1>1>Body", "query": "1>2>3>Query", "path": "1>2>4>Path"}
MESSAGES: dict[str, dict[str, str]] = {
    "Document": {
        "swagger": "1 text", "info": "2 Info", "paths": "8 2>{PathItem", "definitions": "9 1>{Schema",
        "security": "12 *1>{1>*text", "securityDefinitions": "13 1>{2>ApiKey",
    },
    "Info": {"title": "1 text", "version": "2 text"},
    "ApiKey": {"type": "1 text", "name": "2 text", "in": "3 text"},
    "PathItem": {
        "get": "2 Operation", "put": "3 Operation", "post": "4 Operation", "delete": "5 Operation",
        "patch": "8 Operation", "parameters": "9 *Parameter",
    },
    "Operation": {
        "tags": "1 *text", "description": "3 text", "operationId": "5 text", "produces": "6 *text",
        "consumes": "7 *text", "parameters": "8 *Parameter", "responses": "9 1>{1>Response", "schemes": "10 *text",
        "x-": "13 {any",
    },
    "Response": {"description": "1 text", "schema": "2 1>Schema"},
    "Body": {"description": "1 text", "name": "2 text", "in": "3 text", "required": "4 yes", "schema": "5 Schema"},
    "Path": {**PLACE, "type": "5 text", "format": "6 text"},
    "Query": {**PLACE, "type": "6 text", "format": "7 text"},
    "Docs": {"description": "1 text", "url": "2 text"},
    "Schema": {
        "$ref": "1 text", "format": "2 text", "title": "3 text", "description": "4 text", "default": "5 any",
        "multipleOf": "6 real", "maximum": "7 real", "exclusiveMaximum": "8 yes", "minimum": "9 real",
        "exclusiveMinimum": "10 yes", "maxLength": "11 whole", "minLength": "12 whole", "pattern": "13 text",
        "maxItems": "14 whole", "minItems": "15 whole", "uniqueItems": "16 yes", "maxProperties": "17 whole",
        "minProperties": "18 whole", "required": "19 *text", "enum": "20 *any", "additionalProperties": "21 Rest",
        "type": "22 1>text", "items": "23 1>Schema", "properties": "25 1>{Schema", "externalDocs": "29 Docs",
        "example": "30 any", "x-": "31 {any",
    },
}  # fmt: skip


@lru_cache(maxsize=2)
def encoded(document: bytes) -> bytes:
    """The message of a document that is written in JSON."""
    return _message("Document", json.loads(document))


def _message(name: str, value: dict[str, Any]) -> bytes:
    known, parts = MESSAGES[name], []
    for key, item in value.items():
        line = known.get("x-" if key.startswith("x-") else key)
        if line is not None:
            number, _, shape = line.partition(" ")
            parts.append(_field(int(number), shape, {key: item} if key.startswith("x-") else item))
    return b"".join(parts)


def _field(number: int, shape: str, value: Any) -> bytes:
    if shape[0] == "*":
        return b"".join(_field(number, shape[1:], item) for item in value)
    if shape[0] == "{":
        pairs = (_bytes(1, name.encode()) + _field(2, shape[1:], item) for name, item in value.items())
        return b"".join(_bytes(number, pair) for pair in pairs)
    if shape[0].isdigit():
        inner, _, rest = shape.partition(">")
        return _bytes(number, _field(int(inner), rest, value))
    if shape == "Parameter":
        return _field(number, PARAMETERS[value["in"]], value)
    if shape == "Rest":
        return _field(number, "2>yes" if isinstance(value, bool) else "1>Schema", value)
    return _bytes(number, _message(shape, value)) if shape in MESSAGES else _scalar(number, shape, value)


def _scalar(number: int, shape: str, value: Any) -> bytes:
    if shape == "text":
        return _bytes(number, str(value).encode())
    if shape == "any":  # as YAML, of which JSON is a part
        return _bytes(number, _bytes(2, json.dumps(value).encode()))
    if shape == "real":
        return _varint(number << 3 | 1) + struct.pack("<d", value)
    return _varint(number << 3) + _varint(int(value))


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """A whole number, seven bits in each byte; those below zero count from the end of 64 bits."""
    number, digits = number % 2**64, bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    digits.append(number)
    return bytes(digits)
