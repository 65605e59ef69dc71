"""From the text of a manifest to objects, or to an error with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slab.client import MANIFEST_LIMIT_BYTES, load_manifests
from k8slab.wire import BadRequest

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"


def refused(source: Any) -> str:
    """The text of the error."""
    with pytest.raises(BadRequest) as caught:
        load_manifests(source)
    return caught.value.message.removeprefix("error: ")


def bomb(levels: int) -> str:
    """Nine times as much on every line."""
    lines = ["a0: &a0 [lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return POD + "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x: !!python/object:os.system {}", 5, "could not determine a constructor for the tag"),
        ("x: !!python/name:os.system", 5, "could not determine a constructor for the tag"),
        ("x: !!set {a}", 5, "could not determine a constructor for the tag"),
        ("x: !mine 1", 5, "could not determine a constructor for the tag '!mine'"),
        ("kind: Pod", 5, 'key "kind" already set in map'),
        ("x: {1: a, '1': b}", 5, 'key "1" already set in map'),
        ("spec:\n\tnodeName: a", 6, "found character that cannot start any token"),
        ("x: a: b", 5, "mapping values are not allowed in this context"),
        ("x: 'open", 5, "found unexpected end of stream"),
        ("? [a]\n: b", 5, "a key must be a text or a number"),
        ("? {a: b}\n: b", 5, "a key must be a text or a number"),
        ("~: b", 5, "a key must be a text or a number"),
        ("x: !!int one", 5, "cannot decode `one` as a !!int"),
        ("x: !!bool one", 5, "cannot decode `one` as a !!bool"),
        ("x: !!float [1]", 5, "cannot decode as a !!float"),
        ("x: .inf", 5, "cannot decode `.inf` as a !!float"),
        ("x: 1e999", 5, "cannot decode `1e999` as a !!float"),
        ("<<: 1", 5, "expected a mapping or list of mappings for merging, but found scalar"),
        ("x: 1\ny: \x00", 6, "control characters are not allowed"),
        ("x: " + "[" * 101 + "]" * 101, 5, "exceeded max depth"),
        ("x: " + "[" * 50_000, 5, "exceeded max depth"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, problem: str) -> None:
    """Source: goyaml.v2 (sigs.k8s.io/yaml): `yaml: line N: …`; kubectl puts the file before it."""
    start = f"error parsing STDIN: error converting YAML to JSON: yaml: line {line}: {problem}"

    assert refused(POD + text).startswith(start)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("x: *nobody", "unknown anchor 'nobody' referenced"), ("x: &x [*x]", "anchor 'x' value contains itself")],
)
def test_a_wrong_alias_is_named_without_a_line(text: str, problem: str) -> None:
    """Source: what kubectl 1.37 prints."""
    assert refused(POD + text).endswith(f"converting YAML to JSON: yaml: {problem}")


def test_aliases_may_not_swell() -> None:
    """Source: goyaml.v2 decode.go, "document contains excessive aliasing"."""
    assert load_manifests(bomb(3))[0]["a2"][8][8] == ["lol"]

    assert refused(bomb(9)).endswith("yaml: document contains excessive aliasing")


@pytest.mark.parametrize("unit", ["x", "é"])
def test_the_limit_counts_bytes(unit: str) -> None:
    size = (MANIFEST_LIMIT_BYTES - len(POD) - len("x: ")) // len(unit.encode())
    assert load_manifests(f"{POD}x: {unit * size}")

    assert refused(f"{POD}x: {unit * (size + 2)}") == f"error parsing STDIN: larger than {MANIFEST_LIMIT_BYTES} bytes"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("+1", 1),
        ("017", 15),
        ("0o17", 15),
        ("-017", -15),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("08", 8),
        ("3.0", 3),
        ("1e3", 1000),
        ("-.5", -0.5),
        ("18446744073709551615", 2**64 - 1),
        ("9" * 200, float("9" * 200)),
        ("22:22", "22:22"),
        ("2026-01-01", "2026-01-01"),
        ("1.2.3", "1.2.3"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("100m", "100m"),
        ("yes", True),
        ("y", True),
        ("off", False),
        ("n", False),
        ("yEs", "yEs"),
        ("~", None),
        ("", None),
        ("=", "="),
        ("{1: a, true: b}", {"1": "a", "true": "b"}),
    ],
)
def test_plain_words_are_read_as_go_reads_them(text: str, value: object) -> None:
    """Source: goyaml.v2 resolve.go; sigs.k8s.io/yaml turns keys into texts and times back into texts."""
    (obj,) = load_manifests(f"{POD}x: {text}")

    assert (obj["x"], type(obj["x"])) == (value, type(value))


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n---\n", "---\n...\n", "null\n"])
def test_nothing_is_no_object(text: str) -> None:
    assert load_manifests(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("apiVersion: v1", 'unable to decode "STDIN": Object \'Kind\' is missing in \'{"apiVersion":"v1"}\''),
        ("kind: Pod", 'unable to decode "STDIN": Object \'apiVersion\' is missing in \'{"kind":"Pod"}\''),
        ("- a: 1", "error parsing STDIN: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("web", 'the path "web" does not exist'),
        ("web\n", "error parsing STDIN: json: cannot unmarshal string into Go value of type map[string]interface {}"),
        (f"{POD}---\n- a", "error parsing STDIN, document 2: json: cannot unmarshal array"),
        (f"{POD}---\nkind: Pod\n---\n{POD}", "unable to decode \"STDIN, document 2\": Object 'apiVersion' is missing"),
        ("apiVersion: v1\nkind: List\nitems: [1]", "error parsing STDIN: json: cannot unmarshal number"),
        (
            "apiVersion: v1\nkind: List\nitems: [{}]",
            "unable to decode \"STDIN\": Object 'Kind' is missing in '{}'",
        ),
        ("x: \ud800\n", "error parsing STDIN: invalid UTF-8"),
        (7, "a manifest is a text, a path or an object, not int"),
        (None, "a manifest is a text, a path or an object, not NoneType"),
        (b"kind: Pod", "a manifest is a text, a path or an object, not bytes"),
    ],
)
def test_what_is_no_object_is_refused(text: Any, problem: str) -> None:
    """Source: apimachinery unstructured helpers.go, runtime/error.go; a number of several documents is our own."""
    assert refused(text).startswith(problem)


@pytest.mark.parametrize(
    ("end", "line"), [("\t- x", 5), ("x: ]", 4), ("- x", 4), ("kind: Pod", 5), ("x: !!python/none 1", 5)]
)
def test_one_bad_document_spoils_the_good_ones(end: str, line: int) -> None:
    """Lines are those of the document, and as kubectl 1.37 counts them."""
    text = f"{POD}---\n{POD}{end}"

    assert f"line {line}: " in refused(text)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"{POD}---\n{POD}---\n", ["Pod", "Pod"]),
        ("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- {apiVersion: v1, kind: Node}", None),
        ("apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]", ["Pod"]),
        ("apiVersion: v1\nkind: List\nitems: []", []),
        ('{"apiVersion": "v1", "kind": "Pod"}', ["Pod"]),
        ('{\n\t"apiVersion": "v1",\n\t"kind": "Pod"\n}', ["Pod"]),
        ("\ufeff" + POD, ["Pod"]),
        (POD.replace("\n", "\r\n"), ["Pod"]),
    ],
)
def test_documents_and_lists_become_objects(text: str, kinds: list[str] | None) -> None:
    """Source: unstructured helpers.go, decodeToList: the items of a PodList are Pods."""
    assert [obj["kind"] for obj in load_manifests(text)] == (["Pod", "Node"] if kinds is None else kinds)


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "notes.txt"):
        (tmp_path / name).write_text(POD.replace("web", name) if name != "notes.txt" else "- no")

    assert [obj["metadata"]["name"] for obj in load_manifests(tmp_path)] == ["a.yml", "b.yaml", "c.json"]


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_bytes(b"kind: Pod\nkind: Pod\n")
    assert refused(path).startswith(f"error parsing {path}: error converting YAML to JSON: yaml: line 2: ")

    path.write_bytes(b"\xff")
    assert refused(str(path)) == f"error parsing {path}: invalid UTF-8"


@given(st.text(st.sampled_from("ab:-{}[],&*!|>'\"#%@?~<= \n\t0\x00"), max_size=40))
def test_no_text_makes_python_stumble(text: str) -> None:
    try:
        objs = load_manifests(POD + text)
    except BadRequest as error:
        assert "Traceback" not in error.message and error.message.startswith("error: ")
    else:
        assert all(isinstance(obj["kind"], str) for obj in objs)
