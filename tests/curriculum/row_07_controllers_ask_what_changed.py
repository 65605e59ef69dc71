"""Row 07: the controllers sleep while pods die. The number: deletions that nobody was told of, pods that run after."""

from __future__ import annotations

from web import pods, running_web

from k8slab import Cluster


def number() -> tuple[int, int]:
    cluster: Cluster = running_web(6)
    cluster.stop_daemon("control-plane", "kube-controller-manager")
    lost = [pod["metadata"]["name"] for pod in pods(cluster)[:4]]
    for name in lost:
        cluster.kubectl(f"delete pod {name}")
    cluster.run("5m")
    cluster.start_daemon("control-plane", "kube-controller-manager")
    cluster.run("1m")
    return len(lost), len(pods(cluster))
