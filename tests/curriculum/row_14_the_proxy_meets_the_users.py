"""Row 14: a rolling restart under load. The number: requests lost, with and without a pause before the end; spread."""

from __future__ import annotations

from k8slab import Cluster

PATIENT = {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}


def number(patient: bool) -> tuple[float, float]:
    cluster = Cluster(nodes=3)
    cluster.kubectl("create deployment web --image=nginx:1.27 --replicas=4")
    cluster.kubectl("expose deployment web --port=80")
    container = {"name": "nginx", "readinessProbe": {"httpGet": {"port": 80}}, **(PATIENT if patient else {})}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.client.patch("Deployment", "web", "default", patch)
    cluster.settle()
    steady = cluster.start_load("http://web/", 200, lasting="1m")
    cluster.run("1m")
    by_pod = steady.report().by_pod.values()
    load = cluster.start_load("http://web/", 200, lasting="3m")
    cluster.kubectl("rollout restart deployment web")
    cluster.run("3m")
    return load.report().lost, max(by_pod) / min(by_pod)
