"""The Ingress controller on a cluster: from a stranger's request to a pod."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubeadm import Cluster
from k8slab.proxy import Answer

Obj = dict[str, Any]

SHOP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: nginx, ports: [{containerPort: 80, name: http}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080, targetPort: http, name: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
      - {path: /gone, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}
      - {path: /odd, pathType: Prefix, backend: {service: {name: web, port: {number: 9}}}}
"""


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """A shop behind ingress-nginx on a node port."""
    made = Cluster(nodes=3)
    made.install_ingress("NodePort")
    made.apply(SHOP)
    made.settle()
    made.run("30s")
    return made


def ask(cluster: Cluster, path: str = "/", host: str = "shop.example", node: str = "node-1") -> Answer:
    """What somebody outside gets."""
    service = cluster.client.get("Service", "ingress-nginx-controller", "ingress-nginx")
    port = service["spec"]["ports"][0]["nodePort"]
    return cluster.request(f"http://{cluster.world.vm(node).address}:{port}{path}", "outside", host=host)


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "shop.example", 200),
        ("/gone/1", "shop.example", 503),
        ("/odd", "shop.example", 503),
        ("/", "other.example", 404),
        ("/missing.html", "shop.example", 404),
    ],
)
def test_who_is_answered_and_how(cluster: Cluster, path: str, host: str, status: int) -> None:
    """Source: ingress-nginx: 404 of the default backend, 503 without endpoints."""
    assert ask(cluster, path, host).status == status


def test_the_controller_goes_to_the_endpoints_themselves_in_turn(cluster: Cluster) -> None:
    answers = [ask(cluster) for _ in range(4)]

    assert [hop.stage for hop in answers[0].hops] == ["rule", "endpoint", "endpoint"]
    pods = [answer.hops[-1].text.partition(" ")[0] for answer in answers]
    assert len(set(pods)) == 2 and pods[:2] == pods[2:]


def test_an_ingress_tells_where_its_controller_is(cluster: Cluster) -> None:
    """Source: ingress-nginx, internal/ingress/status (--publish-service)."""
    address = cluster.client.get("Service", "ingress-nginx-controller", "ingress-nginx")["spec"]["clusterIP"]
    ingress = cluster.client.get("Ingress", "shop", "default")

    assert ingress["status"] == {"loadBalancer": {"ingress": [{"ip": address}]}}
    assert "Scheduled for sync" in cluster.kubectl("describe ingress shop")


def test_what_changes_is_followed() -> None:
    cluster = Cluster(nodes=2)
    cluster.install_ingress("NodePort")
    cluster.apply(SHOP)
    cluster.settle()
    cluster.run("30s")

    cluster.kubectl("scale deployment web --replicas 0")
    cluster.run("40s")
    nobody = ask(cluster).status
    cluster.kubectl("delete ingress shop")
    cluster.run("5s")

    assert (nobody, ask(cluster).status) == (503, 404)


def test_without_its_pod_nobody_answers(cluster: Cluster) -> None:
    fork = cluster.fork()
    fork.kubectl("scale deployment ingress-nginx-controller -n ingress-nginx --replicas 0")
    fork.settle()

    assert ask(fork).error.endswith("Connection refused")
    assert ask(cluster).ok


def test_a_pod_that_does_not_answer_is_passed_over_or_told(cluster: Cluster) -> None:
    """Source: proxy_next_upstream: the next endpoint is tried; 504 when none answers in time."""
    fork = cluster.fork()
    service = fork.client.get("Service", "web", "default")
    fork.client.update({**service, "spec": {**service["spec"], "selector": None}})
    labels = {"kubernetes.io/service-name": "web"}
    slices = fork.client.list("EndpointSlice", "default", labels="kubernetes.io/service-name=web")
    live = slices[0]["endpoints"][0]["addresses"][0]
    for slice_ in slices:
        fork.client.delete("EndpointSlice", slice_["metadata"]["name"], "default")
    by_hand: Obj = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                    "metadata": {"name": "web-hand", "namespace": "default", "labels": labels},
                    "ports": [{"name": "http", "port": 80}]}  # fmt: skip

    fork.client.create({**by_hand, "endpoints": [{"addresses": ["10.244.9.9"]}, {"addresses": [live]}]})
    fork.run("5s")
    passed_over = [ask(fork).status for _ in range(2)]
    made = fork.client.get("EndpointSlice", "web-hand", "default")
    fork.client.update({**made, "endpoints": [{"addresses": ["10.244.9.9"]}]})
    fork.run("5s")

    assert (passed_over, ask(fork).status) == ([200, 200], 504)


@pytest.mark.parametrize("kind", ["ClusterIP", "", "nodeport"])
def test_the_controllers_service_has_a_type_that_strangers_reach(kind: str) -> None:
    with pytest.raises(ValueError, match="LoadBalancer or NodePort"):
        Cluster(nodes=0, agents=()).install_ingress(kind)
