"""The way of an arrow from one place to another: a curve that bows to its side, so that there and back lie apart.

What lies in a column is entered, or left, by its side where the straight way would run over the words of others.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import pairwise, product
from math import ceil, dist

from k8slab.view.geometry import WIDTH, Point, Rect
from k8slab.view.placing import Ground

__all__ = [
    "STEPS",
    "around",
    "way",
]

Way = list[Point]

STEPS = 40
DOWN, ALONG, IN = 20, 10, 10  # the same, of a way into a side
BOW, ARC = 26.0, 30.0
WIDE = 600.0  # a place that is wider is met next to the other place, not in its middle
ASIDE, DETOUR = 15.0, 150.0  # how far beside a column the way runs, and what it costs
LENGTH = 0.5  # what a unit of the way costs
SLOPES = (0.4, 0.0)
REACH = 3.0


def way(source: Rect, target: Rect, ground: Ground, column: Container[Rect] = ()) -> Way:
    """STEPS + 1 points from the edge of one place to the edge of the other, over as little as may be of the ground.

    What is in a `column` may be entered and left by its sides.
    """
    if source == target:
        x, y = source.cx, source.y
        return _curve((x - 16, y), (x - 30, y - 2 * ARC), (x + 30, y - 2 * ARC), (x + 16, y))
    if target.y < source.bottom and source.y < target.bottom:
        if (source not in column and target not in column) or (source.x < target.right and target.x < source.right):
            return _arc(source, target)
        ways = [(0.0, _arc(source, target)), (0.0, _across(source, target))]
    else:
        ways = [(0.0, _upright(source, target)), *((DETOUR, detour) for detour in _detours(source, target, column))]
    return min((cost + _price(points, ground), points) for cost, points in ways)[1]


def around(point: Point, reach: float) -> Rect:
    """The square around a point."""
    return Rect(point[0] - reach, point[1] - reach, 2 * reach, 2 * reach)


def _price(points: Way, ground: Ground) -> float:
    """How much lies under a way, and how long it is."""
    price = 0.0
    for (x1, y1), (x2, y2) in pairwise(points):
        length = dist((x1, y1), (x2, y2))
        pieces = ceil(length / (2 * REACH))
        spots = ((x1 + (x2 - x1) * n / pieces, y1 + (y2 - y1) * n / pieces) for n in range(pieces))
        price += LENGTH * length + sum(ground.covered(around(spot, REACH)) for spot in spots)
    return price


def _upright(source: Rect, target: Rect) -> Way:
    """From above to below or back, each way a little to its own side."""
    is_down = target.y >= source.bottom
    side = 7.0 if is_down else -7.0
    start = (_near(source, target) + side, source.bottom if is_down else source.y)
    end = (_near(target, source) + side, target.y if is_down else target.bottom)
    reach = max(abs(end[1] - start[1]) * 0.5, BOW) * (1 if is_down else -1)
    return _curve(start, (start[0], start[1] + reach), (end[0], end[1] - reach), end)


def _detours(source: Rect, target: Rect, column: Container[Rect]) -> Iterator[Way]:
    if source in column and target in column and source.x == target.x:
        yield from (_within(source, target, side) for side in (-1, 1))
    for side, slope in product((-1, 1), SLOPES):
        if target in column:
            yield _by_the_side(source, target, side, slope)
        if source in column:
            yield _by_the_side(target, source, side, slope)[::-1]


def _by_the_side(source: Rect, target: Rect, side: int, slope: float) -> Way:
    """From above or below into the left (-1) or right (1) side: a curve, along the column, and a quarter turn."""
    down = 1 if target.y >= source.bottom else -1
    x = (target.x - ASIDE if side < 0 else target.right + ASIDE) + 3 * down
    x = min(max(x, 4.0), WIDTH - 4)
    y = target.cy + 3 * down
    start = (_near(source, target) + 7 * down, source.bottom if down > 0 else source.y)
    corner = y - 10 * down
    turn = start[1] + down * min(abs(corner - start[1]), max(BOW, abs(x - start[0]) * slope))
    middle, end = (start[1] + turn) / 2, (target.x if side < 0 else target.right, y)
    along = [(x, turn + (corner - turn) * step / ALONG) for step in range(1, ALONG + 1)]
    return [
        *_curve(start, (start[0], middle), (x, middle), (x, turn), DOWN),
        *along,
        *_curve((x, corner), (x, y), (x, y), end, IN)[1:],
    ]


def _within(source: Rect, target: Rect, side: int) -> Way:
    """Out of the left (-1) or right (1) side and into the same one, for two things in one column."""
    down = 3.0 if target.y > source.y else -3.0
    start, end = ((place.x if side < 0 else place.right, place.cy + down) for place in (source, target))
    out = 2 * ASIDE * side
    return _curve(start, (start[0] + out, start[1]), (end[0] + out, end[1]), end)


def _arc(source: Rect, target: Rect) -> Way:
    """Over what stands between two things in one row: to the right above, to the left below."""
    is_right = target.cx >= source.cx
    side = 10.0 if is_right else -10.0
    start = (_near(source, target) + side, source.y if is_right else source.bottom)
    end = (_near(target, source) - side, target.y if is_right else target.bottom)
    rise = -ARC if is_right else ARC
    return _curve(start, (start[0] + side, start[1] + rise), (end[0] - side, end[1] + rise), end)


def _across(source: Rect, target: Rect) -> Way:
    """From the side of a thing to the side of another in the same row, as level as may be."""
    right = 1 if target.x >= source.right else -1
    start = (source.right if right > 0 else source.x, source.cy + 4 * right)
    height = min(max(start[1], target.y + 12), target.bottom - 6)
    end = (target.x if right > 0 else target.right, height)
    reach = max(abs(end[0] - start[0]) * 0.4, 8.0) * right
    return _curve(start, (start[0] + reach, start[1]), (end[0] - reach, end[1]), end)


def _near(place: Rect, other: Rect) -> float:
    """The middle of a small place; of a wide one the spot next to the other place."""
    if place.w <= WIDE:
        return place.cx
    return min(max(other.cx, place.x + 30), place.right - 30)


def _curve(start: Point, a: Point, b: Point, end: Point, steps: int = STEPS) -> Way:
    """A cubic curve of Bézier's as short straight pieces; it stays below the upper edge and right of the left one."""
    return list(_points([(min(max(x, 3.0), WIDTH - 3), max(y, 3.0)) for x, y in (start, a, b, end)], steps))


def _points(corners: Iterable[Point], steps: int) -> Iterator[Point]:
    corners = list(corners)
    for step in range(steps + 1):
        t = step / steps
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield (
            sum(w * corner[0] for w, corner in zip(weights, corners, strict=True)),
            sum(w * corner[1] for w, corner in zip(weights, corners, strict=True)),
        )
