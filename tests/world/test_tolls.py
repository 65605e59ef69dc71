"""What bytes cost: by where they leave a zone, the cloud, or a link."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import OUTSIDE, Cloud, Listener, Peer, PriceError, World, list_prices, make_bill

A1, A2, B1 = (
    Peer("n1", "zone-a", "shop", "web-1"),
    Peer("n2", "zone-a", "shop", "db-1"),
    Peer("n3", "zone-b", "shop", "db-2"),
)
GATE_B = Peer("n3", "zone-b")
NIMBUS = "nimbus"


def world(name: str = NIMBUS) -> World:
    """A world, in a cloud if that has a name."""
    made = World(Loop(seed=1))
    if name:
        made.cloud = Cloud(made, name, "region-1", list_prices)
    return made


def sent(made: World, source: Peer, gate: Peer, target: Peer, request_gb: float, answer_gb: float) -> dict[str, float]:
    """Dollars by what was paid for, after one exchange through the Service shop/db."""
    made.network.traffic.between(source, gate, target, "shop/db").add(1, request_gb * 1e9, answer_gb * 1e9)
    made.loop.run_until(made.loop.now + 1)
    bill = make_bill(made.ledger, list_prices(), made.loop.start_s, made.loop.now, {})
    return {line.name: line.dollars for line in bill.lines if line.unit == "GB"}


CASES: list[tuple[Any, ...]] = [
    ("one machine", A1, A1, A1, {}),
    ("one zone", A1, A1, A2, {"zone-a to zone-a": 0}),
    ("two zones", A1, A1, B1, {"zone-a to zone-b": 0.02, "zone-b to zone-a": 2 * 0.02}),
    ("by way of another zone", A1, GATE_B, A2, {"zone-a to zone-b": 3 * 0.02, "zone-b to zone-a": 3 * 0.02}),
    ("from outside", OUTSIDE, Peer("n1", "zone-a"), A1, {"internet to zone-a": 0, "zone-a to internet": 2 * 0.09}),
    ("to the outside", A1, A1, OUTSIDE, {"zone-a to internet": 0.09, "internet to zone-a": 0}),
]


@pytest.mark.parametrize(
    ("source", "gate", "target", "dollars"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_gb_there_and_two_back(source: Peer, gate: Peer, target: Peer, dollars: dict[str, float]) -> None:
    assert sent(world(), source, gate, target, 1, 2) == pytest.approx(dollars)


def test_on_ones_own_machines_bytes_are_free() -> None:
    assert sent(world(""), A1, A1, B1, 1, 2) == {}


def test_what_passes_a_load_balancer_is_paid_there_too() -> None:
    made = world()
    made.cloud.balancers.ensure("shop/db", [Listener(80, 30080)], ["n1"])  # type: ignore[union-attr]

    assert sent(made, OUTSIDE, A1, A1, 1, 2)["shop/db"] == pytest.approx(3 * 0.008)


def carried(price: str) -> Any:
    """The bill of a world whose link of that price has carried 10 GB one way."""
    made = World(Loop(seed=1))
    link = made.sites.links.join("seoul", "busan", 0.01, 1e9, price=price)
    made.sites.links.send([(link, "seoul")], 10_000_000_000, lambda problem: None)
    made.loop.run_until(made.loop.now + 60)
    return make_bill(made.ledger, list_prices(), made.loop.start_s, made.loop.now, {})


@pytest.mark.parametrize(
    ("price", "dollars"),
    [
        ("free", 0),
        ("cross-zone", 0.2),
        ("internet", 0.9),
        ("line", 0.2),
        ("incoming", 0),
        ("storage.cold.read_gb", 0.11),
    ],
)
def test_a_link_costs_what_its_class_says(price: str, dollars: float) -> None:
    assert carried(price).dollars == pytest.approx(dollars)


def test_a_link_of_a_class_without_a_price_is_named() -> None:
    with pytest.raises(PriceError, match=r'the table of prices has no "traffic\.moon_gb"'):
        carried("moon")
