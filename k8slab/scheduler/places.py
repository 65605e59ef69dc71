"""Places of nodes in columns: ranges mostly, so that nobody writes thousands of numbers down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import overload

__all__ = ["Ranges", "joined", "shifted"]


class Ranges(Sequence[int]):
    """Several ranges of places, read as one sequence."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[range]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self.parts)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            first, end, _ = index.indices(len(self))
            return joined(self._cut(first, end))
        place = index if index >= 0 else index + len(self)
        for part in self.parts:
            if 0 <= place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(index)

    def _cut(self, first: int, end: int) -> Iterator[range]:
        for part in self.parts:
            yield part[max(first, 0) : max(end, 0)]
            first, end = first - len(part), end - len(part)


def joined(parts: Iterable[Sequence[int]]) -> Sequence[int]:
    """One sequence of places, a range (or Ranges) if it can be."""
    there = [part for part in parts if part]
    if len(there) == 1:
        return there[0]
    ranges: list[range] = []
    for part in there:
        if not isinstance(part, range | Ranges):
            return list(chain.from_iterable(there))
        for piece in part.parts if isinstance(part, Ranges) else (part,):
            if ranges and ranges[-1].stop == piece.start:
                ranges[-1] = range(ranges[-1].start, piece.stop)
            else:
                ranges.append(piece)
    return ranges[0] if len(ranges) == 1 else Ranges(ranges)


def shifted(places: Sequence[int], by: int) -> Sequence[int]:
    """Places counted from another one."""
    if isinstance(places, range):
        return range(by + places.start, by + places.stop)
    return [by + place for place in places]
