"""What a picture is painted with: both painters know these marks and no others."""

from __future__ import annotations

from typing import NamedTuple

from k8slab.view.geometry import Point, Rect

__all__ = [
    "Box",
    "Close",
    "Glyph",
    "Line",
    "Mark",
    "Open",
    "Text",
]


class Box(NamedTuple):
    """A rectangle with corners of `radius`."""

    rect: Rect
    style: str
    radius: float = 5.0


class Line(NamedTuple):
    """A line through points, its corners rounded by `radius`; a style with a fill makes it a shape."""

    points: tuple[Point, ...]
    style: str
    radius: float = 6.0


class Text(NamedTuple):
    """A text on a base line; `anchor` is start, middle or end. A halo parts it from the lines behind it."""

    x: float
    y: float
    text: str
    style: str
    anchor: str = "start"
    has_halo: bool = False


class Glyph(NamedTuple):
    """A symbol around a point."""

    name: str
    x: float
    y: float
    radius: float


class Open(NamedTuple):
    """What follows, up to the matching Close, is one thing: its hover text, its object, its part of the picture.

    `object` is written `Kind/namespace/name` (`Kind/name` where there is no namespace), `part` as in Scene.anchor.
    """

    title: str
    object: str = ""
    part: str = ""


class Close(NamedTuple):
    """The end of what was opened last."""


Mark = Box | Line | Text | Glyph | Open | Close
