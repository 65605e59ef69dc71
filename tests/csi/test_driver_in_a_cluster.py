"""The driver of a farm, on a cluster: what claims get, what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab import Cluster
from k8slab.etcd import DictStore, Put
from k8slab.objects import freeze

Obj = dict[str, Any]

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: main, image: busybox, command: [sleep, "9999"], volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"""
CLASS = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: kept}
provisioner: farm.csi.example
reclaimPolicy: Retain
"""
SNAPSHOT = """
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: s1}
spec: {volumeSnapshotClassName: farm, source: {persistentVolumeClaimName: data}}
"""
RESTORED = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: restored}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: s1}
"""


def cluster_with_farm(**given: Any) -> Cluster:
    """Two workers in two zones, and a farm."""
    cluster = Cluster(nodes=2, zones=["zone-a", "zone-b"])
    cluster.storage_farm(**given)
    cluster.settle()
    return cluster


def claim_of(cluster: Cluster, name: str = "data") -> Obj:
    return cluster.client.get("pvc", name, "default")


def reasons(cluster: Cluster, name: str = "data") -> list[str]:
    """Of the events about an object."""
    return sorted(e["reason"] for e in cluster.client.list("Event") if e["involvedObject"]["name"] == name)


def test_a_claim_of_the_default_class_gets_a_disk() -> None:
    """Source: kubernetes-csi/external-provisioner."""
    cluster = cluster_with_farm()

    cluster.apply(CLAIM)
    cluster.run("5s")

    volume = cluster.client.get("pv", claim_of(cluster)["spec"]["volumeName"])
    assert volume["spec"]["csi"]["driver"] == "farm.csi.example" and volume["status"]["phase"] == "Bound"
    assert volume["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == "farm.csi.example"
    assert reasons(cluster) == ["ExternalProvisioning", "Provisioning", "ProvisioningSucceeded"]


def test_a_disk_of_a_zone_waits_for_the_node_of_its_pod() -> None:
    """Source: kubernetes.io, "Storage Classes", "Volume Binding Mode"."""
    cluster = cluster_with_farm(zones=["zone-b"])
    cluster.apply(CLAIM)
    cluster.run("30s")
    before = claim_of(cluster)["status"]["phase"]

    cluster.apply(POD)
    cluster.run("60s")

    pod = cluster.client.get("Pod", "web", "default")
    volume = cluster.client.get("pv", claim_of(cluster)["spec"]["volumeName"])
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert (before, pod["spec"]["nodeName"], pod["status"]["phase"]) == ("Pending", "node-2", "Running")
    assert term["matchExpressions"][0]["values"] == ["zone-b"]


def test_a_farm_that_is_full_says_so_and_serves_later() -> None:
    cluster = cluster_with_farm(capacity="2Gi")
    cluster.apply(CLAIM.replace("name: data", "name: large").replace("1Gi", "2Gi"))
    cluster.run("5s")
    cluster.apply(CLAIM)
    cluster.run("5s")
    before = claim_of(cluster)["status"]["phase"], "ProvisioningFailed" in reasons(cluster)

    cluster.client.delete("pvc", "large", "default")
    cluster.run("2m")

    assert (before, claim_of(cluster)["status"]["phase"]) == (("Pending", True), "Bound")


def test_a_node_where_there_are_no_disks_is_chosen_no_more() -> None:
    """Source: sig-storage-lib-external-provisioner, rescheduleProvisioning."""
    cluster = cluster_with_farm(zones=["zone-b"])
    cluster.apply(CLASS + "volumeBindingMode: WaitForFirstConsumer\n")
    claim = CLAIM.replace("{name: data}", "{name: data, annotations: {volume.kubernetes.io/selected-node: node-1}}")

    cluster.apply(claim.replace("spec: {", "spec: {storageClassName: kept, "))
    cluster.run("5s")

    assert "volume.kubernetes.io/selected-node" not in claim_of(cluster)["metadata"]["annotations"]
    assert "ProvisioningFailed" in reasons(cluster)


@pytest.mark.parametrize(("class_name", "left"), [("farm", []), ("kept", ["Released"])])
def test_what_becomes_of_a_disk_says_its_class(class_name: str, left: list[str]) -> None:
    """Source: kubernetes.io, "Persistent Volumes", "Reclaiming"."""
    cluster = cluster_with_farm()
    cluster.apply(CLASS)
    claim = CLAIM.replace("spec: {", f"spec: {{storageClassName: {class_name}, ")
    cluster.apply(claim)
    cluster.run("5s")

    cluster.client.delete("pvc", "data", "default")
    cluster.run("10s")

    assert [volume["status"]["phase"] for volume in cluster.client.list("pv")] == left
    assert len(cluster.world.farms["farm"].disks) == len(left)


def test_a_claim_that_grows_waits_for_the_file_system() -> None:
    """Source: kubernetes-csi/external-resizer; kubernetes.io, "Expanding Persistent Volumes Claims"."""
    cluster = cluster_with_farm()
    cluster.apply(CLAIM)
    cluster.run("5s")

    cluster.apply(CLAIM.replace("1Gi", "3Gi"))
    cluster.run("3s")
    (condition,) = claim_of(cluster)["status"]["conditions"]
    cluster.apply(POD)
    cluster.run("60s")

    assert condition["type"] == "FileSystemResizePending"
    assert claim_of(cluster)["status"]["capacity"] == {"storage": "3Gi"}
    assert not claim_of(cluster)["status"].get("conditions")


def test_a_claim_grows_while_its_pod_runs() -> None:
    cluster = cluster_with_farm()
    cluster.apply(CLAIM + "---" + POD)
    cluster.run("60s")

    cluster.apply(CLAIM.replace("1Gi", "3Gi"))
    cluster.run("10s")

    assert claim_of(cluster)["status"]["capacity"] == {"storage": "3Gi"}
    assert "FileSystemResizeSuccessful" in reasons(cluster, "web")


def test_a_claim_begins_with_what_a_snapshot_holds() -> None:
    """Source: kubernetes.io, "Volume Snapshots"."""
    cluster = cluster_with_farm()
    cluster.apply(CLAIM + "---" + POD)
    cluster.run("60s")
    cluster.kubectl("exec web -- sh -c 'echo before > /data/a'")
    cluster.apply(SNAPSHOT)
    cluster.run("5s")
    cluster.kubectl("exec web -- sh -c 'echo after > /data/a'")

    cluster.apply(RESTORED + "---" + POD.replace("web", "second").replace("claimName: data", "claimName: restored"))
    cluster.run("60s")

    assert cluster.client.get("VolumeSnapshot", "s1", "default")["status"]["readyToUse"] is True
    assert cluster.kubectl("exec second -- cat /data/a") == "before\n"


def test_a_snapshot_goes_with_its_object() -> None:
    cluster = cluster_with_farm()
    cluster.apply(CLAIM)
    cluster.run("5s")
    cluster.apply(SNAPSHOT)
    cluster.run("5s")
    there = len(cluster.world.farms["farm"].snapshots)

    cluster.client.delete("VolumeSnapshot", "s1", "default")
    cluster.run("5s")

    assert (there, cluster.world.farms["farm"].snapshots, cluster.client.list("VolumeSnapshotContent")) == (1, {}, [])


def test_a_driver_that_stands_still_makes_claims_wait() -> None:
    cluster = cluster_with_farm()
    cluster.stop_daemon("control-plane", "farm-csi")
    cluster.apply(CLAIM)
    cluster.run("1m")
    before = claim_of(cluster)["status"]["phase"], reasons(cluster)

    cluster.start_daemon("control-plane", "farm-csi")
    cluster.run("5s")

    assert before == ("Pending", ["ExternalProvisioning"])
    assert claim_of(cluster)["status"]["phase"] == "Bound"


def test_no_agent_changes_a_shared_object(monkeypatch: pytest.MonkeyPatch) -> None:
    run = DictStore.txn

    def frozen(store: DictStore, compare: Any, then: Any, otherwise: Any = ()) -> Any:
        return run(store, compare, [_frozen(op) for op in then], otherwise)

    monkeypatch.setattr(DictStore, "txn", frozen)
    cluster = cluster_with_farm()
    cluster.apply(CLAIM + "---" + POD)
    cluster.run("60s")
    cluster.apply(CLAIM.replace("1Gi", "3Gi"))
    cluster.apply(SNAPSHOT)
    cluster.run("10s")

    cluster.kubectl("delete pod,volumesnapshot,pvc --all --wait=false")
    cluster.run("3m")

    running = cluster.world.vm("control-plane").running
    manager: Any = running["kube-controller-manager"]
    driver: Any = running["farm-csi"]
    assert [one.failures for one in (*manager.controllers.values(), *driver.controllers) if one.failures] == []
    assert cluster.client.list("pv") == [] and cluster.world.farms["farm"].disks == {}


def _frozen(op: Any) -> Any:
    return op._replace(value=freeze(op.value)) if isinstance(op, Put) else op
