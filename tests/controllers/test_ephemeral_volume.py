"""Claims that come and go with their Pod."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from volume_samples import RWO, claim, pod_with

from k8slab.controllers import EphemeralVolumeController
from k8slab.wire import Conflict

Obj = dict[str, Any]

CONTROLLER = EphemeralVolumeController
WISH = {"accessModes": RWO, "resources": {"requests": {"storage": "1Gi"}}}


def pod_with_own_volume() -> Obj:
    """A Pod with a volume of its own."""
    pod = pod_with("web", "unused")
    template = {"metadata": {"labels": {"tier": "cache"}}, "spec": WISH}
    pod["spec"]["volumes"] = [{"name": "data", "ephemeral": {"volumeClaimTemplate": template}}]
    return pod


def test_a_pod_gets_a_claim_of_its_own(bench: Bench) -> None:
    """Source: pkg/controller/volume/ephemeral/controller_test.go; kubernetes.io, "Ephemeral Volumes"."""
    pod = bench.given(pod_with_own_volume())

    bench.reconcile("default/web")
    bench.reconcile("default/web")

    made = bench.client.get("pvc", "web-data", "default")
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"]) == (pod["metadata"]["uid"], True)
    assert made["metadata"]["labels"] == {"tier": "cache"} and bench.writes == []


def test_a_claim_of_somebody_else_is_not_taken(bench: Bench) -> None:
    """Source: component-helpers/storage/ephemeral, VolumeIsForPod."""
    bench.given(claim("web-data"), pod_with_own_volume())

    with pytest.raises(Conflict, match="PVC default/web-data was not created for pod default/web"):
        bench.reconcile("default/web")
