"""Row 02: ten changes, seen by a poll a second and by a watch. The number: requests and bytes per change, for both."""

from __future__ import annotations

from web import running_web

from k8slab import Cluster
from k8slab.lab.meter import Meter

CHANGES, SECONDS = 10, 100


def number() -> tuple[float, float, float, float]:
    cluster: Cluster = running_web()
    poll, watch = Meter(cluster.client), Meter(cluster.client)
    tape = watch.watch("Pod", "default", since=watch.list("Pod", "default").resource_version)
    for second in range(SECONDS):
        if second % (SECONDS // CHANGES) == 0:
            cluster.kubectl(f"scale deployment web --replicas={3 + second // 10 % 2}")
        cluster.run("1s")
        poll.list("Pod", "default")
        tape.pull()
    told = [value / CHANGES for meter in (poll, watch) for value in (meter.requests, meter.received_bytes)]
    return told[0], told[1], told[2], told[3]
