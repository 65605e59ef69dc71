"""Row 03: who talks to whom. The number: the share of changes in the store that no call of the API has made (0)."""

from __future__ import annotations

from web import running_web

from k8slab import Cluster


def number() -> float:
    cluster: Cluster = running_web()
    before = cluster.etcd.revision
    cluster.kubectl("scale deployment web --replicas=10")
    cluster.fail("node-1")
    cluster.run("10m")
    by_calls = {call.revision for call in cluster.api.audit.entries}
    made = range(before + 1, cluster.etcd.revision + 1)
    return sum(revision not in by_calls for revision in made) / len(made)


def unplugged() -> tuple[int, int]:
    """Without the API server: requests answered of ten, and changes in five minutes."""
    cluster = running_web()
    address, before = cluster.client.get("Service", "web", "default")["spec"]["clusterIP"], cluster.etcd.revision
    cluster.stop_daemon("control-plane", "kube-apiserver")
    cluster.run("5m")
    return sum(cluster.request(f"http://{address}/").ok for _ in range(10)), cluster.etcd.revision - before
