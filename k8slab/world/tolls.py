"""What is paid for bytes: between zones, out of a cloud, through a load balancer, over links between sites.

In a cloud a byte costs where it leaves its zone, and most where it leaves the cloud. On one's own machines it does not;
links between sites cost everywhere what their class says (`cross-zone` is the price traffic.cross_zone_gb, `line` is
line.gb, `free` none; a path of the table of prices will do, too).

Left out  bytes between regions of one cluster; what is paid for packets and connections
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from k8slab.world.ledger import Counted
from k8slab.world.traffic import OUTSIDE, Peer, TrafficRow

if TYPE_CHECKING:
    from k8slab.world.machines import World

__all__ = [
    "link_tolls",
    "traffic_tolls",
]

GB = 1e9
FREE = "free"


def traffic_tolls(world: World) -> Iterator[Counted]:
    """What requests and their answers cost up to now; nothing without a cloud."""
    if world.cloud is None:
        return
    for row in world.network.traffic.rows():
        yield from _row_tolls(row)
        if row.source == OUTSIDE and world.cloud.has_balancer(row.service):
            size_bytes = row.passed.request_bytes + row.passed.answer_bytes
            labels = {"namespace": row.service.partition("/")[0]}
            yield Counted("load balancer", row.service, "data", "load_balancer.gb", size_bytes / GB, labels)


def _row_tolls(row: TrafficRow) -> Iterator[Counted]:
    stops = [row.source, row.target] if row.gate == row.source else [row.source, row.gate, row.target]
    namespace = row.service.partition("/")[0] or row.source.namespace or row.target.namespace
    labels = {"service": row.service, "namespace": namespace}
    labels = {name: value for name, value in labels.items() if value}
    for here, there in pairwise(stops):
        for a, b, size_bytes in ((here, there, row.passed.request_bytes), (there, here, row.passed.answer_bytes)):
            price = _price_between(a, b)
            if price and size_bytes:
                name = f"{a.zone or 'internet'} to {b.zone or 'internet'}"
                yield Counted("traffic", name, "data", price, size_bytes / GB, labels)


def _price_between(a: Peer, b: Peer) -> str:
    if a.zone == b.zone:
        return "traffic.same_zone_gb" if a.node != b.node else ""
    if a.zone and b.zone:
        return "traffic.cross_zone_gb"
    return "traffic.internet_gb" if a.zone else "traffic.incoming_gb"


def link_tolls(world: World) -> Iterable[Counted]:
    """What the links between sites have carried up to now, by their class of price."""
    for link, source, target, price, size_bytes in world.sites.links.carried():
        if price != FREE and size_bytes:
            yield Counted("link", link, f"{source} to {target}", _link_price(price), size_bytes / GB, {})


def _link_price(price: str) -> str:
    if "." in price:
        return price
    return "line.gb" if price == "line" else f"traffic.{price.replace('-', '_')}_gb"
