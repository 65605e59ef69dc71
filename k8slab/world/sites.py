"""Where things stand: a laptop, the company, a region of a cloud with its zones, the home of a registry.

A place is a site, or a zone in it (`seoul`, `seoul/zone-a`). Between sites lie the links that were laid; between the
zones of one site lie links of their own, of the price class `cross-zone`; inside a zone, and between a zone and what
belongs to its whole region, traffic is neither counted nor limited, but for the network card of a machine.

Every flow of data is written down with what it carried, for who asks later whether a rule was broken.

Source    the list prices of large clouds, which charge between zones and to the outside, and not within a zone
Left out  contention inside a site; ways that are chosen by price
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from k8slab.clock import Loop
from k8slab.world.links import PATIENCE_S, Done, Link, Links, Transfer

if TYPE_CHECKING:
    from k8slab.world.machines import Vm

__all__ = [
    "KINDS",
    "Flow",
    "Site",
    "Sites",
]

KINDS = ("laptop", "company", "cloud", "registry")
OUTGOING = ("internet", "line", "cross-region")
CROSS_ZONE_S, CROSS_ZONE_BYTES_PER_S = 0.001, 1_250_000_000.0
CARD_BYTES_PER_S = 1_250_000_000.0  # ten gigabits a second


class Site(NamedTuple):
    """A place with a network of its own; VMs in its zones stand there."""

    name: str
    kind: str
    zones: tuple[str, ...] = ()


class Flow(NamedTuple):
    """Data that went, or goes, from one place to another: its kind (source, image …) and what it was."""

    at: float
    kind: str
    what: str
    source: str
    target: str
    size_bytes: int


class Sites:
    """The map. Without sites every cluster is in one place, and nothing here takes time."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.links = Links(loop)
        self.flows: list[Flow] = []
        self._sites: dict[str, Site] = {}

    def __bool__(self) -> bool:
        return bool(self._sites)

    def __iter__(self) -> Iterator[Site]:
        return iter(self._sites.values())

    def add(self, name: str, kind: str, zones: Iterable[str] = ()) -> Site:
        """Put a site on the map. Raises ValueError when the name, the kind or a zone will not do."""
        zones = tuple(zones)
        if not name or "/" in name or name in self._sites:
            raise ValueError(f"there is a site {name!r} already" if name in self._sites else f"no name: {name!r}")
        if kind not in KINDS:
            raise ValueError(f"a site is one of {', '.join(KINDS)}, not {kind!r}")
        taken = {zone: site.name for site in self._sites.values() for zone in site.zones}
        for zone in zones:
            if zone in taken:
                raise ValueError(f"the zone {zone} belongs to {taken[zone]} already")
        self._sites[name] = Site(name, kind, zones)
        for number, zone in enumerate(zones):
            for other in zones[:number]:
                ends = f"{name}/{other}", f"{name}/{zone}"
                self.links.join(*ends, CROSS_ZONE_S, CROSS_ZONE_BYTES_PER_S, price="cross-zone")
        return self._sites[name]

    def has(self, name: str) -> bool:
        """There is a site of that name."""
        return name in self._sites

    def join(
        self, a: str, b: str, latency_s: float, bytes_per_s: float, back_per_s: float | None = None, price: str = "free"
    ) -> Link:
        """Lay a link between two places. Raises ValueError.

        `internet`, `line` and `cross-region` are paid for what leaves a cloud; what does not is `incoming`. Other
        classes, and paths of the table of prices, hold for both directions.
        """
        ends = [self.site(a), self.site(b)]
        prices = [price if price not in OUTGOING or site.kind == "cloud" else "incoming" for site in ends]
        return self.links.join(a, b, latency_s, bytes_per_s, back_per_s, prices[0], prices[1])

    def site(self, place: str) -> Site:
        """The site of a place. Raises ValueError with the sites there are."""
        name, _, zone = place.partition("/")
        found = self._sites.get(name)
        if found is None:
            raise ValueError(f'there is no site "{name}"; there are: {", ".join(self._sites) or "none"}')
        if zone and zone not in found.zones:
            raise ValueError(f'{name} has no zone "{zone}"; it has: {", ".join(found.zones) or "none"}')
        return found

    def place_of(self, vm: Vm) -> str:
        """Where a VM stands, "" when its zone is on no map."""
        name = next((site.name for site in self._sites.values() if vm.zone in site.zones), "")
        return f"{name}/{vm.zone}" if name else ""

    def link(self, a: str, b: str) -> Link:
        """The link between two places. Raises ValueError when there is none."""
        return self.links.between(a, b)

    def way(self, source: str, target: str) -> list[tuple[Link, str]]:
        """The quickest way over links that carry; over one that is cut, where there is no other.

        Raises ValueError when no links lead there.
        """
        a, b = self.site(source).name, self.site(target).name
        if a == b:
            apart = "/" in source and "/" in target and source != target
            return [(self.links.between(source, target), source)] if apart else []
        found = self._search(a, b, only_up=True) or self._search(a, b, only_up=False)
        if not found:
            raise ValueError(f"no link leads from {a} to {b}")
        return found

    def latency_s(self, source: str, target: str) -> float:
        """How long a packet travels, one way. Raises ValueError when no links lead there."""
        return sum(link.latency_s for link, _ in self.way(source, target))

    def send(
        self,
        kind: str,
        what: str,
        source: str,
        target: str,
        size_bytes: int,
        done: Done,
        *,
        limit_per_s: float = CARD_BYTES_PER_S,
        patience_s: float = PATIENCE_S,
    ) -> Transfer:
        """Send data from place to place, and write it down. Raises ValueError when no links lead there."""
        way = self.way(source, target)
        if size_bytes:
            self.flows.append(Flow(self.loop.now, kind, what, source, target, size_bytes))
        return self.links.send(way, size_bytes, done, limit_per_s=limit_per_s, patience_s=patience_s)

    def _search(self, a: str, b: str, *, only_up: bool) -> list[tuple[Link, str]]:
        heap: list[tuple[float, int, str, list[tuple[Link, str]]]] = [(0.0, 0, a, [])]
        seen: set[str] = set()
        order = 0
        while heap:
            latency_s, _, here, way = heapq.heappop(heap)
            if here == b:
                return way
            if here in seen:
                continue
            seen.add(here)
            for link in self.links.of(here):
                if link.is_up or not only_up:
                    order += 1
                    there = link.b if here == link.a else link.a
                    heapq.heappush(heap, (latency_s + link.latency_s, order, there, [*way, (link, here)]))
        return []
