"""A small shop's front, which many rows begin with."""

from __future__ import annotations

from typing import Any

from k8slab import Cluster


def running_web(replicas: int = 3, **cluster: Any) -> Cluster:
    """A cluster with a Deployment and a Service `web`, at rest."""
    made = Cluster(**cluster)
    made.kubectl(f"create deployment web --image=nginx:1.27 --replicas={replicas}")
    made.kubectl("expose deployment web --port=80")
    made.settle()
    return made


def pods(cluster: Cluster, labels: str = "app=web", phase: str = "Running") -> list[Any]:
    """The pods of a phase that are not leaving."""
    listed = cluster.client.list("Pod", "default", labels=labels)
    return [pod for pod in listed if pod["status"]["phase"] == phase and "deletionTimestamp" not in pod["metadata"]]


def wait_until(cluster: Cluster, is_so: Any, most_s: float = 3600.0) -> float:
    """Let time pass until something is so, and answer how long it took, in seconds."""
    began = cluster.now
    while not is_so():
        assert cluster.now - began < most_s
        cluster.run("1s")
    return cluster.now - began
