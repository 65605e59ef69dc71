"""Data in object storage: what it costs to keep and to read, and when another way is cheaper."""

from __future__ import annotations

import math

import pytest

from k8slab.clock import Loop
from k8slab.world import Bucket, Keep, World, list_prices, make_bill

MONTH_S = 730 * 3600


@pytest.fixture
def world() -> World:
    return World(Loop(seed=1))


def dollars(world: World) -> dict[str, float]:
    """By what was paid for."""
    made = make_bill(world.ledger, list_prices(), world.loop.start_s, world.loop.now, {})
    return {f"{line.kind} {line.what}": line.dollars for line in made.lines}


def test_a_month_of_a_terabyte_that_is_read_once(world: World) -> None:
    bucket = Bucket(world.ledger, "logs", "cold")
    bucket.put(1000)
    world.loop.run_until(world.loop.start_s + MONTH_S)
    bucket.read(1000)

    assert dollars(world) == pytest.approx(
        {"bucket cold": 12.5, "bucket written": 10, "bucket read": 11, "traffic data": 90}
    )


def test_what_is_removed_costs_no_longer(world: World) -> None:
    bucket = Bucket(world.ledger, "logs", "object")
    bucket.put(100)
    world.loop.run_until(world.loop.start_s + MONTH_S / 2)
    bucket.remove(100)
    world.loop.run_until(world.loop.start_s + MONTH_S)

    assert dollars(world)["bucket object"] == pytest.approx(1.15)


@pytest.mark.parametrize(
    ("readers", "way"), [("cloud", 0), ("zone", 0.02), ("region", 0.02), ("internet", 0.09), ("line", 0.02)]
)
def test_a_gb_costs_by_where_it_goes(world: World, readers: str, way: float) -> None:
    Bucket(world.ledger, "logs", "object").read(10, readers)

    assert dollars(world).get("traffic data", 0) == pytest.approx(10 * way)


def test_bad_amounts_and_places_are_refused(world: World) -> None:
    bucket = Bucket(world.ledger, "logs", "object")

    for amount in (-1, math.nan, math.inf, True):
        with pytest.raises(ValueError, match="must be 0 GB or more"):
            bucket.put(amount)
    with pytest.raises(ValueError, match="there are 0 GB in logs, not 1"):
        bucket.remove(1)
    with pytest.raises(ValueError, match="readers are in one of cloud, zone, region, internet, line, not 'moon'"):
        bucket.read(1, "moon")
    assert dollars(world) == {}


COLD, WARM, FARM = Keep("cold", "internet"), Keep("object", "internet"), Keep("farm")
BREAK_EVEN = [
    (COLD, FARM, (0.03 - 0.0125) / (0.011 + 0.09)),
    (Keep("cold"), Keep("object"), (0.023 - 0.0125) / (0.011 - 0.0004)),
    (Keep("archive", "line"), FARM, (0.03 - 0.004) / (0.03 + 0.02)),
    (FARM, COLD, 0.0175 / 0.101),  # the farm keeps for more, and pays off from so many reads on
    (Keep("shared", "internet"), FARM, 0.0),
    (FARM, Keep("shared", "internet"), math.inf),
    (Keep("fast"), Keep("standard"), 0.0),
    (Keep("standard"), Keep("fast"), math.inf),
    (FARM, FARM, math.inf),
]


@pytest.mark.parametrize(("keep", "other", "reads"), BREAK_EVEN)
def test_how_often_data_is_read_where_two_ways_cost_the_same(keep: Keep, other: Keep, reads: float) -> None:
    assert keep.break_even_reads(other, list_prices()) == pytest.approx(reads)


def test_at_the_break_even_both_ways_cost_the_same() -> None:
    prices = list_prices()
    reads = COLD.break_even_reads(FARM, prices)

    assert COLD.month(prices, 1000, reads) == pytest.approx(FARM.month(prices, 1000, reads))
    assert COLD.month(prices, 1000, reads / 2) < FARM.month(prices, 1000, reads / 2)
    assert COLD.month(prices, 1000, reads * 2) > FARM.month(prices, 1000, reads * 2)
