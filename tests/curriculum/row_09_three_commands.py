"""Row 09: kubeadm makes a cluster. The number: phases, and files written."""

from __future__ import annotations

from k8slab import Cluster


def number() -> tuple[int, int]:
    cluster = Cluster(nodes=0, bare=True)
    printed = cluster.kubeadm("control-plane", "init").splitlines()
    phases = {line.partition("]")[0] for line in printed if line.startswith("[")}
    return len(phases), len(cluster.list_files("control-plane")) + len(cluster.list_files("control-plane", "/var/lib/"))
