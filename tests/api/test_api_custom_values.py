"""Objects of custom kinds: what is dropped, what is filled in, and what is refused in which words."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from api_bench import ApiBench
from custom_bench import KEEPS_ALL, NUMBER, TEXT, Obj, define, define_spec, fields, order, problems, root, send, version

from k8slab.api.custom.values import pattern

TEXTS: Obj = {"type": "array", "items": TEXT}
KEYED: Obj = {
    "type": "array",
    "items": {**fields(name=TEXT, size=NUMBER), "required": ["name"]},
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
}
EMBEDDED: Obj = {**KEEPS_ALL, "x-kubernetes-embedded-resource": True}


@pytest.mark.parametrize(
    ("schema", "given", "stored"),
    [
        (fields(a=TEXT), {"a": "x", "b": 1}, {"a": "x"}),
        (fields(a=fields(b=TEXT)), {"a": {"b": "x", "c": {"d": 1}}}, {"a": {"b": "x"}}),
        (fields(a={"type": "array", "items": fields(b=TEXT)}), {"a": [{"b": "x", "c": 1}, {}]},
         {"a": [{"b": "x"}, {}]}),
        ({"type": "object", "additionalProperties": fields(b=TEXT)}, {"x": {"b": "y", "c": 1}}, {"x": {"b": "y"}}),
        ({"type": "object", "additionalProperties": True}, {"x": {"y": 1}}, {"x": {"y": 1}}),
        (KEEPS_ALL, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({**KEEPS_ALL, **fields(a=fields(b=TEXT))}, {"a": {"b": "x", "c": 1}, "d": 2}, {"a": {"b": "x"}, "d": 2}),
        (fields(a={**KEEPS_ALL, **fields(b=fields(c=TEXT))}), {"a": {"b": {"d": 1}, "e": 2}}, {"a": {"b": {}, "e": 2}}),
        (fields(a={**EMBEDDED, **fields(spec=fields(b=TEXT))}),
         {"a": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"b": "c", "d": 1}}},
         {"a": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"b": "c"}}}),
    ],
)  # fmt: skip
def test_what_the_schema_does_not_know_is_dropped(api: ApiBench, schema: Obj, given: Any, stored: Any) -> None:
    """Source: kubernetes.io, "Field pruning" and "Controlling pruning"."""
    define_spec(api, schema)

    assert api.client.create(order(spec=given))["spec"] == stored


@pytest.mark.parametrize(
    ("wish", "code", "warnings"),
    [
        ("Strict", 400, []),
        ("Warn", 201, ['unknown field "spec.b"', 'unknown field "spec.list[0].c"']),
        ("Ignore", 201, []),
    ],
)
def test_unknown_fields_are_refused_or_warned_of_as_one_wishes(
    api: ApiBench, wish: str, code: int, warnings: list[str]
) -> None:
    """Source: kubernetes.io, API concepts, "Field validation"; customresource_handler.go, schemaCoercingDecoder."""
    define_spec(api, fields(a=TEXT, list={"type": "array", "items": fields(d=TEXT)}))

    answer = send(api, "create", body=order(spec={"b": 1, "list": [{"c": 1}]}), params={"fieldValidation": wish})

    assert (answer.code, list(answer.warnings)) == (code, warnings)
    if code == 400:
        assert answer.body["message"] == (
            'Order in version "v1" cannot be handled as a Order: strict decoding error: unknown field "spec.b", '
            'unknown field "spec.list[0].c"'
        )


@pytest.mark.parametrize(
    ("schema", "given", "stored"),
    [
        (fields(a={**TEXT, "default": "x"}), {}, {"a": "x"}),
        (fields(a={**TEXT, "default": "x"}), {"a": "y"}, {"a": "y"}),
        (fields(a={**TEXT, "default": "x"}), {"a": None}, {"a": "x"}),
        (fields(a={**TEXT, "default": "x", "nullable": True}), {"a": None}, {"a": None}),
        (fields(a=TEXT), {"a": None}, {}),
        (fields(a={**TEXT, "nullable": True}), {"a": None}, {"a": None}),
        (fields(a={**fields(b={**NUMBER, "default": 3}), "default": {}}), {}, {"a": {"b": 3}}),
        (fields(a=fields(b={**NUMBER, "default": 3})), {}, {}),
        (fields(a={"type": "array", "items": fields(b={**NUMBER, "default": 3})}), {"a": [{}]}, {"a": [{"b": 3}]}),
        ({"type": "object", "additionalProperties": fields(b={**NUMBER, "default": 3})}, {"x": {}}, {"x": {"b": 3}}),
    ],
)
def test_what_is_missing_is_filled_in(api: ApiBench, schema: Obj, given: Any, stored: Any) -> None:
    """Source: kubernetes.io, "Defaulting" and "Defaulting and Nullable"."""
    define_spec(api, schema)

    assert api.client.create(order(spec=given))["spec"] == stored


def test_defaults_that_come_later_are_seen_in_what_was_stored_before(api: ApiBench) -> None:
    """Source: kubernetes.io, "Defaulting": on reading from etcd too."""
    define_spec(api, fields(a=TEXT))
    api.client.create(order(spec={}))
    schema = root(fields(a={**TEXT, "default": "x"}))

    patch = {"spec": {"versions": [version(schema=schema)]}}
    api.client.patch("CustomResourceDefinition", "orders.shop.example", "", patch, type="merge")

    assert api.client.get("Order", "one", "default")["spec"] == {"a": "x"}
    assert api.client.list("Order")[0]["spec"] == {"a": "x"}


TYPE = '{0}: Invalid value: "{2}": {0} in body must be of type {1}: "{2}"'
BODY = "{0}: Invalid value: {1}: {0} in body {2}"
NOBODY = '<nil>: Invalid value: "": "spec" must validate '
BAD_VALUES: list[tuple[Obj, Any, list[str]]] = [
    (fields(a=TEXT), {"a": 1}, [TYPE.format("spec.a", "string", "integer")]),
    (fields(a=TEXT), {"a": {}}, [TYPE.format("spec.a", "string", "object")]),
    (fields(a=NUMBER), {"a": 1.5}, [TYPE.format("spec.a", "integer", "number")]),
    (fields(a=NUMBER), {"a": "1"}, [TYPE.format("spec.a", "integer", "string")]),
    (fields(a=NUMBER), {"a": True}, [TYPE.format("spec.a", "integer", "boolean")]),
    (fields(a={"type": "boolean"}), {"a": "yes"}, [TYPE.format("spec.a", "boolean", "string")]),
    (fields(a=TEXTS), {"a": "x"}, [TYPE.format("spec.a", "array", "string")]),
    (fields(a=TEXTS), {"a": ["x", 1]}, [TYPE.format("spec.a[1]", "string", "integer")]),
    (fields(a=TEXTS), {"a": [None]}, [TYPE.format("spec.a[0]", "string", "null")]),
    (fields(a={"x-kubernetes-int-or-string": True}), {"a": True},
     [TYPE.format("spec.a", "integer,string", "boolean")]),
    ({**fields(a=TEXT), "required": ["a"]}, {}, ["spec.a: Required value"]),
    (fields(a={**TEXT, "minLength": 2}), {"a": "x"}, [BODY.format("spec.a", '"x"', "should be at least 2 chars long")]),
    (fields(a={**TEXT, "maxLength": 2}), {"a": "xyz"}, ["spec.a: Too long: may not be more than 2 bytes"]),
    (fields(a={**TEXT, "pattern": "^a+$"}), {"a": "b"}, [BODY.format("spec.a", '"b"', "should match '^a+$'")]),
    (fields(a={**TEXT, "pattern": "^a+$"}), {"a": "a\n"}, [BODY.format("spec.a", '"a\\n"', "should match '^a+$'")]),
    (fields(a={**TEXT, "enum": ["x", "y"]}), {"a": "z"},
     ['spec.a: Unsupported value: "z": supported values: "x", "y"']),
    (fields(a={**NUMBER, "minimum": 1}), {"a": 0},
     [BODY.format("spec.a", 0, "should be greater than or equal to 1")]),
    (fields(a={**NUMBER, "maximum": 3}), {"a": 4}, [BODY.format("spec.a", 4, "should be less than or equal to 3")]),
    (fields(a={**NUMBER, "minimum": 1, "exclusiveMinimum": True}), {"a": 1},
     [BODY.format("spec.a", 1, "should be greater than 1")]),
    (fields(a={**NUMBER, "maximum": 3, "exclusiveMaximum": True}), {"a": 3},
     [BODY.format("spec.a", 3, "should be less than 3")]),
    (fields(a={**NUMBER, "multipleOf": 5}), {"a": 7}, [BODY.format("spec.a", 7, "should be a multiple of 5")]),
    (fields(a={**TEXTS, "minItems": 1}), {"a": []}, [BODY.format("spec.a", "[]", "should have at least 1 items")]),
    (fields(a={**TEXTS, "maxItems": 1}), {"a": ["x", "y"]}, ["spec.a: Too many: 2: must have at most 1 items"]),
    ({"type": "object", "additionalProperties": TEXT, "minProperties": 1}, {},
     [BODY.format("spec", "{}", "should have at least 1 properties")]),
    ({"type": "object", "additionalProperties": TEXT, "maxProperties": 1}, {"x": "", "y": ""},
     ["spec: Too many: 2: must have at most 1 items"]),
    ({"type": "object", "additionalProperties": TEXT}, {"x": 1}, [TYPE.format("spec.x", "string", "integer")]),
    ({**fields(a=TEXT, b=TEXT), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "", "b": ""},
     [NOBODY + "one and only one schema (oneOf). Found 2 valid alternatives"]),
    ({**fields(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {},
     [NOBODY + "at least one schema (anyOf)", "spec.a: Required value"]),
    ({**fields(a=NUMBER), "allOf": [{"properties": {"a": {"minimum": 5}}}]}, {"a": 1},
     [BODY.format("spec.a", 1, "should be greater than or equal to 5"),
      NOBODY + "all the schemas (allOf). None validated"]),
    ({**fields(a=NUMBER), "not": {"properties": {"a": {"minimum": 5}}}}, {"a": 6},
     ['<nil>: Invalid value: "": "spec" must not validate the schema (not)']),
    (fields(a={**TEXTS, "x-kubernetes-list-type": "set"}), {"a": ["x", "y", "x"]}, ['spec.a[2]: Duplicate value: "x"']),
    (fields(a=KEYED), {"a": [{"name": "x", "size": 1}, {"name": "x", "size": 2}]},
     ['spec.a[1]: Duplicate value: {"name":"x"}']),
    (fields(a=EMBEDDED), {"a": {"spec": {}}},
     [f"spec.a.{name}: Required value: must not be empty" for name in ("apiVersion", "kind")]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "spec", "expected"), BAD_VALUES, ids=str)
def test_what_breaks_the_schema_is_refused(api: ApiBench, schema: Obj, spec: Any, expected: list[str]) -> None:
    """Source: k8s.io/kube-openapi/pkg/validation/{errors,validate}; apiserver/validation/validation.go."""
    define_spec(api, schema)

    assert problems(api, order(spec=spec)) == expected


def test_a_pattern_takes_no_time_whatever_it_is_shown(api: ApiBench) -> None:
    """Source: Go's regexp package: time linear in the size of the input."""
    define_spec(api, fields(a={**TEXT, "pattern": "^(a+)+$"}))

    (problem,) = problems(api, order(spec={"a": "a" * 5000 + "b"}))

    assert problem.endswith("should match '^(a+)+$'")


@pytest.mark.parametrize("library", ["re2", "celpy"])
def test_without_the_library_a_schema_does_what_it_can(
    api: ApiBench, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    pattern.cache_clear()
    schema = fields(a={**TEXT, "pattern": "^[0-9]+$"})
    rule = {"rule": "self.a != '1'"}
    define_spec(api, {**schema, "x-kubernetes-validations": [rule]} if library == "celpy" else schema)

    found = [problems(api, order(f"o{text}", spec={"a": text})) for text in ("1", "x")]

    assert [len(each) for each in found] == [0, 1]
    assert len(api.client.warnings) == (library == "celpy")
    pattern.cache_clear()


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("date", "2026-02-28", "2026-2-28"),
        ("date-time", "2026-01-01T00:00:00Z", "2026-01-01"),
        ("duration", "1h30m", "soon"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "fd00::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("mac", "00:1a:2b:3c:4d:5e", "00:1a"),
        ("uuid", "123e4567-e89b-42d3-a456-426614174000", "123e"),
        ("byte", "aGk=", "a*"),
        ("hostname", "shop.example", "shop_example"),
        ("email", "a@shop.example", "shop.example"),
        ("uri", "https://shop.example/a", "shop example"),
        ("no-such-format", "anything", None),
    ],
)
def test_formats_are_checked(api: ApiBench, form: str, good: str, bad: str | None) -> None:
    """Source: kubernetes.io, "Validation": formats; kube-openapi/pkg/validation/strfmt/default.go."""
    define_spec(api, fields(a={**TEXT, "format": form}))

    text = f'spec.a: Invalid value: "{bad}": spec.a in body must be of type {form}: "{bad}"'
    assert problems(api, order("good", spec={"a": good})) == []
    assert bad is None or problems(api, order("bad", spec={"a": bad})) == [text]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"b": "new"}, []),
        ({"a": "wronger"}, ["spec.a"]),
        ({"list": [{"name": "x", "size": 0}, {"name": "y", "size": 5}]}, []),
        ({"list": [{"name": "x", "size": 0}, {"name": "y", "size": 0}]}, ["spec.list[1].size"]),
    ],
)
def test_what_was_wrong_before_is_not_held_against_a_change_elsewhere(
    api: ApiBench, change: Obj, expected: list[str]
) -> None:
    """Source: kubernetes.io, "Validation ratcheting"."""
    define_spec(api, fields(a=TEXT, b=TEXT, list=KEYED))
    api.client.create(order(spec={"a": "wrong", "list": [{"name": "x", "size": 0}]}))
    items = {**KEYED, "items": {**KEYED["items"], "properties": {"name": TEXT, "size": {**NUMBER, "minimum": 1}}}}
    stricter = root(fields(a={**TEXT, "enum": ["right"]}, b=TEXT, list=items))
    patch = {"spec": {"versions": [version(schema=stricter)]}}
    api.client.patch("CustomResourceDefinition", "orders.shop.example", "", patch, type="merge")

    answer = send(api, "patch", "one", body={"spec": change}, content_type="application/merge-patch+json")

    assert [cause["field"] for cause in answer.body.get("details", {}).get("causes", ())] == expected


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {**order(), "apiVersion": "shop.example/v9"},
            400,
            "the API version in the data (shop.example/v9) does not match the expected API version (shop.example/v1)",
        ),
        (
            {**order(), "kind": "Bill"},
            422,
            'Order.shop.example "one" is invalid: kind: Invalid value: "Bill": must be Order',
        ),
        (
            order("Not_A_Name"),
            422,
            'Order.shop.example "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC '
            "1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
            "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
    ],
)
def test_an_object_must_be_of_the_kind(api: ApiBench, body: Obj, code: int, message: str) -> None:
    """Source: customresource_handler.go, schemaCoercingDecoder; customresource/validator.go."""
    define(api)

    answer = send(api, "create", body=body)

    assert (answer.code, answer.body["message"]) == (code, message)
