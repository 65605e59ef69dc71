"""Columns: a value for every node, at the node's place; and ways to read them at the speed of memory.

Places are ranges mostly, so that reading takes slices. What fits in bytes lies in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, TypeVar, overload

from k8slab.scheduler.places import Ranges, joined

if TYPE_CHECKING:
    from k8slab.scheduler.nodes import NodeInfo

__all__ = ["Picked", "at", "nth", "values", "where"]

T = TypeVar("T")

PLACE = attrgetter("place")


def at(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """What a column has at these places."""
    if isinstance(places, range):
        return column[places.start : places.stop]
    if not isinstance(places, Ranges):
        return list(itemgetter(*places)(column)) if len(places) > 1 else [column[place] for place in places]
    parts: Any = [column[part.start : part.stop] for part in places.parts]
    if isinstance(column, range | Ranges):
        return joined(parts)  # type: ignore[return-value]
    return b"".join(parts) if isinstance(column, bytearray | bytes) else list(chain.from_iterable(parts))  # type: ignore[return-value]


def values(column: Sequence[T], nodes: Iterable[NodeInfo]) -> list[T]:
    """What a column has for these nodes."""
    return list(map(column.__getitem__, map(PLACE, nodes)))


class Picked(Sequence[T]):
    """The same, looked up when it is read; the column may grow meanwhile, but not change."""

    __slots__ = ("_column", "_places")

    def __init__(self, column: Sequence[T], places: Sequence[int]) -> None:
        self._column, self._places = column, places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[T]:
        return iter(at(self._column, self._places))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return at(self._column, self._places[index])
        return self._column[self._places[index]]


def where(column: Sequence[Any], value: Any) -> Iterator[int]:
    """The places of a value in a column, most of which has others."""
    place = -1
    for _ in range(column.count(value)):
        place = column.index(value, place + 1)
        yield place


def nth(column: Sequence[Any], value: Any, n: int) -> int:
    """The place of a value in a column, after `n` others that are the same; found by halving."""
    start, end = 0, len(column)
    while end - start > 1:
        middle = (start + end) // 2
        before = column[start:middle].count(value)
        if n < before:
            end = middle
        else:
            start, n = middle, n - before
    return start
