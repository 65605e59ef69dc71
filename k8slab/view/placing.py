"""Where there is room on a picture: what is drawn already, and how much of it a label at some place would cover.

The same figures and texts always give the same places, and both painters draw them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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
MARGIN = 5.0
LETTER = 0.75  # how far a text reaches above its base line, as a part of its size
TAIL = 0.2


class Ground:
    """What lies on a picture, each thing with how much it matters."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._things = list(_things(marks))

    def near(self, places: Sequence[Rect]) -> Ground:
        """What may lie under one of these places, or at its edge."""
        left, right = min(place.x for place in places) - MARGIN, max(place.right for place in places) + MARGIN
        top, bottom = min(place.y for place in places) - MARGIN, max(place.bottom for place in places) + MARGIN
        found = Ground()
        found._things = [
            (rect, weight)
            for rect, weight in self._things
            if rect.x < right and left < rect.right and rect.y < bottom and top < rect.bottom
        ]
        return found

    def add(self, rect: Rect, weight: float) -> None:
        """Something more lies here."""
        self._things.append((rect, weight))

    def covered(self, rect: Rect) -> float:
        """How much would be hidden under this place."""
        left, top, right, bottom = rect.x, rect.y, rect.right, rect.bottom
        total = 0.0
        for (x, y, w, h), weight in self._things:
            if x < right and left < x + w and y < bottom and top < y + h:
                total += weight * (min(right, x + w) - max(left, x)) * (min(bottom, y + h) - max(top, y))
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
