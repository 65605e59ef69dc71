"""Bodies that are no object of the kind: wrong types, unknown fields, wrong kinds, and nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, sample

from k8slab.wire import Request

POD = sample("Pod")["spec"]
STRICT = {"fieldValidation": "Strict"}


def struct_error(kind: str, found: str, field: str, wanted: str) -> str:
    problem = f"json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
    return f'{kind} in version "v1" cannot be handled as a {kind}: {problem}'


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("Pod", {"spec": 5}, struct_error("Pod", "number", "Pod.spec", "v1.PodSpec")),
        (
            "Pod",
            {"spec": {"containers": {}}},
            struct_error("Pod", "object", "PodSpec.spec.containers", "[]v1.Container"),
        ),
        (
            "Pod",
            {"spec": {**POD, "hostNetwork": "yes"}},
            struct_error("Pod", "string", "PodSpec.spec.hostNetwork", "bool"),
        ),
        (
            "Pod",
            {"spec": {"containers": [{"name": "a", "image": 5}]}},
            struct_error("Pod", "number", "Container.spec.containers.image", "string"),
        ),
        (
            "Deployment",
            {"spec": {**sample("Deployment")["spec"], "replicas": "3"}},
            struct_error("Deployment", "string", "DeploymentSpec.spec.replicas", "int32"),
        ),
        (
            "Deployment",
            {"spec": {**sample("Deployment")["spec"], "replicas": 1.5}},
            struct_error("Deployment", "number 1.5", "DeploymentSpec.spec.replicas", "int32"),
        ),
        ("ConfigMap", {"data": {"a": 1}}, struct_error("ConfigMap", "number", "ConfigMap.data", "string")),
        (
            "ConfigMap",
            {"metadata": {"name": "web", "namespace": "default", "labels": {"a": True}}},
            struct_error("ConfigMap", "bool", "ObjectMeta.metadata.labels", "string"),
        ),
        (
            "Secret",
            {"data": {"a": "not base64!"}},
            'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 3',
        ),
        (
            "Pod",
            {"spec": {"containers": [{"name": "a", "image": "b", "resources": {"limits": {"cpu": "lots"}}}]}},
            'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_a_wrong_type_is_a_bad_request(api: ApiBench, kind: str, changes: dict[str, Any], message: str) -> None:
    """Source: Go's encoding/json; endpoints/handlers/rest.go, transformDecodeError; api/resource/quantity.go."""
    revision = api.revision

    answer = api.send("create", kind, body=sample(kind, **changes))

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (400, "BadRequest", message)
    assert api.revision == revision


@pytest.mark.parametrize("kind", sorted(SERVED))
@pytest.mark.parametrize("wish", ["Strict", "Warn", "Ignore", ""])
def test_an_unknown_field_is_refused_warned_of_or_dropped(api: ApiBench, kind: str, wish: str) -> None:
    """Source: kubernetes.io, API concepts, "Field validation"; handlers/create.go."""
    obj = sample(kind, colour="red")

    answer = api.send("create", kind, body=obj, params={"fieldValidation": wish} if wish else {})

    version = SERVED[kind].version
    text = f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: unknown field "colour"'
    assert answer.code == (400 if wish == "Strict" else 201)
    assert (answer.body.get("message") == text) == (wish == "Strict")
    assert answer.warnings == (('unknown field "colour"',) if wish in ("Warn", "") else ())
    assert "colour" not in answer.body


def test_unknown_fields_are_named_with_their_paths(api: ApiBench) -> None:
    spec = {"containers": [{"name": "a", "image": "b", "cmd": ["x"]}], "restart": "Always"}

    answer = api.send("create", "Pod", body=sample("Pod", spec=spec), params=STRICT)

    unknown = 'unknown field "spec.containers[0].cmd", unknown field "spec.restart"'
    assert answer.body["message"].endswith(f"strict decoding error: {unknown}")


@pytest.mark.parametrize(
    ("kind", "type_meta", "message"),
    [
        (
            "Pod",
            {"kind": "Widget"},
            'Widget in version "v1" cannot be handled as a Pod: no kind "Widget" is registered for version "v1" '
            'in scheme "pkg/api/legacyscheme/scheme.go:30"',
        ),
        (
            "Deployment",
            {"apiVersion": "apps/v2"},
            'Deployment in version "v2" cannot be handled as a Deployment: no kind "Deployment" is registered for '
            'version "apps/v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
        ),
        (
            "Pod",
            {"kind": "Service"},
            'Service in version "v1" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): '
            "unknown conversion",
        ),
        (
            "ConfigMap",
            {"apiVersion": "apps/v1", "kind": "Deployment"},
            "the API version in the data (apps/v1) does not match the expected API version (v1)",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["create", "update"])
def test_what_is_of_another_kind_is_refused(
    api: ApiBench, kind: str, type_meta: dict[str, str], message: str, verb: str
) -> None:
    """Source: runtime/error.go, NotRegisteredErr; handlers/create.go and update.go."""
    api.given(sample(kind))

    answer = api.send(verb, kind, "web" if verb == "update" else "", body={**sample(kind), **type_meta})

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (400, "BadRequest", message)


@pytest.mark.parametrize("patch", [{"apiVersion": "v0"}, {"kind": "Widget"}])
def test_a_patch_cannot_change_the_kind(api: ApiBench, patch: dict[str, str]) -> None:
    """Source: handlers/patch.go, applyPatchToCurrentObject: the outcome is decoded as the kind it says it is."""
    api.given(sample("ConfigMap"))
    version, kind = patch.get("apiVersion", "v1"), patch.get("kind", "ConfigMap")

    answer = api.send("patch", "ConfigMap", "web", body=patch, content_type="application/merge-patch+json")

    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    assert f'no kind "{kind}" is registered for version "{version}" in scheme' in answer.body["message"]


@pytest.mark.parametrize("patch", [{"apiVersion": "v0"}, {"kind": "Widget"}, {"kind": None}])
def test_a_strategic_patch_says_nothing_about_the_kind(api: ApiBench, patch: dict[str, str]) -> None:
    """Source: handlers/patch.go, strategicPatchObject: the outcome is put into a struct of the old kind."""
    created = api.given(sample("ConfigMap"))

    assert api.patch("ConfigMap", "web", patch, "strategic") == created


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection"])
@pytest.mark.parametrize("body", [None, [], "text", 5, True, {}, {"metadata": 5}, {"metadata": {"name": 5}}, [[]]])
@pytest.mark.parametrize("kind", ["Pod", "Deployment", "Namespace"])
@pytest.mark.parametrize("subresource", ["", "status", "scale", "binding", "eviction", "finalize"])
def test_nonsense_is_answered_and_never_breaks_the_server(
    api: ApiBench, verb: str, body: Any, kind: str, subresource: str
) -> None:
    api.given(sample(kind))
    served = SERVED[kind]
    request = Request(verb, served.plural, served.group, served.version, "default", "web", subresource, body=body)

    for content_type in ("application/merge-patch+json", "application/json-patch+json"):
        answer = api.api.handle(request._replace(content_type=content_type))
        assert answer.code in (200, 201, 400, 404, 405, 409, 415, 422, 500), answer.body
