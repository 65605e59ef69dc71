"""Arrows on top of a picture, from one thing to another by name: a message, an answer, a packet on its way.

An arrow bows to the side, so that a question and its answer lie apart, and its label lies on a ground of its own, on or
beside the arrow, where it covers the least of the picture. An arrow from or to what is not in the picture is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from k8slab.view.geometry import WIDTH, Point, Rect
from k8slab.view.lettering import SMALL, fit, text_width
from k8slab.view.marks import Box, Close, Line, Mark, Open, Text
from k8slab.view.placing import Ground
from k8slab.view.ways import STEPS, around, way

if TYPE_CHECKING:
    from k8slab.view.scene import Scene

__all__ = [
    "ARROW_STYLES",
    "Arrow",
    "arrow_marks",
    "overlay_text",
]

# What is asked, what is answered, what a watch tells, what travels, what does not arrive, what happened before.
ARROW_STYLES = ("call", "answer", "watch", "packet", "failed", "past")
HEAD = 11.0
MOST_LABEL, LABEL_HEIGHT = 300.0, 20.0
LABEL_SPOTS = range(STEPS // 8, STEPS - STEPS // 8 + 1)
OFF_MIDDLE, BESIDE, APART = 7.0, 60.0, 200.0  # what it costs a label to be a step off the middle, off its arrow
HEADS, LINES, LABELS = 12.0, 4.0, 24.0  # how much it matters that a label covers these
RIM = 2.5


class Arrow(NamedTuple):
    """From one thing to another, each by a name that Scene.anchor knows. `style` is one of ARROW_STYLES."""

    source: str
    target: str
    label: str = ""
    style: str = "call"


def overlay_text(arrows: Iterable[Arrow]) -> str:
    """`you → api-server: create Pod web-1`, for who does not see the arrows."""
    return "; ".join(f"{a.source} → {a.target}: {a.label}" if a.label else f"{a.source} → {a.target}" for a in arrows)


def arrow_marks(scene: Scene, arrows: Iterable[Arrow], below: Iterable[Mark] = ()) -> Iterator[Mark]:
    """All lines and heads first, then the labels, each where it covers the least of the others and what is `below`."""
    labels: list[tuple[Arrow, list[Point]]] = []
    arrows = list(arrows)
    ground, tiles = Ground(below if arrows else ()), {tile.rect for tile in scene.tiles}
    for arrow in arrows:
        source, target = scene.anchor(arrow.source), scene.anchor(arrow.target)
        if source is None or target is None:
            continue
        if arrow.style not in ARROW_STYLES:
            raise ValueError(f'unknown style "{arrow.style}" of an arrow; there are: {", ".join(ARROW_STYLES)}')
        points = way(source, target, ground, tiles)
        labels.append((arrow, points))
        yield Open(overlay_text([arrow]), part="arrow")
        yield Line(tuple(points), "arrow.ground", 0)
        yield Line(tuple(points[:-2]), f"arrow.{arrow.style}", 0)
        yield Line(_head(points), f"head.{arrow.style}", 0)
        if arrow.style == "failed":
            yield from _cross(points[len(points) // 4])
        yield Close()
    yield from _labels(labels, ground, scene.height)


def _head(points: list[Point]) -> tuple[Point, ...]:
    (x, y), (x0, y0) = points[-1], points[-3]
    length = hypot(x - x0, y - y0) or 1.0
    dx, dy = (x - x0) / length * HEAD, (y - y0) / length * HEAD
    return (x, y), (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2), (x, y)


def _cross(middle: Point) -> Iterator[Mark]:
    x, y = middle
    yield Line(((x - 6, y - 6), (x + 6, y + 6)), "arrow.cross", 0)
    yield Line(((x - 6, y + 6), (x + 6, y - 6)), "arrow.cross", 0)


def _labels(arrows: Iterable[tuple[Arrow, list[Point]]], ground: Ground, height: float) -> Iterator[Mark]:
    arrows = list(arrows)
    for _, points in arrows:
        ground.add(around(points[-1], HEAD), HEADS)
    for arrow, points in arrows:
        if not arrow.label:
            continue
        text = fit(arrow.label, MOST_LABEL, bold=True)
        lines = Ground()
        for _, other in arrows:
            for point in other if other is not points else ():
                lines.add(around(point, 3), LINES)
        spots = _spots(points, text_width(text, bold=True) + 14, height)
        _, place = min(
            (cost + ground.covered(_rim(place)) + lines.covered(_rim(place)), place) for cost, place in spots
        )
        ground.add(place, LABELS)
        yield Box(_rim(place), "label.rim", 6 + RIM)
        yield Box(place, f"label.{arrow.style}", 6)
        yield Text(place.cx, place.y + SMALL + 1.5, text, "arrow.text", "middle")


def _spots(points: list[Point], width: float, height: float) -> Iterator[tuple[float, Rect]]:
    """Places for a label on its arrow, beside it and a little apart, each with what it costs."""
    side, level = width / 2 + 9, LABEL_HEIGHT / 2 + 8
    shifts = ((0.0, 0.0, 0.0), (0, -level, BESIDE), (0, level, BESIDE), (-side, 0, BESIDE), (side, 0, BESIDE),
              (0, -2 * level, APART), (0, 2 * level, APART))  # fmt: skip
    for step in LABEL_SPOTS:
        x, y = points[step]
        for dx, dy, cost in shifts:
            left = min(max(x + dx - width / 2, 4), WIDTH - width - 4)
            top = min(max(y + dy - LABEL_HEIGHT / 2, 4), height - LABEL_HEIGHT - 4)
            yield cost + OFF_MIDDLE * abs(step - STEPS // 2), Rect(left, top, width, LABEL_HEIGHT)


def _rim(place: Rect) -> Rect:
    return Rect(place.x - RIM, place.y - RIM, place.w + 2 * RIM, place.h + 2 * RIM)
