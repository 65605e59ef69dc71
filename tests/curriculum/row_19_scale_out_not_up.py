"""Row 19: a burst of requests, met by more pods or by a larger one. The number: 95th percentile in ms, and won."""

from __future__ import annotations

from k8slab import Cluster

ENV = [{"name": "K8SLAB_CPU_PER_REQUEST", "value": "10ms"}]


def number(how: str) -> tuple[float, float]:
    cluster = Cluster(nodes=4, cloud="nimbus")
    cluster.apply([web("500m"), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                                 "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}])  # fmt: skip
    if how == "out":
        cluster.kubectl("autoscale deployment web --min=1 --max=12 --cpu-percent=60")
    cluster.run("2m")
    load = cluster.start_load("http://web/", 300, lasting="30m")
    if how == "up":
        cluster.run("5m")
        cluster.apply(web("3"))  # somebody notices, and gives it all that a node has
    cluster.run("30m")
    report = load.report()
    return 1000 * report.p95_s, cluster.bill().by("label:app").get("web", 0.0)


def web(cpu: str) -> dict[str, object]:
    resources = {"requests": {"cpu": cpu, "memory": "128Mi"}, "limits": {"cpu": cpu}}
    container = {
        "name": "web",
        "image": "shop/web:1",
        "env": ENV,
        "resources": resources,
        "ports": [{"containerPort": 80}],
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
