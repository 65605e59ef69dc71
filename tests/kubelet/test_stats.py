"""What a kubelet tells about use, as metrics.k8s.io shows it."""

from __future__ import annotations

from one_node import OneNode

from k8slab.kubelet import serve
from k8slab.objects import parse_quantity
from k8slab.wire import Request
from k8slab.world import usage_of


def test_metrics_tell_what_the_machine_gives(node: OneNode) -> None:
    """Source: kubernetes.io, "Resource metrics pipeline"."""
    node.given("web")

    shown = node.client.get("pods.metrics.k8s.io", "web", "default")

    _, _, (row,) = usage_of(node.vm)
    (main,) = shown["containers"]
    assert main["name"] == "main"
    assert round(parse_quantity(main["usage"]["cpu"]) * 10**9) == round(row.cpu_m * 10**6)
    assert parse_quantity(main["usage"]["memory"]) == row.memory_bytes > 0


def test_a_node_uses_more_than_its_pods(node: OneNode) -> None:
    node.given("web")

    (of_node,) = node.client.list("nodes.metrics.k8s.io")
    (of_pod,) = node.client.list("pods.metrics.k8s.io")

    for name in ("cpu", "memory"):
        assert parse_quantity(of_node["usage"][name]) > parse_quantity(of_pod["containers"][0]["usage"][name]) > 0


def test_what_does_not_run_uses_nothing(node: OneNode) -> None:
    node.given("web", "busybox", container={"command": ["sh", "-c", "true"]}, restartPolicy="Never")

    assert node.client.list("pods.metrics.k8s.io") == []


def test_a_summary_names_its_node(node: OneNode) -> None:
    """Source: stats/v1alpha1/types.go, Summary."""
    node.given("web")

    body = serve(node.kubelet, Request("get", path="/stats/summary")).body

    assert body["node"]["nodeName"] == "node-1"
    assert [each["podRef"] for each in body["pods"]] == [{"namespace": "default", "name": "web"}]
