"""Counters of traffic: every link has its bytes, each way by itself."""

from __future__ import annotations

import pytest

from k8slab.world import OUTSIDE, Peer, Traffic

FRONT = Peer("node-1", "zone-a", "shop", "front")
CART = Peer("node-2", "zone-b", "shop", "cart")
BESIDE = Peer("node-1", "zone-a", "shop", "order")
GATE = Peer("node-2", "zone-b")


def counted() -> Traffic:
    """A pod that asks one in another zone and one beside it, and somebody outside who comes in by another machine."""
    traffic = Traffic()
    traffic.between(FRONT, FRONT, CART, "shop/cart").add(2, 200, 5000)
    traffic.between(FRONT, FRONT, CART, "shop/cart").add(1, 100, 1000)
    traffic.between(FRONT, FRONT, BESIDE, "shop/order").add(10, 1000, 2000)
    traffic.between(OUTSIDE, GATE, FRONT, "shop/front").add(4, 40, 400)
    return traffic


def test_bytes_are_told_by_zone_each_way_by_itself() -> None:
    assert counted().by_zone() == {
        ("zone-a", "zone-b"): 300 + 400,
        ("zone-b", "zone-a"): 6000 + 40,
        ("zone-a", "zone-a"): 3000,
        ("", "zone-b"): 40,
        ("zone-b", ""): 400,
    }


def test_what_passes_a_machine_on_its_way_travels_on_two_links() -> None:
    by_node = counted().by_node()

    assert (by_node["", "node-2"], by_node["node-2", "node-1"]) == (40, 6040)
    assert (by_node["node-1", "node-2"], by_node["node-2", ""]) == (700, 400)


@pytest.mark.parametrize(("what", "size_bytes"), [("cross_zone_bytes", 6740), ("in_bytes", 40), ("out_bytes", 400)])
def test_what_is_paid_for_is_added_up(what: str, size_bytes: float) -> None:
    assert getattr(counted(), what) == size_bytes


def test_requests_are_told_by_service() -> None:
    by_service = counted().by_service()

    assert {name: count.requests for name, count in by_service.items()} == {
        "shop/cart": 3,
        "shop/order": 10,
        "shop/front": 4,
    }
    assert repr(by_service["shop/cart"]) == "Count(3 requests, 300 + 6000 bytes)"


def test_a_row_names_both_ends_of_its_traffic() -> None:
    first = next(counted().rows())

    assert (first.source.pod, first.target.zone, first.service, first.passed.requests) == (
        "front",
        "zone-b",
        "shop/cart",
        3,
    )
