"""Who gets a volume, who loses it, and when."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node
from volume_samples import bound_pair, pod_with

from k8slab.controllers import AttachDetachController

Obj = dict[str, Any]

CONTROLLER = AttachDetachController
CSI = {"driver": "disk.example", "volumeHandle": "v1"}
UNIQUE = "kubernetes.io/csi/disk.example^v1"
RUNNING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}
OUT = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
ATTACHED = 'AttachVolume.Attach succeeded for volume "pv" '
ERROR = 'Multi-Attach error for volume "pv" Volume is already '


def given(bench: Bench, *, modes: list[str] | None = None, is_ready: bool = True, taints: Any = ()) -> None:
    """Two nodes, and a volume that a Pod on n1 mounts and has got."""
    bench.given(node("n1", ready="True" if is_ready else "Unknown", taints=list(taints)), node("n2"))
    bound_pair(bench, csi=CSI, accessModes=modes or ["ReadWriteOnce"], capacity={"storage": "1Gi"})
    bench.given({**pod_with("old", "data", "n1"), "status": RUNNING})
    bench.reconcile("/pv")
    driver_says(bench, {"attached": True})
    bench.reconcile("/pv")
    node_says(bench, "n1", [UNIQUE])


def driver_says(bench: Bench, status: Obj) -> None:
    """The driver has worked on the one attachment there is."""
    (found,) = bench.client.list("VolumeAttachment")
    bench.client.patch_status(found, status)


def node_says(bench: Bench, name: str, volumes: list[str]) -> None:
    """A kubelet tells which volumes it uses."""
    bench.client.patch_status(bench.client.get("Node", name), {"volumesInUse": volumes})


def refusals(bench: Bench) -> list[str]:
    """What was said to Pods whose node does not get the volume."""
    return [event["message"] for event in bench.client.list("Event") if event["reason"] == "FailedAttachVolume"]


def nodes_of(bench: Bench) -> list[str]:
    """The nodes to which the volume is attached."""
    return [one["spec"]["nodeName"] for one in bench.client.list("VolumeAttachment")]


def test_the_node_of_a_pod_gets_its_volume(bench: Bench) -> None:
    """Source: csi_attacher.go, Attach: the name is made of the handle, the driver and the node."""
    given(bench)

    (one,) = bench.client.list("VolumeAttachment")
    assert one["metadata"]["name"] == "csi-1807645c3eeddcf02c7fd66486f458525b561ca8f3abe6c66c32e5b646959938"
    assert one["spec"] == {"attacher": "disk.example", "nodeName": "n1", "source": {"persistentVolumeName": "pv"}}
    told = bench.client.get("Node", "n1")["status"]["volumesAttached"]
    assert told == [{"name": UNIQUE, "devicePath": ""}]
    assert bench.events() == [f"SuccessfulAttachVolume: {ATTACHED}"]


@pytest.mark.parametrize(
    ("modes", "nodes", "said"),
    [
        (["ReadWriteOnce"], ["n1"], [f"{ERROR}used by pod(s) old"]),
        (["ReadWriteOncePod"], ["n1"], [f"{ERROR}used by pod(s) old"]),
        (["ReadWriteMany"], ["n1", "n2"], []),
        (["ReadOnlyMany"], ["n1", "n2"], []),
    ],
)
def test_a_second_node_gets_it_only_if_many_may(bench: Bench, modes: list[str], nodes: list[str], said: Any) -> None:
    """Source: reconciler.go, attachDesiredVolumes, reportMultiAttachError."""
    given(bench, modes=modes)
    bench.given(pod_with("new", "data", "n2"))

    bench.reconcile("/pv")
    bench.reconcile("/pv")

    assert (sorted(nodes_of(bench)), refusals(bench)) == (nodes, said)


def test_a_volume_is_not_taken_from_a_node_that_still_mounts_it(bench: Bench) -> None:
    """Source: reconciler.go, reconcile: MountedByNode."""
    given(bench)
    bench.client.delete("Pod", "old", "default", grace_s=0)
    bench.given(pod_with("new", "data", "n2"))

    again = bench.reconcile("/pv")
    kept, said = nodes_of(bench), refusals(bench)
    node_says(bench, "n1", [])
    bench.reconcile("/pv")
    bench.reconcile("/pv")

    exclusive = "exclusively attached to one node and can't be attached to another"
    assert (kept, again, said) == (["n1"], None, [f"{ERROR}{exclusive}"])
    assert nodes_of(bench) == ["n2"]
    assert "volumesAttached" not in bench.client.get("Node", "n1")["status"]


@pytest.mark.parametrize(("waited_s", "nodes"), [(359, ["n1"]), (361, [])])
def test_after_six_minutes_a_silent_node_loses_it(bench: Bench, waited_s: float, nodes: list[str]) -> None:
    """Source: attach_detach_controller.go, ReconcilerMaxWaitForUnmountDuration; kubernetes.io, "Node Shutdowns"."""
    given(bench, is_ready=False)
    bench.client.delete("Pod", "old", "default", grace_s=0)
    assert bench.reconcile("/pv").seconds == 360

    bench.loop.run_until(bench.loop.now + waited_s)

    assert nodes_of(bench) == nodes


def test_a_node_that_is_there_keeps_it_for_longer_than_that(bench: Bench) -> None:
    """Source: reconciler.go, reconcile: only an unhealthy node is forced."""
    given(bench)
    bench.client.delete("Pod", "old", "default", grace_s=0)
    bench.reconcile("/pv")

    bench.loop.run_until(bench.loop.now + 3600)

    assert nodes_of(bench) == ["n1"]


def test_a_node_out_of_service_loses_it_at_once(bench: Bench) -> None:
    """Source: reconciler.go, hasOutOfServiceTaint; kubernetes.io, "Non-graceful node shutdown handling"."""
    given(bench, is_ready=False, taints=[OUT])
    bench.client.delete("Pod", "old", "default", grace_s=0)

    bench.reconcile("/pv")

    assert nodes_of(bench) == []


def test_a_pod_that_is_leaving_holds_it_while_its_containers_run(bench: Bench) -> None:
    """Source: pkg/volume/util/util.go, IsPodTerminated: nobody tells that they have ended on a dead machine."""
    given(bench, is_ready=False)
    bench.client.delete("Pod", "old", "default")
    bench.reconcile("/pv")

    bench.loop.run_until(bench.loop.now + 3600)

    assert nodes_of(bench) == ["n1"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"attached": False, "attachError": {"message": "no"}}, 'AttachVolume.Attach failed for volume "pv" : no'),
        (
            {},
            'AttachVolume.Attach failed for volume "pv" : timed out waiting for external-attacher of disk.example CSI '
            "driver to attach volume v1",
        ),
    ],
)
def test_a_driver_that_does_not_deliver_is_told_of(bench: Bench, status: Obj, said: str) -> None:
    """Source: csi_attacher.go, waitForVolumeAttachment."""
    bench.given(node("n1"))
    bound_pair(bench, csi=CSI)
    bench.given(pod_with("web", "data", "n1"))
    bench.reconcile("/pv")
    driver_says(bench, status)

    bench.loop.run_until(bench.loop.now + 121)

    assert refusals(bench) == [said]


def test_what_needs_no_attaching_is_not_attached(bench: Bench) -> None:
    driver = {"metadata": {"name": "disk.example"}, "spec": {"attachRequired": False}}
    bench.given({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", **driver}, node("n1"))
    bound_pair(bench, csi=CSI)
    bench.given(pod_with("web", "data", "n1"))

    bench.reconcile("/pv")

    assert nodes_of(bench) == []
