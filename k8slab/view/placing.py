"""Where there is room on a picture: what is drawn already, and how much of it a label at some place would cover.

The same figures and texts always give the same places, and both painters draw them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8slab.view.geometry import Rect
from k8slab.view.lettering import text_width
from k8slab.view.marks import Box, Glyph, Mark, Text
from k8slab.view.style import STYLES

__all__ = [
    "Ground",
    "text_extent",
]

WORDS, SYMBOL, FIGURE = 6.0, 6.0, 1.0  # how much it matters that a square unit of it is covered
FIGURES = ("tile", "chip", "bar", "part")  # what has an inside that says something, unlike a Node or a zone
STRIP = 40.0
LETTER = 0.75  # how far a text reaches above its base line, as a part of its size
TAIL = 0.2


class Ground:
    """What lies on a picture, each thing with how much it matters, in strips by height."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._strips: dict[int, list[tuple[float, float, float, float, float]]] = {}
        for rect, weight in _things(marks):
            self.add(rect, weight)

    def add(self, rect: Rect, weight: float) -> None:
        """Something more lies here."""
        for strip in range(int(rect.y // STRIP), int(rect.bottom // STRIP) + 1):
            top, bottom = max(rect.y, strip * STRIP), min(rect.bottom, (strip + 1) * STRIP)
            self._strips.setdefault(strip, []).append((rect.x, rect.right, top, bottom, weight))

    def covered(self, rect: Rect) -> float:
        """How much would be hidden under this place."""
        x1, x2, y1, y2 = rect.x, rect.right, rect.y, rect.bottom
        total = 0.0
        for strip in range(int(y1 // STRIP), int(y2 // STRIP) + 1):
            for left, right, top, bottom, weight in self._strips.get(strip, ()):
                if left < x2 and x1 < right and top < y2 and y1 < bottom:
                    total += weight * (min(x2, right) - max(x1, left)) * (min(y2, bottom) - max(y1, top))
        return total


def text_extent(mark: Text) -> Rect:
    """The place of a text, as wide as the widest of the common faces makes it."""
    style = STYLES[mark.style]
    width = text_width(mark.text, style.size, bold=style.bold)
    left = mark.x - {"start": 0.0, "middle": width / 2, "end": width}[mark.anchor]
    return Rect(left, mark.y - style.size * LETTER, width, style.size * (LETTER + TAIL))


def _things(marks: Iterable[Mark]) -> Iterator[tuple[Rect, float]]:
    for mark in marks:
        if isinstance(mark, Text):
            yield text_extent(mark), WORDS
        elif isinstance(mark, Glyph):
            yield Rect(mark.x - mark.radius, mark.y - mark.radius, 2 * mark.radius, 2 * mark.radius), SYMBOL
        elif isinstance(mark, Box) and mark.style.startswith(FIGURES):
            yield mark.rect, FIGURE
