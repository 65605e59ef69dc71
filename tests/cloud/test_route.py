"""Routes in the cloud, and the condition that tells of them."""

from __future__ import annotations

from typing import Any

from bench import node
from cloud_bench import CloudBench

from k8slab.cloud import RouteController
from k8slab.objects import get_condition

CONTROLLER = RouteController


def told(bench: CloudBench, name: str) -> Any:
    """Status, reason and message of NetworkUnavailable."""
    condition = get_condition(bench.client.get("Node", name), "NetworkUnavailable")
    return condition and (condition["status"], condition["reason"], condition["message"])


def with_range(name: str, number: int) -> Any:
    """A Node with a range of addresses for its pods."""
    cidr = f"10.244.{number}.0/24"
    return node(name, podCIDR=cidr, podCIDRs=[cidr])


def test_each_range_has_a_route_and_each_node_knows(bench: CloudBench) -> None:
    """Source: route_controller.go, reconcile, updateNetworkingCondition."""
    bench.given(with_range("n1", 1), with_range("n2", 2))

    again = bench.reconcile("")

    assert bench.cloud.balancers.routes == {"10.244.1.0/24": "n1", "10.244.2.0/24": "n2"}
    assert told(bench, "n1") == ("False", "RouteCreated", "RouteController created a route")
    assert again == (10.0, True)


def test_a_node_without_a_range_is_not_told_anything(bench: CloudBench) -> None:
    bench.given(node("n1"))

    bench.reconcile("")

    assert bench.writes == []


def test_a_route_that_cannot_be_made_is_told_and_tried_again(bench: CloudBench) -> None:
    there = bench.given(with_range("n1", 1))
    bench.cloud.balancers.create_route = refuse  # type: ignore[method-assign]

    bench.reconcile("")

    uid = there["metadata"]["uid"]
    text = f"Could not create route {uid} 10.244.1.0/24 for node n1 after 0s: QuotaExceeded: no route left"
    assert bench.events() == [f"FailedToCreateRoute: {text}"]
    assert told(bench, "n1") == ("True", "NoRouteCreated", "RouteController failed to create a route")
    del bench.cloud.balancers.create_route  # type: ignore[method-assign]
    bench.reconcile("")
    assert told(bench, "n1")[0] == "False"


def test_the_route_of_a_node_that_is_gone_goes(bench: CloudBench) -> None:
    bench.given(with_range("n1", 1))
    bench.reconcile("")

    bench.client.delete("Node", "n1")
    bench.reconcile("")

    assert bench.cloud.balancers.routes == {}


def test_in_an_outage_nothing_is_written_and_it_is_tried_again(bench: CloudBench) -> None:
    bench.given(with_range("n1", 1))
    bench.cloud.outage = "down"
    bench.reconcile("")
    assert bench.writes == []

    bench.cloud.outage = ""
    bench.reconcile("")

    assert bench.writes == ["patch Node/n1/status"]


def refuse(cidr: str, name: str) -> None:
    from k8slab.world import CloudError

    raise CloudError("QuotaExceeded", "no route left")
