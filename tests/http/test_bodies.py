"""Bodies and forms of answers."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from k8slab.http.bodies import COMPRESSED_FROM_BYTES, packed, parsed, shape_of, wanted_form
from k8slab.wire import ApiError


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
    assert parsed(body, content_type, verb) == value


@pytest.mark.parametrize(
    ("body", "content_type", "verb", "code"),
    [
        (b'{"a": ', "application/json", "create", 400),
        (b"[" * 100_000, "application/json", "create", 400),
        (b'{"a": NaN}', "application/json", "create", 400),
        (b'{"a": 1e999}', "application/json", "create", 400),
        (b"\xff\xfe", "application/json", "create", 400),
        (b"a: [", "application/yaml", "create", 400),
        (b"\xff", "application/yaml", "create", 400),
        (b"a: 1\n---\nb: 2\n", "application/yaml", "create", 400),
        (b"x: &a [1]\ny: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" * 1, "text/csv", "create", 415),
        (b"k8s\x00\xff\xff", "application/vnd.kubernetes.protobuf", "create", 400),
        (b"{}", "application/json", "patch", 415),
        (b"{}", "application/apply-patch+cbor", "patch", 415),
    ],
)
def test_a_body_that_cannot_be_read(body: bytes, content_type: str, verb: str, code: int) -> None:
    with pytest.raises(ApiError) as error:
        parsed(body, content_type, verb)

    assert error.value.code == code


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
