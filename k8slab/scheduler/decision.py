"""One attempt, explained: why nodes were refused, every score, the winner, and what preemption weighed.

Scores lie in columns, one per plugin, beside the names of the nodes that fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from k8slab.scheduler.refusals import Refusals

__all__ = [
    "Candidate",
    "Decision",
    "Rescue",
    "ScoreColumn",
]

Obj = dict[str, Any]


class ScoreColumn(NamedTuple):
    """What one plugin said of all nodes that fitted: before and after normalisation."""

    plugin: str
    weight: int
    raw: Sequence[int]
    final: Sequence[int]


class Candidate(NamedTuple):
    """A node that would fit without these pods; `violations` of them are protected by a PodDisruptionBudget.

    The fewer `badness`, the better; among equals the one whose most important victims run since later ("": not yet).
    """

    node: str
    victims: tuple[Obj, ...]
    violations: int
    badness: tuple[int, ...] = ()
    since: str = ""


class Rescue(NamedTuple):
    """What a PostFilter plugin proposes for a pod that fits nowhere.

    `node` is the node to nominate, "" to take a nomination back, None to leave it as it is; `victims` have to go for
    it. `message` tells why there is no help. `candidates` were weighed, `refused` are nodes that would not help.
    """

    node: str | None = None
    victims: tuple[Obj, ...] = ()
    message: str = ""
    candidates: tuple[Candidate, ...] = ()
    refused: Refusals = {}


class Decision(NamedTuple):
    """One attempt. `node` is "" when there is none, `message` says why; `error` when a plugin has failed."""

    pod: str
    when: float
    refused: Refusals
    names: Sequence[str] = ()
    columns: Sequence[ScoreColumn] = ()
    node: str = ""
    message: str = ""
    rescue: Rescue | None = None
    refusers: frozenset[str] = frozenset()
    is_error: bool = False
    uid: str = ""
    scheduler: str = ""
    labels: Mapping[str, str] = {}

    @property
    def scores(self) -> dict[str, dict[str, tuple[int, int, int]]]:
        """Per node and plugin: raw, normalised and weighted score."""
        return {
            name: {one.plugin: (one.raw[i], one.final[i], one.final[i] * one.weight) for one in self.columns}
            for i, name in enumerate(self.names)
        }

    @property
    def totals(self) -> dict[str, int]:
        """The sum of the weighted scores of each node."""
        return {name: sum(one.final[i] * one.weight for one in self.columns) for i, name in enumerate(self.names)}
