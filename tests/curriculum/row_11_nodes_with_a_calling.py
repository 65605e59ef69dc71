"""Row 11: compute nodes are for those who compute. The number: web pods on them, before and after the taint."""

from __future__ import annotations

from web import pods, running_web

from k8slab import Cluster


def number() -> tuple[int, int]:
    cluster: Cluster = running_web(6, nodes=3)
    cluster.kubectl("label node node-3 calling=compute")
    astray = lambda: sum(pod["spec"]["nodeName"] == "node-3" for pod in pods(cluster))  # noqa: E731
    before = astray()
    cluster.kubectl("taint node node-3 calling=compute:NoExecute")
    cluster.run("1m")
    return before, astray()
