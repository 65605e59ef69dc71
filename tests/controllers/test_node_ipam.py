"""Every Node's own range of Pod addresses."""

from __future__ import annotations

import ipaddress

import pytest
from bench import Bench, node

from k8slab.client import After
from k8slab.controllers import NodeIpamController, node_ipam

CONTROLLER = NodeIpamController


def ranges(bench: Bench) -> dict[str, str]:
    """The range of every node."""
    bench.loop.settle()
    return {each["metadata"]["name"]: each["spec"].get("podCIDR", "") for each in bench.client.list("no")}


def test_every_node_gets_a_range_of_its_own(bench: Bench) -> None:
    """Source: range_allocator.go, allocateOrOccupyCIDR; --cluster-cidr 10.244.0.0/16, /24 a node."""
    bench.given(*(node(f"n{n:03}") for n in range(300)))
    bench.reconcile("n000")

    given = [ipaddress.ip_network(cidr) for cidr in ranges(bench).values()]

    assert len(set(given)) == 300 and {network.prefixlen for network in given} == {24}
    assert sum(network.subnet_of(ipaddress.ip_network("10.244.0.0/16")) for network in given) == 256
    assert not any(network.subnet_of(ipaddress.ip_network("10.96.0.0/12")) for network in given)


def test_both_fields_say_the_same(bench: Bench) -> None:
    bench.given(node("n1"))

    bench.reconcile("n1")

    spec = bench.client.get("no", "n1")["spec"]
    assert (spec["podCIDR"], spec["podCIDRs"]) == ("10.244.0.0/24", ["10.244.0.0/24"])
    assert bench.writes == ["patch Node/n1"]


def test_a_range_that_somebody_gave_is_respected(bench: Bench) -> None:
    """Source: range_allocator.go, occupyCIDRs."""
    bench.given(node("a"), node("taken", podCIDR="10.244.0.0/24", podCIDRs=["10.244.0.0/24"]))
    bench.reconcile("taken")
    assert bench.writes == []

    assert ranges(bench) == {"a": "10.244.1.0/24", "taken": "10.244.0.0/24"}


def test_a_range_is_free_again_when_its_node_goes(bench: Bench) -> None:
    """Source: range_allocator.go, ReleaseCIDR."""
    bench.given(node("a"), node("b"))
    bench.reconcile("a")
    assert ranges(bench) == {"a": "10.244.0.0/24", "b": "10.244.1.0/24"}

    bench.client.delete("no", "a")
    bench.loop.settle()
    bench.given(node("c"))

    assert ranges(bench)["c"] == "10.244.0.0/24"


def test_no_range_left_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: range_allocator.go: the Event CIDRNotAvailable; the node is tried again."""
    monkeypatch.setattr(node_ipam, "RANGES", ())
    bench.given(node("n1"))

    again = bench.reconcile("n1")

    assert isinstance(again, After) and bench.writes == []
    assert bench.events() == ["CIDRNotAvailable: Node n1 status is now: CIDRNotAvailable"]
