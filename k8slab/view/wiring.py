"""The lines: from a workload down to the Pods it owns, from a Service up to the Pods it sends traffic to.

Lines run in lanes beside the columns of Nodes, never behind a Pod.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from k8slab.objects import Key
from k8slab.view.facts import Facts
from k8slab.view.geometry import Point
from k8slab.view.scene import Chip, Edge, Tile

__all__ = [
    "MOST_LINES",
    "owner_edges",
    "service_edges",
    "wired",
]

LANES = 4
STEP = 4.5
BUS_STEP = 4.0
MOST_LINES = 6  # with more workloads, or more Services, lines say less than they hide


def wired(names: Sequence[str]) -> dict[str, int]:
    """The lane of each chip that gets lines: none at all when there are too many."""
    return {name: lane % LANES for lane, name in enumerate(names)} if len(names) <= MOST_LINES else {}


def owner_edges(facts: Facts, chips: Sequence[Chip], tiles: Sequence[Tile], bus: float) -> list[Edge]:
    """From each workload that owns Pods on a Node, through the lane at the left of the Node."""
    pods: dict[str, list[Tile]] = {}
    for tile in tiles:
        if tile.card.node:
            pods.setdefault("/".join(tile.card.owner), []).append(tile)
    found = [chip for chip in chips if chip.role == "owner" and chip.id in pods]
    lanes = wired([chip.id for chip in found])
    edges = []
    for chip in found:
        lane = lanes.get(chip.id)
        if lane is None:
            continue
        down, across = chip.rect.right + 4 + lane, bus + lane * BUS_STEP
        for tile in pods[chip.id]:
            lane_x = tile.rect.x - 8 - 5 - (lane + 0.4) * STEP
            start = (chip.rect.right, chip.rect.cy)
            turns = [(down, chip.rect.cy), (down, across), (lane_x, across), (lane_x, tile.rect.cy)]
            edges.append(Edge("owns", (start, *turns, (tile.rect.x, tile.rect.cy))))
    return edges


def service_edges(facts: Facts, chips: Sequence[Chip], tiles: Sequence[Tile], bus: float) -> list[Edge]:
    """From each Service, through the lane at the right of the Node, to its endpoints; dashed where no traffic goes."""
    places: Mapping[Key, Tile] = {tile.card.key: tile for tile in tiles if tile.card.mark != "gone"}
    backends = {
        str(card.key): [(places[pod], is_up) for pod, is_up in card.endpoints if pod in places] for card in facts.services
    }
    found = [chip for chip in chips if chip.role == "service" and backends.get(chip.id)]
    lanes = wired([chip.id for chip in found])
    edges = []
    for chip in found:
        lane = lanes.get(chip.id)
        if lane is None:
            continue
        across = bus - lane * BUS_STEP
        for tile, is_up in backends[chip.id]:
            lane_x = tile.rect.right + 8 + 5 + (lane + 0.4) * STEP
            points: tuple[Point, ...] = (
                (chip.rect.x + 16, chip.rect.y),
                (chip.rect.x + 16, across),
                (lane_x, across),
                (lane_x, tile.rect.cy),
                (tile.rect.right, tile.rect.cy),
            )
            edges.append(Edge("serves" if is_up else "unserved", points))
    return edges
