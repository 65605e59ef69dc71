"""Whatever fails on the way, every Pod of a set ends up with its own disk, on its node, and with its bytes."""

from __future__ import annotations

from random import Random

import pytest
from test_storage import STATEFULSET, cluster_with

DAEMONS = [
    ("control-plane", "kube-controller-manager"),
    ("control-plane", "kube-scheduler"),
    ("control-plane", "farm-csi"),
    ("node-1", "kubelet"),
    ("node-2", "kubelet"),
    ("node-3", "kubelet"),
]


@pytest.mark.parametrize("seed", range(4))
def test_faults_leave_every_disk_with_its_pod(seed: int) -> None:
    cluster, chance = cluster_with(STATEFULSET), Random(seed)
    for number in range(3):
        cluster.kubectl(f"exec db-{number} -- sh -c 'echo {number} > /data/a'")

    for _ in range(6):
        machine, daemon = chance.choice(DAEMONS)
        cluster.stop_daemon(machine, daemon)
        cluster.kubectl(f"delete pod db-{chance.randrange(3)} --wait=false")
        dark = f"node-{chance.randrange(1, 4)}"
        cluster.fail(dark)
        cluster.run(chance.uniform(1, 90))
        cluster.recover(dark)
        cluster.start_daemon(machine, daemon)
        cluster.run(chance.uniform(1, 30))
    cluster.run("15m")

    pods = cluster.client.list("Pod", "default")
    attached = sorted(one["spec"]["nodeName"] for one in cluster.client.list("VolumeAttachment"))
    assert [pod["status"]["phase"] for pod in pods] == ["Running"] * 3
    assert attached == sorted(pod["spec"]["nodeName"] for pod in pods)
    assert [cluster.kubectl(f"exec db-{number} -- cat /data/a") for number in range(3)] == ["0\n", "1\n", "2\n"]
    assert len(cluster.world.farms["farm"].disks) == len(cluster.client.list("pv")) == 3
