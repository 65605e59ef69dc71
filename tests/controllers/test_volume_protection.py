"""What is used does not go."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from volume_samples import claim, pod_with, volume

from k8slab.controllers import ClaimProtection, VolumeProtection

Obj = dict[str, Any]

CONTROLLER = ClaimProtection


@pytest.mark.parametrize(
    ("pods", "is_there"),
    [([], False), ([pod_with("web", "data", "n1")], True), ([pod_with("web", "data")], False),
     ([pod_with("web", "other", "n1")], False)],
)  # fmt: skip
def test_a_claim_stays_as_long_as_a_pod_on_a_node_mounts_it(bench: Bench, pods: list[Obj], is_there: bool) -> None:
    """Source: pvc_protection_controller.go, podUsesPVC; kubernetes.io, "Storage Object in Use Protection"."""
    bench.given(claim(), *pods)
    bench.client.delete("pvc", "data", "default")

    bench.reconcile("default/data")

    assert bool(bench.client.list("pvc")) == is_there


def test_a_claim_goes_with_its_last_pod(bench: Bench) -> None:
    bench.given(claim(), pod_with("web", "data", "n1"))
    bench.reconcile("default/data")
    bench.client.delete("pvc", "data", "default")

    bench.client.delete("po", "web", "default", grace_s=0)
    bench.loop.run_until(bench.loop.now + 1)

    assert bench.client.list("pvc") == []


@pytest.mark.parametrize(("phase", "is_there"), [("Bound", True), ("Available", False), ("Released", False)])
def test_a_volume_stays_as_long_as_it_is_bound(phase: str, is_there: bool) -> None:
    """Source: pv_protection_controller.go, isBeingUsed."""
    bench = Bench(VolumeProtection)
    bench.given(volume("pv", phase=phase))
    bench.client.delete("pv", "pv")

    bench.reconcile("/pv")

    assert bool(bench.client.list("pv")) == is_there


def test_what_was_there_before_is_protected_too(bench: Bench) -> None:
    bench.given(claim())
    bench.client.patch("pvc", "data", "default", {"metadata": {"finalizers": None}}, type="merge")

    bench.reconcile("default/data")

    assert bench.client.get("pvc", "data", "default")["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
