"""Patches that fail, and what the outcome of a patch is held to."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, refused, sample

REJECTED = "the server rejected our request due to an error in our request"


@pytest.mark.parametrize(
    ("content_type", "patch", "code", "reason", "message"),
    [
        ("json-patch", [{"op": "test", "path": "/data/color", "value": "blue"}], 422, "Invalid", REJECTED),
        ("json-patch", [{"op": "remove", "path": "/data/none"}], 422, "Invalid", REJECTED),
        ("json-patch", [{"op": "replace", "path": "/none/x", "value": "1"}], 422, "Invalid", REJECTED),
        ("json-patch", [{"op": "explode", "path": "/data"}], 422, "Invalid", REJECTED),
        (
            "json-patch",
            {"data": {}},
            400,
            "BadRequest",
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            "merge-patch",
            [1],
            400,
            "BadRequest",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (
            "strategic-merge-patch",
            "red",
            400,
            "BadRequest",
            "json: cannot unmarshal string into Go value of type map[string]interface {}",
        ),
    ],
)
def test_a_patch_that_cannot_be_applied_changes_nothing(
    api: ApiBench, content_type: str, patch: Any, code: int, reason: str, message: str
) -> None:
    """Source: apiserver/pkg/endpoints/handlers/patch.go, applyJSPatch and interpretPatchError."""
    created = api.given(sample("ConfigMap"))

    answer = api.send("patch", "ConfigMap", "web", body=patch, content_type=f"application/{content_type}+json")

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (code, reason, message)
    assert api.client.get("ConfigMap", "web", "default") == created


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain"])
def test_a_patch_must_say_of_which_kind_it_is(api: ApiBench, content_type: str) -> None:
    """Source: handlers/patch.go, PatchResource; negotiation/errors.go, NewUnsupportedMediaTypeError."""
    api.given(sample("ConfigMap"))

    answer = api.send("patch", "ConfigMap", "web", body={"data": {}}, content_type=content_type)

    assert (answer.code, answer.body["reason"]) == (415, "UnsupportedMediaType")
    assert answer.body["message"].startswith("the body of the request was in an unknown format - accepted media types")


@pytest.mark.parametrize("field", ["name", "namespace", "uid", "creationTimestamp"])
def test_a_patch_does_not_change_who_an_object_is(api: ApiBench, field: str) -> None:
    created = api.given(sample("ConfigMap"))
    patch = {"metadata": {field: "2001-01-01T00:00:00Z" if field == "creationTimestamp" else "other"}}

    answer = api.send("patch", "ConfigMap", "web", body=patch, content_type="application/merge-patch+json")

    assert answer.code in ((200,) if field == "creationTimestamp" else (400, 409))
    assert api.client.get("ConfigMap", "web", "default") == created


def test_what_a_patch_makes_is_checked(api: ApiBench) -> None:
    api.given(sample("Deployment"))

    error = refused(api.patch, "Deployment", "web", {"spec": {"replicas": -1}})

    text = "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    assert error == (422, "Invalid", f'Deployment.apps "web" is invalid: {text}')


@pytest.mark.parametrize("type", ["merge", "strategic"])
def test_a_default_that_is_taken_away_comes_back(api: ApiBench, type: str) -> None:
    """Source: handlers/patch.go: the outcome of a patch is defaulted again."""
    api.given(sample("Deployment", spec={**sample("Deployment")["spec"], "revisionHistoryLimit": 3}))

    patched = api.patch("Deployment", "web", {"spec": {"revisionHistoryLimit": None}}, type)

    assert patched["spec"]["revisionHistoryLimit"] == 10


@pytest.mark.parametrize("wish", ["Strict", "Warn", "Ignore", ""])
def test_a_patch_may_ask_for_strictness(api: ApiBench, wish: str) -> None:
    """Source: kubernetes.io, API concepts, "Field validation"."""
    api.given(sample("Service"))
    params = {"fieldValidation": wish} if wish else {}
    patch = {"spec": {"colour": "red"}}

    answer = api.send("patch", "Service", "web", body=patch, params=params, content_type="application/merge-patch+json")

    assert answer.code == (422 if wish == "Strict" else 200)
    assert answer.warnings == (('unknown field "spec.colour"',) if wish in ("Warn", "") else ())
    assert ('unknown field "spec.colour"' in answer.body.get("message", "")) == (wish == "Strict")
