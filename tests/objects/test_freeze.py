"""Objects that nobody can change, and copies that anybody may."""

from __future__ import annotations

import copy
import json
import operator
from collections.abc import Callable
from typing import Any

import pytest

from k8slab.objects import freeze, signature, thaw

POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "args": ["a", "b"]}]}}

CHANGES_OF_A_DICT: dict[str, Callable[[Any], object]] = {
    "set": lambda d: operator.setitem(d, "app", "api"),
    "delete": lambda d: operator.delitem(d, "app"),
    "merge": lambda d: operator.ior(d, {"x": "y"}),
    "clear": lambda d: d.clear(),
    "pop": lambda d: d.pop("app"),
    "pop with a default": lambda d: d.pop("x", None),
    "popitem": lambda d: d.popitem(),
    "setdefault": lambda d: d.setdefault("x", "y"),
    "update": lambda d: d.update(x="y"),
}
CHANGES_OF_A_LIST: dict[str, Callable[[Any], object]] = {
    "set": lambda items: operator.setitem(items, 0, "z"),
    "set a slice": lambda items: operator.setitem(items, slice(0, 1), []),
    "delete": lambda items: operator.delitem(items, 0),
    "add": lambda items: operator.iadd(items, ["z"]),
    "repeat": lambda items: operator.imul(items, 2),
    "append": lambda items: items.append("z"),
    "clear": lambda items: items.clear(),
    "extend": lambda items: items.extend(["z"]),
    "insert": lambda items: items.insert(0, "z"),
    "pop": lambda items: items.pop(),
    "remove": lambda items: items.remove("a"),
    "reverse": lambda items: items.reverse(),
    "sort": lambda items: items.sort(),
}


@pytest.mark.parametrize("change", CHANGES_OF_A_DICT.values(), ids=CHANGES_OF_A_DICT)
def test_a_frozen_dict_cannot_be_changed_in_place(change: Callable[[Any], object]) -> None:
    frozen = freeze(POD)

    with pytest.raises(TypeError, match="shared and must not be changed in place"):
        change(frozen["metadata"]["labels"])

    assert frozen == POD


@pytest.mark.parametrize("change", CHANGES_OF_A_LIST.values(), ids=CHANGES_OF_A_LIST)
def test_a_frozen_list_cannot_be_changed_in_place(change: Callable[[Any], object]) -> None:
    frozen = freeze(POD)

    with pytest.raises(TypeError, match="shared and must not be changed in place"):
        change(frozen["spec"]["containers"][0]["args"])

    assert frozen == POD


@pytest.mark.parametrize(("value", "twin"), [({}, type.__dict__), ([], ())], ids=["dict", "list"])
def test_no_method_that_changes_was_forgotten(value: Any, twin: Any) -> None:
    only_read = {"copy", "fromkeys", "__init__", "__reversed__"}
    changing = set(dir(value)) - set(dir(twin)) - only_read

    frozen = type(freeze(value))

    assert {name for name in changing if getattr(frozen, name) is getattr(type(value), name)} == set()


def test_the_original_stays_changeable_and_apart() -> None:
    pod = copy.deepcopy(POD)
    frozen = freeze(pod)

    pod["metadata"]["labels"]["app"] = "api"

    assert frozen == POD


def test_freezing_twice_costs_nothing() -> None:
    frozen = freeze(POD)

    assert freeze(frozen) is frozen


@pytest.mark.parametrize(
    "obj", [POD, freeze(POD), {**POD, "spec": freeze(POD["spec"])}], ids=["plain", "frozen", "in parts"]
)
def test_a_thawed_copy_is_equal_independent_and_plain(obj: Any) -> None:
    copied = thaw(obj)
    assert copied == POD
    assert type(copied["spec"]["containers"]) is list

    copied["spec"]["containers"][0]["args"].append("c")

    assert obj == POD


def test_a_frozen_object_can_be_read_and_written_out_like_any_other() -> None:
    frozen = freeze(POD)

    assert json.dumps(frozen) == json.dumps(POD)
    assert {**frozen["metadata"]["labels"], "x": "y"} == {"app": "web", "x": "y"}
    assert [*frozen["spec"]["containers"][0]["args"], "c"] == ["a", "b", "c"]


def test_what_json_does_not_know_cannot_be_copied() -> None:
    with pytest.raises(ValueError):
        thaw({"x": object()})


def test_a_signature_tells_values_apart_and_nothing_else() -> None:
    changed = {**POD, "spec": {"containers": [{"name": "main", "args": ["a", "c"]}]}}

    assert signature(copy.deepcopy(POD)) == signature(freeze(POD)) == signature(POD)
    assert signature(changed) != signature(POD)
