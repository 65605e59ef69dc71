"""Row 16: one order, and then seven accidents. The number: orders issued, differences repaired."""

from __future__ import annotations

from web import pods, running_web

from k8slab import Cluster


def number() -> tuple[int, int]:
    orders, repaired = 1, 0
    cluster: Cluster = running_web(3)  # the one order
    for accident in range(7):
        for pod in pods(cluster)[: 1 + accident % 2]:
            cluster.kubectl(f"delete pod {pod['metadata']['name']}")
            repaired += 1
        cluster.run("10m")
    assert len(pods(cluster)) == 3
    return orders, repaired
