"""The search for nodes that fit: from where the last one has ended, until there are enough.

Nodes are looked at in blocks, so that most of it is reading columns.

Source    pkg/scheduler/schedule_one.go (findNodesThatPassFilters, numFeasibleNodesToFind)
Left out  several workers at once; nodes in turn by zone (they stand in the order in which they came)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from k8slab.scheduler.codes import Codes, joined_codes, where_zero
from k8slab.scheduler.places import joined, shifted

__all__ = ["Found", "enough", "search"]

LEAST_NODES, LEAST_PERCENT = 100, 5  # minFeasibleNodesToFind, minFeasibleNodesPercentageToFind
BLOCK = 64


class Found(NamedTuple):
    """The places of the nodes that fit, and of all that were looked at, with their verdicts."""

    fitting: Sequence[int]
    looked_at: Sequence[int]
    codes: Codes


def enough(nodes: int, percentage: int) -> int:
    """How many nodes that fit are enough; percentageOfNodesToScore 0 is as many as suits."""
    if nodes < LEAST_NODES:
        return nodes
    return max(nodes * (percentage or max(50 - nodes // 125, LEAST_PERCENT)) // 100, LEAST_NODES)


def search(codes_of: Callable[[int, int], Codes], nodes: int, start: int, wanted: int) -> Found:
    """Look at all nodes from a place on and round to it, until one fits when enough have been found.

    `codes_of` gives the verdicts from one place to another (0: the node will do).
    """
    fitting: list[Sequence[int]] = []
    looked_at: list[range] = []
    codes: list[Codes] = []
    missing, is_over = wanted, False
    for begin, end in ((start, nodes), (0, start)):
        place = begin
        while place < end and not is_over:
            block = codes_of(place, min(end, place + max(missing, BLOCK)))
            good = where_zero(block)
            if len(good) > missing:
                is_over = True
                block, good = block[: good[missing]], good[:missing]
            codes.append(block)
            fitting.append(shifted(good, place))
            missing -= len(good)
            place += len(block)
        looked_at.append(range(begin, place))
    return Found(joined(fitting), joined(looked_at), joined_codes(codes))
