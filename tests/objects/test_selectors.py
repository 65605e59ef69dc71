"""Which objects a selector means, and what the server says to one it cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.objects import (
    Requirement,
    as_text,
    matches,
    matches_requirement,
    parse_field_selector,
    parse_label_selector,
)

LABELS = {"app": "web", "tier": "front", "weight": "12"}
POD: dict[str, Any] = {
    "metadata": {"name": "web-1", "namespace": "shop"},
    "spec": {"nodeName": "node-1", "hostNetwork": True},
    "status": {"phase": "Running"},
    "source": {"component": "kubelet"},
}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    """One entry of matchExpressions."""
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    ("selector", "is_meant"),
    [
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "back"}}, False),
        ({"matchLabels": {"zone": ""}}, False),
        ({"matchExpressions": [expression("app", "In", "web", "api")]}, True),
        ({"matchExpressions": [expression("app", "In", "api")]}, False),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [expression("tier", "DoesNotExist")]}, False),
        ({"matchLabels": {"app": "api"}, "matchExpressions": [expression("tier", "Exists")]}, False),
        ({"matchLabels": None, "matchExpressions": None}, True),
    ],
)
def test_labels_and_expressions_must_all_hold(selector: dict[str, Any], is_meant: bool) -> None:
    """Source: kubernetes.io, "Labels and Selectors", "Resources that support set-based requirements"."""
    assert matches(selector, LABELS) is is_meant


@pytest.mark.parametrize(
    ("requirement", "is_met"),
    [
        (expression("zone", "In", "a"), False),
        (expression("zone", "NotIn", "a"), True),
        (expression("app", "NotIn", "web"), False),
        (expression("app", "NotIn", "api"), True),
        (expression("app", "Exists"), True),
        (expression("zone", "Exists"), False),
        (expression("zone", "DoesNotExist"), True),
        (expression("app", "DoesNotExist"), False),
        (expression("weight", "Gt", "11"), True),
        (expression("weight", "Gt", "12"), False),
        (expression("weight", "Lt", "13"), True),
        (expression("weight", "Lt", "2"), False),  # numbers, not texts
        (expression("zone", "Gt", "0"), False),
        (expression("app", "Lt", "5"), False),
        (expression("weight", "Gt"), False),
        (expression("weight", "Resembles", "12"), False),
    ],
)
def test_a_label_that_is_absent_is_in_no_set(requirement: dict[str, Any], is_met: bool) -> None:
    """Source: pkg/labels/selector.go, Requirement.Matches."""
    assert matches_requirement(requirement, LABELS) is is_met


@pytest.mark.parametrize("value", ["1_2", "twelve", "", "1.5"])
def test_only_whole_numbers_are_compared(value: str) -> None:
    """Source: pkg/labels/selector.go, Requirement.Matches: strconv.ParseInt."""
    assert not Requirement("weight", "Gt", ("1",)).matches({"weight": value})


@pytest.mark.parametrize(
    ("text", "labels", "is_meant"),
    [
        ("", {"x": "y"}, True),
        ("x=y", {"x": "y"}, True),
        ("x==y", {"x": "y"}, True),
        ("x=y,z=w", {"x": "y", "z": "w"}, True),
        ("x!=y,z!=w", {"x": "z", "z": "a"}, True),
        ("notin=in", {"notin": "in"}, True),
        ("in in (notin)", {"in": "notin"}, True),
        ("x", {"x": ""}, True),
        ("!x", {"y": "z"}, True),
        ("x>1", {"x": "2"}, True),
        ("x<1", {"x": "0"}, True),
        ("x=", {"x": ""}, True),
        ("x= ,z= ", {"x": "", "z": ""}, True),
        ("x=z", {}, False),
        ("x=y,z=w", {"x": "w", "z": "w"}, False),
        ("x!=y,z!=w", {"x": "z", "z": "w"}, False),
        ("x", {"y": "z"}, False),
        ("!x", {"x": "z"}, False),
        ("x>1", {"x": "0"}, False),
        ("x<1", {"x": "2"}, False),
        ("x in (a,b)", {"x": "b"}, True),
        ("x in (a,b)", {}, False),
        ("x  notin\t\t(abc,def)", {"x": "def"}, False),
        ("x notin (abc)", {}, True),
        ("x in (a,)", {"x": ""}, True),
        ("x in (,a)", {"x": ""}, True),
        ("x in (a,,b)", {"x": ""}, True),
        ("x in ()", {"x": ""}, True),
        ("x in (a)", {"x": ""}, False),
        ("\rx", {"x": "1"}, True),
        ("a.example/b in (so,what)", {"a.example/b": "so"}, True),
    ],
)
def test_a_selector_can_be_written_as_text(text: str, labels: dict[str, str], is_meant: bool) -> None:
    """Source: pkg/labels/selector_test.go, TestSelectorMatches and TestSetSelectorParser."""
    assert parse_label_selector(text).matches(labels) is is_meant


def test_requirements_are_sorted_by_their_keys_and_values() -> None:
    """Source: pkg/labels/selector.go, parse."""
    assert parse_label_selector("x notin (d,c),!b,a") == (
        Requirement("a", "Exists"),
        Requirement("b", "DoesNotExist"),
        Requirement("x", "NotIn", ("c", "d")),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("x=a,", "found '', expected: identifier after ','"),
        ("x=a,=", "found '=', expected: identifier after ','"),
        ("x==a==b", "found '==', expected: ',' or 'end of string'"),
        ("!x=a", "found '=', expected: ',' or 'end of string'"),
        ("x in (a)b", "found 'b', expected: ',' or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("x=)", "unable to parse requirement: found ')', expected: identifier"),
        ("x y", "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"),
        ("x in", "unable to parse requirement: found '' expected: '('"),
        ("x in a", "unable to parse requirement: found 'a' expected: '('"),
        ("x in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("x in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        ("x in (a,", "unable to parse requirement: found '', expected: ',', or identifier"),
        ("x in (a,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_found(text: str, complaint: str) -> None:
    """Source: pkg/labels/selector.go, Parser."""
    with pytest.raises(ValueError) as refused:
        parse_label_selector(text)

    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("a$b=c", '<nil>: Invalid value: "a$b": name part must consist of'),
        ("/x", '<nil>: Invalid value: "/x": prefix part must be non-empty'),
        ("x=a||b", 'values[0][x]: Invalid value: "a||b": a valid label must be an empty string or consist of'),
        ("x in (a,-b)", 'values[0][x]: Invalid value: "-b": a valid label must be'),
        ("x<a", "values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer"),
    ],
)
def test_keys_and_values_must_be_possible_labels(text: str, beginning: str) -> None:
    """Source: pkg/labels/selector.go, NewRequirement; the path of a key is nil there, and says so."""
    with pytest.raises(ValueError) as refused:
        parse_label_selector(text)

    assert str(refused.value).startswith(f"unable to parse requirement: {beginning}")


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, ""),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"matchExpressions": [expression("x", "In", "def", "abc")]}, "x in (abc,def)"),
        ({"matchExpressions": [expression("y", "NotIn", "jkl"), expression("z", "Exists")]}, "y notin (jkl),z"),
        ({"matchLabels": {"c": "3"}, "matchExpressions": [expression("b", "DoesNotExist")]}, "!b,c=3"),
    ],
)
def test_a_selector_is_shown_with_its_keys_and_values_in_order(selector: dict[str, Any], text: str) -> None:
    """Source: pkg/labels/selector.go, Requirement.String; pkg/labels/selector_test.go, TestToString."""
    assert as_text(selector) == text


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("", True),
        ("metadata.name=web-1", True),
        ("metadata.name==web-1", True),
        ("metadata.name!=web-1", False),
        ("spec.nodeName=node-1,status.phase!=Failed", True),
        ("spec.nodeName=node-1,status.phase=Failed", False),
        ("status.podIP=", True),
        ("status.podIP!=", False),
        ("status.phase.deeper=", True),
        ("spec.hostNetwork=true", True),
        ("source=kubelet", True),
        (",metadata.name=web-1,", True),
    ],
)
def test_fields_are_compared_as_texts_and_an_absent_one_is_empty(text: str, is_meant: bool) -> None:
    """Source: kubernetes.io, "Field Selectors"; pkg/fields/selector.go, hasTerm.Matches."""
    assert parse_field_selector(text).matches(POD) is is_meant


@pytest.mark.parametrize(
    ("text", "term"),
    [
        (r"key=a\,b", ("key", "=", "a,b")),
        (r"key!=a\=b", ("key", "!=", "a=b")),
        (r"key=\\", ("key", "=", "\\")),
        ("key=a!b", ("key", "=", "a!b")),
        (" key = a ", (" key ", "=", " a ")),
    ],
)
def test_a_backslash_takes_the_meaning_from_a_sign(text: str, term: tuple[str, str, str]) -> None:
    """Source: pkg/fields/selector.go, UnescapeValue."""
    assert parse_field_selector(text) == (term,)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        (r"a=\b", r"invalid field selector: invalid escape sequence: \b"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_a_field_selector_that_cannot_be_read_is_refused(text: str, complaint: str) -> None:
    """Source: pkg/fields/selector.go, parseSelector."""
    with pytest.raises(ValueError) as refused:
        parse_field_selector(text)

    assert str(refused.value) == complaint
