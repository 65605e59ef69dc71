"""Objects that are read well and make no sense: refused or stored, never a fault, and always listed."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, place_of, sample


@pytest.mark.parametrize("form", ["Table", ""])
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("Event", {"involvedObject": None}),
        ("Event", {"involvedObject": {}}),
        ("EndpointSlice", {"ports": [{"name": "web"}]}),
        ("LimitRange", {"spec": None}),
        ("Secret", {"data": {"password": None}}),
        ("Node", {"spec": None}),
    ],
)
def test_what_is_nearly_empty_is_listed(api: ApiBench, kind: str, changes: dict[str, Any], form: str) -> None:
    api.given(sample(kind, **changes))

    assert api.send("list", kind, accept=form).code == 200


@pytest.mark.parametrize("kind", sorted({kind for kind in SERVED if "spec" in sample(kind)} - {"Namespace"}))
def test_an_empty_spec_is_no_fault(api: ApiBench, kind: str) -> None:
    """Source: in Go a spec is a struct, so it is there when nothing is given."""
    api.given(sample(kind))
    old = api.client.get(kind, "web", place_of(kind))

    replies = [
        api.send("create", kind, body=sample(kind, "other", spec=None)),
        api.send("update", kind, "web", body={**old, "spec": None}),
    ]

    assert all(reply.code in (200, 201, 403, 422) for reply in replies)


@pytest.mark.parametrize("word", [1, True, [], {"a": "b"}])
def test_a_patch_to_a_kind_that_is_no_word_is_refused(api: ApiBench, word: Any) -> None:
    api.given(sample("ConfigMap"))

    codes = [
        api.send("patch", "ConfigMap", "web", body={field: word}, content_type="application/merge-patch+json").code
        for field in ("apiVersion", "kind")
    ]

    assert set(codes) <= {400, 422, 200}


def test_a_claim_is_not_held_to_an_empty_limit_range(api: ApiBench) -> None:
    api.given(sample("LimitRange", spec=None))

    assert api.send("create", "PersistentVolumeClaim", body=sample("PersistentVolumeClaim")).code == 201
