"""Autoscalers on a whole cluster: real use, real Pods, and what is capped.

Source: kubernetes.io, "HorizontalPodAutoscaler Walkthrough"; rows 16 and 19 of the course.
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab import Cluster
from k8slab.objects import get_condition

Obj = dict[str, Any]


def web(cluster: Cluster, replicas: int = 1, cpu: str = "400m", image: str = "polinux/stress") -> None:
    """A Deployment whose Pods take one CPU each."""
    container: Obj = {"name": "main", "image": image, "resources": {"requests": {"cpu": cpu}}}
    if image == "polinux/stress":
        container |= {"command": ["stress"], "args": ["--cpu", "1"]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    cluster.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    cluster.settle()


def autoscaler(cluster: Cluster) -> Obj:
    return cluster.client.get("HorizontalPodAutoscaler", "web", "default")


def replicas(cluster: Cluster) -> int:
    found: int = cluster.client.get("Deployment", "web", "default")["spec"]["replicas"]
    return found


def test_a_busy_deployment_grows_to_its_cap() -> None:
    cluster = Cluster(nodes=2)
    web(cluster)
    cluster.kubectl("autoscale deployment web --max=4 --cpu=50%")

    cluster.settle()

    limited = get_condition(autoscaler(cluster), "ScalingLimited")
    assert (replicas(cluster), limited and limited["reason"]) == (4, "TooManyReplicas")
    assert "cpu: 250%/50%   1         4         4" in cluster.kubectl("get hpa web")


def test_an_idle_deployment_shrinks_when_the_window_is_over() -> None:
    cluster = Cluster(nodes=2)
    web(cluster, replicas=4, image="nginx")
    cluster.kubectl("autoscale deployment web --max=4 --cpu=50%")

    cluster.run("4m")
    before = replicas(cluster)
    cluster.run("3m")

    assert (before, replicas(cluster)) == (4, 1)


def test_requests_that_somebody_counts_decide() -> None:
    """From 2 to 9 Pods for 90 requests a second, 10 each; twice as many each quarter of a minute at most."""
    cluster = Cluster(nodes=2)
    web(cluster, replicas=2, cpu="100m", image="nginx")
    target = {"type": "AverageValue", "averageValue": "10"}
    metric = {"type": "External", "external": {"metric": {"name": "rps"}, "target": target}}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 20, "metrics": [metric]}
    cluster.metric("rps", 90)
    cluster.apply(
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec}
    )

    cluster.settle()

    said = [event["message"] for event in cluster.client.list("Event") if event["reason"] == "SuccessfulRescale"]
    assert [text.split(";")[0] for text in said] == ["New size: 4", "New size: 8", "New size: 9"]


@pytest.mark.parametrize("value", [30, lambda: 30])
def test_what_was_measured_is_part_of_the_history(value: Any) -> None:
    cluster = Cluster(nodes=1)
    cluster.metric("rps", value, namespace="default")
    path = "/apis/external.metrics.k8s.io/v1beta1"

    again = cluster.fork()

    assert again.client.raw(path) == cluster.client.raw(path)


def test_numbers_can_be_saved_and_functions_cannot(tmp_path: Any) -> None:
    cluster = Cluster(nodes=1)
    cluster.metric("rps", 30, labels={"shop": "main"})
    cluster.save(tmp_path / "a")
    cluster.metric("rps", lambda: 30)

    with pytest.raises(ValueError, match=r"Python code \(measured rps\)"):
        cluster.save(tmp_path / "b")
    assert Cluster.load(tmp_path / "a").client.raw("/apis/external.metrics.k8s.io/v1beta1")


@pytest.mark.parametrize(
    "given",
    [{"pod": "web", "object": "Service/web"}, {"object": "web"}, {"object": "Ghost/web"}, {"pod": "a", "object": "b"}],
)
def test_a_metric_is_about_one_thing(given: Obj) -> None:
    with pytest.raises(ValueError, match=r"."):
        Cluster(agents=()).metric("rps", 1, **given)
