"""A DaemonSet's template is counted in an annotation that only the server writes."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import BODIES
from bench import Bench

Obj = dict[str, Any]

COUNT = "deprecated.daemonset.template.generation"


def daemonset(**metadata: Any) -> Obj:
    """A DaemonSet called web."""
    kind = {"apiVersion": "apps/v1", "kind": "DaemonSet"}
    return {**BODIES["DaemonSet"], **kind, "metadata": {"name": "web", "namespace": "default", **metadata}}


def count(obj: Obj) -> str:
    """What the server has counted."""
    return str(obj["metadata"]["annotations"][COUNT])


@pytest.mark.parametrize(("given", "counted"), [(None, "1"), ("0", "1"), ("7", "7")])
def test_a_new_template_is_the_first_unless_said_otherwise(given: str | None, counted: str) -> None:
    """Source: pkg/registry/apps/daemonset/strategy.go, PrepareForCreate."""
    annotations = {COUNT: given, "a": "b"} if given else {"a": "b"}

    created = Bench().client.create(daemonset(annotations=annotations))

    assert created["metadata"]["annotations"] == {COUNT: counted, "a": "b"}


@pytest.mark.parametrize(
    ("patch", "counted"),
    [
        ({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 5}}}}, "2"),
        ({"spec": {"template": {"metadata": {"annotations": {"again": "now"}}}}}, "2"),
        ({"spec": {"minReadySeconds": 5}}, "1"),
        ({"metadata": {"labels": {"a": "b"}}}, "1"),
        ({"metadata": {"annotations": {COUNT: "9"}}}, "1"),
        ({"metadata": {"annotations": None}}, "1"),
    ],
)
@pytest.mark.parametrize("subresource", ["", "status"])
def test_only_another_template_counts(patch: Obj, counted: str, subresource: str) -> None:
    """Source: pkg/registry/apps/daemonset/strategy.go, PrepareForUpdate (also of the status)."""
    bench = Bench()
    bench.client.create(daemonset())

    patched = bench.client.patch("ds", "web", "default", patch, type="merge", subresource=subresource)

    assert count(patched) == ("1" if subresource else counted)
