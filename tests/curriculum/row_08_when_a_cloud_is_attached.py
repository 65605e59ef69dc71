"""Row 08: the same Service with and without a cloud. The number: Services that wait for an address, in both."""

from __future__ import annotations

from k8slab import Cluster


def number(cloud: str | None = None) -> int:
    cluster = Cluster(nodes=1, cloud=cloud)
    cluster.kubectl("create deployment web --image=nginx")
    cluster.kubectl("expose deployment web --port=80 --type=LoadBalancer")
    cluster.run("5m")
    return cluster.kubectl("get services").count("<pending>")
