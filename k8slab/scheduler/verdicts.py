"""The verdicts on nodes for one pod: what the plugins have prepared, what is known already, and what would be if.

Source    pkg/scheduler/framework/runtime/framework.go (RunFilterPluginsWithNominatedPods, RunPreFilterExtension…)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.scheduler.decision import Candidate, Refusals, Verdict
from k8slab.scheduler.framework import SKIP, Plugin
from k8slab.scheduler.nodes import NodeInfo, PodInfo

if TYPE_CHECKING:
    from k8slab.scheduler.cycle import Thinking

__all__ = ["Cycle", "Filter", "Memory", "PluginError", "Trial", "named"]

Obj = dict[str, Any]
Ask = Callable[[PodInfo, Any, NodeInfo], Verdict | None]
Refusal = tuple[str, Verdict] | None  # which plugin, and why


class PluginError(Exception):
    """A plugin has failed; the text is upstream's, with the error that Python names."""


class Memory:
    """What static and local plugins said of one pod spec: by node, with the state of the node they spoke of.

    `whole` is an attempt in which no node would do, with the state of all nodes and the promises then: what was
    refused, the text, and by whom. `trials` are what preemption has tried.
    """

    def __init__(self, spec: Obj) -> None:
        self.spec = spec
        self.counted: PodInfo | None = None
        self.prepared: list[Any] | None = None
        self.static: dict[str, tuple[int, Refusal]] = {}
        self.local: dict[str, tuple[int, Refusal]] = {}
        self.scores: dict[str, dict[str, tuple[int, int]]] = {}
        self.whole: tuple[tuple[int, int], Refusals, str, frozenset[str]] | None = None
        self.trials: dict[str, tuple[Any, Candidate | Verdict]] = {}


class Filter(NamedTuple):
    """A plugin that is asked about each node."""

    place: int
    name: str
    ask: Ask


class Cycle:
    """One attempt: the pod, what the plugins have prepared for it, and their verdicts on nodes."""

    def __init__(self, thinking: Thinking, pod: PodInfo) -> None:
        self.pod = pod
        self.thinking = thinking
        self.prepared = thinking.prepared(pod)
        self.memory = thinking.memory_of(pod.spec)
        self.filters = [one for one in thinking.filters if self.prepared[one.place] is not SKIP]

    @property
    def is_plain(self) -> bool:
        """Only the states of nodes and promises to others count, so that an answer holds for all pods of this spec."""
        narrowing = self.thinking.narrows_anew
        is_nominated = self.thinking.nominated.node_of(self.pod.uid)
        return not self.filters and not is_nominated and all(self.prepared[i] is SKIP for i in narrowing)

    def refused_at_once(self, nodes: Mapping[str, NodeInfo]) -> Refusals | None:
        """The verdict on all nodes that a plugin came to while it prepared, if one did."""
        found = None
        for plugin, known in zip(self.thinking.plugins, self.prepared, strict=True):
            if isinstance(known, Verdict):
                found = plugin.name, known
                if not known.can_change:
                    break
        return dict.fromkeys(nodes, found) if found else None

    def told(self) -> Mapping[str, tuple[int, Refusal]]:
        """What is known of nodes in a certain state, when nothing counts but that and promises."""
        return {} if self.filters else self.memory.local

    def refusal(self, node: NodeInfo) -> Refusal:
        """The first plugin that refuses, and why; room promised to pods as important as this one is taken."""
        others = self.promised(node)
        if others:
            trial = Trial(self, node)
            for other in others:
                trial.add(other)
            verdict = trial.asked()
            if verdict is not None:
                return verdict
        return self._asked(node)

    def promised(self, node: NodeInfo) -> list[PodInfo]:
        """Other pods that are nominated there, not less important, and not counted there yet."""
        if not self.thinking.nominated:
            return []
        mine, there = self.pod.priority, {self.pod.uid, *node.pods}
        return [one for one in self.thinking.nominated.on(node.name) if one.priority >= mine and one.uid not in there]

    def _asked(self, node: NodeInfo) -> Refusal:
        """Static plugins stand before local ones, and those before the others; each is asked when it must be."""
        entry = self.memory.local.get(node.name)
        if entry is None or entry[0] != node.version:
            verdict = self.static(node) or first(self.thinking.local_filters, self.pod, self.prepared, node)
            entry = self.memory.local[node.name] = node.version, verdict
        if entry[1] is not None or not self.filters:
            return entry[1]
        return first(self.filters, self.pod, self.prepared, node)

    def static(self, node: NodeInfo) -> Refusal:
        """What static plugins say of a node, whatever pods are on it."""
        entry = self.memory.static.get(node.name)
        if entry is None or entry[0] != node.generation:
            verdict = first(self.thinking.static_filters, self.pod, self.prepared, node)
            entry = self.memory.static[node.name] = node.generation, verdict
        return entry[1]


class Trial:
    """A copy of a node, and of what was prepared, to see what would be if pods came or went."""

    def __init__(self, cycle: Cycle, node: NodeInfo) -> None:
        self.node = node.copy()
        self._cycle, self._pod = cycle, cycle.pod
        self._prepared = list(cycle.prepared)
        self._counting: list[tuple[Plugin, Any]] = []
        for index, plugin in cycle.thinking.counting:
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
        thinking = self._cycle.thinking
        return (
            self._cycle.static(self.node)
            or first(thinking.local_filters, self._pod, self._prepared, self.node)
            or first(self._cycle.filters, self._pod, self._prepared, self.node)
        )


def first(filters: Sequence[Filter], pod: PodInfo, prepared: list[Any], node: NodeInfo) -> Refusal:
    """The first of these plugins that refuses, and why. Raises PluginError."""
    for place, name, ask in filters:
        known = prepared[place]
        try:
            verdict = ask(pod, known, node) if known is not SKIP else None
        except Exception as error:
            raise PluginError(f'running "{name}" filter plugin: {named(error)}') from error
        if verdict is not None:
            return name, verdict
    return None


def named(error: Exception) -> str:
    """An error as it is told of."""
    return f"{type(error).__name__}: {error}"
