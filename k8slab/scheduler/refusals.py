"""Why nodes are no good for a pod, node by node, and in one sentence.

There may be thousands of them, so verdicts lie in columns until somebody reads them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from k8slab.scheduler.codes import Codes, numbers_of

__all__ = [
    "Refusal",
    "Refusals",
    "Refused",
    "Verdict",
    "changed",
    "counted",
    "unschedulable_text",
]


class Verdict(NamedTuple):
    """Why a node is no good for a pod. `can_change`: removing other pods could help (upstream: Unschedulable)."""

    reasons: tuple[str, ...]
    can_change: bool = True


Refusal = tuple[str, Verdict] | None  # which plugin, and why; None: the node will do
Refusals = Mapping[str, tuple[str, Verdict]]  # by node: which plugin, and why


class Refused(Mapping[str, tuple[str, Verdict]]):
    """Refusals as they fall out of columns: put in words per node only when somebody reads them.

    The nodes at `places` of `names` have the verdicts `codes`, places in `table` (0: none). If there is a verdict
    `others`, the nodes that are not at the places `asked` have that; they come first.
    """

    __slots__ = (
        "_asked",
        "_codes",
        "_counts",
        "_is_sorted",
        "_known",
        "_names",
        "_others",
        "_places",
        "_rest",
        "_table",
        "_total",
    )

    def __init__(
        self,
        names: Sequence[str],
        places: Sequence[int],
        codes: Codes,
        table: Sequence[Refusal],
        others: Refusal = None,
        asked: Collection[int] = (),
    ) -> None:
        self._names, self._places, self._codes, self._table, self._others = names, places, codes, table, others
        self._asked, self._total = asked, len(names)  # nodes that come later are appended to the names
        self._rest = 0 if others is None else len(names) - len(asked)
        self._is_sorted = False
        self._known: dict[str, tuple[str, Verdict]] | None = None
        self._counts: list[tuple[tuple[str, Verdict], int]] | None = None

    @classmethod
    def all(cls, names: Sequence[str], why: tuple[str, Verdict]) -> Refused:
        """All nodes are refused for the same reason."""
        return cls(names, (), b"", (None,), why)

    def counts(self) -> list[tuple[tuple[str, Verdict], int]]:
        """Each verdict with the number of nodes."""
        if self._counts is None:
            found = [(self._others, self._rest)] if self._rest else []
            found += [(self._table[code], number) for code, number in numbers_of(self._codes)]
            self._counts = [(why, number) for why, number in found if why is not None]
        return self._counts

    def mapped(self, change: Callable[[Verdict], tuple[str, Verdict]]) -> Refused:
        """The same nodes with other verdicts, in the order of all nodes."""
        table = [None if why is None else change(why[1]) for why in self._table]
        others = None if self._others is None else change(self._others[1])
        same = Refused(self._names[: self._total], self._places, self._codes, table, others, self._asked)
        same._is_sorted = True
        return same

    def that_can_change(self) -> Sequence[int]:
        """The places of the nodes that could fit without some pods, in their order."""
        can_change = [why[1].can_change for why, _ in self.counts()]
        if not any(can_change):
            return []
        if self._rest == 0 and all(can_change) and 0 not in self._codes:
            return self._places
        helps = [why is not None and why[1].can_change for why in self._table]
        found = [place for place, code in zip(self._places, self._codes, strict=True) if helps[code]]
        if self._others is not None and self._others[1].can_change:
            found = [place for place in range(self._total) if place not in self._asked] + found
        return sorted(found) if self._is_sorted else found

    def __getitem__(self, name: str) -> tuple[str, Verdict]:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._rest + len(self._codes) - self._codes.count(0)

    def _all(self) -> dict[str, tuple[str, Verdict]]:
        if self._known is None:
            self._known = {}
            if self._others is not None:
                rest = (self._names[place] for place in range(self._total) if place not in self._asked)
                self._known = dict.fromkeys(rest, self._others)
            for place, code in zip(self._places, self._codes, strict=True):
                why = self._table[code]
                if why is not None:
                    self._known[self._names[place]] = why
            if self._is_sorted:
                names = self._names[: self._total]
                self._known = {name: self._known[name] for name in names if name in self._known}
        return self._known


def changed(refused: Refusals, change: Callable[[Verdict], tuple[str, Verdict]]) -> Refusals:
    """The same nodes with other verdicts."""
    if isinstance(refused, Refused):
        return refused.mapped(change)
    return {name: change(verdict) for name, (_, verdict) in refused.items()}


def counted(refused: Refusals) -> list[tuple[tuple[str, Verdict], int]]:
    """Each verdict with the number of nodes that it refuses."""
    return refused.counts() if isinstance(refused, Refused) else list(Counter(refused.values()).items())


def unschedulable_text(refused: Refusals, rescue: str = "") -> str:
    """`0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu. preemption: …`

    `rescue` is what PostFilter plugins have to say.
    Source: pkg/scheduler/framework/types.go (FitError.Error): reasons are counted and sorted as texts.
    """
    if not refused:
        return "no nodes available to schedule pods"
    counts: dict[str, int] = {}
    for (_, verdict), number in counted(refused):
        for reason in verdict.reasons:
            counts[reason] = counts.get(reason, 0) + number
    reasons = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
    return f"0/{len(refused)} nodes are available: {reasons}." + (f" {rescue}" if rescue else "")
