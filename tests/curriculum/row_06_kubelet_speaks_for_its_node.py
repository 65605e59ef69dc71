"""Row 06: a node loses its power. The number: seconds until it is noticed, and until its pod is replaced."""

from __future__ import annotations

from web import pods, running_web, wait_until

from k8slab import Cluster
from k8slab.objects import get_condition


def number(toleration: str = "") -> tuple[float, float]:
    cluster: Cluster = running_web(2)
    if toleration:
        tolerations = [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute",
                        "tolerationSeconds": int(toleration)} for key in ("unreachable", "not-ready")]  # fmt: skip
        patch = {"spec": {"template": {"spec": {"tolerations": tolerations}}}}
        cluster.client.patch("Deployment", "web", "default", patch)
        cluster.settle()
    lost = pods(cluster)[0]["spec"]["nodeName"]
    cluster.fail(lost)
    ready = lambda: (get_condition(cluster.client.get("Node", lost), "Ready") or {})["status"] == "True"  # noqa: E731
    noticed = wait_until(cluster, lambda: not ready())
    elsewhere = lambda: [pod for pod in pods(cluster) if pod["spec"]["nodeName"] != lost]  # noqa: E731
    return noticed, noticed + wait_until(cluster, lambda: len(elsewhere()) == 2)
