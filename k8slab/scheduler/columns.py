"""Columns: a value for every node, at the node's place; and ways to read them at the speed of memory.

Places are ranges mostly, so that reading takes slices. Verdicts are numbers, a byte each, and only when there are too
many different ones for that they lie in a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from k8slab.scheduler.places import Ranges, joined

__all__ = ["Codes", "at", "joined_codes", "last_zero", "nth", "numbers_of", "where", "where_zero"]

T = TypeVar("T")

Codes = bytearray | bytes | list[int]

FEW = 4  # one in so many


def joined_codes(parts: Sequence[Codes]) -> Codes:
    """One column of codes, of bytes if it can be."""
    narrow = [part for part in parts if not isinstance(part, list)]
    return b"".join(narrow) if len(narrow) == len(parts) else list(chain.from_iterable(parts))


def at(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """What a column has at these places."""
    if isinstance(places, range):
        return column[places.start : places.stop]
    if not isinstance(places, Ranges):
        return [column[place] for place in places]
    parts: Any = [column[part.start : part.stop] for part in places.parts]
    if isinstance(column, range | Ranges):
        return joined(parts)  # type: ignore[return-value]
    return joined_codes(parts) if isinstance(column, bytearray | bytes) else list(chain.from_iterable(parts))  # type: ignore[return-value]


def where(column: Sequence[Any], value: Any) -> Iterator[int]:
    """The places of a value in a column, most of which has others."""
    place = -1
    for _ in range(column.count(value)):
        place = column.index(value, place + 1)
        yield place


def where_zero(codes: Codes) -> Sequence[int]:
    """The places of the nodes that will do."""
    good = codes.count(0)
    if good in (0, len(codes)):
        return range(good)
    if good * FEW < len(codes):
        return list(where(codes, 0))
    return [place for place, code in enumerate(codes) if not code]


def last_zero(codes: Codes) -> int:
    """The place of the last node that will do."""
    return codes.rindex(0) if not isinstance(codes, list) else len(codes) - 1 - codes[::-1].index(0)


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


def numbers_of(codes: Codes) -> Iterable[tuple[int, int]]:
    """Each code with its number, in the order in which they come first."""
    if isinstance(codes, list):
        return Counter(codes).items()
    found = []
    while codes:
        rest = codes.translate(None, bytes(codes[:1]))
        found.append((codes[0], len(codes) - len(rest)))
        codes = rest
    return found
