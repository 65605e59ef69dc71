"""What the tests of whole clusters apply and look at."""

from __future__ import annotations

from k8slab import Cluster


def manifest(replicas: int = 3, name: str = "web", image: str = "nginx:1.27") -> str:
    """A Deployment and the Service in front of it."""
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: main, image: "{image}", ports: [{{containerPort: 80}}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""


def pods(cluster: Cluster, namespace: str = "default") -> list[tuple[str, str]]:
    """Node and phase of every pod that is not on its way out."""
    return [
        (pod["spec"].get("nodeName", ""), pod["status"]["phase"])
        for pod in cluster.client.list("Pod", namespace)
        if "deletionTimestamp" not in pod["metadata"]
    ]
