"""Bodies in protobuf: what the real kubectl sends, what the format allows, and what cannot be read."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slab.http.protobuf import LIMIT_BYTES, LIMIT_FIELDS, MESSAGES, SCALARS, decoded
from k8slab.schema import Field, decode, named_type, type_of

SENT: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("protobuf_bodies.json").read_text())
TABLE = json.loads((Path(__file__).parents[2] / "k8slab" / "http" / "protobuf.json").read_text())
BODIES = {command: base64.b64decode(row["body"]) for command, row in SENT.items()}

INLINED = {
    "admissionregistration/v1.Rule",
    "core/v1.EphemeralContainerCommon",
    "core/v1.PersistentVolumeSource",
    "core/v1.ProbeHandler",
    "core/v1.VolumeSource",
    "networking/v1.IngressRuleValue",
    "meta/v1.PartialObjectMetadata",
}
"""What the schema has no name for: their fields are those of their parents, or of every kind."""

TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}}
NO_TOKEN = {"token": "", "expirationTimestamp": None}
REVIEW = {"apiVersion": "authorization.k8s.io/v1", "metadata": {}}
UNPRINTED = {
    "create token sa": {
        **TOKEN,
        "spec": {"audiences": None, "boundObjectRef": None, "expirationSeconds": None},
        "status": NO_TOKEN,
    },
    "create token sa --duration=10m --audience=x --bound-object-kind=Pod --bound-object-name=p --bound-object-uid=u": {
        **TOKEN,
        "spec": {
            "audiences": ["x"],
            "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "u"},
            "expirationSeconds": 600,
        },
        "status": NO_TOKEN,
    },
    "auth can-i get /logs": {
        **REVIEW,
        "kind": "SelfSubjectAccessReview",
        "spec": {"nonResourceAttributes": {"path": "/logs", "verb": "get"}},
        "status": {"allowed": False},
    },
    "auth can-i delete deployments.apps/web -n team": {
        **REVIEW,
        "kind": "SelfSubjectAccessReview",
        "spec": {
            "resourceAttributes": {
                "namespace": "team",
                "verb": "delete",
                "group": "apps",
                "resource": "deployments",
                "name": "web",
            }
        },
        "status": {"allowed": False},
    },
    "auth can-i --list": {
        **REVIEW,
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
        "status": {"resourceRules": None, "nonResourceRules": None, "incomplete": False},
    },
    "auth whoami": {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
        "metadata": {},
        "status": {"userInfo": {}},
    },
}


def varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    number %= 1 << 64
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def message(*fields: tuple[int, int | bytes | str]) -> bytes:
    """A message of numbered fields: a number, or bytes that are led by their length."""
    data = b""
    for number, value in fields:
        content = value.encode() if isinstance(value, str) else value
        data += (
            varint(number << 3) + varint(content)
            if isinstance(content, int)
            else varint(number << 3 | 2) + varint(len(content)) + content
        )
    return data


def body(version: str, kind: str, *fields: tuple[int, int | bytes | str]) -> bytes:
    """A whole body, as a client sends it."""
    return b"k8s\0" + message((1, message((1, version), (2, kind))), (2, message(*fields)), (3, ""), (4, ""))


def pod(*spec: tuple[int, int | bytes | str]) -> bytes:
    return body("v1", "Pod", (2, message(*spec)))


@pytest.mark.parametrize("command", [command for command in SENT if SENT[command]["printed"]])
def test_a_body_is_what_kubectl_says_that_it_would_send(command: str) -> None:
    """Source: kubectl v1.37 itself, through tools/capture_protobuf.py."""
    assert decoded(BODIES[command]) == SENT[command]["printed"]


@pytest.mark.parametrize("command", UNPRINTED)
def test_a_body_that_kubectl_never_prints_is_understood_as_well(command: str) -> None:
    """Source: kubectl v1.37 itself; the tags of the Go structs say what is left out when empty."""
    assert decoded(BODIES[command]) == UNPRINTED[command]


def test_the_pod_of_a_debugged_node_is_understood() -> None:
    """Source: kubernetes.io, Debugging Kubernetes Nodes With Kubectl: what the profile sysadmin grants."""
    spec = decoded(BODIES["debug node/n1 --image=busybox --profile=sysadmin -- sh"])["spec"]

    assert spec["nodeName"] == "n1"
    assert spec["hostPID"] and spec["hostNetwork"] and spec["hostIPC"]
    assert spec["volumes"] == [{"name": "host-root", "hostPath": {"path": "/"}}]
    assert spec["containers"][0]["securityContext"] == {"privileged": True}


@pytest.mark.parametrize("command", SENT)
def test_the_api_takes_a_body_and_misses_nothing(command: str) -> None:
    sent = decoded(BODIES[command])

    taken = decode(sent, sent["apiVersion"], sent["kind"], "Strict")

    assert taken.strict_errors == []


def test_every_captured_body_is_held_against_something() -> None:
    rest = {command for command in SENT if not SENT[command]["printed"]} - set(UNPRINTED)

    assert rest == {"debug node/n1 --image=busybox --profile=sysadmin -- sh"}


@pytest.mark.parametrize(
    ("sent", "path", "value"),
    [
        pytest.param(pod((4, 0)), "terminationGracePeriodSeconds", 0, id="a pointer to nothing is there"),
        pytest.param(pod((11, 0)), "hostNetwork", None, id="an empty field that is no pointer is left out"),
        pytest.param(pod((25, -7)), "priority", -7, id="ten bytes of a negative number"),
        pytest.param(pod((25, 2**32 - 7)), "priority", -7, id="five bytes of a negative number"),
        pytest.param(pod((10, "a"), (10, "b")), "nodeName", "b", id="the last of two scalars"),
        pytest.param(
            pod((14, message((1, message((2, "l"))))), (14, message((2, 9)))),
            "securityContext",
            {"seLinuxOptions": {"role": "l"}, "runAsUser": 9},
            id="a message in two parts",
        ),
        pytest.param(
            pod((14, message((4, 1), (4, 300)))), "securityContext", {"supplementalGroups": [1, 300]}, id="one by one"
        ),
        pytest.param(
            pod((14, message((4, b"\x01\xac\x02")))),
            "securityContext",
            {"supplementalGroups": [1, 300]},
            id="many in one piece",
        ),
        pytest.param(pod(), "containers", None, id="no list"),
        pytest.param(pod((2, b"")), "containers", [{"name": "", "resources": {}}], id="an element of nothing"),
        pytest.param(
            pod((7, message((1, "b"), (2, "2"))), (7, message((2, "1"), (1, "a"))), (7, message((1, "c")))),
            "nodeSelector",
            {"a": "1", "b": "2", "c": ""},
            id="a map",
        ),
        pytest.param(
            pod((32, message((1, "cpu"), (2, message((1, "5m"))))), (32, message((1, "x")))),
            "overhead",
            {"cpu": "5m", "x": "0"},
            id="quantities",
        ),
    ],
)
def test_the_fields_of_a_pod_are_read_as_go_reads_them(sent: bytes, path: str, value: Any) -> None:
    """Source: protobuf.dev, Encoding; encoding/json on omitempty; the tags of v1.PodSpec."""
    assert decoded(sent)["spec"].get(path) == value


METADATA = message((1, "x"))
SECONDS = message((1, 1_767_225_600), (2, 123_456_789))
SCOPES = message((5, message((1, "k"), (2, message((1, "s"), (1, "t"))))))


@pytest.mark.parametrize(
    ("sent", "rest"),
    [
        (
            body(
                "v1", "Service", (1, METADATA), (2, message((1, message((2, "TCP"), (4, message((1, 1), (3, "web")))))))
            ),
            {"spec": {"ports": [{"protocol": "TCP", "port": 0, "targetPort": "web"}]}, "status": {"loadBalancer": {}}},
        ),
        (
            body("coordination.k8s.io/v1", "Lease", (1, METADATA), (2, message((4, SECONDS)))),
            {"spec": {"renewTime": "2026-01-01T00:00:00.123456Z"}},
        ),
        (
            body("policy/v1", "Eviction", (1, METADATA), (2, message((1, 0), (4, "Background")))),
            {"deleteOptions": {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}},
        ),
        (
            body("apps/v1", "ControllerRevision", (1, METADATA), (2, message((1, '{"spec": [1, null]}'))), (3, 4)),
            {"data": {"spec": [1, None]}, "revision": 4},
        ),
        (body("apps/v1", "ControllerRevision", (1, METADATA)), {"data": None, "revision": 0}),
        (body("v1", "Secret", (1, METADATA), (2, message((1, "k"), (2, b"\xff")))), {"data": {"k": "/w=="}}),
        (body("v1", "ConfigMap", (1, METADATA), (4, 0)), {"immutable": False}),
        (
            body("authorization.k8s.io/v1", "SubjectAccessReview", (1, METADATA), (2, SCOPES)),
            {"spec": {"extra": {"k": ["s", "t"]}}, "status": {"allowed": False}},
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else json.dumps(value)[:40],
)
def test_fields_of_a_shape_of_their_own_become_what_json_says(sent: bytes, rest: dict[str, Any]) -> None:
    """Source: the Go types IntOrString, MicroTime, RawExtension, ExtraValue and []byte, as MarshalJSON writes them."""
    seen = decoded(sent)

    assert {name: seen[name] for name in seen if name not in ("apiVersion", "kind", "metadata")} == rest


def test_when_something_was_done_and_by_whom_is_read() -> None:
    """Source: meta/v1/time_proto.go (seconds only), FieldsV1."""
    entry = message((1, "kubectl"), (4, SECONDS), (7, message((1, '{"f:spec":{}}'))))
    sent = body("v1", "Namespace", (1, message((8, SECONDS), (17, entry))))

    metadata = decoded(sent)["metadata"]

    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert metadata["managedFields"] == [
        {"manager": "kubectl", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {}}}
    ]


def test_a_map_stands_in_the_order_of_its_keys() -> None:
    """Source: encoding/json sorts the keys of maps."""
    entries = [(2, message((1, key), (2, key))) for key in "cab"]

    assert list(decoded(body("v1", "ConfigMap", *entries))["data"]) == ["a", "b", "c"]


def test_of_two_entries_with_one_key_the_last_one_counts() -> None:
    entries = [(2, message((1, "k"), (2, value))) for value in (message((1, 60)), b"")]

    status = decoded(body("policy/v1", "PodDisruptionBudget", (3, message(*entries))))["status"]

    assert status["disruptedPods"] == {"k": None}


def test_a_time_of_long_ago_has_a_year_of_four_digits() -> None:
    sent = body("v1", "Namespace", (1, message((8, message((1, -62_135_596_799))))))

    assert decoded(sent)["metadata"]["creationTimestamp"] == "0001-01-01T00:00:01Z"


def test_of_two_messages_in_one_envelope_the_last_one_counts() -> None:
    sent = body("v1", "Pod", (1, message((3, "a"))))
    again = message((2, message((1, message((1, "b"))))))

    assert decoded(sent + again)["metadata"] == {"name": "b"}


def test_options_for_deleting_belong_to_every_group() -> None:
    sent = body("apps/v1", "DeleteOptions", (1, 0), (4, "Foreground"), (5, "All"))

    options = {"gracePeriodSeconds": 0, "propagationPolicy": "Foreground", "dryRun": ["All"]}
    assert decoded(sent) == {"apiVersion": "apps/v1", "kind": "DeleteOptions", **options}


NO_KIND = "Object 'Kind' is missing in 'runtime.TypeMeta{APIVersion:\"v1\", Kind:\"\"}'"
DEEP = "[" * 101 + "]" * 101
TRUNCATED = BODIES["create namespace team"][:-1]


def raw(data: bytes) -> bytes:
    """A body around a message as it is."""
    return body("v1", "Pod", (2, data))


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b'{"kind":"Pod"}', "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b"k8s\1", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b"k8s\0", "empty body"),
        (b"k8s\0" + bytes(LIMIT_BYTES), "the body is longer than 3145728 bytes"),
        (TRUNCATED, "unexpected EOF"),
        (b"k8s\0\x0a", "unexpected EOF"),
        (raw(b"\x0a\x80"), "unexpected EOF"),
        (raw(b"\x52\x02a"), "unexpected EOF"),
        (raw(b"\x80" * 10 + b"\x01"), "proto: integer overflow"),
        (raw(b"\x00\x00"), "proto: illegal tag 0 (wire type 0)"),
        (raw(b"\x0b"), "wire type 3 of field 1: no field here is of such a type"),
        (raw(b"\x0d\0\0\0\0"), "wire type 5 of field 1: no field here is of such a type"),
        (body("", "Pod"), "Object 'apiVersion' is missing in 'runtime.TypeMeta{APIVersion:\"\", Kind:\"Pod\"}'"),
        (body("v1", ""), NO_KIND),
        (body("v1", "Pud"), 'no kind "Pud" is registered for version "v1"'),
        (body("v1", "PodSpec"), 'no kind "PodSpec" is registered for version "v1"'),
        (body("apps/v1", "Pod"), 'no kind "Pod" is registered for version "apps/v1"'),
        (body("*", "DeleteOptions"), 'no kind "DeleteOptions" is registered for version "*"'),
        (body("example.com/v1", "DeleteOptions"), 'no kind "DeleteOptions" is registered for version "example.com/v1"'),
        (pod((9999, 1)), "core/v1.PodSpec has no field of number 9999"),
        (pod((10, 1)), "wrong wire type for a value of type string"),
        (pod((25, "x")), "wrong wire type for a value of type int32"),
        (pod((2, 1)), "wrong wire type for a message"),
        (pod((10, b"\xff")), "a string is not UTF-8"),
        (body("v1", "Event", (10, message((1, 1), (2, -1)))), "a time is out of range"),
        (body("v1", "Pod", (1, message((8, message((1, 2**60)))))), "a time is out of range"),
        (body("apps/v1", "ControllerRevision", (2, message((1, DEEP)))), "JSON in a field is too deep"),
        (body("apps/v1", "ControllerRevision", (2, message((1, "[" * 99999)))), "JSON in a field is too deep"),
        (body("apps/v1", "ControllerRevision", (2, message((1, "NaN")))), "invalid character 'N'"),
        (body("apps/v1", "ControllerRevision", (2, message((1, '"\\ud800"')))), "JSON in a field has a number or a"),
        (body("apps/v1", "ControllerRevision", (2, message((1, "1e999")))), "JSON in a field has a number or a"),
        (body("apps/v1", "ControllerRevision", (2, message((1, "{")))), "Expecting property name"),
        (pod(*[(2, b"")] * LIMIT_FIELDS), "more than 100000 fields"),
        (pod((14, message((4, bytes(LIMIT_FIELDS))))), "more than 100000 fields"),
        (b"k8s\0" + message((3, "gzip")), "a message with a content encoding of its own is not understood"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_with_a_clear_text(sent: bytes, text: str) -> None:
    with pytest.raises(ValueError) as refused:
        decoded(sent)

    assert str(refused.value).startswith(text)


def shape_of(line: str) -> str:
    """The shape in a line of the table, without the pointer: JSON does not show it."""
    return line.split(" ")[1].removeprefix("*")


def fields_of(name: str) -> dict[str, str]:
    """The fields of a message as JSON shows them, and their shapes."""
    found: dict[str, str] = {}
    for line in TABLE["types"][name].values():
        is_inline = line.startswith("~")
        found |= fields_of(shape_of(line)) if is_inline else {line.split(" ")[0].rstrip("?0"): shape_of(line)}
    return found


def shape_in_schema(field: Field) -> str:
    """How the table of field numbers says what the schema says."""
    if field.item is not None:
        return {"list": "[]", "map": "{}"}[field.kind] + shape_in_schema(field.item)
    if field.type is not None:
        return f"{field.type.table}.{field.type.name}"
    return {"boolean": "bool", "any": "json"}.get(field.kind, field.kind)


@pytest.mark.parametrize("name", [name for name in TABLE["types"] if name not in INLINED])
def test_the_table_of_numbers_has_the_fields_of_the_schema(name: str) -> None:
    schema = {field: shape_in_schema(facts) for field, facts in named_type(name).fields.items()}
    for field in {"apiVersion", "kind"} - set(fields_of(name)):
        schema.pop(field, None)

    assert {field: shape.replace("items:", "[]") for field, shape in fields_of(name).items()} == schema


def test_every_kind_of_the_table_is_a_kind_of_the_api() -> None:
    kinds = [(version, kind) for version, kinds in TABLE["kinds"].items() for kind in kinds]

    assert [(version, kind) for version, kind in kinds if not type_of(version, kind)] == []


def depth_of(name: str) -> int:
    """How deep messages of a type can be; a type within itself would never end."""
    shapes = [shape_of(line).removeprefix("[]").removeprefix("{}") for line in TABLE["types"][name].values()]
    return 1 + max([depth_of(shape) for shape in shapes if shape in TABLE["types"]], default=0)


def test_no_message_can_hold_its_own_kind() -> None:
    assert max(depth_of(name) for name in TABLE["types"]) < 20


def test_every_shape_of_the_table_can_be_read() -> None:
    marks = ("*", "[]", "{}", "items:")
    words = {line.split(" ")[1] for type_ in TABLE["types"].values() for line in type_.values()}
    for mark in marks:
        words = {word.removeprefix(mark) for word in words}

    assert words - set(TABLE["types"]) <= {*SCALARS, *MESSAGES}


def reads_or_refuses(data: bytes) -> None:
    """Read; whatever else than ValueError comes out is a failure."""
    try:
        seen = decoded(data)
    except ValueError:
        return
    assert json.loads(json.dumps(seen)) == seen


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    reads_or_refuses(b"k8s\0" + data)


@given(st.sampled_from(sorted(TABLE["kinds"]["v1"])), st.binary(max_size=100))
def test_any_message_is_read_or_refused(kind: str, data: bytes) -> None:
    reads_or_refuses(body("v1", kind, (1, data), (2, data), (3, data)))


@given(st.sampled_from(sorted(BODIES)), st.data())
@settings(max_examples=300)
def test_a_damaged_body_is_read_or_refused(command: str, data: st.DataObject) -> None:
    good = BODIES[command]
    first = data.draw(st.integers(4, len(good)))
    last = data.draw(st.integers(first, min(first + 8, len(good))))

    reads_or_refuses(good[:first] + data.draw(st.binary(max_size=8)) + good[last:])
