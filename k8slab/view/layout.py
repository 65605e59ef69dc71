"""Where things sat in the last picture, so that they sit there again.

Everything that is drawn in a row or a grid has a seat in it. A newcomer takes the lowest free seat; nobody moves
because somebody else came or went. What is gone keeps its seat for the one picture that shows it leaving.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "Layout",
]

SHRINK = 2  # a grid gives room back when less than one in two of its rows is used


class Layout:
    """The memory of one view."""

    def __init__(self) -> None:
        self._seats: dict[str, dict[str, int]] = {}
        self._kept: dict[str, int] = {}

    def seat(self, place: str, guests: Iterable[str]) -> dict[str, int]:
        """The seat of every guest of a place, counted from 0; seats of those who left are free again."""
        guests = list(guests)
        before = self._seats.get(place, {})
        seats = {guest: before[guest] for guest in guests if guest in before}
        taken = set(seats.values())
        free = 0
        for guest in guests:
            if guest not in seats:
                while free in taken:
                    free += 1
                seats[guest] = free
                taken.add(free)
        self._seats[place] = seats
        return seats

    def once(self, name: str, value: int) -> int:
        """The first value that was ever given for `name`."""
        return self._kept.setdefault(name, value)

    def room(self, name: str, needed: int, least: int = 0) -> int:
        """How many rows a grid gets: at least what it needs, more when it had more and still uses half of them."""
        had = self._kept.get(name, least)
        rows = max(needed, least)
        if rows < had <= rows * SHRINK:
            rows = had
        self._kept[name] = rows
        return rows

    def is_above(self, name: str, amount: int, limit: int, until: int) -> bool:
        """The amount is over the limit, or was and has not fallen to `until` yet."""
        is_over = amount > limit or (bool(self._kept.get(name)) and amount > until)
        self._kept[name] = int(is_over)
        return is_over
