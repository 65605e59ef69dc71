"""Row 12: cart asks order twice for each request. The number: bytes between zones, left alone and kept together."""

from __future__ import annotations

from shop import open_shop

from k8slab import Cluster

NEAR_ORDER = {"labelSelector": {"matchLabels": {"app": "order"}}, "topologyKey": "topology.kubernetes.io/zone"}
TOGETHER = {"cart": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [NEAR_ORDER]}}}}


def number(together: bool) -> tuple[float, float]:
    """Bytes between zones in ten minutes of 100 requests a second, and the part answered while a zone has no power."""
    cluster = Cluster(nodes=6)
    open_shop(
        cluster, pods=TOGETHER if together else {}, **({"trafficDistribution": "PreferClose"} if together else {})
    )
    before = cluster.world.network.traffic.cross_zone_bytes
    load = cluster.start_load("http://front/", 100, source="node-1", lasting="10m")
    cluster.run("10m")
    crossed = cluster.world.network.traffic.cross_zone_bytes - before
    for name in ("node-2", "node-5"):
        cluster.fail(name)
    later = cluster.start_load("http://front/", 100, source="node-1", lasting="10m")
    cluster.run("10m")
    assert load.report().availability > 0.99
    return crossed, later.report().availability
