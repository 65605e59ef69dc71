"""Schemas of custom kinds: which a definition may have, and what the server says to the others."""

from __future__ import annotations

import pytest
from api_bench import ApiBench
from custom_bench import KEEPS_ALL, NUMBER, SCHEMA, SPEC, TEXT, Obj, definition, fields, problems, root, version

STRUCTURAL = "to be structural"
NOT_ATOMIC = "must be atomic as item of a list with x-kubernetes-list-type=set"
MAP_KEYS: Obj = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
INT_OR_STRING: Obj = {"x-kubernetes-int-or-string": True}
EITHER = [{"type": "integer"}, {"type": "string"}]
NAMED: Obj = {**fields(name=TEXT), "required": ["name"]}
EMBEDDED: Obj = {"type": "object", "x-kubernetes-embedded-resource": True}

GOOD_SPECS: list[Obj] = [
    KEEPS_ALL,
    fields(a=TEXT, b=NUMBER, c={"type": "number"}, d={"type": "boolean"}),
    {"type": "object", "additionalProperties": TEXT},
    {"type": "object", "additionalProperties": True},
    {"type": "array", "items": TEXT},
    {"type": "array", "items": NAMED, **MAP_KEYS},
    {"type": "array", "items": fields(name={**TEXT, "default": "a"}), **MAP_KEYS},
    INT_OR_STRING,
    {**INT_OR_STRING, "anyOf": EITHER},
    {**INT_OR_STRING, "allOf": [{"anyOf": EITHER}, {"maximum": 5}]},
    {**EMBEDDED, "x-kubernetes-preserve-unknown-fields": True},
    {**EMBEDDED, **fields(kind=TEXT, metadata={"type": "object"})},
    {"x-kubernetes-preserve-unknown-fields": True},
    {**TEXT, "pattern": "^a+$", "default": "aa", "nullable": True},
    {**fields(a=TEXT, b=TEXT), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {**fields(a=NUMBER), "not": {"properties": {"a": {"minimum": 5}}}},
]
BAD_SPECS: list[tuple[Obj, list[str]]] = [
    ({}, [".type: Required value: must not be empty for specified object fields"]),
    ({"type": "array"}, [".items: Required value: must be specified"]),
    ({"type": "array", "items": {}}, [".items.type: Required value: must not be empty for specified array items"]),
    ({"type": "null"}, [".type: Forbidden: type cannot be set to null, use nullable as an alternative"]),
    (
        {"type": "text"},
        [
            '.type: Unsupported value: "text": supported values: '
            '"array", "boolean", "integer", "number", "object", "string"'
        ],
    ),
    (fields(a={}), [".properties[a].type: Required value: must not be empty for specified object fields"]),
    (
        {"type": "object", "additionalProperties": {}},
        [".additionalProperties.type: Required value: must not be empty for specified object fields"],
    ),
    (
        {**fields(a=TEXT), "additionalProperties": TEXT},
        [".additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"],
    ),
    (
        {"type": "array", "items": TEXT, "uniqueItems": True},
        [
            ".uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity "
            "becomes quadratic"
        ],
    ),
    ({**TEXT, "id": "x"}, [".id: Forbidden: id is not supported"]),
    ({**TEXT, "$ref": "#/x"}, [".$ref: Forbidden: $ref is not supported"]),
    ({**TEXT, "definitions": {"a": TEXT}}, [".definitions: Forbidden: definitions is not supported"]),
    (
        {**TEXT, "dependencies": {"a": ["b"]}},
        [".dependencies: Forbidden: dependencies is not supported"],
    ),
    (
        {**TEXT, "patternProperties": {"a": TEXT}},
        [".patternProperties: Forbidden: patternProperties is not supported"],
    ),
    ({"type": "array", "items": [TEXT]}, [".items: Forbidden: items must be a schema object and not an array"]),
    # integers or strings, embedded resources
    (
        {**INT_OR_STRING, **TEXT},
        ['.type: Invalid value: "string": must be empty if x-kubernetes-int-or-string is true'],
    ),
    (
        {**INT_OR_STRING, "x-kubernetes-preserve-unknown-fields": True},
        [
            ".x-kubernetes-preserve-unknown-fields: Invalid value: true: "
            "must be false if x-kubernetes-int-or-string is true"
        ],
    ),
    (
        {**INT_OR_STRING, "anyOf": [{"type": "string"}, {"type": "integer"}]},
        [f".anyOf[{index}].type: Forbidden: must be empty {STRUCTURAL}" for index in (0, 1)],
    ),
    (
        {**TEXT, "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
        ['.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true'],
    ),
    (
        EMBEDDED,
        [
            ".properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without "
            "x-kubernetes-preserve-unknown-fields"
        ],
    ),
    (
        {**EMBEDDED, **fields(kind=NUMBER)},
        ['.properties[kind].type: Invalid value: "integer": must be string'],
    ),
    # below allOf, anyOf, oneOf and not
    *(
        (
            {**fields(a=TEXT), junctor: [{"properties": {"a": {name: value}}}]},
            [f".{junctor}[0].properties[a].{name}: Forbidden: must be {wanted} {STRUCTURAL}"],
        )
        for junctor in ("allOf", "anyOf", "oneOf")
        for name, value, wanted in (
            ("type", "string", "empty"),
            ("default", "x", "undefined"),
            ("title", "x", "empty"),
            ("description", "x", "empty"),
            ("nullable", True, "false"),
            ("x-kubernetes-preserve-unknown-fields", True, "false"),
            ("x-kubernetes-int-or-string", True, "false"),
            ("x-kubernetes-list-type", "set", "undefined"),
        )
    ),
    (
        {**fields(a=TEXT), "not": {"properties": {"a": TEXT}}},
        [f".not.properties[a].type: Forbidden: must be empty {STRUCTURAL}"],
    ),
    (
        {**KEEPS_ALL, "allOf": [{"additionalProperties": TEXT}]},
        [f".allOf[0].additionalProperties: Forbidden: must be undefined {STRUCTURAL}"],
    ),
    (
        {**KEEPS_ALL, "anyOf": [{"properties": {"metadata": {"maxLength": 1}}}]},
        [".anyOf[0].properties[metadata]: Forbidden: must not be specified in a nested context"],
    ),
    # lists of type set and map
    (
        {"type": "array", "items": TEXT, "x-kubernetes-list-type": "bag"},
        ['.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"'],
    ),
    (
        {**TEXT, "x-kubernetes-list-type": "set"},
        ['.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified'],
    ),
    (
        {"type": "array", "items": NAMED, "x-kubernetes-list-type": "map"},
        [
            ".x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
        ],
    ),
    (
        {"type": "array", "items": NAMED, "x-kubernetes-list-map-keys": ["name"]},
        [".x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty"],
    ),
    (
        {"type": "array", "items": NAMED, **MAP_KEYS, "x-kubernetes-list-map-keys": ["name", "size"]},
        ['.x-kubernetes-list-map-keys: Invalid value: ["name","size"]: entries must all be names of item properties'],
    ),
    (
        {"type": "array", "items": NAMED, **MAP_KEYS, "x-kubernetes-list-map-keys": ["name", "name"]},
        ['.x-kubernetes-list-map-keys: Invalid value: ["name","name"]: must not contain duplicate entries'],
    ),
    (
        {"type": "array", "items": fields(name=TEXT), **MAP_KEYS},
        [
            ".items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, "
            "so it must have a default or be a required property"
        ],
    ),
    (
        {"type": "array", "items": TEXT, **MAP_KEYS},
        [
            '.items.type: Invalid value: "string": must be object if parent array\'s x-kubernetes-list-type is map',
        ],
    ),
    *(
        (
            {"type": "array", "items": item, "x-kubernetes-list-type": "set"},
            [f".items.{place}: Invalid value: {shown}: {NOT_ATOMIC}"],
        )
        for item, place, shown in (
            ({"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"}, "x-kubernetes-list-type", '"set"'),
            (KEEPS_ALL, "x-kubernetes-map-type", '"null"'),
        )
    ),
    (
        {"type": "array", "items": {**TEXT, "nullable": True}, "x-kubernetes-list-type": "set"},
        [".items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set"],
    ),
    (
        {"type": "array", "items": {**fields(name={**TEXT, "nullable": True}), "required": ["name"]}, **MAP_KEYS},
        [
            ".items.properties[name].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, "
            "so it cannot be nullable"
        ],
    ),
    (
        {**TEXT, "x-kubernetes-map-type": "atomic"},
        ['.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified'],
    ),
    (
        {**KEEPS_ALL, "x-kubernetes-map-type": "set"},
        ['.x-kubernetes-map-type: Unsupported value: "set": supported values: "atomic", "granular"'],
    ),
    (
        {**TEXT, "x-kubernetes-preserve-unknown-fields": False},
        [".x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined"],
    ),
    # values
    ({**NUMBER, "default": "x"}, ['.default: Invalid value: "string":  in body must be of type integer: "string"']),
    (
        {**fields(a={**NUMBER, "maximum": 3}), "default": {"a": 5}},
        [".default.a: Invalid value: 5: a in body should be less than or equal to 3"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("spec", GOOD_SPECS, ids=str)
def test_a_schema_may_be_like_this(api: ApiBench, spec: Obj) -> None:
    """Source: kubernetes.io, "Specifying a structural schema"."""
    assert problems(api, definition(version(schema=root(spec)))) == []


@pytest.mark.parametrize(("spec", "expected"), BAD_SPECS, ids=str)
def test_a_schema_must_be_structural(api: ApiBench, spec: Obj, expected: list[str]) -> None:
    """Source: apiextensions-apiserver/pkg/apiserver/schema/validation.go; pkg/apis/apiextensions/validation."""
    assert problems(api, definition(version(schema=root(spec)))) == [SPEC + text for text in expected]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"spec": TEXT}}, [".type: Required value: must not be empty at the root"]),
        ({"type": "string"}, ['.type: Invalid value: "string": must be object at the root']),
        (
            {"type": "object", "additionalProperties": TEXT},
            [".additionalProperties: Forbidden: must not be used at the root"],
        ),
        (
            fields(kind=NUMBER, apiVersion=NUMBER),
            [f'.properties[{name}].type: Invalid value: "integer": must be string' for name in ("apiVersion", "kind")],
        ),
        (fields(metadata=TEXT), ['.properties[metadata].type: Invalid value: "string": must be object']),
        (fields(metadata=fields(name={"type": "string", "maxLength": 3})), []),
        (
            fields(kind={**TEXT, "default": "Order"}),
            [".properties[kind].default: Forbidden: must not be set in top-level kind"],
        ),
        (
            fields(metadata=fields(labels={"type": "object"})),
            [
                ".properties[metadata]: Forbidden: must not specify anything other than name and generateName, "
                "but metadata is implicitly specified"
            ],
        ),
    ],
)
def test_at_the_root_stand_the_fields_of_every_object(api: ApiBench, schema: Obj, expected: list[str]) -> None:
    """Source: apiextensions-apiserver/pkg/apiserver/schema/validation.go, validateStructuralInvariants."""
    assert problems(api, definition(version(schema=schema))) == [SCHEMA + text for text in expected]


def test_a_pattern_must_be_one(api: ApiBench) -> None:
    """Source: apiextensions-apiserver/pkg/apiserver/schema/validation.go, validateValueValidation."""
    (problem,) = problems(api, definition(version(schema=root({**TEXT, "pattern": "a("}))))

    assert problem.startswith(f'{SPEC}.pattern: Invalid value: "a(": must be a valid regular expression, but isn\'t: ')


@pytest.mark.parametrize(
    ("others", "place"),
    [
        ([], "spec.validation"),
        ([version("v2", root({}), storage=False)], "spec.validation"),
        ([version("v2", storage=False)], "spec.versions[0].schema"),
    ],
)
def test_what_all_versions_share_is_refused_once(api: ApiBench, others: list[Obj], place: str) -> None:
    """Source: apiextensions/v1/conversion.go, Convert_v1_CustomResourceDefinitionSpec_To_apiextensions…"""
    text = ".openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields"

    assert problems(api, definition(version(schema=root({})), *others)) == [place + text]
