"""The symbols: one shape per state of a Pod, so that a picture reads without its colours too.

A symbol is a few strokes in a square from -1 to 1, in the colour of its meaning (`paint`) or in the colour that is
seen on top of it (`ink`).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "GLYPHS",
    "PAINTS",
    "Stroke",
]

Points = tuple[tuple[float, float], ...]


class Stroke(NamedTuple):
    """A polygon or line through `points`, or a circle of `radius` around its only point.

    `fill` and `stroke` are "", paint or ink; `width` is in the symbol's own units.
    """

    points: Points
    fill: str = ""
    stroke: str = ""
    width: float = 0.26
    radius: float = 0.0


def _circle(radius: float, fill: str = "", stroke: str = "", x: float = 0, y: float = 0, width: float = 0.24) -> Stroke:
    return Stroke(((x, y),), fill, stroke, width, radius)


CHECK = Stroke(((-0.45, 0.05), (-0.1, 0.4), (0.5, -0.35)), stroke="ink", width=0.28)
CROSS_A = Stroke(((-0.42, -0.42), (0.42, 0.42)), stroke="ink", width=0.28)
CROSS_B = Stroke(((-0.42, 0.42), (0.42, -0.42)), stroke="ink", width=0.28)
SQUARE: Points = ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85))
TRIANGLE: Points = ((0, -0.95), (1.02, 0.85), (-1.02, 0.85))
DIAMOND: Points = ((0, -1), (1, 0), (0, 1), (-1, 0))
HALF: Points = (
    (0, -0.88), (-0.34, -0.81), (-0.62, -0.62), (-0.81, -0.34), (-0.88, 0),
    (-0.81, 0.34), (-0.62, 0.62), (-0.34, 0.81), (0, 0.88),
)  # fmt: skip

GLYPHS: dict[str, tuple[Stroke, ...]] = {
    "ready": (_circle(1, "paint"), CHECK),
    "running": (_circle(0.88, "", "paint"), Stroke(HALF, "paint")),
    "creating": (
        _circle(0.88, "", "paint"),
        _circle(0.15, "paint", x=-0.42),
        _circle(0.15, "paint"),
        _circle(0.15, "paint", x=0.42),
    ),
    "waiting": (
        Stroke(((-0.75, -0.92), (0.75, -0.92), (-0.75, 0.92), (0.75, 0.92), (-0.75, -0.92)), "", "paint", 0.22),
        Stroke(((-0.42, 0.8), (0, 0.25), (0.42, 0.8)), "paint"),
    ),
    "crashing": (
        Stroke(TRIANGLE, "paint"),
        Stroke(((0, -0.35), (0, 0.25)), stroke="ink", width=0.28),
        _circle(0.15, "ink", y=0.58),
    ),
    "stuck": (
        Stroke(DIAMOND, "paint"),
        Stroke(((0, -0.5), (0, 0.12)), stroke="ink", width=0.28),
        _circle(0.15, "ink", y=0.5),
    ),
    "failed": (Stroke(SQUARE, "paint"), CROSS_A, CROSS_B),
    "succeeded": (Stroke(SQUARE, "paint"), CHECK),
    "terminating": (
        _circle(0.88, "", "paint"),
        Stroke(((-0.35, -0.35), (0.35, -0.35), (0.35, 0.35), (-0.35, 0.35)), "paint"),
    ),
    "unknown": (
        _circle(0.88, "", "paint"),
        Stroke(((-0.3, -0.25), (-0.2, -0.5), (0.1, -0.55), (0.3, -0.3), (0, 0.05), (0, 0.2)), "", "paint", 0.2),
        _circle(0.13, "paint", y=0.5),
    ),
    "new": (
        _circle(1, "paint"),
        Stroke(((-0.5, 0), (0.5, 0)), stroke="ink", width=0.3),
        Stroke(((0, -0.5), (0, 0.5)), stroke="ink", width=0.3),
    ),
    "changed": (
        Stroke(((0, -1), (1.1, 0.9), (-1.1, 0.9)), "paint"),
        Stroke(((0, -0.2), (0.42, 0.55), (-0.42, 0.55)), "ink"),
    ),
    "gone": (_circle(1, "paint"), CROSS_A, CROSS_B),
    "disk": (
        Stroke(((-0.8, -0.5), (-0.8, 0.6), (-0.4, 0.85), (0.4, 0.85), (0.8, 0.6), (0.8, -0.5)), "", "paint", 0.22),
        Stroke(((-0.8, -0.5), (-0.4, -0.8), (0.4, -0.8), (0.8, -0.5), (0.4, -0.25), (-0.4, -0.25)), "paint"),
    ),
    "asked": (Stroke(((-1.1, -0.4), (1.1, -0.4), (1.1, 0.4), (-1.1, 0.4)), "paint"),),
    "used": (Stroke(((-1.1, -0.1), (1.1, -0.1), (1.1, 0.25), (-1.1, 0.25)), "paint"),),
    "flow": (Stroke(((-1.1, 0.3), (1.1, -0.35), (1.1, 0.35)), "paint"),),
    "power": (
        Stroke(
            ((-0.42, -0.62), (-0.7, -0.3), (-0.78, 0.1), (-0.62, 0.52), (-0.25, 0.78), (0.25, 0.78), (0.62, 0.52),
             (0.78, 0.1), (0.7, -0.3), (0.42, -0.62)), "", "paint", 0.24,
        ),
        Stroke(((0, -1), (0, -0.05)), "", "paint", 0.26),
    ),
    "cordoned": (_circle(0.86, "", "paint"), Stroke(((-0.6, 0.6), (0.6, -0.6)), "", "paint", 0.24)),
    "person": (
        _circle(0.42, "paint", y=-0.52),
        Stroke(((-0.85, 0.95), (-0.8, 0.5), (-0.5, 0.12), (0.5, 0.12), (0.8, 0.5), (0.85, 0.95)), "paint"),
    ),
    "people": (
        _circle(0.32, "paint", x=-0.62, y=-0.42),
        Stroke(((-1.2, 0.7), (-1.15, 0.32), (-0.9, 0.05), (-0.34, 0.05), (-0.1, 0.32), (-0.05, 0.7)), "paint"),
        _circle(0.32, "paint", x=0.62, y=-0.42),
        Stroke(((0.05, 0.7), (0.1, 0.32), (0.34, 0.05), (0.9, 0.05), (1.15, 0.32), (1.2, 0.7)), "paint"),
    ),
    "arrow": (
        Stroke(((-0.9, 0), (0.6, 0)), "", "paint", 0.24),
        Stroke(((0.25, -0.5), (0.95, 0), (0.25, 0.5)), "paint"),
    ),
    "event": (Stroke(DIAMOND, "paint"),),
    "read": (_circle(0.55, "", "paint", width=0.3),),
    "refused": (
        Stroke(SQUARE, "paint"),
        Stroke(((-0.5, 0), (0.5, 0)), stroke="ink", width=0.32),
    ),
    "lever": (
        Stroke(((-0.85, 0.85), (0.85, 0.85)), "", "paint", 0.3),
        Stroke(((0, 0.85), (0.5, -0.55)), "", "paint", 0.26),
        _circle(0.36, "paint", x=0.58, y=-0.68),
    ),
}  # fmt: skip

# Which colour each meaning has (Okabe and Ito's set, told apart by people who see colours differently).
PAINTS = {
    "ready": "green",
    "running": "green",
    "creating": "blue",
    "waiting": "orange",
    "crashing": "vermillion",
    "stuck": "vermillion",
    "failed": "vermillion",
    "succeeded": "blue",
    "terminating": "purple",
    "unknown": "text",
    "new": "blue",
    "changed": "orange",
    "gone": "vermillion",
    "disk": "text",
    "asked": "text",
    "used": "blue",
    "flow": "blue",
    "power": "vermillion",
    "cordoned": "orange",
    "person": "text",
    "people": "text",
    "arrow": "text",
    "event": "purple",
    "read": "text",
    "refused": "vermillion",
    "lever": "orange",
}
