"""Places and lengths, in units of a picture that is 900 wide."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "BAR_TEXT",
    "WIDTH",
    "Point",
    "Rect",
]

WIDTH = 900.0
BAR_TEXT = 42.0  # the room left of a bar for what it is about
Point = tuple[float, float]


class Rect(NamedTuple):
    """A place: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h

    @property
    def cx(self) -> float:
        """The middle between left and right."""
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        """The middle between top and bottom."""
        return self.y + self.h / 2
