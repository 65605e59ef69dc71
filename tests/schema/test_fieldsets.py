"""Sets of fields: what an object has, what a change touches, the algebra, and the form on the wire.

Source: sigs.k8s.io/structured-merge-diff: fieldpath/set_test.go, typed/{toset,comparison,merge,remove}_test.go.
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.schema import Field, named_type, type_of
from k8slab.schema.fieldsets import difference, from_fields_v1, intersection, paths, to_fields_v1, union
from k8slab.schema.typed import compare, fields_of, merged, with_named, without

Obj = dict[str, Any]

A: Obj = {"f:a": {}}
A_AND_B: Obj = {"f:a": {".": {}, "f:b": {}}}
B_IN_A: Obj = {"f:a": {"f:b": {}}}
POD = named_type("core/v1.PodSpec")
WEB = 'k:{"name":"web"}'
PORT = 'k:{"containerPort":80,"protocol":"TCP"}'
PORTS: Obj = {".": {}, PORT: {".": {}, "f:containerPort": {}}}


@pytest.mark.parametrize(
    ("act", "one", "other", "result"),
    [
        (union, A, B_IN_A, A_AND_B),
        (union, B_IN_A, A, A_AND_B),
        (union, {}, A, A),
        (union, {"f:a": {"f:b": {}}}, {"f:a": {"f:c": {}}}, {"f:a": {"f:b": {}, "f:c": {}}}),
        (difference, A_AND_B, A, B_IN_A),
        (difference, A_AND_B, B_IN_A, A),
        (difference, A, B_IN_A, A),
        (difference, B_IN_A, A, B_IN_A),
        (difference, A, A_AND_B, {}),
        (intersection, A_AND_B, B_IN_A, B_IN_A),
        (intersection, A, A_AND_B, A),
        (intersection, A, B_IN_A, {}),
        (intersection, A, {}, {}),
    ],
)
def test_sets_are_joined_cut_and_met(act: Any, one: Obj, other: Obj, result: Obj) -> None:
    assert act(one, other) == result


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"f:a": {".": {}}}, A),
        ({"f:b": {}, "f:a": {}}, {"f:a": {}, "f:b": {}}),
        ({'v:"b"': {}, 'v:"a"': {}, "f:z": {}, ".": {}}, {"f:z": {}, 'v:"a"': {}, 'v:"b"': {}}),
        ({'k:{"port":9}': {}, 'k:{"port":80}': {}}, {'k:{"port":9}': {}, 'k:{"port":80}': {}}),
    ],
)
def test_what_travels_is_read_into_its_one_form_and_order(given: Obj, result: Obj) -> None:
    """Source: fieldpath/serialize_test.go, pathelementordering in element.go."""
    read = from_fields_v1(given)

    assert read == result and list(to_fields_v1(read)) == list(result)


@pytest.mark.parametrize("given", [[], {"x:a": {}}, {"f:a": 1}, {"k:[": {}}])
def test_what_is_no_set_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=r"fieldsV1 must be an object|unknown path element"):
        from_fields_v1(given)


def test_paths_are_shown_with_keys_and_values() -> None:
    given = {"f:spec": {"f:containers": {WEB: {".": {}, "f:ports": {PORT: {}}}}, "f:x": {'v:"a"': {}}}}

    assert paths(given) == [
        '.spec.containers[name="web"]',
        '.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]',
        '.spec.x[="a"]',
    ]


CONTAINER: Obj = {"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"nodeName": "a"}, {"f:nodeName": {}}),
        ({"nodeName": None}, {"f:nodeName": {}}),
        ({"tolerations": [{"key": "a"}]}, {"f:tolerations": {}}),
        ({"nodeSelector": {"a": "b"}}, {"f:nodeSelector": {}}),
        ({"volumes": []}, {}),
        ({"securityContext": {}}, {"f:securityContext": {}}),
        ({"securityContext": {"runAsUser": 1}}, {"f:securityContext": {"f:runAsUser": {}}}),
        (
            {"containers": [CONTAINER]},
            {
                "f:containers": {
                    WEB: {
                        ".": {},
                        "f:name": {},
                        "f:image": {},
                        "f:ports": {PORT: {".": {}, "f:containerPort": {}}},
                    }
                }
            },
        ),
        ({"overhead": {"cpu": "1"}}, {"f:overhead": {"f:cpu": {}}}),
        ({"schedulingGates": [{"name": "a"}]}, {"f:schedulingGates": {'k:{"name":"a"}': {".": {}, "f:name": {}}}}),
    ],
)
def test_an_apply_owns_what_its_configuration_names(spec: Obj, fields: Obj) -> None:
    """Source: typed/tofieldset.go: a struct is not owned itself, a map's key and a list's element are."""
    assert fields_of(spec, POD) == fields


@pytest.mark.parametrize(
    ("old", "new", "added", "modified", "removed"),
    [
        ({}, {"nodeName": "a"}, {"f:nodeName": {}}, {}, {}),
        ({"nodeName": "a"}, {"nodeName": "b"}, {}, {"f:nodeName": {}}, {}),
        ({"nodeName": "a"}, {}, {}, {}, {"f:nodeName": {}}),
        ({"nodeName": "a"}, {"nodeName": "a"}, {}, {}, {}),
        ({"hostNetwork": True}, {"hostNetwork": 1}, {}, {"f:hostNetwork": {}}, {}),
        ({"tolerations": [{"key": "a"}]}, {"tolerations": []}, {}, {"f:tolerations": {}}, {}),
        (
            {"containers": None},
            {"containers": [{"name": "web"}]},
            {"f:containers": {WEB: {".": {}, "f:name": {}}}},
            {},
            {},
        ),
        (
            {},
            {"containers": [{"name": "web"}]},
            {"f:containers": {".": {}, WEB: {".": {}, "f:name": {}}}},
            {},
            {},
        ),
        (
            {"containers": [CONTAINER]},
            {"containers": [{**CONTAINER, "image": "x", "ports": None}]},
            {},
            {"f:containers": {WEB: {"f:image": {}}}},
            {"f:containers": {WEB: {"f:ports": {PORT: {".": {}, "f:containerPort": {}}}}}},
        ),
        (
            {"containers": [CONTAINER]},
            {"containers": []},
            {},
            {},
            {"f:containers": {WEB: {".": {}, "f:name": {}, "f:image": {}, "f:ports": PORTS}}},
        ),
    ],
)
def test_a_change_adds_modifies_and_removes(old: Obj, new: Obj, added: Obj, modified: Obj, removed: Obj) -> None:
    """Source: typed/compare.go."""
    assert compare(old, new, POD) == (added, modified, removed)


ENV = named_type("core/v1.Container")
ONE, TWO = {"name": "A", "value": "1"}, {"name": "A", "value": "2"}
IN_A = 'k:{"name":"A"}'


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ([ONE, TWO], [ONE, TWO], ({}, {}, {})),
        ([ONE, TWO], [TWO, ONE], ({}, {"f:env": {IN_A: {}}}, {})),
        ([ONE, TWO], [ONE], ({"f:env": {IN_A: {".": {}, "f:name": {}, "f:value": {}}}}, {}, {"f:env": {IN_A: {}}})),
        ([ONE], [ONE, TWO], ({"f:env": {IN_A: {}}}, {}, {"f:env": {IN_A: {".": {}, "f:name": {}, "f:value": {}}}})),
    ],
)
def test_elements_with_one_key_are_one_thing(old: list[Obj], new: list[Obj], result: tuple[Obj, Obj, Obj]) -> None:
    """Source: typed/compare.go, visitListItems."""
    assert compare({"env": old}, {"env": new}, ENV) == result


@pytest.mark.parametrize(
    ("live", "config", "result"),
    [
        (["a", "b", "c"], ["a", "b"], ["a", "b", "c"]),
        (["a", "b", "c"], ["d"], ["a", "b", "c", "d"]),
        (["a", "b", "c"], ["c", "a"], ["b", "c", "a"]),
        (["a", "b", "c"], ["d", "a"], ["d", "a", "b", "c"]),
        (["a", "b", "c", "d", "e"], ["e", "b", "x", "d"], ["a", "c", "e", "b", "x", "d"]),
        ([], ["b", "a"], ["b", "a"]),
        (["a"], [], ["a"]),
    ],
)
def test_elements_of_a_configuration_stand_in_its_order(live: list[str], config: list[str], result: list[str]) -> None:
    """Source: typed/merge_test.go, "merge sets" and "merge associative list"."""
    spec: Obj = {"schedulingGates": [{"name": name} for name in live]}

    made = merged(spec, {"schedulingGates": [{"name": name} for name in config]}, POD)

    assert [item["name"] for item in made["schedulingGates"]] == result
    assert merged({"f": live}, {"f": config}, None)["f"] == config
    assert merged(live, config, Field("list", Field("string"), list_type="set")) == result


def test_what_is_taken_away_leaves_the_rest_as_it_is() -> None:
    spec = {"nodeName": "a", "containers": [CONTAINER, {"name": "side"}], "tolerations": [{"key": "a"}]}

    rest = without(spec, {"f:nodeName": {}, "f:containers": {WEB: {"f:image": {}, "f:ports": {PORT: {}}}}}, POD)

    kept = {"name": "web", "ports": None}
    assert rest == {"containers": [kept, {"name": "side"}], "tolerations": [{"key": "a"}]}


def test_what_is_in_the_set_itself_goes_with_all_that_is_in_it() -> None:
    spec = {"securityContext": {"runAsUser": 1, "runAsGroup": 2}, "containers": [CONTAINER, {"name": "side"}]}
    gone = {"f:securityContext": {".": {}, "f:runAsUser": {}}, "f:containers": {WEB: {".": {}, "f:name": {}}}}

    assert without(spec, gone, POD) == {"containers": [{"name": "side"}]}


def test_only_fields_of_objects_are_named_by_what_is_below_them() -> None:
    """Source: fieldpath/set.go, EnsureNamedFieldsAreMembers."""
    given = {"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:containers": {WEB: {"f:image": {}}}}}

    named = with_named(given, type_of("v1", "Pod"))

    assert named["f:metadata"] == {".": {}, "f:labels": {".": {}, "f:a": {}}}
    assert named["f:spec"] == {".": {}, "f:containers": {".": {}, WEB: {"f:image": {}}}}
