"""kube-proxy and CoreDNS as kubeadm leaves them: ordinary objects, whose pods do the work."""

from __future__ import annotations

import pytest

from k8slab import Cluster
from k8slab.kubeadm import AGENTS

SYSTEM = "kube-system"


def proxies(cluster: Cluster) -> dict[str, str]:
    """kube-proxy's pods by the name of their node: their phase."""
    pods = cluster.client.list("Pod", SYSTEM, labels="k8s-app=kube-proxy")
    return {pod["spec"]["nodeName"]: pod["status"]["phase"] for pod in pods}


def test_every_node_runs_kube_proxy_the_control_plane_too(cluster: Cluster) -> None:
    """Source: cmd/kubeadm/app/phases/addons/proxy/manifests.go."""
    daemons = cluster.client.get("DaemonSet", "kube-proxy", SYSTEM)
    (pod, *_) = cluster.client.list("Pod", SYSTEM, labels="k8s-app=kube-proxy")

    assert proxies(cluster) == dict.fromkeys(cluster.nodes, "Running")
    assert daemons["status"]["numberReady"] == 4
    assert pod["spec"]["hostNetwork"] and pod["status"]["podIP"] == pod["status"]["hostIP"]
    assert pod["spec"]["priority"] == 2000001000


def test_a_cluster_begins_as_kubeadm_leaves_it() -> None:
    """The same objects with the same specs, whoever has made them; a token of kubeadm's has ended by then."""
    bare = Cluster(nodes=0, bare=True)
    bare.kubeadm("control-plane", "init")
    bare.settle()
    kinds = ("ConfigMap", "ServiceAccount", "Service", "Deployment", "DaemonSet")

    def found(cluster: Cluster) -> dict[tuple[str, str, str], object]:
        every = [obj for kind in kinds for obj in cluster.client.list(kind)]
        names = [(obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in every]
        return dict(zip(names, (obj.get("data") or obj.get("spec") for obj in every), strict=True))

    assert found(Cluster(nodes=0)) == found(bare)


def test_a_machine_that_joins_has_no_rules_before_its_pod_runs(cluster: Cluster) -> None:
    cluster.add_node("node-4")
    cluster.run(0.5)
    before = cluster.world.vm("node-4").rules

    cluster.run("30s")

    assert before is None and proxies(cluster)["node-4"] == "Running"
    assert "kube-system/kube-dns" in str(cluster.world.vm("node-4").rules)


def test_a_pod_of_kube_proxy_that_is_deleted_leaves_its_rules_and_is_replaced(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Virtual IPs and Service Proxies": the kernel keeps the rules."""
    name = next(
        pod["metadata"]["name"]
        for pod in cluster.client.list("Pod", SYSTEM, labels="k8s-app=kube-proxy")
        if pod["spec"]["nodeName"] == "node-1"
    )

    cluster.client.delete("Pod", name, SYSTEM)
    while cluster.world.vm("node-1").serves("kube-proxy"):
        cluster.step()
    rules = cluster.world.vm("node-1").rules
    cluster.run("1m")

    assert "kube-system/kube-dns" in str(rules)
    assert proxies(cluster)["node-1"] == "Running" and cluster.world.vm("node-1").serves("kube-proxy")


@pytest.mark.parametrize("missing", ["controllers", "scheduler"])
def test_without_all_that_makes_its_pods_the_machine_starts_kube_proxy(missing: str) -> None:
    cluster = Cluster(nodes=1, agents=[agent for agent in AGENTS if agent != missing])

    assert proxies(cluster) == {}
    assert all(cluster.world.vm(name).serves("kube-proxy") for name in cluster.nodes)


def test_nobody_writes_rules_where_kube_proxy_is_left_out() -> None:
    """As after `kubeadm init --skip-phases=addon/kube-proxy`."""
    skipped = Cluster(nodes=0, bare=True)
    skipped.kubeadm("control-plane", "init --skip-phases=addon/kube-proxy")
    left_out = Cluster(nodes=0, agents=[agent for agent in AGENTS if agent != "proxy"])

    for cluster in (skipped, left_out):
        cluster.settle()
        assert proxies(cluster) == {} and cluster.world.vm("control-plane").rules is None
        assert cluster.client.get("Deployment", "coredns", SYSTEM)["status"]["readyReplicas"] == 2


def test_dns_stands_on_two_machines(cluster: Cluster) -> None:
    """Source: cmd/kubeadm/app/phases/addons/dns/manifests.go: preferred anti-affinity."""
    pods = cluster.client.list("Pod", SYSTEM, labels="k8s-app=kube-dns")

    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2
    assert pods[0]["spec"]["serviceAccountName"] == "coredns"
    assert cluster.client.get("ConfigMap", "coredns", SYSTEM)["data"]["Corefile"].startswith(".:53 {\n")
