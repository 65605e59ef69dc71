"""Row 17: a new version comes under load. The number: availability during the roll-out, by strategy."""

from __future__ import annotations

from k8slab import Cluster


def number(strategy: str) -> float:
    cluster = Cluster(nodes=3)
    cluster.kubectl("create deployment web --image=nginx:1.27 --replicas=4")
    cluster.kubectl("expose deployment web --port=80")
    rolling = {"maxSurge": 1, "maxUnavailable": 0} if strategy == "RollingUpdate" else None
    container = {"name": "nginx", "readinessProbe": {"httpGet": {"port": 80}},
                 "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}  # fmt: skip
    wish = {"strategy": {"type": strategy, "rollingUpdate": rolling}, "template": {"spec": {"containers": [container]}}}
    cluster.client.patch("Deployment", "web", "default", {"spec": wish})
    cluster.settle()
    load = cluster.start_load("http://web/", 200, lasting="2m")
    cluster.kubectl("set image deployment/web nginx=nginx:1.28")
    cluster.run("2m")
    return load.report().availability
