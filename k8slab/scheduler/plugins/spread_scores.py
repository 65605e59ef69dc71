"""What soft spread constraints make of the nodes that fit: of one, and of all of them at once.

Source    pkg/scheduler/framework/plugins/podtopologyspread/scoring.go
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import add
from typing import NamedTuple

from k8slab.scheduler.columns import values
from k8slab.scheduler.framework import MAX_SCORE, NodeInfo

__all__ = ["Part", "Scores"]


class Part(NamedTuple):
    """One constraint: the column of its label, and what a node is worth by its domain, or (`by_node`) by itself."""

    column: Sequence[str | None]
    worth: Callable[[int], float]
    matching: Mapping[str, int]
    by_node: bool

    def of(self, node: NodeInfo) -> float:
        """What one node is worth; nothing without the label."""
        domain = self.column[node.place]
        if domain is None:
            return 0.0
        return self.worth(self.matching.get(node.name if self.by_node else domain, 0))

    def of_all(self, nodes: Sequence[NodeInfo]) -> list[float]:
        """The same of many: each number of matching pods is weighed once."""
        column, matching = self.column, self.matching
        if self.by_node:
            numbers = [matching.get(node.name, 0) for node in nodes]
            by_number = {number: self.worth(number) for number in set(numbers)}
            worth = list(map(by_number.__getitem__, numbers))
            lacking = None in column and [i for i, node in enumerate(nodes) if column[node.place] is None]
            for i in lacking or ():
                worth[i] = 0.0
            return worth
        domains = values(column, nodes)
        by_domain: dict[str | None, float] = {
            domain: 0.0 if domain is None else self.worth(matching.get(domain, 0)) for domain in set(domains)
        }
        return list(map(by_domain.__getitem__, domains))


class Scores(NamedTuple):
    """The parts of a score, and the names of the nodes that lack a label, which get nothing in the end."""

    parts: Sequence[Part]
    ignored: frozenset[str]

    def of(self, node: NodeInfo) -> int:
        """The raw score of a node: the more, the worse."""
        if node.name in self.ignored:
            return 0
        return math.floor(sum((part.of(node) for part in self.parts), 0.0) + 0.5)

    def of_all(self, nodes: Sequence[NodeInfo]) -> list[int]:
        """The raw scores of many."""
        first, *rest = (part.of_all(nodes) for part in self.parts)
        for more in rest:
            first = list(map(add, first, more))
        rounded = {value: math.floor(value + 0.5) for value in set(first)}
        raw = list(map(rounded.__getitem__, first))
        if self.ignored:
            raw = [0 if node.name in self.ignored else score for node, score in zip(nodes, raw, strict=True)]
        return raw

    def normalised(self, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """The lowest gets 100, and each other as much less as it is above the lowest, in parts of the highest."""
        ignored = self.ignored
        if ignored:
            pairs = zip(nodes, scores, strict=True)
            counted = {score for node, score in pairs if node.name not in ignored}
        else:
            counted = set(scores)
        least, most = min(counted, default=0), max(counted, default=0)
        final = {score: MAX_SCORE * (most + least - score) // most if most else MAX_SCORE for score in counted}
        if not ignored:
            return list(map(final.__getitem__, scores))
        return [0 if node.name in ignored else final[score] for node, score in zip(nodes, scores, strict=True)]
