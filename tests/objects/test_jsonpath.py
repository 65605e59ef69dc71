"""Paths into objects: what they find, and how they fail."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.objects import parse_path

POD = {
    "kind": "Pod",
    "labels": {"app": "web", "a.b/c": "d"},
    "nodes": [{"name": "n1", "cpu": 2, "on": True}, {"name": "n2", "cpu": 4}, {"name": "n3", "cpu": 4.5}],
    "zones": {"a": {"name": "z1"}, "b": {"name": "z2"}},
    "none": [],
}
NODES = POD["nodes"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".kind", ["Pod"]),
        ("$.kind", ["Pod"]),
        ("@", [POD]),
        (".", [POD]),
        ("", [POD]),
        (".nothing", []),
        (".nothing[0].name", []),
        (".kind.name", []),
        (r".labels.a\.b/c", ["d"]),
        ("['kind']", ["Pod"]),
        (r".labels['a\.b/c']", ["d"]),
        (".zones.*.name", ["z1", "z2"]),
        (".zones[*].name", ["z1", "z2"]),
        (".nodes[*].name", ["n1", "n2", "n3"]),
        (".kind[*]", []),
        (".nodes[1].name", ["n2"]),
        (".nodes[-1].name", ["n3"]),
        (".nodes[-3].name", ["n1"]),
        (".nodes[0:2].name", ["n1", "n2"]),
        (".nodes[1:].name", ["n2", "n3"]),
        (".nodes[:-1].name", ["n1", "n2"]),
        (".nodes[::2].name", ["n1", "n3"]),
        (".nodes[2:2]", []),
        (".none[:]", []),
        (".kind[0]", []),
        ("..cpu", [2, 4, 4.5]),
        (".zones..name", ["z1", "z2"]),
        (".labels..", [{"app": "web", "a.b/c": "d"}]),
        ("'a b'", ["a b"]),
        (r'"é\n"', ["é\n"]),
        ("-7", [-7]),
        ("1.5", [1.5]),
        ("true", [True]),
    ],
)
def test_a_path_finds(path: str, found: list[Any]) -> None:
    """Source: client-go/util/jsonpath; kubernetes.io, "JSONPath Support"."""
    assert parse_path(path)(POD) == found


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("@.on", ["n1"]),
        ("@.cpu>2", ["n2", "n3"]),
        ("@.cpu >= 4", ["n2", "n3"]),
        ("@.cpu<4.5", ["n1", "n2"]),
        ("@.cpu<=2", ["n1"]),
        ("@.cpu==4", ["n2"]),
        ("@.cpu!=4", ["n1", "n3"]),
        ('@.name=="n2"', ["n2"]),
        ("@.name>'n2'", ["n3"]),
        ("@.name=='a)b=c'", []),
        ("@.on==true", ["n1"]),
        ("@.on==1", []),
        ('@.cpu!="4"', ["n1", "n2", "n3"]),
        ("@.name==@.name", ["n1", "n2", "n3"]),
        ("@.name==@.nothing", []),
        ("@<@", []),
    ],
)
def test_a_filter_keeps_the_items_that_pass(test: str, names: list[str]) -> None:
    """Source: client-go/util/jsonpath/jsonpath.go, evalFilter."""
    assert parse_path(f".nodes[?({test})].name")(POD) == names


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (".a[", "unterminated array"),
        (".a[k]", "invalid array index k"),
        ('.a["k"]', 'invalid array index "k"'),
        (".a[1:b]", "invalid array index 1:b"),
        (".a[?(@.b==1]", "unterminated filter"),
        ("'a", "unterminated quoted string"),
        (".a,.b", "unrecognized character in action: U+002C ','"),
        (".a{", "unrecognized character in action: U+007B '{'"),
        (".a\t", "unrecognized character in action: U+0009 '\t'"),
    ],
)
def test_what_is_no_path_cannot_be_read(path: str, problem: str) -> None:
    """Source: client-go/util/jsonpath/parser.go."""
    with pytest.raises(ValueError) as error:
        parse_path(path)

    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (".nodes[3]", "array index out of bounds: index 3, length 3"),
        (".nodes[-4]", "array index out of bounds: index -1, length 3"),
        (".nodes[0:5]", "array index out of bounds: index 4, length 3"),
        (".nodes[3:9]", "array index out of bounds: index 3, length 3"),
        (".nodes[2:1]", "starting index 2 is greater than ending index 1"),
        (".nodes[::0]", "step must be > 0"),
        (".none[0]", "array index out of bounds: index 0, length 0"),
        ("kind", "unrecognized identifier kind"),
        (".nodes[?(@.name==web)]", "unrecognized identifier web"),
        ('.nodes[?(@.name=~"n")]', "unrecognized filter operator =~"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(path: str, problem: str) -> None:
    """Source: client-go/util/jsonpath/jsonpath.go, evalArray, evalIdentifier and evalFilter."""
    find = parse_path(path)

    with pytest.raises(ValueError) as error:
        find(POD)

    assert str(error.value) == problem


def test_a_path_is_read_once_for_many_objects() -> None:
    find = parse_path(".name")

    assert [find(node) for node in NODES] == [["n1"], ["n2"], ["n3"]]
