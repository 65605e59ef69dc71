"""Source: what kubectl v1.37.1 prints of the same objects."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubectl.command import UsageError
from k8slab.kubectl.jsonpath import json_path_template
from k8slab.kubectl.printers import aligned, as_yaml, columns, printed

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web", "a.b/c": "d"}},
    "spec": {"nodes": [{"name": "n1", "cpu": 2}, {"name": "n2", "cpu": 4}], "on": True},
}


def test_a_column_ends_at_a_line_without_its_cell() -> None:
    text = aligned("Name:\tweb\nLonger:\tx\nNothing\nA:\tb\nC:\td", gap=2)

    assert text == "Name:    web\nLonger:  x\nNothing\nA:  b\nC:  d\n"


def test_a_deeper_column_lines_up_only_where_lines_follow_each_other() -> None:
    text = aligned("a\tb\tc\nlong\td\te\nf\tlonger", gap=1)

    assert text == "a    b c\nlong d e\nf    longer\n"


def test_a_table_has_narrow_columns_of_six_and_shows_first_lines() -> None:
    text = columns([["A", "B", "C"], ["x", None, "two\nlines"]])

    assert text == "A     B        C\nx     <none>   two...\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("1.2.3", "1.2.3"),
        ("it's", "it's"),
        ("=x", "=x"),
        ("infinity", "infinity"),
        ("2", '"2"'),
        ("1_000", '"1_000"'),
        ("0x1F", '"0x1F"'),
        ("0o7", '"0o7"'),
        ("0777", '"0777"'),
        ("1e3", '"1e3"'),
        (".5", '".5"'),
        ("+1", '"+1"'),
        ("y", '"y"'),
        ("off", '"off"'),
        ("true", '"true"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("", '""'),
        ("1:20", '"1:20"'),
        ("12:30:45", '"12:30:45"'),
        ("2026-01-01", '"2026-01-01"'),
        ("2026-01-01T00:00:05Z", '"2026-01-01T00:00:05Z"'),
        ("- dash", "'- dash'"),
        ("with: colon", "'with: colon'"),
        (" lead", "' lead'"),
        ("# hash", "'# hash'"),
        ("*star", "'*star'"),
        ("{a}", "'{a}'"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\nb", "|-\n  a\n  b"),
        ("日本", "日本"),
    ],
)
def test_yaml_quotes_what_could_be_no_text(value: str, shown: str) -> None:
    assert as_yaml({"k": value}) == f"k: {shown}\n"


def test_yaml_counts_in_its_keys() -> None:
    assert as_yaml({"a10": 1, "aa": 2, "a9": 3, "B": 4, "C-d": 5, "C.a": 6, "C_d": 7}).split("\n")[:-1] == [
        "B: 4", "C-d: 5", "C.a: 6", "C_d: 7", "a9: 3", "a10: 1", "aa: 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.metadata.name}", "web"),
        ("{.metadata.name}x{.kind}", "webxPod"),
        ("plain", "plain"),
        (".metadata.name", ".metadata.name"),
        ("{.metadata.nothing}", ""),
        ("{ .metadata.name }", "web"),
        ("{.spec.nodes[*].name}", "n1 n2"),
        ('{range .spec.nodes[*]}{.name}{"="}{.cpu}{"\\n"}{end}', "n1=2\nn2=4\n"),
        ("{.spec.on}", "true"),
        ("{.spec.nodes[0]}", '{"cpu":2,"name":"n1"}'),
        ("{.metadata.labels}", '{"a.b/c":"d","app":"web"}'),
        ("{'q'}", "q"),
        ('{"é\\t1"}', "é\t1"),
        ("{range .nothing[*]}{.name}{end}!", "!"),
        ("{.x}}", "}"),
    ],
)
def test_json_path_finds(template: str, text: str) -> None:
    assert json_path_template(template, POD) == text


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{.a", "error parsing jsonpath {.a, unclosed action"),
        ("{.kind}{.x", "error parsing jsonpath {.kind}{.x, unclosed action"),
        ("{.data[", "error parsing jsonpath {.data[, unterminated array"),
        ("{.a[k]}", "error parsing jsonpath {.a[k]}, invalid array index k"),
        ("{end}", "Error executing template: not in range, nothing to end."),
        ("{.spec.nodes[5]}", "Error executing template: array index out of bounds: index 5, length 2."),
        ("{.kind}{.kind,.x}", "error parsing jsonpath {.kind}{.kind,.x}, unrecognized character in action: U+002C ','"),
        ("{kind}", "Error executing template: unrecognized identifier kind."),
    ],
)
def test_json_path_says_what_is_wrong(template: str, problem: str) -> None:
    with pytest.raises(UsageError) as error:
        json_path_template(template, POD)

    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (".spec.nodes[9]", "error: array index out of bounds: index 9, length 2"),
        ("spec.nodes[x]", "error: invalid array index x"),
    ],
)
def test_a_column_of_its_own_says_what_is_wrong_with_its_path(path: str, problem: str) -> None:
    with pytest.raises(UsageError) as error:
        printed(f"custom-columns=A:{path}", [POD], single=True)

    assert str(error.value) == problem


def test_a_column_of_its_own_prints_what_go_prints() -> None:
    spec = "custom-columns=A:.spec.nodes,B:.metadata.labels,C:.spec.on,D:.nothing"

    text = printed(spec, [POD], single=True, headers=False)

    assert text == "[map[cpu:2 name:n1] map[cpu:4 name:n2]]   map[a.b/c:d app:web]   true   <none>\n"
