"""The verdicts on nodes for one pod: what the plugins have prepared, what is known already, and what would be if.

Source    pkg/scheduler/framework/runtime/framework.go (RunFilterPluginsWithNominatedPods, RunPreFilterExtension…)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.scheduler.codes import Codes, where_zero
from k8slab.scheduler.columns import at, where
from k8slab.scheduler.framework import SKIP, Plugin
from k8slab.scheduler.memory import UNKNOWN
from k8slab.scheduler.nodes import NodeInfo, PodInfo
from k8slab.scheduler.places import shifted
from k8slab.scheduler.refusals import Refusal, Refusals, Refused, Verdict

if TYPE_CHECKING:
    from k8slab.scheduler.cycle import Thinking

__all__ = ["Cycle", "Filter", "PluginError", "Trial", "named"]

Obj = dict[str, Any]
Ask = Callable[[PodInfo, Any, NodeInfo], Verdict | None]
AskAll = Callable[[PodInfo, Any, Sequence[NodeInfo]], list[Verdict | None]]

FAILED = 'running "{}" filter plugin: {}'


class PluginError(Exception):
    """A plugin has failed; the text is upstream's, with the error that Python names."""


class Filter(NamedTuple):
    """A plugin that is asked about each node."""

    place: int
    name: str
    ask: Ask
    ask_all: AskAll


class Cycle:
    """One attempt: the pod, what the plugins have prepared for it, and their verdicts on nodes."""

    def __init__(self, thinking: Thinking, pod: PodInfo) -> None:
        self.pod = pod
        self.thinking = thinking
        self.memory = thinking.memory_of(pod.spec)
        self.prepared = thinking.prepared(pod, self.memory)
        self.memory.catch_up()
        self.filters = [one for one in thinking.filters if self.prepared[one.place] is not SKIP]
        self._own_places = self._places_of_promises() if thinking.nominated else []

    @property
    def is_plain(self) -> bool:
        """Only the states of nodes and promises to others count, so that an answer holds for all pods of this spec."""
        narrowing = self.thinking.narrows_anew
        is_nominated = self.thinking.nominated.node_of(self.pod.uid)
        return not self.filters and not is_nominated and all(self.prepared[i] is SKIP for i in narrowing)

    def refused_at_once(self) -> Refusals | None:
        """The verdict on all nodes that a plugin came to while it prepared, if one did."""
        found = None
        for plugin, known in zip(self.thinking.plugins, self.prepared, strict=True):
            if isinstance(known, Verdict):
                found = plugin.name, known
                if not known.can_change:
                    break
        return Refused.all(self.thinking.table.census.names, found) if found else None

    def codes(self, start: int, end: int) -> Codes:
        """The verdicts on the nodes from one place to another, as numbers of the memory (0: the node will do)."""
        memory = self.memory
        for i in where(memory.codes[start:end], UNKNOWN):
            memory.judge(start + i, self._judged(start + i))
        codes = memory.codes[start:end]
        for one in self.filters:
            codes = self._ask_all(one, start, codes)
        for place in self._own_places:
            if start <= place < end:
                refusal = self.refusal(self.thinking.table.census.order[place])
                codes = _with(codes, ((place - start, self.memory.code_of(refusal)),))
        return codes

    def refusal(self, node: NodeInfo) -> Refusal:
        """The first plugin that refuses, and why; room promised to pods as important as this one is taken."""
        if node.name not in self.thinking.nominated.nodes:
            verdict = self.kept(node.place)
        else:
            others = self.promised(node)
            verdict = self._with_others(Trial(self, node), others).asked() if others else None
            verdict = verdict or self.static(node) or first(self.thinking.local_filters, self.pod, self.prepared, node)
        return verdict or first(self.filters, self.pod, self.prepared, node)

    def kept(self, place: int) -> Refusal:
        """What static and local plugins say of one node."""
        memory = self.memory
        if memory.codes[place] == UNKNOWN:
            memory.judge(place, self._judged(place))
        return memory.table[memory.codes[place]]

    def promised(self, node: NodeInfo, *, with_own: bool = False) -> list[PodInfo]:
        """Other pods that are nominated there, not less important, and not counted there yet."""
        if not self.thinking.nominated:
            return []
        mine, there = self.pod.priority, node.pods
        own = "" if with_own else self.pod.uid
        promised = self.thinking.nominated.on(node.name)
        return [one for one in promised if one.priority >= mine and one.uid != own and one.uid not in there]

    def static(self, node: NodeInfo) -> Refusal:
        """What static plugins say of a node, whatever pods are on it."""
        entry = self.memory.static.get(node.name)
        if entry is None or entry[0] != node.generation:
            verdict = first(self.thinking.static_filters, self.pod, self.prepared, node)
            entry = self.memory.static[node.name] = node.generation, verdict
        return entry[1]

    def _judged(self, place: int) -> Refusal:
        """What static and local plugins say of a node, promises to any pod as important as this one counted."""
        node = self.thinking.table.census.order[place]
        others = self.promised(node, with_own=True)
        verdict = self._with_others(Trial(self, node, counting=False), others).kept() if others else None
        verdict = verdict or first(self.thinking.static_filters, self.pod, self.prepared, node)
        return verdict or first(self.thinking.local_filters, self.pod, self.prepared, node)

    def _with_others(self, trial: Trial, others: Sequence[PodInfo]) -> Trial:
        for other in others:
            trial.add(other)
        return trial

    def _ask_all(self, one: Filter, start: int, codes: bytearray | list[int]) -> bytearray | list[int]:
        """Have one of the other plugins judge the nodes that are still good."""
        left = where_zero(codes)
        nodes = at(self.thinking.table.census.order, shifted(left, start))
        try:
            verdicts = one.ask_all(self.pod, self.prepared[one.place], nodes)
        except Exception as error:
            raise PluginError(FAILED.format(one.name, named(error))) from error
        if verdicts.count(None) == len(verdicts):
            return codes
        different = dict(zip(map(id, verdicts), verdicts, strict=True))
        known = {key: self.memory.code_of(None if why is None else (one.name, why)) for key, why in different.items()}
        found = list(map(known.__getitem__, map(id, verdicts)))
        if len(found) < len(codes):
            return _with(codes, ((place, code) for place, code in zip(left, found, strict=True) if code))
        return bytearray(found) if max(known.values()) < UNKNOWN else found

    def _places_of_promises(self) -> list[int]:
        """The nodes of which columns do not tell all: the pod's own, and all promised ones when others count pods."""
        nominated, nodes = self.thinking.nominated, self.thinking.table.nodes
        names = list(nominated.nodes) if self.filters else [nominated.node_of(self.pod.uid)]
        return [nodes[name].place for name in names if name in nodes]


def _with(codes: bytearray | list[int], others: Iterable[tuple[int, int]]) -> bytearray | list[int]:
    """The column with other codes at some places."""
    for place, code in others:
        if code > UNKNOWN and not isinstance(codes, list):
            codes = list(codes)
        codes[place] = code
    return codes


class Trial:
    """A copy of a node, and of what was prepared, to see what would be if pods came or went."""

    def __init__(self, cycle: Cycle, node: NodeInfo, *, counting: bool = True) -> None:
        self.node = node.copy()
        self._cycle, self._pod = cycle, cycle.pod
        self._prepared = list(cycle.prepared)
        self._counting: list[tuple[Plugin, Any]] = []
        for index, plugin in cycle.thinking.counting if counting else ():
            if self._prepared[index] is not SKIP:
                self._prepared[index] = plugin.copied(self._prepared[index])
                self._counting.append((plugin, self._prepared[index]))

    def add(self, other: PodInfo) -> None:
        """Count a pod in."""
        self.node.add(other.uid, other)
        for plugin, known in self._counting:
            plugin.pod_added(self._pod, known, other, self.node)

    def remove(self, other: PodInfo) -> None:
        """Count a pod out."""
        self.node.remove(other.uid)
        for plugin, known in self._counting:
            plugin.pod_removed(self._pod, known, other, self.node)

    def refusal(self) -> Refusal:
        """The first plugin that refuses the node as it would be, promises counted."""
        others = self._cycle.promised(self.node)
        for other in others:
            self.add(other)
        verdict = self.asked() if others else None
        for other in others:
            self.remove(other)
        return verdict or self.asked()

    def asked(self) -> Refusal:
        """The same without promises."""
        return self.kept() or first(self._cycle.filters, self._pod, self._prepared, self.node)

    def kept(self) -> Refusal:
        """What static and local plugins say of it."""
        local = self._cycle.thinking.local_filters
        return self._cycle.static(self.node) or first(local, self._pod, self._prepared, self.node)


def first(filters: Sequence[Filter], pod: PodInfo, prepared: list[Any], node: NodeInfo) -> Refusal:
    """The first of these plugins that refuses, and why. Raises PluginError."""
    for place, name, ask, _ in filters:
        known = prepared[place]
        try:
            verdict = ask(pod, known, node) if known is not SKIP else None
        except Exception as error:
            raise PluginError(FAILED.format(name, named(error))) from error
        if verdict is not None:
            return name, verdict
    return None


def named(error: Exception) -> str:
    """An error as it is told of."""
    return f"{type(error).__name__}: {error}"
