"""What is refused, in which words; and that a refusal leaves no trace in the store."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, sample
from bad_objects import BAD_METADATA, BAD_OTHERS, BAD_WORKLOADS
from bad_pods import BAD_PODS
from bad_services import BAD_SERVICES
from bad_sets import BAD_SETS

POD = sample("Pod")["spec"]
BAD: list[tuple[str, dict[str, Any], str]] = [
    *(("Pod", {"spec": {**POD, **changes}}, message) for changes, message in BAD_PODS),
    *BAD_METADATA,
    *BAD_WORKLOADS,
    *BAD_SERVICES,
    *BAD_SETS,
    *BAD_OTHERS,
]


@pytest.mark.parametrize(("kind", "changes", "message"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_object_is_refused_in_the_servers_words(
    api: ApiBench, kind: str, changes: dict[str, Any], message: str
) -> None:
    obj = sample(kind, **changes)

    answer = api.send("create", kind, body=obj)

    group = SERVED[kind].group
    qualified = f"{kind}.{group}" if group else kind
    assert answer.body["message"] == f'{qualified} "{obj["metadata"]["name"]}" is invalid: {message}'
    assert (answer.code, answer.body["code"], answer.body["reason"]) == (422, 422, "Invalid")


@pytest.mark.parametrize(("kind", "changes", "message"), BAD, ids=lambda value: str(value)[:60])
def test_each_cause_names_its_field(api: ApiBench, kind: str, changes: dict[str, Any], message: str) -> None:
    """Source: apimachinery/pkg/api/errors/errors.go, NewInvalid."""
    details = api.send("create", kind, body=sample(kind, **changes)).body["details"]

    texts = [f"{cause['field']}: {cause['message']}" for cause in details["causes"]]
    assert ", ".join(texts) == message[bool(len(texts) > 1) : len(message) - bool(len(texts) > 1)]
    assert (details["kind"], details.get("group", "")) == (kind, SERVED[kind].group)


def test_a_refusal_leaves_no_trace_in_the_store(api: ApiBench) -> None:
    for kind in SERVED:
        api.given(sample(kind))
    revision, before = api.revision, {kind: api.client.list(kind) for kind in SERVED}

    for kind, changes, _ in BAD:
        bad = sample(kind, **changes)
        patch = {**changes, "apiVersion": "v0"}
        for verb, name, body in (
            ("create", "", bad),
            ("update", "web", {**bad, "kind": "Nonsense"}),
            ("update", "other", bad),
            ("patch", "web", patch),
            ("patch", "other", patch),
        ):
            answer = api.send(verb, kind, name, body=body, content_type="application/merge-patch+json")
            assert answer.code >= 400, (verb, kind, name)

    assert api.revision == revision
    assert {kind: api.client.list(kind) for kind in SERVED} == before
