"""A cluster autoscaler with a cloud, from the pod without a place to the VM that is given back.

Source: github.com/kubernetes/autoscaler, cluster-autoscaler/FAQ.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab import Cluster

Obj = dict[str, Any]

WEB: Obj = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 6,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "nginx", "resources": {"requests": {"cpu": "1500m"}}}]},
        },
    },
}


@pytest.fixture
def cluster() -> Cluster:
    """One worker of 4 CPUs, and a group that may have four more."""
    cluster = Cluster(nodes=1, cloud="sky")
    cluster.cloud.create_group("pool", most=4)
    cluster.install_cluster_autoscaler()
    return cluster


def pool(cluster: Cluster) -> list[str]:
    names = (node["metadata"]["name"] for node in cluster.client.list("Node"))
    return [name for name in names if name.startswith("pool")]


def test_machines_come_for_pods_and_go_without_them(cluster: Cluster) -> None:
    cluster.apply(WEB)
    cluster.run("5m")
    pods = cluster.client.list("Pod", "default")
    grown, running = pool(cluster), [pod["status"]["phase"] for pod in pods]

    cluster.kubectl("scale deployment web --replicas=1")
    cluster.run("25m")

    assert (len(grown), running) == (2, ["Running"] * 6)
    assert pool(cluster) == []


def test_a_cluster_settles_when_the_machines_are_there(cluster: Cluster) -> None:
    cluster.apply(WEB)

    cluster.settle()

    assert len(pool(cluster)) == 2


def test_it_is_part_of_the_history(cluster: Cluster) -> None:
    cluster.apply(WEB)
    cluster.run("5m")

    assert pool(cluster.fork()) == pool(cluster)


def test_without_a_cloud_there_is_nothing_to_scale() -> None:
    with pytest.raises(ValueError, match="a cloud with node groups"):
        Cluster(nodes=1).install_cluster_autoscaler()
