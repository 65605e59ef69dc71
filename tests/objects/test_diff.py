"""What differs between two forms of an object."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.objects import MISSING, Change, changes, path_text


def shown(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    """The changes, with their places as text."""
    return [(path_text(path), old, new) for path, old, new in changes(before, after)]


def test_equal_objects_do_not_differ() -> None:
    assert changes({"spec": {"replicas": 1}}, {"spec": {"replicas": 1}}) == []


def test_only_the_leaves_that_differ_are_told_in_the_order_of_the_fields() -> None:
    before = {"spec": {"replicas": 1, "paused": False}, "status": {"replicas": 1}}
    after = {"spec": {"replicas": 3, "paused": False}, "status": {"replicas": 2}}

    assert shown(before, after) == [("spec.replicas", 1, 3), ("status.replicas", 1, 2)]


def test_a_subtree_that_comes_or_goes_is_one_change() -> None:
    before = {"spec": {"a": {"b": {"c": 1}}}}
    after = {"spec": {"d": {"e": 2}}}

    assert shown(before, after) == [("spec.a", {"b": {"c": 1}}, MISSING), ("spec.d", MISSING, {"e": 2})]


@pytest.mark.parametrize("name", ["name", "type", "uid", "key", "ip"])
def test_elements_that_have_names_are_matched_by_them(name: str) -> None:
    before = [{name: "a", "n": 1}, {name: "b", "n": 1}]
    after = [{name: "b", "n": 2}, {name: "a", "n": 1}, {name: "c", "n": 1}]

    assert shown(before, after) == [("[b].n", 1, 2), ("[c]", MISSING, {name: "c", "n": 1})]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (["a", "b"], ["a", "c", "d"], [("args[1]", "b", "c"), ("args[2]", MISSING, "d")]),
        ([{"name": "a"}, {"name": "a"}], [{"name": "a"}], [("args[1]", {"name": "a"}, MISSING)]),
        ([{"name": "a"}, {"n": 1}], [{"name": "b"}, {"n": 1}], [("args[0].name", "a", "b")]),
    ],
)
def test_other_elements_are_matched_by_their_place(before: Any, after: Any, found: list[Any]) -> None:
    assert shown({"args": before}, {"args": after}) == found


def test_a_list_is_told_field_by_field_from_an_empty_one() -> None:
    assert shown({"conditions": []}, {"conditions": [{"type": "Ready"}]}) == [
        ("conditions[Ready]", MISSING, {"type": "Ready"})
    ]


@pytest.mark.parametrize(("before", "after"), [(1, "1"), (None, {}), ({}, []), ([], None), ("a", MISSING)])
def test_a_field_of_another_type_is_one_change(before: Any, after: Any) -> None:
    assert changes({"x": before}, {"x": after}) == [Change(("x",), before, after)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("status", "conditions", "[Ready]", "status"), "status.conditions[Ready].status"),
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        ((0,), "[0]"),
    ],
)
def test_a_place_is_written_as_in_a_complaint_of_the_server(path: tuple[str | int, ...], text: str) -> None:
    """Source: pkg/util/validation/field/path.go, Path.String."""
    assert path_text(path) == text


def test_what_is_missing_is_drawn_as_an_empty_set() -> None:
    assert repr(MISSING) == "∅"
