"""Bytes that pods write: where they stay, who has them next, when they are lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8slab import Cluster
from k8slab.kubeadm.storage import Bytes

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data}}
spec: {{accessModes: [{}], resources: {{requests: {{storage: 1Gi}}}}}}
---
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: busybox
        command: [sleep, "99999"]
        volumeMounts: [{name: data, mountPath: /data}, {name: scratch, mountPath: /scratch}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}, {name: scratch, emptyDir: {}}]
"""
WRITE = "exec deploy/db -- sh -c 'echo kept > /data/a; echo lost > /scratch/b'"
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {0}}}
spec:
  nodeName: {1}
  containers: [{{name: db, image: busybox, command: [sleep, "9999"], volumeMounts: [{{name: data, mountPath: /data}}]}}]
  volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
"""
STATEFULSET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 3
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: busybox, command: [sleep, "9999"], volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def cluster_with(*manifests: str, **given: Any) -> Cluster:
    """A cluster with a farm, on which all of this runs."""
    cluster = Cluster(nodes=3)
    cluster.storage_farm(**given)
    cluster.settle()
    cluster.apply("".join(manifests))
    cluster.run("2m")
    return cluster


def pods(cluster: Cluster) -> dict[str, str]:
    """The phases of the pods, by their node."""
    return {pod["spec"].get("nodeName", ""): pod["status"]["phase"] for pod in cluster.client.list("po", "default")}


def with_dead_node() -> tuple[Cluster, str, str]:
    """A database whose node has lost its power seven minutes ago: the cluster, the node, and its Pod."""
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"), DEPLOYMENT)
    cluster.kubectl(WRITE)
    (pod,) = cluster.client.list("Pod", "default")
    cluster.fail(pod["spec"]["nodeName"])
    cluster.run("7m")
    return cluster, pod["spec"]["nodeName"], pod["metadata"]["name"]


def test_a_pod_that_moves_finds_its_data_again() -> None:
    """Source: kubernetes.io, "Persistent Volumes"; "Volumes", emptyDir."""
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"), DEPLOYMENT)
    cluster.kubectl(WRITE)
    (before,) = pods(cluster)

    cluster.kubectl(f"drain {before} --ignore-daemonsets --delete-emptydir-data")
    cluster.run("3m")

    assert list(pods(cluster)) != [before]
    assert cluster.kubectl("exec deploy/db -- sh -c 'cat /data/a; ls /scratch'") == "kept\n"
    assert cluster.stored_bytes() == [Bytes("emptyDir", 5, 0, 0, 5), Bytes("claim", 5, 5, 0, 0)]


def test_a_dead_node_holds_a_volume_until_somebody_says_that_it_is_dead() -> None:
    """Source: kubernetes.io, "Node Shutdowns", "Non-graceful node shutdown handling"."""
    cluster, node, _ = with_dead_node()
    stuck = sorted(pods(cluster).values())

    cluster.kubectl(f"taint node {node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute")
    cluster.run("3m")

    assert stuck == ["Pending", "Running"] and list(pods(cluster).values()) == ["Running"]
    assert cluster.kubectl("exec deploy/db -- cat /data/a") == "kept\n"


@pytest.mark.parametrize(("waited", "attached_there"), [("5m50s", True), ("6m10s", False)])
def test_six_minutes_after_its_pod_is_gone_a_dead_node_loses_the_volume(waited: str, attached_there: bool) -> None:
    """Source: attach_detach_controller.go, ReconcilerMaxWaitForUnmountDuration."""
    cluster, node, pod = with_dead_node()

    cluster.kubectl(f"delete pod {pod} --force --grace-period=0")
    cluster.run(waited)

    holders = [one["spec"]["nodeName"] for one in cluster.client.list("VolumeAttachment")]
    assert (node in holders) == attached_there


@pytest.mark.parametrize(
    ("mode", "phases"),
    [("ReadWriteOnce", ["Pending", "Running"]), ("ReadWriteMany", ["Running", "Running"])],
)
def test_how_many_nodes_have_a_volume_says_its_mode(mode: str, phases: list[str]) -> None:
    """Source: kubernetes.io, "Persistent Volumes", "Access Modes"."""
    is_shared = mode == "ReadWriteMany"
    cluster = cluster_with(CLAIM.format(mode), POD.format("a", "node-1"), "---", shared=is_shared)

    cluster.apply(POD.format("b", "node-2"))
    cluster.run("2m")

    assert sorted(pods(cluster).values()) == phases


def test_two_pods_of_one_node_share_a_volume_unless_it_is_for_one_pod() -> None:
    """Source: kubernetes.io, "Persistent Volumes", ReadWriteOncePod: at most one Pod."""
    cluster = cluster_with(
        CLAIM.format("ReadWriteOncePod"), POD.format("a", "node-1"), "---", POD.format("b", "node-1")
    )

    phases = {pod["metadata"]["name"]: pod["status"]["phase"] for pod in cluster.client.list("Pod", "default")}
    problem = "volume uses the ReadWriteOncePod access mode and is already in use by another pod"
    assert phases == {"a": "Running", "b": "Pending"}
    assert any(problem in event["message"] for event in cluster.client.list("Event"))


def test_every_pod_of_a_set_has_a_disk_that_outlives_it() -> None:
    cluster = cluster_with(STATEFULSET)
    cluster.kubectl("exec db-1 -- sh -c 'echo one > /data/a'")

    cluster.kubectl("delete pod db-1")
    cluster.run("2m")

    assert cluster.kubectl("exec db-1 -- cat /data/a") == "one\n"
    assert len(cluster.world.farms["farm"].disks) == 3


def test_a_namespace_takes_its_claims_and_disks_along() -> None:
    cluster = cluster_with()
    cluster.kubectl("create namespace shop")
    cluster.kubectl("apply -n shop -f -", STATEFULSET)
    cluster.run("2m")
    there = len(cluster.world.farms["farm"].disks)

    cluster.kubectl("delete namespace shop --wait=false")
    cluster.run("3m")

    assert (there, cluster.world.farms["farm"].disks, cluster.client.list("Namespace")[-1]["metadata"]["name"]) == (
        3,
        {},
        "kube-system",
    )


def test_a_file_server_outside_has_the_same_files_for_every_node() -> None:
    """Source: kubernetes.io, "Persistent Volumes", nfs."""
    volume = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": ""}
    cluster = Cluster(nodes=2)
    source = {"nfs": {"server": "files.example", "path": "/shop"}}
    cluster.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": volume | source})
    cluster.apply(CLAIM.format("ReadWriteMany") + POD.format("a", "node-1") + "---" + POD.format("b", "node-2"))
    cluster.run("1m")

    cluster.kubectl("exec a -- sh -c 'echo hello > /data/x'")

    assert cluster.kubectl("exec b -- cat /data/x") == "hello\n"


def test_a_farm_is_part_of_the_history(tmp_path: Path) -> None:
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"), DEPLOYMENT)
    cluster.kubectl(WRITE)
    cluster.save(tmp_path / "cluster")

    copies = [cluster.fork(), Cluster.load(tmp_path / "cluster")]

    assert [copy.stored_bytes() for copy in copies] == [cluster.stored_bytes()] * 2
    assert [copy.kubectl("get pv,po") for copy in copies] == [cluster.kubectl("get pv,po")] * 2


def test_a_disk_is_on_the_bill() -> None:
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"), capacity="100Gi")

    (line,) = [line for line in cluster.bill().lines if line.kind == "volume"]

    assert (line.labels["namespace"], line.labels["claim"]) == ("default", "data") and line.dollars > 0


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "No"}, "is no name for a farm"),
        ({"capacity": "0"}, "a farm must hold something"),
        ({"limit": -1}, "a machine cannot have -1 disks"),
        ({"price": "gold"}, 'there is no price for "gold"'),
    ],
)
def test_a_farm_that_cannot_be_is_refused(cluster: Cluster, given: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        cluster.storage_farm(**given)

    assert cluster.client.list("StorageClass") == []


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        (
            {"csi": {"driver": "no.such", "volumeHandle": "x"}},
            {
                'AttachVolume.Attach failed for volume "pv" : timed out waiting for external-attacher of no.such CSI '
                "driver to attach volume x",
                "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data], failed to "
                "process volumes=[]: context deadline exceeded",
            },
        ),
        (
            {"rbd": {"image": "x", "monitors": ["a"]}},
            {
                'MountVolume.SetUp failed for volume "pv" : no volume plugin matched',
                "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to "
                "process volumes=[]: context deadline exceeded",
            },
        ),
        (
            {"hostPath": {"path": "/gone", "type": "Directory"}},
            {
                'MountVolume.SetUp failed for volume "pv" : hostPath type check failed: /gone is not a directory',
                "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to "
                "process volumes=[]: context deadline exceeded",
            },
        ),
    ],
)
def test_a_volume_that_nobody_can_mount_says_why(source: Any, problems: set[str]) -> None:
    """Source: pkg/kubelet/volumemanager/volume_manager.go, WaitForAttachAndMount; pkg/volume/plugins.go."""
    cluster = Cluster(nodes=1)
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], **source}
    cluster.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": spec})
    cluster.apply(CLAIM.format("ReadWriteOnce") + POD.format("web", "node-1"))
    cluster.run("3m")

    events = cluster.client.list("Event")

    about = [event for event in events if event["involvedObject"]["name"] == "web" and event["type"] == "Warning"]
    said = {event["message"] for event in about if "PVC is not bound" not in event["message"]}
    assert said == problems


def test_a_machine_has_no_more_disks_than_its_limit() -> None:
    """Source: kubernetes.io, "Node-specific Volume Limits"."""
    cluster = cluster_with(STATEFULSET.replace("replicas: 3", "replicas: 4"), limit=1)

    states = [pod["status"]["phase"] for pod in cluster.client.list("Pod", "default")]

    assert states == ["Running", "Running", "Running", "Pending"]
    assert any("3 node(s) exceed max volume count" in event["message"] for event in cluster.client.list("Event"))


def test_a_kubelet_that_starts_anew_keeps_what_its_pods_use() -> None:
    """Source: pkg/kubelet/kubelet_node_status.go: volumesInUse is not written before the pods are known."""
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"), POD.format("web", "node-1"))
    cluster.kubectl("exec web -- sh -c 'echo kept > /data/a'")
    stream = cluster.client.watch("Node", fields="metadata.name=node-1")

    cluster.stop_daemon("node-1", "kubelet")
    cluster.run("20s")
    cluster.start_daemon("node-1", "kubelet")
    cluster.run("1m")

    assert cluster.kubectl("exec web -- cat /data/a") == "kept\n"
    assert [len(node["status"].get("volumesInUse", ())) for _, node in stream.pull()].count(0) == 0
    assert len(cluster.client.list("VolumeAttachment")) == 1


def test_a_machine_that_joins_later_gets_disks_too() -> None:
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"))
    cluster.add_node("late")
    cluster.run("2m")

    cluster.apply(POD.format("web", "late"))
    cluster.run("1m")

    assert pods(cluster) == {"late": "Running"}


def test_a_node_says_that_it_uses_a_volume_before_it_does() -> None:
    """Source: operation_generator.go, GenerateVerifyControllerAttachedVolumeFunc: ReportedInUse."""
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"))
    cluster.apply(POD.format("web", "node-1"))

    while pods(cluster) != {"node-1": "Running"}:
        cluster.run(0.25)

    assert cluster.client.get("Node", "node-1")["status"]["volumesInUse"]


def test_a_claim_that_is_mounted_to_be_read_is_not_written() -> None:
    """Source: kubernetes.io, API reference, PersistentVolumeClaimVolumeSource, readOnly."""
    pod = POD.format("web", "node-1").replace("{claimName: data}", "{claimName: data, readOnly: true}")
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"), pod)

    answer = cluster.kubectl("exec web -- sh -c 'echo x > /data/a'")

    assert "Read-only file system" in answer


@pytest.mark.parametrize(("policy", "disks"), [("Delete", 0), ("Retain", 1)])
def test_a_volume_that_is_deleted_goes_after_its_claim(policy: str, disks: int) -> None:
    """Source: kubernetes.io, "Persistent Volumes", "PersistentVolume deletion protection finalizer"."""
    cluster = cluster_with(CLAIM.format("ReadWriteOnce"))
    name = cluster.client.get("pvc", "data", "default")["spec"]["volumeName"]
    cluster.client.patch("pv", name, "", {"spec": {"persistentVolumeReclaimPolicy": policy}})

    cluster.client.delete("pv", name)
    cluster.run("10s")
    there = [volume["status"]["phase"] for volume in cluster.client.list("pv")]
    cluster.client.delete("pvc", "data", "default")
    cluster.run("30s")

    assert (there, cluster.client.list("pv"), len(cluster.world.farms["farm"].disks)) == (["Bound"], [], disks)
