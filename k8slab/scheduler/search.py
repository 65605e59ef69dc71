"""The search for nodes that fit: from where the last one has ended, until there are enough.

Nodes are looked at in blocks, so that most of it is reading columns.

Source    pkg/scheduler/schedule_one.go (findNodesThatPassFilters, numFeasibleNodesToFind)
Left out  several workers at once; nodes in turn by zone (they stand in the order in which they came)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

__all__ = ["Found", "at", "enough", "nth", "search", "where", "where_zero"]

T = TypeVar("T")

LEAST_NODES, LEAST_PERCENT = 100, 5  # minFeasibleNodesToFind, minFeasibleNodesPercentageToFind
BLOCK = 64


class Found(NamedTuple):
    """The places of the nodes that fit, and of all that were looked at, with their verdicts."""

    fitting: Sequence[int]
    looked_at: Sequence[int]
    codes: Sequence[int]


def enough(nodes: int, percentage: int) -> int:
    """How many nodes that fit are enough; percentageOfNodesToScore 0 is as many as suits."""
    if nodes < LEAST_NODES:
        return nodes
    return max(nodes * (percentage or max(50 - nodes // 125, LEAST_PERCENT)) // 100, LEAST_NODES)


def at(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """What a column has at these places."""
    if isinstance(places, range):
        return column[places.start : places.stop]
    return [column[place] for place in places]


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


def search(codes_of: Callable[[int, int], list[int]], nodes: int, start: int, wanted: int) -> Found:
    """Look at all nodes from a place on and round to it, until one fits when enough have been found.

    `codes_of` gives the verdicts from one place to another (0: the node will do).
    """
    fitting: list[Sequence[int]] = []
    looked_at: list[range] = []
    codes: list[int] = []
    missing, is_over = wanted, False
    for begin, end in ((start, nodes), (0, start)):
        place = begin
        while place < end and not is_over:
            block = codes_of(place, min(end, place + max(missing, BLOCK)))
            good = where_zero(block)
            if len(good) > missing:
                is_over = True
                block, good = block[: good[missing]], good[:missing]
            codes += block
            fitting.append(_shifted(good, place))
            missing -= len(good)
            place += len(block)
        looked_at.append(range(begin, place))
    return Found(_joined(fitting), _joined(looked_at), codes)


def where_zero(block: list[int]) -> Sequence[int]:
    """The places of the nodes that will do."""
    good = block.count(0)
    if good in (0, len(block)):
        return range(good)
    return [i for i, code in enumerate(block) if not code]


def _shifted(good: Sequence[int], place: int) -> Sequence[int]:
    return range(place + good.start, place + good.stop) if isinstance(good, range) else [place + i for i in good]


def _joined(parts: Iterable[Sequence[int]]) -> Sequence[int]:
    """One sequence, a range if it can be."""
    there = [part for part in parts if part]
    if len(there) == 1:
        return there[0]
    if there and all(isinstance(part, range) for part in there):
        ends = [(part[0], part[-1]) for part in there]
        if all(one[1] + 1 == next_[0] for one, next_ in pairwise(ends)):
            return range(ends[0][0], ends[-1][1] + 1)
    return [place for part in there for place in part]
