"""Claims that ask for more than they have."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from volume_samples import bound_pair

from k8slab.controllers import VolumeExpandController

CONTROLLER = VolumeExpandController
CSI = {"csi": {"driver": "disk.example", "volumeHandle": "v1"}}
SAID = "ExternalExpanding: waiting for an external controller to expand this PVC"


@pytest.mark.parametrize(
    ("source", "granted", "said"), [(CSI, "500Mi", [SAID]), (CSI, "1Gi", []), (CSI, "2Gi", []), ({}, "500Mi", [])]
)
def test_a_wish_for_more_is_told_of_once(bench: Bench, source: Any, granted: str, said: list[str]) -> None:
    """Source: pkg/controller/volume/expand/expand_controller.go, syncHandler."""
    _, claim = bound_pair(bench, **source)
    bench.client.patch_status(claim, {"capacity": {"storage": granted}})

    bench.reconcile("default/data")
    bench.reconcile("default/data")

    assert bench.events() == said
    assert [event["count"] for event in bench.client.list("Event")] == [1] * len(said)
