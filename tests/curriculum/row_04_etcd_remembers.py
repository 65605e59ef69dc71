"""Row 04: what lies in etcd. The number: revisions that one `apply` costs, at once and until all is quiet."""

from __future__ import annotations

from k8slab import Cluster

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.27"}]}
"""


def number() -> tuple[int, int]:
    cluster = Cluster(nodes=3)
    before = cluster.etcd.revision
    cluster.apply(WEB)
    at_once = cluster.etcd.revision - before
    cluster.settle()
    return at_once, cluster.etcd.revision - before
