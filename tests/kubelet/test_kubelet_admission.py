"""Which pods a node refuses."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubelet.admission import Rejection, Requests, rejection, requests_of

NODE: Any = {
    "metadata": {"labels": {"disk": "ssd"}},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "3"}},
}
GIB = 1024**3


def container(name: str, cpu: str = "0", memory: str = "0", **spec: Any) -> Any:
    """A container that asks for something."""
    return {"name": name, "resources": {"requests": {"cpu": cpu, "memory": memory}}, **spec}


@pytest.mark.parametrize(
    ("init", "main", "requests"),
    [
        ([], [{"name": "a"}], Requests(0, 0)),
        ([], [container("a", "100m", "1Gi"), container("b", "1", "1Gi")], Requests(1100, 2 * GIB)),
        ([container("i", "2", "1Mi")], [container("a", "1", "1Gi")], Requests(2000, GIB)),
        ([container("s", "1", restartPolicy="Always")], [container("a", "1")], Requests(2000, 0)),
        ([container("s", "1", restartPolicy="Always"), container("i", "2")], [container("a", "1")], Requests(3000, 0)),
        ([container("i", "2"), container("s", "1", restartPolicy="Always")], [container("a", "1")], Requests(2000, 0)),
    ],
)
def test_a_pod_asks_for_its_containers_or_its_largest_init_container(init: Any, main: Any, requests: Requests) -> None:
    """Source: kubernetes.io, "Init Containers" and "Sidecar Containers", "Resource sharing within containers"."""
    assert requests_of({"spec": {"initContainers": init, "containers": main}}) == requests


def test_the_overhead_of_a_pod_comes_on_top() -> None:
    """Source: kubernetes.io, "Pod Overhead"."""
    spec = {"containers": [container("a", "1", "1Gi")], "overhead": {"cpu": "250m", "memory": "1Gi"}}

    assert requests_of({"spec": spec}) == Requests(1250, 2 * GIB)


@pytest.mark.parametrize(
    ("asked", "used", "pods", "selector", "reason"),
    [
        (Requests(1000, GIB), Requests(3000, 0), 2, {}, ""),
        (Requests(1001, GIB), Requests(3000, 0), 2, {}, "OutOfcpu"),
        (Requests(0, GIB), Requests(0, 8 * GIB), 2, {}, "OutOfmemory"),
        (Requests(0, 0), Requests(0, 9 * GIB), 2, {}, ""),
        (Requests(0, 0), Requests(0, 0), 3, {}, "OutOfpods"),
        (Requests(0, 0), Requests(0, 0), 0, {"disk": "hdd"}, "NodeAffinity"),
        (Requests(0, 0), Requests(0, 0), 0, {"disk": "ssd"}, ""),
    ],
)
def test_a_node_refuses_what_does_not_fit(
    asked: Requests, used: Requests, pods: int, selector: Any, reason: str
) -> None:
    """Source: pkg/kubelet/lifecycle/predicate.go, generalFilter."""
    refused = rejection({"spec": {"nodeSelector": selector}}, asked, used, pods, NODE)

    assert (refused.reason if refused else "") == reason


def test_a_refusal_says_what_was_asked_and_what_there_is() -> None:
    """Source: pkg/kubelet/lifecycle/predicate.go, InsufficientResourceError."""
    refused = rejection({"spec": {}}, Requests(5000, 0), Requests(100, 0), 1, NODE)

    text = "Node didn't have enough resource: cpu, requested: 5000, used: 100, capacity: 4000"
    assert refused == Rejection("OutOfcpu", text)
