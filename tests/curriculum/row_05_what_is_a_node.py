"""Row 05: machines join, one does not, and disks stand elsewhere. The number: nodes, VMs."""

from __future__ import annotations

from k8slab import Cluster


def number() -> tuple[int, int]:
    cluster = Cluster(nodes=1)
    cluster.storage_farm()
    for name in ("node-2", "node-3", "node-4"):
        cluster.add_vm(name)
    cluster.kubeadm("node-2", cluster.kubeadm("control-plane", "token create --print-join-command"))
    cluster.settle()
    return len(cluster.client.list("Node")), len(cluster.world.vms)
