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
HEAD, BOW, ARC = 11.0, 26.0, 30.0
STEPS = 24
MOST_LABEL, LABEL_HEIGHT = 300.0, 20.0
LABEL_SPOTS = range(3, STEPS - 2)
OFF_MIDDLE, BESIDE, APART = 12.0, 60.0, 200.0  # what it costs a label to be a step off the middle, off its arrow
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
    for arrow in arrows:
        source, target = scene.anchor(arrow.source), scene.anchor(arrow.target)
        if source is None or target is None:
            continue
        if arrow.style not in ARROW_STYLES:
            raise ValueError(f'unknown style "{arrow.style}" of an arrow; there are: {", ".join(ARROW_STYLES)}')
        way = _way(source, target)
        labels.append((arrow, way))
        yield Open(overlay_text([arrow]), part="arrow")
        yield Line(tuple(way), "arrow.ground", 0)
        yield Line(tuple(way[:-1]), f"arrow.{arrow.style}", 0)
        yield Line(_head(way), f"head.{arrow.style}", 0)
        if arrow.style == "failed":
            yield from _cross(way[len(way) // 4])
        yield Close()
    if labels:
        yield from _labels(labels, Ground(below), scene.height)


def _way(source: Rect, target: Rect) -> list[Point]:
    """Points of a curve from the edge of one place to the edge of the other."""
    if source == target:
        x, y = source.cx, source.y
        return _curve((x - 16, y), (x - 30, y - 2 * ARC), (x + 30, y - 2 * ARC), (x + 16, y))
    if target.y >= source.bottom or source.y >= target.bottom:
        return _upright(source, target)
    return _arc(source, target)


def _upright(source: Rect, target: Rect) -> list[Point]:
    """From above to below or back, each way a little to its own side."""
    is_down = target.y >= source.bottom
    side = 7.0 if is_down else -7.0
    start = (_near(source, target) + side, source.bottom if is_down else source.y)
    end = (_near(target, source) + side, target.y if is_down else target.bottom)
    reach = max(abs(end[1] - start[1]) * 0.5, BOW) * (1 if is_down else -1)
    return _curve(start, (start[0], start[1] + reach), (end[0], end[1] - reach), end)


def _arc(source: Rect, target: Rect) -> list[Point]:
    """Over what stands between two things in one row: to the right above, to the left below."""
    is_right = target.cx >= source.cx
    side = 10.0 if is_right else -10.0
    start = (_near(source, target) + side, source.y if is_right else source.bottom)
    end = (_near(target, source) - side, target.y if is_right else target.bottom)
    rise = -ARC if is_right else ARC
    return _curve(start, (start[0] + side, start[1] + rise), (end[0] - side, end[1] + rise), end)


def _near(place: Rect, other: Rect) -> float:
    """The middle of a small place; of a wide one the spot next to the other place."""
    if place.w <= 2 * MOST_LABEL:
        return place.cx
    return min(max(other.cx, place.x + 30), place.right - 30)


def _curve(start: Point, a: Point, b: Point, end: Point) -> list[Point]:
    """A cubic curve of Bézier's as short straight pieces; it stays below the upper edge and right of the left one."""
    points = []
    corners = tuple((min(max(x, 3.0), WIDTH - 3), max(y, 3.0)) for x, y in (start, a, b, end))
    for step in range(STEPS + 1):
        t = step / STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        points.append((
            sum(w * corner[0] for w, corner in zip(weights, corners, strict=True)),
            sum(w * corner[1] for w, corner in zip(weights, corners, strict=True)),
        ))  # fmt: skip
    return points


def _head(way: list[Point]) -> tuple[Point, ...]:
    (x, y), (x0, y0) = way[-1], way[-3]
    length = hypot(x - x0, y - y0) or 1.0
    dx, dy = (x - x0) / length * HEAD, (y - y0) / length * HEAD
    return (x, y), (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2), (x, y)


def _cross(middle: Point) -> Iterator[Mark]:
    x, y = middle
    yield Line(((x - 6, y - 6), (x + 6, y + 6)), "arrow.cross", 0)
    yield Line(((x - 6, y + 6), (x + 6, y - 6)), "arrow.cross", 0)


def _labels(arrows: Iterable[tuple[Arrow, list[Point]]], ground: Ground, height: float) -> Iterator[Mark]:
    arrows = list(arrows)
    for _, way in arrows:
        ground.add(_around(way[-1], HEAD), HEADS)
    for arrow, way in arrows:
        if not arrow.label:
            continue
        text = fit(arrow.label, MOST_LABEL, bold=True)
        spots = list(_spots(way, text_width(text, bold=True) + 14, height))
        near = ground.near([place for _, place in spots])
        for _, other in arrows:
            for point in other if other is not way else ():
                near.add(_around(point, 3), LINES)
        _, place = min((cost + near.covered(_rim(place)), place) for cost, place in spots)
        ground.add(place, LABELS)
        yield Box(_rim(place), "label.rim", 6 + RIM)
        yield Box(place, f"label.{arrow.style}", 6)
        yield Text(place.cx, place.y + SMALL + 1.5, text, "arrow.text", "middle")


def _spots(way: list[Point], width: float, height: float) -> Iterator[tuple[float, Rect]]:
    """Places for a label on its arrow, beside it and a little apart, each with what it costs."""
    side, level = width / 2 + 9, LABEL_HEIGHT / 2 + 8
    shifts = ((0.0, 0.0, 0.0), (0, -level, BESIDE), (0, level, BESIDE), (-side, 0, BESIDE), (side, 0, BESIDE),
              (0, -2 * level, APART), (0, 2 * level, APART))  # fmt: skip
    for step in LABEL_SPOTS:
        x, y = way[step]
        for dx, dy, cost in shifts:
            left = min(max(x + dx - width / 2, 4), WIDTH - width - 4)
            top = min(max(y + dy - LABEL_HEIGHT / 2, 4), height - LABEL_HEIGHT - 4)
            yield cost + OFF_MIDDLE * abs(step - STEPS // 2), Rect(left, top, width, LABEL_HEIGHT)


def _rim(place: Rect) -> Rect:
    return Rect(place.x - RIM, place.y - RIM, place.w + 2 * RIM, place.h + 2 * RIM)


def _around(point: Point, reach: float) -> Rect:
    return Rect(point[0] - reach, point[1] - reach, 2 * reach, 2 * reach)
