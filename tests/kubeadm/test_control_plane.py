"""The control plane's processes: what the cluster does without one of them, and whose container is whose process."""

from __future__ import annotations

import pytest
from kubeadm_bench import manifest

from k8slab import Cluster
from k8slab.wire import Request, ServiceUnavailable
from k8slab.world import Container

REFUSED = "The connection to the server 192.168.0.10:6443 was refused - did you specify the right host or port?"
HOME = "control-plane"


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(nodes=2)
    cluster.apply(manifest(2))
    cluster.settle()
    return cluster


def container(cluster: Cluster, name: str) -> Container:
    """The container of a component that runs."""
    found = [one for pod in cluster.world.vm(HOME).runtime.sandboxes.values() for one in pod.containers.values()]
    return next(one for one in found if one.name == name and one.is_running)


def phases(cluster: Cluster) -> list[str]:
    return [pod["status"]["phase"] for pod in cluster.client.list("Pod", "default")]


def test_without_the_api_server_nobody_is_answered_and_pods_go_on(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Kubernetes Components": workloads run on; what kubectl 1.37 prints."""
    address = cluster.client.list("Pod", "default")[0]["status"]["podIP"]

    cluster.stop_daemon(HOME, "kube-apiserver")
    cluster.run("5m")

    assert cluster.kubectl("get pods").strip() == REFUSED
    assert cluster.request(f"http://{address}/").ok


@pytest.mark.parametrize("daemon", ["kube-apiserver", "etcd"])
def test_when_it_is_back_what_has_happened_meanwhile_is_noticed(cluster: Cluster, daemon: str) -> None:
    cluster.stop_daemon(HOME, daemon)
    cluster.run("1m")
    with pytest.raises(ServiceUnavailable):
        cluster.client.delete("Deployment", "web", "default")

    cluster.start_daemon(HOME, daemon)
    cluster.client.patch("Deployment", "web", "default", {"spec": {"replicas": 3}})
    cluster.run("2m")

    assert phases(cluster) == ["Running"] * 3


def test_without_etcd_the_api_server_is_not_ready(cluster: Cluster) -> None:
    """Source: apiserver/pkg/server/healthz: the check etcd."""
    cluster.stop_daemon(HOME, "etcd")

    answer = cluster.handle(Request("get", path="/readyz", user="kubernetes-admin"))

    assert answer.code == 500 and "[-]etcd failed" in (answer.text or "")


COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_process_that_is_killed_with_its_container_is_started_again(cluster: Cluster, name: str) -> None:
    container(cluster, name).kill()
    was_gone = not cluster.world.vm(HOME).serves(name)

    cluster.run("1m")

    assert was_gone and cluster.world.vm(HOME).serves(name)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_process_without_a_manifest_is_gone_for_good(cluster: Cluster, name: str) -> None:
    cluster.world.vm(HOME).remove_file(f"/etc/kubernetes/manifests/{name}.yaml")
    cluster.run("2m")

    assert not cluster.world.vm(HOME).serves(name)


def test_anybody_may_run_the_image_and_takes_nothing_away(cluster: Cluster) -> None:
    cluster.kubectl("run mine --image=registry.k8s.io/kube-proxy:v1.37.0")
    cluster.settle()
    node = cluster.client.get("Pod", "mine", "default")["spec"]["nodeName"]

    cluster.kubectl("delete pod mine")
    cluster.settle()

    assert cluster.world.vm(node).serves("kube-proxy")
