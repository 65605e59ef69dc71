"""The lines: from a workload down to the Pods it owns, from a Service up to the Pods it sends traffic to, from an
Ingress up to the Services it sends requests to.

Lines run in lanes beside the columns of Nodes, never behind a Pod. What several lines of one chip have in common is
drawn once: the farthest Pod gets the whole way, the others only their branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from k8slab.objects import Key
from k8slab.view.entries import route_title
from k8slab.view.facts import Facts
from k8slab.view.geometry import Point, Rect
from k8slab.view.measures import Flows
from k8slab.view.scene import Chip, Edge, Tile

__all__ = [
    "MOST_LINES",
    "mount_edges",
    "owner_edges",
    "route_edges",
    "service_edges",
]

LANES = 4
STEP = 4.0
BUS_STEP = 4.0
FIRST_LANE = 11.0
ENTRY_STEP = 2.0
MOUNT_SHIFT = 2.0
NO_FLOWS: Flows = {}
MOST_LINES = 6  # with more workloads, or more Services, lines say less than they hide


class _Way(NamedTuple):
    """How a chip reaches the lanes: out of `start`, level or upright to (`turn`, `bus`), then along the bus.

    `shift` keeps lines of different meaning apart.
    """

    start: Point
    turn: float
    bus: float
    lane: int
    side: int
    shift: float = 0.0


def owner_edges(chips: Sequence[Chip], tiles: Sequence[Tile], bus: float) -> list[Edge]:
    """From each workload that owns Pods on a Node, through the lane at the left of the Node."""
    pods: dict[str, list[Tile]] = {}
    for tile in tiles:
        if tile.card.node:
            pods.setdefault("/".join(tile.card.owner), []).append(tile)
    edges: list[Edge] = []
    for lane, chip in _lanes(chip for chip in chips if chip.role == "owner" and chip.id in pods):
        way = _Way((chip.rect.right, chip.rect.cy), chip.rect.right + 4 + lane, bus + lane * BUS_STEP, lane, -1)
        edges += _tree("owns", chip.id, way, pods[chip.id])
    return edges


def mount_edges(facts: Facts, chips: Sequence[Chip], tiles: Sequence[Tile], bus: float) -> list[Edge]:
    """From each volume to the Pods on Nodes that mount it, beside the lines of the workloads."""
    places = {tile.card.key: tile for tile in tiles if tile.card.node and tile.card.mark != "gone"}
    users = {
        f"PersistentVolume/{card.volume}": [places[key] for key in card.pods if key in places] for card in facts.claims
    }
    edges: list[Edge] = []
    for lane, chip in _lanes(chip for chip in chips if chip.role == "volume" and users.get(chip.id)):
        start = (chip.rect.right, chip.rect.cy)
        way = _Way(start, chip.rect.right + 9 + lane, bus + lane * BUS_STEP, lane, -1, MOUNT_SHIFT)
        edges += _tree("mounts", chip.id, way, users[chip.id])
    return edges


def service_edges(facts: Facts, chips: Sequence[Chip], tiles: Sequence[Tile], bus: float) -> list[Edge]:
    """From each Service, through the lane at the right of the Node, to its endpoints; dashed where no traffic goes."""
    places: Mapping[Key, Tile] = {tile.card.key: tile for tile in tiles if tile.card.mark != "gone"}
    cards = {str(card.key): card for card in facts.services if any(pod in places for pod, _ in card.endpoints)}
    edges: list[Edge] = []
    for lane, chip in _lanes(chip for chip in chips if chip.role == "service" and chip.id in cards):
        way = _Way((chip.rect.x + 16, chip.rect.y), chip.rect.x + 16, bus - lane * BUS_STEP, lane, 1)
        backends = [(places[pod], is_up) for pod, is_up in cards[chip.id].endpoints if pod in places]
        edges += _tree("unserved", chip.id, way, [tile for tile, is_up in backends if not is_up])
        edges += _tree("serves", chip.id, way, [tile for tile, is_up in backends if is_up], facts.flows)
    return edges


def route_edges(facts: Facts, chips: Sequence[Chip]) -> list[Edge]:
    """From each Ingress to every Service of its rules that is drawn: into the lowest of a column from below, into the
    others from the left, through the room between the columns.
    """
    cards = {f"Ingress/{card.key}": card for card in facts.ingresses if card.mark != "gone"}
    services = {chip.id: chip for chip in chips if chip.role == "service" and chip.mark != "gone"}
    floors: dict[float, float] = {}  # of each column of Services
    for service in services.values():
        floors[service.rect.x] = max(floors.get(service.rect.x, 0.0), service.rect.bottom)
    edges: list[Edge] = []
    for lane, chip in _lanes(chip for chip in chips if chip.role == "ingress" and chip.id in cards):
        card, shift = cards[chip.id], (lane - 1) * ENTRY_STEP
        ids = {str(card.key._replace(name=name)): name for name in card.services}
        ends = {id_: _entry(services[id_].rect, shift, floors) for id_ in ids if id_ in services}
        start, bus = (chip.rect.x + 24, chip.rect.y), chip.rect.y - 5 - lane * BUS_STEP
        sides_done = set()
        for id_, end in sorted(ends.items(), key=lambda entry: (-abs(entry[1][0][0] - start[0]), -entry[1][0][1])):
            trunk: tuple[Point, ...] = ((end[0][0], bus),)
            if (end[0][0] > start[0]) not in sides_done:
                sides_done.add(end[0][0] > start[0])
                trunk = (start, (start[0], bus), *trunk)
            edges.append(Edge("routes", chip.id, id_, (*trunk, *end), title=route_title(card, ids[id_])))
    return edges


def _entry(rect: Rect, shift: float, floors: Mapping[float, float]) -> tuple[Point, ...]:
    """The last points of a way into a Service."""
    if rect.bottom == floors[rect.x]:
        return ((rect.cx + 4 * shift, rect.bottom),)
    x = rect.x - 4 + shift
    return (x, rect.cy + 3 * shift), (rect.x, rect.cy + 3 * shift)


def _lanes(chips: Iterable[Chip]) -> list[tuple[int, Chip]]:
    """The lane of each chip that gets lines: none at all when there are too many."""
    found = list(chips)
    return [(number % LANES, chip) for number, chip in enumerate(found)] if len(found) <= MOST_LINES else []


def _tree(role: str, source: str, way: _Way, tiles: Sequence[Tile], flows: Flows = NO_FLOWS) -> list[Edge]:
    """One edge per tile, those that reach farthest first. What a way carries is the sum of what it leads to."""
    columns: dict[float, list[Tile]] = {}
    for tile in tiles:
        columns.setdefault(_lane_x(way, tile), []).append(tile)
    edges = []
    sides_done = set()
    for x in sorted(columns, key=lambda x: -abs(x - way.turn)):
        line = sorted(columns[x], key=lambda tile: -abs(tile.rect.cy - way.bus))
        trunk: tuple[Point, ...] = ((x, way.bus),)
        if (x > way.turn) not in sides_done:
            sides_done.add(x > way.turn)
            corner = (way.turn, way.start[1])
            trunk = (way.start, *((corner,) if corner != way.start else ()), (way.turn, way.bus), (x, way.bus))
        for number, tile in enumerate(line):
            end = tile.rect.x if way.side < 0 else tile.rect.right
            branch = ((x, tile.rect.cy), (end, tile.rect.cy))
            rate = flows.get(tile.card.key, 0.0) if number else sum(flows.get(one.card.key, 0.0) for one in line)
            edges.append(Edge(role, source, str(tile.card.key), branch if number else (*trunk, *branch), rate))
    return edges


def _lane_x(way: _Way, tile: Tile) -> float:
    offset = FIRST_LANE + way.shift + way.lane * STEP
    return tile.rect.x - offset if way.side < 0 else tile.rect.right + offset
