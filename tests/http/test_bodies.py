"""Bodies and forms of answers."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from http_caller import Caller

from k8slab.http.bodies import COMPRESSED_FROM_BYTES, packed, parsed, shape_of, wanted_form
from k8slab.wire import ApiError, Unreadable


@pytest.mark.parametrize(
    ("body", "content_type", "verb", "value"),
    [
        (b'{"a": 1}', "application/json", "create", {"a": 1}),
        (b'{"a": 1}', "", "create", {"a": 1}),
        (b"a: 1\n", "application/yaml", "create", {"a": 1}),
        (b"", "application/json", "delete", None),
        (b'{"\\ud850": "\\uD83D\\uDE00"}', "application/json", "create", {"\ufffd": "\U0001f600"}),
        (b"[]", "application/json-patch+json", "patch", []),
        (b"a: [x]", "application/apply-patch+yaml", "patch", {"a": ["x"]}),
        (b'{"a": 1}', "application/merge-patch+json; charset=utf-8", "patch", {"a": 1}),
    ],
)
def test_a_body_is_read_as_its_type_says(body: bytes, content_type: str, verb: str, value: Any) -> None:
    assert parsed(body, content_type, verb) == (value, ())


OBJECT = "the object provided is unrecognized (must be of type {kind}): "
PARSE = OBJECT + "couldn't get version/kind; json parse error: "
YAML = OBJECT + "error converting YAML to JSON: yaml: "


@pytest.mark.parametrize(
    ("body", "content_type", "verb", "message"),
    [
        (b'{"a": ', "application/json", "create", PARSE + 'unexpected end of JSON input ({"a": )'),
        (b'{"a": %s' % (b"x" * 40), "", "create",
         PARSE + f"invalid character 'x' looking for beginning of value ({{\"a\": {'x' * 24} ...)"),
        (b"[" * 100_000, "application/json", "update", PARSE + f"exceeded max depth ({'5b' * 30} ...)"),
        (b"a: [", "application/yaml", "create", YAML + "line 1: did not find expected node content (613a205b)"),
        (b"\xff", "application/yaml", "create", OBJECT + "yaml: control characters are not allowed (ff)"),
        (b"k8s\x00\xff\xff", "application/vnd.kubernetes.protobuf", "create", OBJECT + "unexpected EOF (6b387300ffff)"),
        (b"{", "application/merge-patch+json", "patch", "error decoding patch: unexpected end of JSON input"),
        (b"", "application/json-patch+json", "patch", "error decoding patch: unexpected end of JSON input"),
        (b"{", "application/strategic-merge-patch+json", "patch", "unexpected end of JSON input"),
        (b"[", "application/apply-patch+yaml", "patch",
         "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read(body: bytes, content_type: str, verb: str, message: str) -> None:
    """Source: apiserver/pkg/endpoints/handlers/rest.go (transformDecodeError, summarizeData), patch.go."""
    assert parsed(body, content_type, verb) == (Unreadable("BadRequest", message), ())


@pytest.mark.parametrize(
    ("content_type", "verb"),
    [("text/csv", "create"), ("application/json", "patch"), ("application/apply-patch+cbor", "patch")],
)
def test_a_body_of_a_strange_type(content_type: str, verb: str) -> None:
    body, _ = parsed(b"{}", content_type, verb)

    assert body.reason == "UnsupportedMediaType"


@pytest.mark.parametrize(
    ("body", "verb", "doubles"),
    [
        (b'{"a": {"b": 1, "b": 2}}', "create", ('duplicate field "a.b"',)),
        (b'{"a": 1, "a": 2}', "patch", ('duplicate field "a"',)),
        (b'[{"op": "add", "op": "add"}]', "patch", ('json patch duplicate field "[0].op"',)),
    ],
)
def test_fields_given_twice_are_told(body: bytes, verb: str, doubles: tuple[str, ...]) -> None:
    """Source: apiserver/pkg/endpoints/handlers/patch.go (applyJSPatch)."""
    media = "application/json" if verb == "create" else "application/merge-patch+json"

    assert parsed(body, media, verb)[1] == doubles


@pytest.mark.parametrize(
    ("accept", "form", "shape"),
    [
        ("", "application/json", ""),
        ("*/*", "application/json", ""),
        ("application/yaml", "application/yaml", ""),
        ("application/vnd.kubernetes.protobuf,application/json", "application/json", ""),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "application/json", "Table"),
        ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "application/json", "PartialObjectMetadata"),
        ("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
         "application/json", "APIGroupDiscoveryList"),
        ("application/json;as=Strange,application/json", "application/json", ""),
    ],
)  # fmt: skip
def test_what_a_client_can_read(accept: str, form: str, shape: str) -> None:
    assert (wanted_form(accept), shape_of(accept)) == (form, shape)


def test_what_nobody_here_writes() -> None:
    with pytest.raises(ApiError) as error:
        wanted_form("application/cbor")

    assert error.value.code == 406


@pytest.mark.parametrize(
    ("size", "encodings", "is_compressed"),
    [(COMPRESSED_FROM_BYTES, "gzip, br", True), (COMPRESSED_FROM_BYTES, "br", False), (10, "gzip", False)],
)
def test_large_answers_are_compressed(size: int, encodings: str, is_compressed: bool) -> None:
    """Source: responsewriters/writers.go."""
    data, headers = packed({"text": "x" * size}, "application/json", encodings)

    assert (headers.get("content-encoding") == "gzip") is is_compressed
    assert json.loads(gzip.decompress(data) if is_compressed else data) == {"text": "x" * size}


TWICE = b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "name": "colors"}, "data": {}, "sky": 1}'


@pytest.mark.parametrize(
    ("validation", "code", "warnings"),
    [
        ("", 201, ['299 - "unknown field \\"sky\\""', '299 - "duplicate field \\"metadata.name\\""']),
        ("Warn", 201, ['299 - "unknown field \\"sky\\""', '299 - "duplicate field \\"metadata.name\\""']),
        ("Ignore", 201, None),
        ("Strict", 400, None),
    ],
)
def test_fields_given_twice_are_mistakes_as_strictly_as_wished(
    caller: Caller, validation: str, code: int, warnings: list[str] | None
) -> None:
    """Source: kubernetes.io, API concepts, "Field validation"."""
    reply = caller.ask("POST", f"/api/v1/namespaces/default/configmaps?fieldValidation={validation}", TWICE)

    assert (reply.code, reply.headers.get_all("Warning")) == (code, warnings)
    if code == 400:
        assert reply.body["message"] == (
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: '
            'strict decoding error: unknown field "sky", duplicate field "metadata.name"'
        )


def test_a_patch_that_gives_a_field_twice_is_warned_of(caller: Caller) -> None:
    """Source: apiserver/pkg/endpoints/handlers/patch.go (applyPatchToCurrentObject)."""
    patch = b'{"metadata": {"labels": {"a": "b", "a": "c"}}}'

    replies = [
        caller.ask("PATCH", f"/api/v1/nodes/node-1?fieldValidation={validation}", patch, Content_Type=media)
        for validation in ("Warn", "Strict")
        for media in ("application/merge-patch+json", "application/strategic-merge-patch+json")
    ]

    assert [reply.code for reply in replies] == [200, 200, 422, 422]
    assert replies[0].headers["Warning"] == '299 - "duplicate field \\"metadata.labels.a\\""'
    assert 'strict decoding error: duplicate field "metadata.labels.a"' in replies[3].body["message"]
