"""Zones as columns, Nodes in them one below the other, Pods in the Nodes.

In mode `pods` every Pod is a tile with its name, in mode `dots` a mark; the lanes for lines lie left and right of
each column of Nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from k8slab.view.facts import Facts, NodeCard, PodCard
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.layout import Layout
from k8slab.view.lettering import fit
from k8slab.view.scene import Dot, Frame, Label, NodeBox, Tile
from k8slab.view.tiles import HEAD_HEIGHT, PITCH, TILE_HEIGHT, counts_of, dots_in_row, node_box, tile
from k8slab.view.titles import pod_title
from k8slab.view.words import Words

__all__ = [
    "Racks",
    "racks",
]

EDGE, GAP = 8.0, 10.0
LANE = 20.0  # the room for lines at each side of a Node
BIG_RADIUS, BIG_PITCH = 7.5, 20.0
LEAST_ROWS = 3
MOST_COLUMNS = 4


class Racks(NamedTuple):
    """All Nodes with their Pods; `top` is where lines from above enter, `bottom` where those from below do."""

    bottom: float
    frames: list[Frame]
    nodes: list[NodeBox]
    tiles: list[Tile]
    dots: list[Dot]
    labels: list[Label]


class _Seat(NamedTuple):
    """Where a Node goes: which band of zones, which row in it, which column of the picture."""

    band: int
    row: int
    column: int


def racks(facts: Facts, layout: Layout, words: Words, y: float, *, are_dots: bool) -> Racks:
    """The workers, where they were before."""
    found = Racks(y, [], [], [], [], [])
    workers = [node for node in facts.nodes if not node.is_control_plane]
    if not workers:
        found.labels.append(Label(WIDTH / 2, y + 24, words("no nodes"), "muted", "middle"))
        return found._replace(bottom=y + 44)
    seats, columns, per_zone = _seats(workers, layout)
    width = (WIDTH - 2 * EDGE - (columns - 1) * GAP) / columns
    homes = _homes(facts.pods)
    pod_seats = {node.name: layout.seat(f"node/{node.name}", _shown(homes, node)) for node in workers}
    for band in sorted({seat.band for seat in seats.values()}):
        inside = [node for node in workers if seats[node.name].band == band]
        first = y
        y += 24
        for row in sorted({seats[node.name].row for node in inside}):
            line = [node for node in inside if seats[node.name].row == row]
            height = _height(line, pod_seats, layout, f"rows/{band}/{row}", width, are_dots)
            for node in line:
                x = EDGE + seats[node.name].column * (width + GAP) + LANE
                rect = Rect(x, y, width - 2 * LANE, height)
                _node(found, node, rect, homes.get(node.name, []), pod_seats[node.name], facts, words, are_dots)
            y += height + GAP
        _zones(found, inside, seats, per_zone, width, first, y - 2)
        y += 4
    return found._replace(bottom=y - 4)


def _seats(workers: Sequence[NodeCard], layout: Layout) -> tuple[dict[str, _Seat], int, int]:
    """Zones side by side, then in further bands; the number of columns stays what it was at first."""
    zones = layout.seat("zones", sorted({node.zone for node in workers}))
    columns = layout.once("columns", _columns(len(zones), len(workers)))
    per_zone = max(1, columns // min(layout.once("zones", len(zones)), columns))
    a_band = columns // per_zone
    seats = {}
    for zone, place in zones.items():
        inside = layout.seat(f"zone/{zone}", [node.name for node in workers if node.zone == zone])
        for name, seat in inside.items():
            row, column = divmod(seat, per_zone)
            seats[name] = _Seat(place // a_band, row, place % a_band * per_zone + column)
    return seats, columns, per_zone


def _columns(zones: int, nodes: int) -> int:
    if zones == 1:
        return min(MOST_COLUMNS, max(2, nodes))
    if zones == 2:
        return 2 if nodes <= 2 else MOST_COLUMNS
    return min(zones, MOST_COLUMNS)


def _homes(pods: Sequence[PodCard]) -> dict[str, list[PodCard]]:
    homes: dict[str, list[PodCard]] = {}
    for pod in pods:
        homes.setdefault(pod.node, []).append(pod)
    return homes


def _shown(homes: Mapping[str, list[PodCard]], node: NodeCard) -> list[str]:
    return [str(pod.key) for pod in homes.get(node.name, ()) if not pod.is_folded]


def _height(
    line: Sequence[NodeCard],
    seats: Mapping[str, dict[str, int]],
    layout: Layout,
    name: str,
    width: float,
    are_dots: bool,
) -> float:
    most = max((max(seats[node.name].values(), default=-1) for node in line), default=-1) + 1
    if not are_dots:
        return HEAD_HEIGHT + layout.room(name, most, LEAST_ROWS) * PITCH + 6
    a_row = _dots_a_row(width - 2 * LANE)
    return HEAD_HEIGHT + 20 + layout.room(name, -(-most // a_row), 1) * BIG_PITCH + 6


def _dots_a_row(width: float) -> int:
    return max(1, int((width - 16) // BIG_PITCH))


def _node(
    found: Racks, node: NodeCard, rect: Rect, pods: Sequence[PodCard], seats: Mapping[str, int], facts: Facts,
    words: Words, are_dots: bool,
) -> None:  # fmt: skip
    shown = [pod for pod in pods if not pod.is_folded]
    counts = counts_of(shown, rect.w - 20, 1) if are_dots else ()
    found.nodes.append(node_box(node, rect, facts.writes.get(f"node/{node.name}", 0), words, shown, counts))
    found.dots.extend(dots_in_row((pod for pod in pods if pod.is_folded), found.nodes[-1], words))
    for pod in shown:
        seat = seats[str(pod.key)]
        if are_dots:
            row, column = divmod(seat, _dots_a_row(rect.w))
            x, y = rect.x + 8 + (column + 0.5) * BIG_PITCH, rect.y + HEAD_HEIGHT + 20 + (row + 0.5) * BIG_PITCH
            found.dots.append(Dot(x, y, BIG_RADIUS, pod, pod_title(pod, words)))
        else:
            place = Rect(rect.x + 6, rect.y + HEAD_HEIGHT + seat * PITCH, rect.w - 12, TILE_HEIGHT)
            found.tiles.append(tile(pod, place, words))


def _zones(
    found: Racks,
    inside: Sequence[NodeCard],
    seats: Mapping[str, _Seat],
    per_zone: int,
    width: float,
    top: float,
    bottom: float,
) -> None:
    for zone in sorted({node.zone for node in inside}):
        column = next(seats[node.name].column for node in inside if node.zone == zone) // per_zone * per_zone
        rect = Rect(EDGE + column * (width + GAP), top, per_zone * width + (per_zone - 1) * GAP, bottom - top)
        found.frames.append(Frame(rect, "zone", zone))
        found.labels.append(Label(rect.x + LANE, top + 17, fit(zone, rect.w - 2 * LANE), "muted"))
