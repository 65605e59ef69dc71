"""Whole clusters in a cloud, and machines that come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubeadm_bench import manifest, pods

from k8slab import Cluster
from k8slab.objects import is_ready
from k8slab.world import CloudError

PROVIDER = "spec.providerID"


@pytest.fixture(scope="module")
def in_cloud() -> Cluster:
    """A cluster in a cloud, only to be looked at."""
    return Cluster(nodes=2, cloud="nimbus")


def service_of(cluster: Cluster) -> dict[str, Any]:
    """A LoadBalancer Service, some time after it was asked for."""
    cluster.apply(manifest(2).replace("spec: {selector", "spec: {type: LoadBalancer, selector"))
    cluster.settle()
    return cluster.client.get("Service", "web", "default")


def ready(cluster: Cluster) -> dict[str, bool]:
    """Which nodes are ready."""
    return {node["metadata"]["name"]: is_ready(node) for node in cluster.client.list("Node")}


def reasons(cluster: Cluster, name: str) -> list[str]:
    """The reasons of the events about an object."""
    return [event["reason"] for event in cluster.client.list("Event") if event["involvedObject"]["name"] == name]


def test_without_a_cloud_a_load_balancer_stays_pending() -> None:
    cluster = Cluster(nodes=1)

    found = service_of(cluster)

    assert found["status"]["loadBalancer"] == {}
    assert "<pending>" in cluster.kubectl("get service web")
    with pytest.raises(ValueError, match="attached to no cloud"):
        _ = cluster.cloud


def test_with_a_cloud_it_gets_an_address_that_answers_from_outside() -> None:
    cluster = Cluster(nodes=2, cloud="nimbus")

    found = service_of(cluster)

    (ingress,) = found["status"]["loadBalancer"]["ingress"]
    assert cluster.request(f"http://{ingress['ip']}/").status == 200
    assert cluster.cloud.balancers["default/web"].nodes == ("node-1", "node-2")


def test_a_cloud_that_is_attached_later_serves_what_was_pending() -> None:
    cluster = Cluster(nodes=1)
    service_of(cluster)

    cluster.attach_cloud("nimbus", region="seoul")
    cluster.settle()

    assert cluster.client.get("Service", "web", "default")["status"]["loadBalancer"]["ingress"]
    assert "providerID" not in cluster.client.get("Node", "node-1")["spec"]  # registered before
    with pytest.raises(ValueError, match="attached to the cloud nimbus already"):
        cluster.attach_cloud("cumulus")


def test_nodes_of_a_cloud_are_initialized_and_know_where_they_are(in_cloud: Cluster) -> None:
    node = in_cloud.client.get("Node", "node-2")

    assert node["spec"]["providerID"] == "nimbus:///zone-b/i-00000003"
    assert "taints" not in node["spec"]
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "c4"
    assert node["metadata"]["labels"]["topology.kubernetes.io/region"] == "region-1"
    assert all(ready(in_cloud).values())


def test_the_manager_shows_among_the_pods(in_cloud: Cluster) -> None:
    names = [pod["metadata"]["name"] for pod in in_cloud.client.list("Pod", "kube-system")]

    assert any(name.startswith("cloud-controller-manager-") for name in names)


def test_until_its_cloud_answers_a_new_node_gets_no_pods() -> None:
    """Source: kubernetes.io, "Cloud Controller Manager Administration", the uninitialized taint."""
    cluster = Cluster(nodes=1, cloud="nimbus")
    cluster.cloud.create_vm("late", joins=True)
    cluster.cloud.outage()
    cluster.run("50s")
    assert cluster.client.get("Node", "late")["spec"]["taints"][0]["key"].endswith("/uninitialized")
    assert ready(cluster)["late"]

    cluster.cloud.outage(False)
    cluster.run("60s")

    assert "taints" not in cluster.client.get("Node", "late")["spec"]


def test_a_vm_that_is_deleted_in_the_console_takes_its_node_along() -> None:
    cluster = Cluster(nodes=2, cloud="nimbus")
    cluster.apply(manifest(2))
    cluster.settle()

    cluster.cloud.delete_vm("node-2")
    cluster.run("49s")
    assert "node-2" in ready(cluster)  # nobody has noticed yet
    cluster.run("2m")

    assert list(ready(cluster)) == ["control-plane", "node-1"]
    assert "DeletingNode" in reasons(cluster, "node-2")
    assert pods(cluster) == [("node-1", "Running")] * 2


def test_without_a_cloud_the_node_of_a_machine_that_is_gone_stays() -> None:
    cluster = Cluster(nodes=2)
    cluster.world.remove_vm("node-2")

    cluster.run("10m")

    assert ready(cluster) == {"control-plane": True, "node-1": True, "node-2": False}


def test_a_vm_that_never_joined_is_a_machine_and_no_node() -> None:
    cluster = Cluster(nodes=1)

    cluster.add_vm("farm", cpu="8", memory="16Gi")
    cluster.run("1m")

    assert cluster.nodes == ["control-plane", "node-1", "farm"]
    assert list(ready(cluster)) == ["control-plane", "node-1"]
    assert cluster.bill().by("vm")["farm"] > 0


@pytest.mark.parametrize("cloud", ["", "nimbus"])
def test_nodes_are_added_and_removed(cloud: str) -> None:
    cluster = Cluster(nodes=1, cloud=cloud or None)
    cluster.add_node("big", zone="zone-c", cpu="8", memory="16Gi", labels={"disk": "ssd"})
    cluster.settle()

    node = cluster.client.get("Node", "big")
    assert (node["status"]["capacity"]["cpu"], node["metadata"]["labels"]["disk"]) == ("8", "ssd")
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "zone-c"
    assert ready(cluster)["big"]

    cluster.remove_node("big")
    cluster.settle()

    assert (cluster.nodes, list(ready(cluster))) == (["control-plane", "node-1"], ["control-plane", "node-1"])


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("add_node", {"name": "node-1"}, 'there is a VM "node-1" already'),
    ("add_node", {"name": "No_Name"}, "cannot be the name of a machine"),
    ("add_node", {"name": "n", "cpu": "0"}, "runs nothing"),
    ("add_node", {"name": "n", "memory": "much"}, "quantities must match"),
    ("add_vm", {"name": ""}, "cannot be the name of a machine"),
    ("remove_node", {"name": "x"}, 'there is no VM "x"; there are: control-plane, node-1'),
    ("remove_node", {"name": "control-plane"}, "without its control plane"),
    ("attach_cloud", {"name": "No Name"}, "is no name for a cloud"),
    ("attach_cloud", {"name": "a", "boot": "soon"}, '"soon" is not a duration'),
    ("attach_cloud", {"name": "a", "cpu_quota": -1}, "cpu_quota must be a number that is not negative"),
    ("attach_cloud", {"name": "a", "managed": "yes"}, "a control plane is managed or not: 'yes'"),
]


@pytest.fixture(scope="module")
def plain() -> Cluster:
    return Cluster(nodes=1)


@pytest.mark.parametrize(("verb", "given", "text"), BAD, ids=[f"{verb}-{n}" for n, (verb, _, _) in enumerate(BAD)])
def test_what_cannot_be_is_refused_and_not_written_down(plain: Cluster, verb: str, given: Any, text: str) -> None:
    inputs = len(plain.journal.inputs)

    with pytest.raises(ValueError, match=text):
        getattr(plain, verb)(**given)

    assert len(plain.journal.inputs) == inputs


def test_a_cluster_in_a_cloud_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match='a cloud has no "colour"; it has: name, region'):
        Cluster(nodes=0, cloud={"name": "nimbus", "colour": "red"})


def test_an_outage_is_told_at_the_service_and_ends(in_cloud: Cluster) -> None:
    cluster = in_cloud.fork()
    cluster.cloud.outage()
    service_of(cluster)
    assert "SyncLoadBalancerFailed" in reasons(cluster, "web")
    with pytest.raises(CloudError, match="ServiceUnavailable"):
        cluster.cloud.create_vm("more")

    cluster.cloud.outage(False)
    cluster.run("5m")

    assert cluster.client.get("Service", "web", "default")["status"]["loadBalancer"]["ingress"]


def test_a_group_is_resized_by_hand(in_cloud: Cluster) -> None:
    cluster = in_cloud.fork()
    group = cluster.cloud.create_group("pool", count=2, most=3, size="c2", labels={"pool": "a"})
    cluster.settle()
    assert ready(cluster)["pool-2"]

    cluster.cloud.resize_group("pool", 1)
    cluster.run("2m")

    assert group.size == 1
    assert "pool-2" not in ready(cluster)
    with pytest.raises(ValueError, match="the group pool has from 0 to 3 VMs, not 4"):
        cluster.cloud.resize_group("pool", 4)


def lived() -> Cluster:
    """A cluster whose machines have come and gone."""
    cluster = Cluster(nodes=1, prices={"spot": 0.5})
    cluster.add_vm("lonely")
    cluster.attach_cloud("nimbus")
    cluster.cloud.create_group("pool", count=1, spot=True, taints=[{"key": "spot", "effect": "NoSchedule"}])
    cluster.cloud.create_vm("extra", size="m4", zone="zone-b", joins=True)
    cluster.run("90s")
    cluster.cloud.stop_vm("extra")
    cluster.cloud.set_quota(balancers=3)
    cluster.cloud.set_capacity("zone-a", 2)
    service_of(cluster)
    cluster.prices({"vm.m4.hour": 1})
    cluster.remove_node("node-1")
    cluster.add_node("node-9", zone="zone-c")
    cluster.run("10m")
    return cluster


def test_the_same_is_lived_again_in_a_fork_and_from_a_file(tmp_path: Path) -> None:
    cluster = lived()
    cluster.save(tmp_path / "saved")

    again = [cluster.fork(), Cluster.load(tmp_path / "saved")]

    for other in again:
        assert repr(other.cloud) == repr(cluster.cloud)
        assert other.etcd.revision == cluster.etcd.revision
        assert repr(other.bill()) == repr(cluster.bill())


def test_data_in_a_bucket_is_on_the_bill_and_in_the_past(in_cloud: Cluster) -> None:
    cluster = in_cloud.fork()
    cluster.cloud.create_bucket("logs", "cold")
    cluster.cloud.put("logs", 1000)
    cluster.run("6m")
    cluster.cloud.read("logs", 100)

    bill = cluster.bill()

    assert bill.by("bucket")["logs"] == pytest.approx((12.5 / 7300 + 10 + 1.1) * 1400)
    assert bill.by("traffic")["logs to internet"] == pytest.approx(9 * 1400)
    assert repr(cluster.fork().bill()) == repr(bill)
    with pytest.raises(ValueError, match='there is no storage "ice"; there are: standard'):
        cluster.cloud.create_bucket("more", "ice")
    with pytest.raises(CloudError, match='there is no bucket "x"; there are: logs'):
        cluster.cloud.put("x", 1)


def test_a_managed_control_plane_has_a_price_of_its_own() -> None:
    cluster = Cluster(nodes=1, cloud={"name": "nimbus", "managed": True})
    cluster.run_until(cluster.loop.start_s + 3600)

    assert cluster.bill().by("vm") == pytest.approx({"node-1": 0.17 * 1400, "control-plane": 0.1 * 1400})


def test_the_manager_is_refused_nothing() -> None:
    refused = {(entry.user, entry.resource) for entry in lived().api.audit.entries if entry.code == 403}

    assert refused == set()
