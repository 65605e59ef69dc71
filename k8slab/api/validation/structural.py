"""The rules for the schema of a custom kind: it must be structural, and what it says must make sense.

Source    apiextensions-apiserver/pkg/apiserver/schema/validation.go; pkg/apis/apiextensions/validation/validation.go
          (ValidateCustomResourceDefinitionOpenAPISchema, validateCustomResourceDefinitionOpenAPISchema)
Left out  a default is checked against its schema, not for unknown fields; the cost of CEL rules is not estimated;
          the words about a regular expression that is none are Python's
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from k8slab.api.custom.expressions import broken, skipped, uses_old
from k8slab.api.custom.values import NOWHERE, check, pattern
from k8slab.api.validation.meta import Errors, forbidden, invalid, not_supported, required
from k8slab.schema import named_type, read

__all__ = [
    "skipped_rules",
    "structural",
]

Schema = dict[str, Any]

TYPES = ("array", "boolean", "integer", "number", "object", "string")
PROPS = "apiextensions/v1.JSONSchemaProps"
NEVER = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
JUNCTORS = ("allOf", "anyOf", "oneOf")
INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
NOT_NESTED = {
    "type": "empty",
    "additionalProperties": "undefined",
    "default": "undefined",
    "title": "empty",
    "description": "empty",
    "nullable": "false",
    "externalDocs": "undefined",
    "x-kubernetes-preserve-unknown-fields": "false",
    "x-kubernetes-embedded-resource": "false",
    "x-kubernetes-int-or-string": "false",
    "x-kubernetes-list-map-keys": "empty",
    "x-kubernetes-list-type": "undefined",
    "x-kubernetes-map-type": "undefined",
    "x-kubernetes-validations": "empty",
}
HEAD = ("apiVersion", "kind", "metadata")
REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
PLACES = {"root": "at the root", "item": "for specified array items", "field": "for specified object fields"}


def structural(schema: Schema, path: str) -> Errors:
    """What keeps a schema from being the schema of a custom kind; a part of the wrong type hides all else."""
    if problems := list(_unreadable(schema, path)):
        yield from problems
        return
    yield from sorted(_level(schema, path, "root"), key=str)
    yield from _rules(schema, path, "")


def skipped_rules(schema: Schema, path: str) -> Iterator[str]:
    """A warning for every CEL rule that will not be enforced."""
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        if why := skipped(rule):
            yield f"{path}.x-kubernetes-validations[{index}].rule: the rule is skipped: {why}"
    for place, inner, _ in _below(schema, path):
        yield from skipped_rules(inner, place)


def _unreadable(schema: Schema, path: str) -> Errors:
    """What the table of types cannot say: items and additionalProperties are schemas, or so."""
    for name in ("items", "additionalProperties"):
        inner = schema.get(name)
        if name == "items" and isinstance(inner, list):
            yield forbidden(f"{path}.items", "items must be a schema object and not an array")
        elif isinstance(inner, dict):
            try:
                read(inner, named_type(PROPS))
            except ValueError as error:
                yield invalid(f"{path}.{name}", inner, str(error))
            else:
                yield from _unreadable(inner, f"{path}.{name}")
        elif inner is not None and not (isinstance(inner, bool) and name == "additionalProperties"):
            yield invalid(f"{path}.{name}", inner, "must be a schema object")
    for name, inner in (schema.get("properties") or {}).items():
        yield from _unreadable(inner, f"{path}.properties[{name}]")


def _below(schema: Schema, path: str) -> Iterator[tuple[str, Schema, str]]:
    """The schemas of items, of fields and of the values of maps."""
    if isinstance(schema.get("items"), dict):
        yield f"{path}.items", schema["items"], "item"
    for name, inner in (schema.get("properties") or {}).items():
        yield f"{path}.properties[{name}]", inner, "field"
    if isinstance(schema.get("additionalProperties"), dict):
        yield f"{path}.additionalProperties", schema["additionalProperties"], "field"


def _level(schema: Schema, path: str, level: str) -> Errors:
    yield from _generic(schema, path, level)
    yield from _type(schema, path, level)
    yield from _resource(schema, path, level)
    yield from _list_type(schema, path)
    yield from _map_type(schema, path)
    yield from _values(schema, path, level)
    if schema.get("default") is not None:
        yield from _default(schema, path)
    for place, inner, inner_level in _below(schema, path):
        name = place.removeprefix(f"{path}.properties[").rstrip("]") if level == "root" else ""
        if name in HEAD and inner.get("default") is not None:
            yield forbidden(f"{place}.default", f"must not be set in top-level {name}")
        elif name != "metadata":
            yield from _level(inner, place, inner_level)


def _generic(schema: Schema, path: str, level: str) -> Errors:
    for name in NEVER:
        if schema.get(name):
            yield forbidden(f"{path}.{name}", f"{name} is not supported")
    if schema.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", text)
    if schema.get("additionalProperties") is not None:
        if level == "root":
            yield forbidden(f"{path}.additionalProperties", "must not be used at the root")
        if schema.get("properties") and schema["additionalProperties"] is not True:
            text = "additionalProperties and properties are mutual exclusive"
            yield forbidden(f"{path}.additionalProperties", text)
    if schema.get("type") == "array" and schema.get("items") is None:
        yield required(f"{path}.items", "must be specified")


def _type(schema: Schema, path: str, level: str) -> Errors:
    given, place = schema.get("type") or "", f"{path}.type"
    if given == "null":
        yield forbidden(place, "type cannot be set to null, use nullable as an alternative")
    elif given and given not in TYPES:
        yield not_supported(place, given, TYPES)
    elif level == "root" and given and given != "object":
        yield invalid(place, given, "must be object at the root")
    has_no_type = not schema.get("x-kubernetes-int-or-string") and not schema.get(
        "x-kubernetes-preserve-unknown-fields"
    )
    if schema.get("x-kubernetes-embedded-resource") and given != "object":
        text = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid(place, given, text) if given else required(place, text)
    elif not given and has_no_type:
        yield required(place, f"must not be empty {PLACES[level]}")
    if schema.get("x-kubernetes-int-or-string"):
        if given:
            yield invalid(place, given, "must be empty if x-kubernetes-int-or-string is true")
        for name in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
            if schema.get(name):
                yield invalid(f"{path}.{name}", True, "must be false if x-kubernetes-int-or-string is true")


def _resource(schema: Schema, path: str, level: str) -> Errors:
    """The fields that every resource has, at the root and in embedded ones."""
    known, is_embedded = schema.get("properties") or {}, bool(schema.get("x-kubernetes-embedded-resource"))
    if is_embedded and schema.get("additionalProperties") is not None:
        text = "must not be used if x-kubernetes-embedded-resource is set"
        yield forbidden(f"{path}.additionalProperties", text)
    if is_embedded and not known and not schema.get("x-kubernetes-preserve-unknown-fields"):
        text = (
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        )
        yield required(f"{path}.properties", text)
    if level != "root" and not is_embedded:
        return
    for name, wanted in (("kind", "string"), ("apiVersion", "string"), ("metadata", "object")):
        if name in known and known[name].get("type") != wanted:
            yield invalid(f"{path}.properties[{name}].type", known[name].get("type") or "", f"must be {wanted}")
    metadata = known.get("metadata")
    if level == "root" and metadata:
        others = {name for name, value in metadata.items() if value and name not in ("type", "properties")}
        if others - {"description"} or set(metadata.get("properties") or ()) - {"name", "generateName"}:
            text = "must not specify anything other than name and generateName, but metadata is implicitly specified"
            yield forbidden(f"{path}.properties[metadata]", text)


def _list_type(schema: Schema, path: str) -> Errors:
    given, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    place = f"{path}.x-kubernetes-list-type"
    if given is not None and schema.get("type") != "array":
        text = "must be array if x-kubernetes-list-type is specified"
        found = schema.get("type")
        yield invalid(f"{path}.type", found, text) if found else required(f"{path}.type", text)
    if given is not None and given not in ("atomic", "set", "map"):
        yield not_supported(place, given, ("atomic", "set", "map"))
    if keys and given != "map":
        text = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield invalid(place, given, text) if given else required(place, text)
    items = schema.get("items")
    if given == "map":
        yield from _map_keys(schema, path, keys)
    elif given == "set" and isinstance(items, dict):
        wanted = "must be atomic as item of a list with x-kubernetes-list-type=set"
        name = {"array": "list", "object": "map"}.get(items.get("type", ""), "")
        inner = items.get(f"x-kubernetes-{name}-type")
        if (name == "list" and inner not in (None, "atomic")) or (name == "map" and inner != "atomic"):
            found = items.get("x-kubernetes-list-type") or "null"  # the real server shows this one for maps too
            yield invalid(f"{path}.items.x-kubernetes-{name}-type", found, wanted)
    if given in ("map", "set") and isinstance(items, dict) and items.get("nullable"):
        yield forbidden(f"{path}.items.nullable", f"cannot be nullable when x-kubernetes-list-type is {given}")


def _map_type(schema: Schema, path: str) -> Errors:
    given, found = schema.get("x-kubernetes-map-type"), schema.get("type")
    if given is not None and found != "object":
        text = "must be object if x-kubernetes-map-type is specified"
        yield invalid(f"{path}.type", found, text) if found else required(f"{path}.type", text)
    if given not in (None, "atomic", "granular"):
        yield not_supported(f"{path}.x-kubernetes-map-type", given, ("atomic", "granular"))
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        yield invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined")


def _map_keys(schema: Schema, path: str, keys: list[str]) -> Errors:
    place, items = f"{path}.x-kubernetes-list-map-keys", schema.get("items")
    if not keys:
        yield required(place, "must not be empty if x-kubernetes-list-type is map")
    if not isinstance(items, dict):
        yield required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map")
        return
    if items.get("type") != "object":
        text = "must be object if parent array's x-kubernetes-list-type is map"
        yield invalid(f"{path}.items.type", items.get("type") or "", text)
        return
    known = items.get("properties") or {}
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield invalid(place, keys, "must not contain duplicate entries")
        if key in known:
            yield from _map_key(key, known[key], items, f"{path}.items.properties[{key}]")
        else:
            yield invalid(place, keys, "entries must all be names of item properties")


def _map_key(key: str, schema: Schema, items: Schema, path: str) -> Errors:
    if schema.get("type") in ("array", "object"):
        text = "must be a scalar type if parent array's x-kubernetes-list-type is map"
        yield invalid(f"{path}.type", items["type"], text)
    begin = "this property is in x-kubernetes-list-map-keys, so it"
    if key not in (items.get("required") or ()) and schema.get("default") is None:
        yield required(f"{path}.default", f"{begin} must have a default or be a required property")
    if schema.get("nullable"):
        yield forbidden(f"{path}.nullable", f"{begin} cannot be nullable")


def _rules(schema: Schema, path: str, apart: str) -> Errors:
    """The rules in CEL; `apart` is the place below which nobody knows which old value a value had."""
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        place, text = f"{path}.x-kubernetes-validations[{index}]", rule.get("rule") or ""
        problems = list(_rule(rule, place))
        yield from problems
        if not problems and apart and uses_old(text):
            words = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {apart}"
            yield invalid(f"{place}.rule", text, words)
    below = apart or ("" if schema.get("x-kubernetes-map-type") in (None, "granular") else path)
    if isinstance(schema.get("items"), dict) and schema.get("x-kubernetes-list-type") != "map":
        below = apart or path
    for place, inner, _ in _below(schema, path):
        yield from _rules(inner, place, below)


def _rule(rule: Schema, place: str) -> Errors:
    """What a rule needs, and that it is CEL."""
    text, message = (rule.get("rule") or "").strip(), (rule.get("message") or "").strip()
    if not text:
        yield required(f"{place}.rule", "rule is not specified")
    elif rule.get("message") and not message:
        yield invalid(f"{place}.message", rule["message"], "message must be non-empty if specified")
    elif len(message.splitlines()) > 1:
        yield invalid(f"{place}.message", rule["message"], "message must not contain line breaks")
    elif len(text.splitlines()) > 1 and not message:
        yield required(f"{place}.message", "message must be specified if rule contains line breaks")
    if rule.get("reason") not in (None, *REASONS):
        yield not_supported(f"{place}.reason", rule["reason"], REASONS)
    for name in ("rule", "messageExpression") if text else ():
        if problem := broken(rule.get(name) or ""):
            yield invalid(f"{place}.{name}", rule[name], problem)


def _values(schema: Schema, path: str, level: str) -> Errors:
    """The value validations of a level, and below allOf, anyOf, oneOf and not those that may stand there."""
    if schema.get("pattern"):
        try:
            pattern(schema["pattern"])
        except re.error as error:
            text = f"must be a valid regular expression, but isn't: {error}"
            yield invalid(f"{path}.pattern", schema["pattern"], text)
    is_int_or_string = bool(schema.get("x-kubernetes-int-or-string"))
    for name in JUNCTORS:
        if name == "anyOf" and is_int_or_string and schema.get("anyOf") == INT_OR_STRING:
            continue
        for index, inner in enumerate(schema.get(name) or ()):
            is_pattern = name == "allOf" and index == 0 and is_int_or_string and inner == {"anyOf": INT_OR_STRING}
            if not is_pattern:
                yield from _nested(inner, f"{path}.{name}[{index}]", level)
    if schema.get("not"):
        yield from _nested(schema["not"], f"{path}.not", level)


def _nested(schema: Schema, path: str, level: str) -> Errors:
    yield from _values(schema, path, level)
    for name, wanted in NOT_NESTED.items():
        if schema.get(name):
            yield forbidden(f"{path}.{name}", f"must be {wanted} to be structural")
    if "metadata" in (schema.get("properties") or {}):
        yield forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context")
    for place, inner, inner_level in _below(schema, path):
        if not place.endswith(".additionalProperties"):
            yield from _nested(inner, place, inner_level)


def _default(schema: Schema, path: str) -> Errors:
    for error in check(schema["default"], schema):
        below = "" if error.field in ("", NOWHERE) else f".{error.field}"
        yield error._replace(field=f"{path}.default{below}")
