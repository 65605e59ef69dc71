"""The walkthrough of the documentation, as people type it: a page that computes, one visitor, and seven replicas."""

from __future__ import annotations

from k8slab import Cluster

SERVER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: php-apache}
spec:
  selector: {matchLabels: {run: php-apache}}
  template:
    metadata: {labels: {run: php-apache}}
    spec:
      containers:
      - name: php-apache
        image: registry.k8s.io/hpa-example
        ports: [{containerPort: 80}]
        resources: {limits: {cpu: 500m}, requests: {cpu: 200m}}
---
apiVersion: v1
kind: Service
metadata: {name: php-apache}
spec: {ports: [{port: 80}], selector: {run: php-apache}}
"""
VISITOR = (
    "run load-generator --image=busybox:1.28 --restart=Never "
    '-- /bin/sh -c "while sleep 0.01; do wget -q -O- http://php-apache; done"'
)


def replicas(cluster: Cluster) -> str:
    """How many the autoscaler has asked for."""
    return cluster.kubectl("get hpa php-apache -o jsonpath={.status.desiredReplicas}")


def test_one_visitor_makes_seven_of_one_and_when_he_has_gone_it_is_one_again() -> None:
    """Source: kubernetes.io, "HorizontalPodAutoscaler Walkthrough"."""
    cluster = Cluster(nodes=3)
    cluster.apply(SERVER)
    cluster.kubectl("autoscale deployment php-apache --cpu=50% --min=1 --max=10")
    cluster.run("1m")
    seen = [replicas(cluster)]

    cluster.kubectl(VISITOR)
    cluster.run("3m")
    seen.append(replicas(cluster))
    cluster.kubectl("delete pod load-generator")
    cluster.run("8m")

    assert [*seen, replicas(cluster)] == ["1", "7", "1"]
