"""A cluster as kubeadm leaves it, and what a person does to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kubeadm_bench import manifest, pods

from k8slab import Cluster
from k8slab.objects import is_ready, parse_rfc3339


def test_a_new_cluster_is_what_kubeadm_leaves(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Creating a cluster with kubeadm"."""
    nodes = {node["metadata"]["name"]: node for node in cluster.client.list("Node")}
    system = {pod["metadata"]["name"]: pod for pod in cluster.client.list("Pod", "kube-system")}

    assert list(nodes) == ["control-plane", "node-1", "node-2", "node-3"] and all(map(is_ready, nodes.values()))
    assert nodes["control-plane"]["spec"]["taints"] == [
        {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}
    ]
    assert {"etcd-control-plane", "kube-apiserver-control-plane"} <= set(system) and all(map(is_ready, system.values()))
    assert sum(name.startswith("coredns-") for name in system) == 2


def test_who_only_starts_a_cluster_does_not_pay_for_what_few_use() -> None:
    rooms = ["k8slab.http", "k8slab.kubectl", "k8slab.kubeadm.kubeadm"]
    seldom = [*rooms, "argparse", "socket", "tarfile", "tempfile", "uuid"]
    code = f"""
import sys, k8slab
k8slab.Cluster(nodes=1)
print([name for name in {seldom} if name in sys.modules], k8slab.world.list_prices.cache_info().currsize)
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[] 0\n"


def test_an_api_server_alone_serves_and_nobody_acts() -> None:
    cluster = Cluster(agents=())

    cluster.apply(manifest())
    cluster.run("10m")

    assert cluster.client.list("Pod", "default") == [] and cluster.client.list("Node") == []


def test_what_is_applied_comes_to_run_and_answers(cluster: Cluster) -> None:
    cluster.apply(manifest(3))
    cluster.settle()

    answer = cluster.request("http://web.default/")

    assert [phase for _, phase in pods(cluster)] == ["Running"] * 3
    assert answer.status == 200
    assert [hop.stage for hop in answer.hops] == ["dns", "dns", "rule", "endpoint"]  # web.default.default… first


def test_a_file_a_folder_and_an_object_can_be_applied(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(manifest(1, "one"))
    (tmp_path / "two.yaml").write_text(manifest(1, "two"))

    cluster.apply(tmp_path)
    cluster.apply(tmp_path / "web.yaml")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})

    assert [d["metadata"]["name"] for d in cluster.client.list("Deployment", "default")] == ["one", "two"]
    assert cluster.client.get("Namespace", "shop")["status"]["phase"] == "Active"


def test_a_killed_pod_is_replaced_within_seconds(cluster: Cluster) -> None:
    cluster.apply(manifest(3))
    cluster.settle()
    victim = cluster.client.list("Pod", "default")[0]["metadata"]["name"]

    cluster.client.delete("Pod", victim, "default")
    cluster.run("10s")

    assert [phase for _, phase in pods(cluster)] == ["Running"] * 3
    assert victim not in [pod["metadata"]["name"] for pod in cluster.client.list("Pod", "default")]


def test_a_dead_node_is_noticed_tainted_and_emptied(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Nodes" (50 s grace) and "Taints and Tolerations" (300 s toleration)."""
    cluster.apply(manifest(6))
    cluster.settle()
    cluster.fail("node-1")

    seen = []
    for _ in range(45):
        cluster.run("10s")
        node = cluster.client.get("Node", "node-1")
        seen.append((is_ready(node), len(node["spec"].get("taints", ())), any(n == "node-1" for n, _ in pods(cluster))))

    assert seen[2] == (True, 0, True), "for half a minute nobody knows"
    assert seen[6] == (False, 2, True), "then it is Unknown and tainted, and its pods are tolerated"
    assert seen[-1] == (False, 2, False), "after five more minutes they are replaced"
    assert [phase for _, phase in pods(cluster)] == ["Running"] * 6


def test_a_node_that_comes_back_is_ready_and_clean(cluster: Cluster) -> None:
    cluster.apply(manifest(6))
    cluster.settle()
    cluster.fail("node-1")
    cluster.run("8m")

    cluster.recover("node-1")
    cluster.run("1m")

    node = cluster.client.get("Node", "node-1")
    assert is_ready(node) and "taints" not in node["spec"]
    assert all("deletionTimestamp" not in pod["metadata"] for pod in cluster.client.list("Pod", "default"))


def test_without_the_control_plane_pods_serve_on_and_nothing_new_happens(cluster: Cluster) -> None:
    cluster.apply(manifest(3))
    cluster.settle()

    cluster.fail("control-plane")
    cluster.run("10m")
    answer = cluster.request("http://web.default/")
    refused = cluster.kubectl("get pods")
    cluster.recover("control-plane")
    cluster.run("2m")

    assert answer.status == 200
    assert "Unable to connect to the server" in refused
    assert [phase for _, phase in pods(cluster)] == ["Running"] * 3


@pytest.mark.parametrize("delay_s", [0, 5, 20])
def test_a_machine_behind_a_slow_link_hears_later(cluster: Cluster, delay_s: float) -> None:
    for node in cluster.nodes:
        cluster.slow(node, delay_s)

    cluster.apply(manifest(1))
    cluster.settle()

    (pod,) = cluster.client.list("Pod", "default")
    since_s = parse_rfc3339(pod["status"]["startTime"]) - parse_rfc3339(pod["metadata"]["creationTimestamp"])
    assert delay_s <= since_s <= 4 * delay_s + 2


def test_time_moves_only_when_it_is_told_to(cluster: Cluster) -> None:
    before = cluster.now

    cluster.run("90s")
    cluster.run(30)
    after = cluster.now
    cluster.step()

    assert after - before == 120 and after <= cluster.now <= after + 10


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda c: c.fail("node-9"), 'there is no VM "node-9"; there are: control-plane, node-1, node-2, node-3'),
        (lambda c: c.run("10 parsecs"), '"10 parsecs" is not a duration'),
        (lambda c: c.run(-1), "-1"),
        (lambda c: c.run(float("nan")), "nan"),
        (lambda c: c.request("ftp://web/"), "ftp"),
        (lambda c: c.request("http://web/", source="node-9"), "node-9"),
        (lambda c: Cluster(nodes=-1), "nodes must be a number"),
        (lambda c: Cluster(nodes=2.5), "nodes must be a number"),
        (lambda c: Cluster(agents=["cook"]), 'unknown agent "cook"'),
        (lambda c: Cluster(cpu="many"), "cpu must be a quantity such as"),
        (lambda c: Cluster(memory="0"), "runs nothing"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(cluster: Cluster, act: object, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        act(cluster)  # type: ignore[operator]

    assert message in str(error.value) and "\n" not in str(error.value)
