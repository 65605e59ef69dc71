"""Claims that look for a volume, and volumes whose claim has gone."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench
from volume_samples import bound_pair, claim, pod_with, storage_class, volume

from k8slab.client import After
from k8slab.controllers import PersistentVolumeBinder

Obj = dict[str, Any]

CONTROLLER = PersistentVolumeBinder
LATER = {"volumeBindingMode": "WaitForFirstConsumer"}
FAST = {"storageClassName": "fast"}
OF_DRIVER = {"annotations": {"pv.kubernetes.io/provisioned-by": "disk.example"}}
DEFAULT = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
DISK = {"csi": {"driver": "disk.example", "volumeHandle": "v1"}, "hostPath": None}
WAITING = (
    "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'disk.example' or "
    "manually by the system administrator. If volume creation is delayed, please verify that the provisioner is "
    "running and correctly registered."
)


def phases(bench: Bench) -> dict[str, str]:
    """The phases of everything, by name."""
    every = [*bench.client.list("pv"), *bench.client.list("pvc")]
    return {obj["metadata"]["name"]: obj["status"]["phase"] for obj in every}


def test_a_claim_and_a_volume_are_bound_in_four_writes(bench: Bench) -> None:
    """Source: pv_controller.go, bind."""
    bench.given(volume("pv", "5Gi"), claim())

    bench.reconcile("default/data")

    made = bench.client.get("pvc", "data", "default")
    marks = [f"pv.kubernetes.io/{mark}" for mark in ("bind-completed", "bound-by-controller")]
    assert sorted(made["metadata"]["annotations"]) == marks and made["spec"]["volumeName"] == "pv"
    assert made["status"] == {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "5Gi"}}
    assert bench.client.get("pv", "pv")["spec"]["claimRef"]["uid"] == made["metadata"]["uid"]
    assert phases(bench) == {"pv": "Bound", "data": "Bound"} and len(bench.writes) == 4


def test_a_bound_pair_is_left_in_peace(bench: Bench) -> None:
    bound_pair(bench)
    bench.reconcile("default/data")

    bench.reconcile("default/data")
    bench.reconcile("/pv")

    assert bench.writes == []


@pytest.mark.parametrize(
    ("there", "asked", "said"),
    [
        ([], {}, "FailedBinding: no persistent volumes available for this claim and no storage class is set"),
        ([], FAST, 'ProvisioningFailed: storageclass.storage.k8s.io "fast" not found'),
        ([storage_class("fast")], FAST, WAITING),
        (
            [storage_class("fast", "kubernetes.io/no-provisioner")],
            FAST,
            "ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner",
        ),
        (
            [storage_class("fast", **LATER)],
            FAST,
            "WaitForFirstConsumer: waiting for first consumer to be created before binding",
        ),
        (
            [storage_class("fast", **LATER), pod_with("web", "data")],
            FAST,
            "WaitForPodScheduled: waiting for pod web to be scheduled",
        ),
        ([volume("pv")], {"volumeName": "pv", **FAST}, 'VolumeMismatch: Cannot bind to requested volume "pv": '
                                                       "storageClassName does not match"),
        (
            [volume("pv", claimRef={"namespace": "default", "name": "other"})],
            {"volumeName": "pv"},
            'FailedBinding: volume "pv" already bound to a different claim.',
        ),
    ],
)  # fmt: skip
def test_a_claim_that_waits_says_for_what(bench: Bench, there: list[Obj], asked: Obj, said: str) -> None:
    """Source: pv_controller.go, syncUnboundClaim; it looks again every 15 s (PVClaimBinderSyncPeriod)."""
    bench.given(*there, claim(**asked))

    again = bench.reconcile("default/data")

    assert (bench.events(), again) == ([said], After(15, background=True))
    assert bench.client.get("pvc", "data", "default")["status"] == {"phase": "Pending"}


def test_an_external_provisioner_finds_its_name_in_the_claim(bench: Bench) -> None:
    """Source: pv_controller.go, setClaimProvisioner."""
    bench.given(storage_class("fast"), claim(**FAST))

    bench.reconcile("default/data")

    beta, stable = "volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"
    found = bench.client.get("pvc", "data", "default")["metadata"]["annotations"]
    assert found == {beta: "disk.example", stable: "disk.example"}


def test_a_claim_older_than_the_default_class_gets_it(bench: Bench) -> None:
    """Source: kubernetes.io, "Persistent Volumes", "Retroactive default StorageClass assignment"."""
    bench.given(claim(), storage_class("fast", **DEFAULT))

    bench.reconcile("default/data")

    assert bench.client.get("pvc", "data", "default")["spec"]["storageClassName"] == "fast"


@pytest.mark.parametrize(
    ("spec", "phase", "said"),
    [
        ({}, "Released", []),
        (
            {"persistentVolumeReclaimPolicy": "Delete"},
            "Failed",
            ["VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /srv/pv"],
        ),
        ({"persistentVolumeReclaimPolicy": "Delete", **OF_DRIVER}, "Released", []),
        (
            {"persistentVolumeReclaimPolicy": "Recycle"},
            "Failed",
            ["VolumeFailedRecycle: No recycler plugin found for the volume!"],
        ),
    ],
)
def test_a_volume_whose_claim_has_gone_is_reclaimed(bench: Bench, spec: Obj, phase: str, said: list[str]) -> None:
    """Source: pv_controller.go, syncVolume, reclaimVolume; what a driver made, the driver deletes."""
    gone = {"namespace": "default", "name": "data", "uid": "gone"}
    bench.given(volume("pv", claimRef=gone, phase="Bound", **spec))

    bench.reconcile("/pv")
    bench.reconcile("/pv")

    assert (phases(bench), bench.events()) == ({"pv": phase}, said)


def test_a_claim_without_its_volume_is_lost(bench: Bench) -> None:
    """Source: pv_controller.go, syncBoundClaim."""
    bench.given(claim(annotations={"pv.kubernetes.io/bind-completed": "yes"}, volumeName="gone", phase="Bound"))

    bench.reconcile("default/data")
    bench.reconcile("default/data")

    assert phases(bench) == {"data": "Lost"}
    assert bench.events() == ["ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"]


@pytest.mark.parametrize(("marks", "left"), [({"pv.kubernetes.io/bound-by-controller": "yes"}, None), ({}, "data")])
def test_a_volume_whose_claim_chose_another_is_free_again(bench: Bench, marks: Obj, left: str | None) -> None:
    """Source: pv_controller.go, unbindVolume: what a person reserved stays reserved."""
    _, made = bound_pair(bench)
    ref = {"namespace": "default", "name": "data", "uid": made["metadata"]["uid"]}
    bench.given(volume("spare", claimRef=ref, phase="Bound", annotations=marks))

    bench.reconcile("/spare")

    spare = bench.client.get("pv", "spare")
    assert (spare["spec"].get("claimRef") or {}).get("name") == left and spare["status"]["phase"] == "Available"
