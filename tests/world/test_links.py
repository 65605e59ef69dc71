"""Links: how long bytes travel, who is told of a cut, and what is counted."""

from __future__ import annotations

import pytest

from k8slab.clock import Loop
from k8slab.world.links import next_try_s
from k8slab.world.sites import Sites

MB = 1_000_000


class Map:
    """A company and a cloud with two zones, 10 ms and 10 MB a second apart."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.sites = Sites(self.loop)
        self.sites.add("office", "company")
        self.sites.add("seoul", "cloud", ["zone-a", "zone-b"])
        self.link = self.sites.links.join("office", "seoul", 0.01, 10 * MB, price="internet")
        self.ends: dict[str, tuple[float, str]] = {}

    def send(self, name: str, source: str, target: str, size: int, patience_s: float = 924.6) -> None:
        def done(problem: str) -> None:
            self.ends[name] = (round(self.loop.now - self.loop.start_s, 3), problem)

        self.sites.send("image", name, source, target, size, done, patience_s=patience_s)

    def cut(self, at_s: float, until_s: float) -> None:
        self.loop.call_at(self.loop.start_s + at_s, self.sites.links.fail, self.link)
        self.loop.call_at(self.loop.start_s + until_s, self.sites.links.heal, self.link)


@pytest.fixture
def world() -> Map:
    return Map()


def test_a_transfer_takes_the_latency_and_its_bytes(world: Map) -> None:
    world.send("image", "office", "seoul", 100 * MB)

    world.loop.settle()

    assert world.ends == {"image": (10.01, "")}


def test_transfers_share_a_direction_and_the_other_is_free(world: Map) -> None:
    for name, source, target in (
        ("up", "office", "seoul"),
        ("too", "office", "seoul/zone-a"),
        ("down", "seoul", "office"),
    ):
        world.send(name, source, target, 100 * MB)

    world.loop.settle()

    assert world.ends == {"down": (10.01, ""), "up": (20.01, ""), "too": (20.01, "")}


def test_bytes_are_counted_for_each_link_and_direction(world: Map) -> None:
    world.send("up", "office", "seoul", 100 * MB)
    world.send("across", "seoul/zone-a", "seoul/zone-b", 7)

    world.loop.run_until(world.loop.start_s + 5.01)
    seen = [(one.source, one.target, one.price, one.size_bytes) for one in world.sites.links.carried()]

    assert ("office", "seoul", "internet", 50 * MB) in seen and ("seoul", "office", "internet", 0) in seen
    assert ("seoul/zone-a", "seoul/zone-b", "cross-zone", 7) in seen


@pytest.mark.parametrize(
    ("cut_s", "delay_s"),  # RFC 6298, (5.5): sent again after 0.2 s, and each time twice as late
    [(0.1, 0.1), (0.5, 0.1), (1.0, 0.4), (10, 2.6), (300, 24.6)],
)
def test_what_stalled_goes_on_when_it_is_sent_again(cut_s: float, delay_s: float) -> None:
    assert next_try_s(cut_s) == pytest.approx(delay_s)


def test_a_transfer_outlives_a_short_cut(world: Map) -> None:
    world.send("image", "office", "seoul", 100 * MB)
    world.cut(2, 12)

    world.loop.settle(quiet_s=1000)

    assert world.ends == {"image": (22.61, "")}


def test_a_transfer_ends_when_its_patience_does(world: Map) -> None:
    world.send("pull", "office", "seoul", 100 * MB, patience_s=300)
    world.send("push", "office", "seoul", 100 * MB)
    world.cut(2, 400)

    world.loop.settle(quiet_s=1000)

    assert world.ends["pull"] == (302, "connection timed out") and world.ends["push"][1] == ""


@pytest.mark.parametrize(("until_s", "end"), [(10, (25.0, "")), (60, (30.0, "i/o timeout"))])
def test_a_connection_over_a_cut_link_knocks_and_gives_up(world: Map, until_s: float, end: tuple[float, str]) -> None:
    world.cut(0, until_s)
    world.loop.run_until(world.loop.start_s)

    world.send("image", "office", "seoul", 100 * MB)
    world.loop.settle(quiet_s=1000)

    assert world.ends == {"image": (pytest.approx(end[0], abs=0.02), end[1])}


def test_another_way_is_taken_when_the_quickest_is_cut(world: Map) -> None:
    world.sites.add("hub", "registry")
    world.sites.links.join("office", "hub", 0.05, MB)
    world.sites.links.join("hub", "seoul", 0.05, MB)
    world.sites.links.fail(world.link)

    world.send("image", "office", "seoul", MB)
    world.loop.settle()

    assert world.ends == {"image": (1.1, "")}


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda sites: sites.add("seoul", "cloud"), "there is a site 'seoul' already"),
        (lambda sites: sites.add("moon", "planet"), "a site is one of laptop, company, cloud, registry, not 'planet'"),
        (lambda sites: sites.add("tokyo", "cloud", ["zone-a"]), "the zone zone-a belongs to seoul already"),
        (lambda sites: sites.way("office", "moon"), 'there is no site "moon"; there are: office, seoul'),
        (lambda sites: sites.way("office", "seoul/x"), 'seoul has no zone "x"; it has: zone-a, zone-b'),
        (lambda sites: sites.links.join("a", "a", 0, 1), "a link joins two sites, not a with itself"),
        (lambda sites: sites.links.join("a", "b", -1, 1), "the latency of a link must be 0 or more, not -1"),
        (lambda sites: sites.links.join("a", "b", 0, 0), "the bandwidth of a link must be more than 0, not 0"),
        (lambda sites: sites.add("far", "cloud") and sites.way("far", "office"), "no link leads from far to office"),
    ],
)
def test_what_cannot_be_on_a_map_is_refused(world: Map, act: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        act(world.sites)  # type: ignore[operator]
