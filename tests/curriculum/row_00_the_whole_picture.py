"""Row 00: a pod is killed. The number: parts that react, and in how many writes."""

from __future__ import annotations

from web import pods, running_web

from k8slab import Cluster


def number() -> tuple[int, int]:
    cluster: Cluster = running_web()
    before = len(cluster.api.audit.entries)
    cluster.kubectl(f"delete pod {pods(cluster)[0]['metadata']['name']}")
    cluster.settle()
    calls = list(cluster.api.audit.entries)[before:]
    writes = [call for call in calls if call.revision and call.resource not in ("leases", "events")]
    return len({call.user for call in writes}), len(writes)
