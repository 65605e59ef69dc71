"""Row 13: a client keeps an address, another a name, while pods come and go. The number: how many of 20 fail."""

from __future__ import annotations

from web import pods, running_web

from k8slab import Cluster


def number() -> tuple[int, int]:
    cluster: Cluster = running_web(2)
    address = pods(cluster)[0]["status"]["podIP"]
    failed = [0, 0]
    for turn in range(20):
        if turn % 5 == 0:
            cluster.kubectl("rollout restart deployment web")
            cluster.run("1m")
        for at, host in enumerate((address, "web")):
            failed[at] += not cluster.request(f"http://{host}/").ok
    return failed[0], failed[1]
