"""Row 24: the shop has a day with faults. The number: availability, 95th percentile in ms, won."""

from __future__ import annotations

from shop import open_shop

from k8slab import Cluster
from k8slab.proxy import Day


def number(replicas: int) -> tuple[float, float, float]:
    cluster = Cluster(nodes=6, cloud="nimbus")
    open_shop(cluster, replicas)
    load = cluster.start_load("http://front/", Day(peak=200, trough=20, length="2h"), source="node-1", lasting="2h")
    cluster.run("40m")
    lost = cluster.client.list("Pod", "default", labels="app=db")[0]["spec"]["nodeName"]
    cluster.fail(lost)
    cluster.run("40m")
    cluster.recover(lost)
    cluster.run("40m")
    report = load.report()
    return report.availability, 1000 * report.p95_s, cluster.bill().total
