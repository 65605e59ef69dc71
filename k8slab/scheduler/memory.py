"""What is remembered of pods that ask for the same: verdicts and scores of every node, in columns.

Static and local plugins say the same of two pods when these are alike in the parts of the spec that those plugins read
(`reads_spec`), and the same of a node until it changes. So one memory serves all pods of a template, however they were
made, and each cycle asks again only about the nodes that have changed since.

Source    staging/src/k8s.io/kube-scheduler/framework/interface.go (SignPlugin), to a similar end
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.objects import signature
from k8slab.scheduler.census import Census
from k8slab.scheduler.decision import Candidate
from k8slab.scheduler.nodes import PodInfo
from k8slab.scheduler.refusals import Refusal, Refusals, Verdict

__all__ = ["SUM", "UNKNOWN", "Memories", "Memory", "Trials"]

Obj = dict[str, Any]

UNKNOWN = 255  # a verdict that has not been asked for since the node has changed
SPECS_KEPT, IDS_KEPT = 200, 1000
SUM = -1  # where other columns have the number of a plugin
ALWAYS = ("containers", "initContainers", "overhead", "resources", "priority", "preemptionPolicy")
OF_CONTAINERS = ("image", "resources", "ports", "restartPolicy")


class Judged:
    """A verdict on every node: `codes` has, by the place of a node, its place in `table` (0: the node will do)."""

    def __init__(self) -> None:
        self.table: list[Refusal] = [None]
        self._code_of: dict[Refusal, int] = {None: 0}
        self.codes: bytearray | list[int] = bytearray()

    def code_of(self, refusal: Refusal) -> int:
        """The number of a verdict. When there are too many for a byte, the column becomes a list."""
        code = self._code_of.get(refusal)
        if code is None:
            if len(self.table) == UNKNOWN:
                self.table.append(None)
                self.codes = list(self.codes)
            code = self._code_of[refusal] = len(self.table)
            self.table.append(refusal)
        return code

    def judge(self, place: int, refusal: Refusal) -> None:
        """Remember the verdict on a node."""
        code = self.code_of(refusal)
        self.codes[place] = code

    def _forget_all(self, nodes: int) -> None:
        unknown = bytearray((UNKNOWN,)) * nodes
        self.codes = unknown if isinstance(self.codes, bytearray) else list(unknown)


class Memory(Judged):
    """What static and local plugins have said for one kind of pods.

    `raw` has the scores of the plugins by their number, and under SUM the weighted sum of those that are not
    normalised, for the nodes that are `scored` (1; 0: ask again). `whole` is an attempt in which no node would do,
    with the state of all nodes and the promises then: what was refused, the text, and by whom. `trials` are what
    preemption has tried.
    """

    def __init__(self, spec: Obj, census: Census) -> None:
        super().__init__()
        self.spec = spec
        self.counted: PodInfo | None = None
        self.prepared: list[Any] | None = None
        self.static: dict[str, tuple[int, Refusal]] = {}
        self.scorers: dict[int, Any] | None = None
        self.whole: tuple[tuple[int, int], Refusals, str, frozenset[str]] | None = None
        self.trials = Trials(census)
        self.scored = bytearray()
        self.raw: dict[int, bytearray | list[int]] = {}
        self._census = census
        self._seen = 0
        self._start_anew()

    def catch_up(self) -> None:
        """Forget what was said of nodes that have changed since."""
        edits = self._census.edits.since(self._seen)
        self._seen = self._census.edits.moment
        if edits is None:
            self._start_anew()
            return
        codes, scored = self.codes, self.scored
        for place in edits:
            if place < 0:
                del codes[~place], scored[~place]
                for column in self.raw.values():
                    del column[~place]
            elif place < len(codes):
                codes[place], scored[place] = UNKNOWN, 0
            else:
                codes.append(UNKNOWN)
                scored.append(0)
                for column in self.raw.values():
                    column.append(0)

    def _start_anew(self) -> None:
        nodes = self._census.nodes
        self._seen = self._census.edits.moment
        self._forget_all(nodes)
        self.scored = bytearray(nodes)
        for number, column in self.raw.items():
            self.raw[number] = bytearray(nodes) if isinstance(column, bytearray) else [0] * nodes


class Trials(Judged):
    """What trials of preemption have shown: a verdict on every node; the node that will do is in `candidates`."""

    def __init__(self, census: Census) -> None:
        super().__init__()
        self._census, self._budgets = census, list[str]()
        self.candidates: list[Candidate | None] = []
        self._seen = 0
        self._start_anew()

    def catch_up(self, budgets: list[str]) -> None:
        """Forget trials of nodes that have been touched since, and all when the budgets are others (versions)."""
        touches = self._census.touches.since(self._seen)
        self._seen = self._census.touches.moment
        if touches is None or self._budgets != budgets:
            self._budgets = budgets
            self._start_anew()
            return
        for place in touches:
            if place < 0:
                del self.codes[~place], self.candidates[~place]
            elif place < len(self.codes):
                self.codes[place] = UNKNOWN
            else:
                self.codes.append(UNKNOWN)
                self.candidates.append(None)

    def remember(self, place: int, answer: Candidate | Verdict) -> None:
        """What a trial has shown."""
        self.candidates[place], refusal = (answer, None) if isinstance(answer, Candidate) else (None, ("", answer))
        self.judge(place, refusal)

    def _start_anew(self) -> None:
        self._seen = self._census.touches.moment
        self._forget_all(self._census.nodes)
        self.candidates = [None] * self._census.nodes


class Memories:
    """The memories of one profile, for lately seen kinds of pods."""

    def __init__(self, census: Census, reads: Iterable[str] | None) -> None:
        self._census = census
        self._fields = None if reads is None else tuple(dict.fromkeys((*ALWAYS, *reads)))
        self._by_id: dict[int, tuple[Obj, Memory]] = {}
        self._known: dict[bytes, Memory] = {}

    def of(self, spec: Obj) -> Memory:
        """The memory for pods with such a spec; of a spec seen lately it is found by identity."""
        found = self._by_id.get(id(spec))
        if found is not None:
            return found[1]
        key = signature(self._counts(spec))
        memory = self._known.pop(key, None)
        if memory is None:
            if len(self._known) >= SPECS_KEPT:
                del self._known[next(iter(self._known))]
                self._by_id.clear()
            memory = Memory(spec, self._census)
        self._known[key] = memory
        if len(self._by_id) >= IDS_KEPT:
            self._by_id.clear()
        self._by_id[id(spec)] = spec, memory
        return memory

    def _counts(self, spec: Obj) -> Any:
        if self._fields is None:
            return spec
        return [_part(name, spec[name]) for name in self._fields if spec.get(name)]


def _part(name: str, value: Any) -> Any:
    """A field of a spec with its name; of containers what counts for nodes."""
    if name not in ("containers", "initContainers"):
        return [name, value]
    return [name, [[container.get(part) for part in OF_CONTAINERS] for container in value]]
