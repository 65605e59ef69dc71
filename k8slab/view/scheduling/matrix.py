"""The matrix of one attempt: Nodes that say the same share a line where there are many, the best stand first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from k8slab.view.scheduling.attempts import Attempt, Score, Verdict

__all__ = [
    "Line",
    "Matrix",
    "matrix_of",
]

FOLD_FROM, MOST_LINES = 12, 20


class Line(NamedTuple):
    """Nodes of one verdict. `is_chosen`: it is the one that the Pod goes to."""

    nodes: tuple[str, ...]
    verdict: Verdict
    is_chosen: bool = False

    @property
    def scores(self) -> Mapping[str, Score]:
        """What each plugin said."""
        return self.verdict.scores


class Matrix(NamedTuple):
    """`fits` are lines of Nodes that passed the filters, best first; `rest` are totals of Nodes without a line.

    `ties` counts the Nodes with the most points, `best` is one of them.
    """

    plugins: tuple[str, ...]
    fits: tuple[Line, ...]
    refused: tuple[Line, ...]
    rest: tuple[int, ...]
    looked: int
    passed: int
    ties: int
    best: Verdict | None


def matrix_of(attempt: Attempt) -> Matrix:
    """Put an attempt into lines."""
    fits = sorted((one for one in attempt.verdicts if one.fits), key=lambda one: -(one.total or 0))
    refused = [one for one in attempt.verdicts if not one.fits]
    are_many = len(attempt.verdicts) > FOLD_FROM
    lines = _lines(fits, attempt.node, are_many=are_many)
    lines.sort(key=lambda line: (-(line.verdict.total or 0), not line.is_chosen))
    rest = [line for line in lines[MOST_LINES:] if not line.is_chosen]
    shown = [line for line in lines if line not in rest]
    totals = tuple(line.verdict.total or 0 for line in rest for _ in line.nodes)
    ties = sum(one.total == fits[0].total for one in fits) if fits else 0
    return Matrix(
        tuple(attempt.weights),
        tuple(shown),
        tuple(_lines(refused, "", are_many=are_many)),
        totals,
        len(attempt.verdicts),
        len(fits),
        ties,
        fits[0] if fits else None,
    )


def _lines(verdicts: list[Verdict], chosen: str, *, are_many: bool) -> list[Line]:
    groups: dict[Hashable, list[Verdict]] = {}
    for one in verdicts:
        alone = one.node if not are_many or one.node == chosen else ""
        same = tuple(one.scores.items()), one.total, one.plugin, one.reasons, one.can_change, alone
        groups.setdefault(same, []).append(one)
    return [Line(tuple(v.node for v in group), group[0], group[0].node == chosen) for group in groups.values()]
