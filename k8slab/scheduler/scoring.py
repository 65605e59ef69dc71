"""The scores of the nodes that fit: a column per plugin, and their sum.

Raw scores of static and local plugins lie in the pod's memory; of those that need no normalisation even the sum does.

Source    pkg/scheduler/framework/runtime/framework.go (RunPreScorePlugins, RunScorePlugins);
          pkg/scheduler/schedule_one.go (prioritizeNodes)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import Any

from k8slab.scheduler.census import Census
from k8slab.scheduler.columns import at, where
from k8slab.scheduler.decision import ScoreColumn
from k8slab.scheduler.framework import MAX_SCORE, SKIP, Plugin
from k8slab.scheduler.memory import SUM
from k8slab.scheduler.nodes import NodeInfo, PodInfo
from k8slab.scheduler.verdicts import Cycle, PluginError, named

__all__ = ["Scoring"]

MOST_IN_BYTE = 255
PRE_SCORE = 'running PreScore plugin "{}": {}'
SCORE = 'running Score plugins: plugin "{}" failed with: {}'
NORMALISE = 'running Normalize on Score plugins: plugin "{}" failed with: {}'


class Scoring:
    """The plugins of a profile that score."""

    def __init__(self, plugins: Sequence[Plugin], census: Census) -> None:
        self._census = census
        self._plugins = [(number, plugin) for number, plugin in enumerate(plugins) if plugin.weight]
        self._kept = [(number, plugin) for number, plugin in self._plugins if plugin.static or plugin.local]
        self._plain = {number for number, plugin in self._kept if _is_plain(plugin)}
        self._kept_numbers = {number for number, _ in self._kept}
        weights = [plugin.weight for number, plugin in self._kept if number in self._plain]
        self._most = MAX_SCORE * sum(weights)  # that a sum of plain scores can be
        is_sum_narrow = self._most <= MOST_IN_BYTE and all(type(weight) is int and weight > 0 for weight in weights)
        self._narrow = {*self._plain, SUM} if is_sum_narrow else self._plain

    def of(self, cycle: Cycle, places: Sequence[int]) -> tuple[list[ScoreColumn], Sequence[int]]:
        """What each plugin says of the nodes at these places, and sums to compare them by.

        The sums leave out what a plugin gives to all nodes alike. Raises PluginError.
        """
        nodes, memory = at(self._census.order, places), cycle.memory
        scorers = self._refresh(cycle, places, nodes)
        totals: Sequence[Any] = at(memory.raw[SUM], places)
        columns = []
        for number, plugin in self._plugins:
            is_kept = number in self._kept_numbers
            if is_kept:
                known = scorers.get(number, SKIP)
            else:
                known = _prepared(plugin, cycle.pod, cycle.prepared[number], nodes)
            if known is SKIP:
                continue
            raw: Any = at(memory.raw[number], places) if is_kept else _asked(plugin, cycle.pod, known, nodes)
            if number in self._plain:
                columns.append(ScoreColumn(plugin.name, plugin.weight, raw, raw))
                continue
            final = _normalised(plugin, cycle.pod, known, nodes, raw)
            if _check(plugin, final, len(nodes)):
                totals = list(map(add, totals, [score * plugin.weight for score in final]))
                columns.append(ScoreColumn(plugin.name, plugin.weight, raw, bytes(final)))
            else:
                columns.append(ScoreColumn(plugin.name, plugin.weight, _packed(raw), _packed(final)))
        return columns, totals

    def _refresh(self, cycle: Cycle, places: Sequence[int], nodes: Sequence[NodeInfo]) -> Mapping[int, Any]:
        """Ask static and local plugins about nodes that have changed; what they have prepared, by their number."""
        memory = cycle.memory
        if memory.scorers is None:
            asked = [(n, _prepared(plugin, cycle.pod, cycle.prepared[n], nodes)) for n, plugin in self._kept]
            memory.scorers = {number: known for number, known in asked if known is not SKIP}
            memory.raw = {number: self._column(number) for number in (*memory.scorers, SUM)}
        news = [(places[i], nodes[i]) for i in where(at(memory.scored, places), 0)]
        if not news:
            return memory.scorers
        for number, plugin in self._kept:
            if number in memory.scorers:
                self._ask(plugin, cycle.pod, memory.scorers[number], memory.raw[number], news, number in self._plain)
        plain = [(memory.raw[n], plugin.weight) for n, plugin in self._kept if n in self._plain and n in memory.raw]
        for place, _ in news:
            memory.raw[SUM][place] = sum([raw[place] * weight for raw, weight in plain])
            memory.scored[place] = 1
        return memory.scorers

    def _column(self, number: int) -> bytearray | list[int]:
        """Scores lie in bytes if they surely fit."""
        return bytearray(self._census.nodes) if number in self._narrow else [0] * self._census.nodes

    def best(self, totals: Sequence[int]) -> int:
        """The highest of the sums."""
        if isinstance(totals, bytearray | bytes):
            return next(total for total in range(self._most, -1, -1) if total in totals)
        return max(set(totals))

    def _ask(
        self,
        plugin: Plugin,
        pod: PodInfo,
        known: Any,
        raw: bytearray | list[int],
        news: Iterable[tuple[int, NodeInfo]],
        is_plain: bool,
    ) -> None:
        for place, node in news:
            (score,) = _asked(plugin, pod, known, [node])
            if is_plain:
                _check(plugin, [score], 1)
            raw[place] = score


def _is_plain(plugin: Plugin) -> bool:
    """What the plugin says of a node does not depend on what it says of others."""
    cls = type(plugin)
    return cls.normalise is Plugin.normalise and cls.normalise_for is Plugin.normalise_for


def _prepared(plugin: Plugin, pod: PodInfo, known: Any, nodes: Sequence[NodeInfo]) -> Any:
    try:
        return plugin.prepare_scores(pod, known, nodes) if plugin.applies(pod, known) else SKIP
    except Exception as error:  # a plugin of a learner may do anything
        raise PluginError(PRE_SCORE.format(plugin.name, named(error))) from error


def _asked(plugin: Plugin, pod: PodInfo, known: Any, nodes: Sequence[NodeInfo]) -> list[int]:
    try:
        return plugin.score_all(pod, known, nodes)
    except Exception as error:
        raise PluginError(SCORE.format(plugin.name, named(error))) from error


def _normalised(plugin: Plugin, pod: PodInfo, known: Any, nodes: Sequence[NodeInfo], raw: list[int]) -> list[int]:
    try:
        return plugin.normalise_for(pod, known, nodes, raw)
    except Exception as error:
        raise PluginError(NORMALISE.format(plugin.name, named(error))) from error


def _packed(scores: list[int]) -> Sequence[int]:
    """Scores that are all the same in bytes: columns are kept for a while, and lists would be searched for garbage."""
    first = scores[0]
    is_narrow = type(first) is int and 0 <= first <= MOST_IN_BYTE
    return bytes((first,)) * len(scores) if is_narrow and scores.count(first) == len(scores) else scores


def _check(plugin: Plugin, final: list[int], nodes: int) -> bool:
    """True when the scores are not all the same. Raises PluginError for what is no score."""
    if len(final) != nodes:
        raise PluginError(f'plugin "{plugin.name}" gives {len(final)} scores for {nodes} nodes')
    found = set(final) if final.count(final[0]) < nodes else {final[0]}
    if any(type(score) is not int for score in found) or type(sum(final)) is not int:
        raise PluginError(f'plugin "{plugin.name}" gives a score that is no whole number')
    if min(found) < 0 or max(found) > MAX_SCORE:
        wrong = next(score for score in final if not 0 <= score <= MAX_SCORE)
        said = f'plugin "{plugin.name}" returns an invalid score {wrong}, it should in the range of [0, 100]'
        raise PluginError(f"applying score defaultWeights on Score plugins: {said} after normalizing")
    return len(found) > 1
