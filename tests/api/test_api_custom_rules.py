"""Rules in CEL: what they let through, what they say, what they see, and what they may cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from api_bench import ApiBench
from custom_bench import (
    KEEPS_ALL,
    NUMBER,
    SPEC,
    TEXT,
    Obj,
    define_spec,
    definition,
    fields,
    order,
    problems,
    root,
    send,
)
from custom_bench import version as served

NUMBERS: Obj = {"type": "array", "items": NUMBER}
SHOP = fields(
    least=NUMBER, most=NUMBER, name=TEXT, price={"type": "number"}, sizes=NUMBERS, open={"type": "boolean"},
    labels={"type": "object", "additionalProperties": TEXT},
    since={**TEXT, "format": "date-time"}, wait={**TEXT, "format": "duration"},
    items={"type": "array", "items": {**fields(name=TEXT, size=NUMBER), "required": ["name"]},
           "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    **{"a.b": NUMBER, "a-b": NUMBER, "namespace": TEXT},
)  # fmt: skip


def ruled(rule: str, schema: Obj = SHOP, **more: Any) -> Obj:
    return {**schema, "x-kubernetes-validations": [{"rule": rule, **more}]}


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("self.least <= self.most", {"least": 1, "most": 2}, {"least": 3, "most": 2}),
        ("!has(self.name) || self.name != ''", {}, {"name": ""}),
        ("self.name.startsWith('shop-')", {"name": "shop-1"}, {"name": "bar"}),
        ("self.name.findAll('[0-9]').size() == 2", {"name": "a1b2"}, {"name": "a1"}),
        ("self.name.matches('^[a-z]+$')", {"name": "abc"}, {"name": "aBc"}),
        ("size(self.name) < 4 && self.name.size() > 1", {"name": "abc"}, {"name": "a"}),
        ("self.name in ['a', 'b']", {"name": "a"}, {"name": "c"}),
        ("self.sizes.all(x, x > 0)", {"sizes": [1, 2]}, {"sizes": [1, 0]}),
        ("self.sizes.exists(x, x == 2)", {"sizes": [1, 2]}, {"sizes": [1]}),
        ("self.sizes.exists_one(x, x == 2)", {"sizes": [2]}, {"sizes": [2, 2]}),
        ("self.sizes.filter(x, x > 1).size() == 1", {"sizes": [1, 2]}, {"sizes": [1]}),
        ("self.sizes.map(x, x * 2) == [2, 4]", {"sizes": [1, 2]}, {"sizes": [2]}),
        ("self.sizes.sum() == 3", {"sizes": [1, 2]}, {"sizes": [1]}),
        ("self.sizes.isSorted()", {"sizes": [1, 2]}, {"sizes": [2, 1]}),
        ("self.sizes.max() < 3 && self.sizes.min() > 0", {"sizes": [1, 2]}, {"sizes": [3]}),
        ("'app' in self.labels && self.labels['app'] == 'web'", {"labels": {"app": "web"}}, {"labels": {}}),
        ("self.labels.all(k, k.size() < 3)", {"labels": {"ab": ""}}, {"labels": {"abc": ""}}),
        ("self.items.exists(i, i.name == 'a' && i.size > 1)",
         {"items": [{"name": "a", "size": 2}]}, {"items": [{"name": "a", "size": 1}]}),
        ("self.price > 1.5", {"price": 2}, {"price": 1}),
        ("self.open ? self.least > 0 : true", {"open": False, "least": 0}, {"open": True, "least": 0}),
        ("self.since > timestamp('2026-01-01T00:00:00Z')",
         {"since": "2026-01-02T00:00:00Z"}, {"since": "2025-01-01T00:00:00Z"}),
        ("self.wait < duration('1h')", {"wait": "59m"}, {"wait": "2h"}),
        ("self.a__dot__b > 0 && self.a__dash__b > 0", {"a.b": 1, "a-b": 1}, {"a.b": 1, "a-b": 0}),
        ("self.__namespace__ == 'x'", {"namespace": "x"}, {"namespace": "y"}),
        ("self.name.split(',').size() == 2", {"name": "a,b"}, {"name": "a"}),
        ("self.name.lowerAscii() == 'abc'", {"name": "ABC"}, {"name": "ABD"}),
        ("self.name.find('[0-9]+') == '12'", {"name": "a12b"}, {"name": "ab"}),
        ("self.name.substring(0, 2) == 'ab'", {"name": "abc"}, {"name": "bc"}),
        ("['a', 'b'].join('-') == self.name", {"name": "a-b"}, {"name": "ab"}),
        ("string(self.least) == self.name", {"least": 1, "name": "1"}, {"least": 1, "name": "2"}),
    ],
)  # fmt: skip
def test_a_rule_lets_through_what_keeps_it(api: ApiBench, rule: str, good: Obj, bad: Obj) -> None:
    """Source: kubernetes.io, "Validation rules" (examples) and "CEL in Kubernetes"."""
    define_spec(api, ruled(rule))

    assert problems(api, order("good", spec=good)) == []
    assert problems(api, order("bad", spec=bad)) == [f'spec: Invalid value: "object": failed rule: {rule}']
    assert api.client.warnings == []


RULE = "self.least <= self.most"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, f'spec: Invalid value: "object": failed rule: {RULE}'),
        ({"message": " too few "}, 'spec: Invalid value: "object": too few'),
        ({"messageExpression": "'at most ' + string(self.most)"}, 'spec: Invalid value: "object": at most 2'),
        ({"messageExpression": "'at most ' + string(self.most)", "message": "x"},
         'spec: Invalid value: "object": at most 2'),
        ({"messageExpression": "string(self.name)", "message": "too few"}, 'spec: Invalid value: "object": too few'),
        ({"messageExpression": "' '", "message": "too few"}, 'spec: Invalid value: "object": too few'),
        ({"messageExpression": "'a\\nb'", "message": "too few"}, 'spec: Invalid value: "object": too few'),
        ({"reason": "FieldValueForbidden", "message": "no"}, "spec: Forbidden: no"),
        ({"reason": "FieldValueRequired", "message": "no"}, "spec: Required value: no"),
        ({"reason": "FieldValueDuplicate", "message": "no"}, 'spec: Duplicate value: "object"'),
        ({"fieldPath": ".least", "message": "no"}, 'spec.least: Invalid value: "object": no'),
    ],
)  # fmt: skip
def test_a_broken_rule_says_what_its_author_wanted(api: ApiBench, more: Obj, expected: str) -> None:
    """Source: kubernetes.io, "Validation rules": message, messageExpression, reason, fieldPath."""
    define_spec(api, ruled(RULE, **more))

    assert problems(api, order(spec={"least": 3, "most": 2})) == [expected]


@pytest.mark.parametrize(
    ("schema", "spec", "expected"),
    [
        (fields(a=ruled("self > 0", NUMBER)), {"a": 0}, 'spec.a: Invalid value: "integer"'),
        (fields(a={**NUMBERS, "items": ruled("self > 0", NUMBER)}), {"a": [1, 0]},
         'spec.a[1]: Invalid value: "integer"'),
        ({"type": "object", "additionalProperties": ruled("self > 0", NUMBER)}, {"x": 0},
         'spec[x]: Invalid value: "integer"'),
        (fields(a=ruled("self != ''", {**TEXT, "nullable": True})), {"a": None}, None),
        (fields(a=ruled("self != ''", TEXT)), {}, None),
    ],
)  # fmt: skip
def test_a_rule_stands_anywhere_and_self_is_what_is_there(
    api: ApiBench, schema: Obj, spec: Obj, expected: str | None
) -> None:
    """Source: kubernetes.io, "Validation rules": the rule is scoped to where it stands."""
    define_spec(api, schema)

    assert [text.split(": failed")[0] for text in problems(api, order(spec=spec))] == ([expected] if expected else [])


@pytest.mark.parametrize(("name", "is_fine"), [("a-one", True), ("one", False)])
def test_a_rule_at_the_root_sees_the_name(api: ApiBench, name: str, is_fine: bool) -> None:
    """Source: kubernetes.io, "Validation rules": apiVersion, kind, metadata.name are always accessible at the root."""
    schema = root(KEEPS_ALL, **{"x-kubernetes-validations": [{"rule": "self.metadata.name.startsWith('a')"}]})
    api.client.create(definition(served(schema=schema)))
    api.loop.run_until(api.loop.now + 1)

    text = "failed rule: self.metadata.name.startsWith('a')"
    assert problems(api, order(name)) == ([] if is_fine else [f'<nil>: Invalid value: "object": {text}'])


@pytest.mark.parametrize(
    ("rule", "old", "new", "is_fine"),
    [
        ("self == oldSelf", 1, 2, False),
        ("self == oldSelf", 1, 1, True),
        ("self == oldSelf", None, 2, True),
        ("self >= oldSelf", 2, 1, False),
        ("self >= oldSelf", 1, 2, True),
    ],
)
def test_a_rule_about_change_knows_the_old_value(
    api: ApiBench, rule: str, old: int | None, new: int, is_fine: bool
) -> None:
    """Source: kubernetes.io, "Transition rules": they are not checked where there is no old value."""
    define_spec(api, fields(a=ruled(rule, NUMBER)))
    api.client.create(order(spec={} if old is None else {"a": old}))

    answer = send(api, "patch", "one", body={"spec": {"a": new}}, content_type="application/merge-patch+json")

    assert answer.code == (200 if is_fine else 422)


def test_items_of_a_map_know_their_old_selves_by_key(api: ApiBench) -> None:
    """Source: kubernetes.io, "Transition rules": correlation in lists of type map."""
    item = ruled("self.size >= oldSelf.size", {**fields(name=TEXT, size=NUMBER), "required": ["name"]})
    keyed = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    define_spec(api, fields(a=keyed))
    api.client.create(order(spec={"a": [{"name": "x", "size": 5}, {"name": "y", "size": 1}]}))

    spec = {"a": [{"name": "z", "size": 0}, {"name": "y", "size": 2}, {"name": "x", "size": 4}]}
    answer = send(api, "patch", "one", body={"spec": spec}, content_type="application/merge-patch+json")

    assert [cause["field"] for cause in answer.body["details"]["causes"]] == ["spec.a[2]"]


def test_what_was_wrong_before_may_stay(api: ApiBench) -> None:
    """Source: kubernetes.io, "Validation ratcheting"."""
    define_spec(api, fields(a=NUMBER, b=NUMBER))
    api.client.create(order(spec={"a": 0}))
    schema = root(fields(a=ruled("self > 0", NUMBER), b=NUMBER))
    patch = {"spec": {"versions": [served(schema=schema)]}}
    api.client.patch("CustomResourceDefinition", "orders.shop.example", "", patch, type="merge")

    codes = [
        send(api, "patch", "one", body={"spec": spec}, content_type="application/merge-patch+json").code
        for spec in ({"b": 1}, {"a": -1})
    ]

    assert codes == [200, 422]


def test_rules_wait_until_the_rest_is_right(api: ApiBench) -> None:
    """Source: customresource/validator.go, blockingErr, and strategy.go, Validate."""
    define_spec(api, {**ruled(RULE), "required": ["name"]})

    assert problems(api, order(spec={"least": 3, "most": 2})) == [
        "spec.name: Required value",
        '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct '
        "the existing errors to complete validation",
    ]


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        ({"rule": " "}, "rule", "Required value: rule is not specified"),
        ({"rule": "self.least <= "}, "rule", "compilation failed: ERROR: <input>:1:14: Syntax error"),
        ({"rule": "true", "messageExpression": "'a' +"}, "messageExpression",
         "compilation failed: ERROR: <input>:1:5: Syntax error"),
        ({"rule": "true", "message": " "}, "message", 'Invalid value: " ": message must be non-empty if specified'),
        ({"rule": "true", "message": "a\nb"}, "message", "message must not contain line breaks"),
        ({"rule": "true &&\ntrue"}, "message",
         "Required value: message must be specified if rule contains line breaks"),
        ({"rule": "true", "reason": "Because"}, "reason",
         'Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", '
         '"FieldValueInvalid", "FieldValueRequired"'),
    ],
)  # fmt: skip
def test_a_rule_that_is_none_is_refused(api: ApiBench, rule: Obj, place: str, message: str) -> None:
    """Source: apiextensions/validation/validation.go, ValidateCustomResourceDefinitionOpenAPISchema."""
    schema = {**SHOP, "x-kubernetes-validations": [rule]}

    (problem,) = problems(api, definition(served(schema=root(schema))))

    assert problem.startswith(f"{SPEC}.x-kubernetes-validations[0].{place}: ")
    assert message.split("Syntax")[0].split("1:")[0] in problem


@pytest.mark.parametrize(
    ("schema", "apart"),
    [
        (fields(a={"type": "array", "items": ruled("self == oldSelf", NUMBER)}), f"{SPEC}.properties[a]"),
        ({**fields(a=ruled("self == oldSelf", NUMBER)), "x-kubernetes-map-type": "atomic"}, SPEC),
    ],
)
def test_a_rule_about_change_stands_where_the_old_value_is_known(api: ApiBench, schema: Obj, apart: str) -> None:
    """Source: apiextensions/validation/validation.go, withForbidOldSelfValidations."""
    (problem,) = problems(api, definition(served(schema=root(schema))))

    text = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {apart}"
    assert problem.endswith(f'.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": {text}')


OVERLOAD = (
    "'no such overload': call arguments did not match a supported operator, function or macro signature for rule: "
)


@pytest.mark.parametrize(
    ("rule", "spec", "expected"),
    [
        ("self.least / self.most > 0", {"least": 1, "most": 0}, "division by zero evaluating rule: "),
        ("self.name == 'x'", {}, "no such key: name evaluating rule: "),
        ("self.labels['a'] == 'x'", {"labels": {}}, "no such key: a evaluating rule: "),
        ("self.sizes[1] > 0", {"sizes": [1]}, "index out of bounds evaluating rule: "),
        ("self.least + 9223372036854775807 > 0", {"least": 1}, "integer overflow evaluating rule: "),
        ("self.least > 'a'", {"least": 1}, OVERLOAD),
    ],
)
def test_a_rule_that_stumbles_is_broken(api: ApiBench, rule: str, spec: Obj, expected: str) -> None:
    """Source: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go, validateExpressions; cel-go's errors."""
    define_spec(api, ruled(rule))

    assert problems(api, order(spec=spec)) == [f'spec: Invalid value: "object": {expected}{rule}']


def test_rules_that_cost_too_much_end(api: ApiBench) -> None:
    """Source: kubernetes.io, "Resource constraints": a budget at run time, for all rules of an object."""
    define_spec(api, ruled("self.sizes.all(x, self.sizes.all(y, self.sizes.exists(z, x + y + z > 0)))"))

    assert problems(api, order(spec={"sizes": list(range(400))})) == [
        'spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation '
        "rules will be run"
    ]


def test_nobody_pays_for_rules_who_has_none() -> None:
    code = "import sys, custom_bench as bench; bench.define(bench.ApiBench()); sys.exit('celpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=False).returncode == 0
