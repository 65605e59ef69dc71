"""The shop of the later rows: a front that asks cart and order for each request, and these ask a database."""

from __future__ import annotations

from typing import Any

from k8slab import Cluster

PARTS = {
    "front": {"K8SLAB_CALLS": "http://cart/ http://order/*0.5", "K8SLAB_ANSWER_BYTES": "20000"},
    "cart": {"K8SLAB_CALLS": "http://order/*2", "K8SLAB_ANSWER_BYTES": "50000"},
    "order": {"K8SLAB_CALLS": "http://db/", "K8SLAB_ANSWER_BYTES": "50000"},
    "db": {"K8SLAB_ANSWER_BYTES": "5000"},
}


def deployment(name: str, replicas: int, pod: dict[str, Any]) -> dict[str, Any]:
    """A Deployment of a part."""
    labels, env = {"app": name}, [{"name": key, "value": value} for key, value in PARTS[name].items()]
    resources = {"requests": {"cpu": "250m", "memory": "128Mi"}}
    container = {"name": name, "image": f"shop/{name}:1", "env": env, "resources": resources}
    container["ports"] = [{"containerPort": 80}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def service(name: str, **more: Any) -> dict[str, Any]:
    """A part's Service."""
    spec = {"selector": {"app": name}, "ports": [{"port": 80}], **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def open_shop(cluster: Cluster, replicas: int = 3, pods: dict[str, Any] | None = None, **services: Any) -> None:
    """Start every part; `pods` is more of a part's pod spec, by its name."""
    for name in PARTS:
        cluster.apply([deployment(name, replicas, (pods or {}).get(name, {})), service(name, **services)])
    cluster.settle()
