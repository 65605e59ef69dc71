"""The thinking about one pod: which nodes will do, which is best, and what could be done when there is none.

Nothing is changed here. Where there are many nodes, the search ends when enough fit, and the next pod's search
begins where this one has ended.

Source    pkg/scheduler/schedule_one.go (schedulePod, findNodesThatFitPod, numFeasibleNodesToFind);
          pkg/scheduler/framework/runtime/framework.go (texts of errors, RunFilterPluginsWithNominatedPods)
Left out  extenders; nodes in turn by zone (they stand in the order in which they came)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from k8slab.clock import Scope
from k8slab.objects import key_of
from k8slab.scheduler.decision import Decision, Refusals, Rescue, ScoreColumn, Verdict, unschedulable_text
from k8slab.scheduler.framework import MAX_SCORE, SKIP, Plugin
from k8slab.scheduler.nodes import NodeInfo, PodInfo, pod_info
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.table import NodeTable
from k8slab.scheduler.verdicts import Cycle, Filter, Memory, PluginError, named

__all__ = ["Cycle", "PluginError", "Thinking"]

Obj = dict[str, Any]

SPECS_KEPT = 200
LEAST_NODES, LEAST_PERCENT = 100, 5  # minFeasibleNodesToFind, minFeasibleNodesPercentageToFind


class Thinking:
    """One profile: its plugins in their order, and what it remembers. `percentage` is percentageOfNodesToScore."""

    def __init__(
        self,
        plugins: Sequence[Plugin],
        table: NodeTable,
        nominated: Nominated,
        loop: Scope,
        *,
        name: str = "default-scheduler",
        percentage: int = 0,
    ) -> None:
        self.name = name
        self.plugins = plugins
        self.table, self.nominated = table, nominated
        self._loop = loop
        self._percentage = percentage
        self._start = 0
        self._specs: dict[int, Memory] = {}
        filters = [(plugin, Filter(i, plugin.name, plugin.filter)) for i, plugin in enumerate(plugins)
                   if plugin.filters]  # fmt: skip
        self.static_filters = [one for plugin, one in filters if plugin.static]
        self.local_filters = [one for plugin, one in filters if plugin.local and not plugin.static]
        self.filters = [one for plugin, one in filters if not plugin.static and not plugin.local]
        self._is_kept = [plugin.static or plugin.local for plugin in plugins]
        self._preparing = [
            (i, plugin) for i, plugin in _overriding(plugins, "prepare") if not plugin.static and not plugin.local
        ]
        self._narrowing = [i for i, plugin in enumerate(plugins) if type(plugin).narrow is not Plugin.narrow]
        self.narrows_anew = [i for i in self._narrowing if not self._is_kept[i]]
        self._scoring = [i for i, plugin in enumerate(plugins) if plugin.weight]
        self.steps = {name: _overriding(plugins, name) for name in ("reserve", "unreserve", "permit", "pre_bind")}
        self.counting = _overriding(plugins, "copied")
        self._rescuers = [plugin for plugin in plugins if type(plugin).post_filter is not Plugin.post_filter]

    def counted(self, pod: Obj) -> PodInfo:
        """The pod as the table counts it; what its spec asks for is worked out once per spec."""
        memory = self.memory_of(pod["spec"])
        if memory.counted is None:
            memory.counted = pod_info(pod)
        return memory.counted._replace(pod=pod)

    def decide(self, pod: Obj) -> tuple[Decision, Cycle | None]:
        """Think about one pod, without doing anything; a plugin that fails makes it an error.

        The cycle is there when a node has been found.
        """
        metadata = pod["metadata"]
        blank = Decision(str(key_of(pod)), self._loop.now, {}, uid=metadata.get("uid", ""), scheduler=self.name,
                         labels=metadata.get("labels") or {})  # fmt: skip
        if not self.table.nodes:
            return blank._replace(message=unschedulable_text({})), None
        try:
            cycle = Cycle(self, self.counted(pod))
            return self._decided(cycle, blank), cycle
        except PluginError as error:
            return blank._replace(message=str(error), is_error=True), None

    def pick(self, equals: Sequence[Any]) -> Any:
        """One of several that are equally good, by chance."""
        return self._loop.random.choice(equals)

    def offset(self, nodes: int) -> int:
        """Where to begin among so many nodes, by chance."""
        return self._loop.random.randrange(nodes)

    def prepared(self, pod: PodInfo) -> list[Any]:
        """What every plugin wants to know of the pod; static ones are asked once per spec."""
        memory = self.memory_of(pod.spec)
        if memory.prepared is None:
            kept = zip(self.plugins, self._is_kept, strict=True)
            memory.prepared = [_prepare(plugin, pod) if is_kept else None for plugin, is_kept in kept]
        prepared = list(memory.prepared)
        for index, plugin in self._preparing:
            prepared[index] = _prepare(plugin, pod)
        return prepared

    def memory_of(self, spec: Obj) -> Memory:
        """The memory for this very spec: pods of one template share it, so that identity is enough."""
        known = self._specs.get(id(spec))
        if known is None:
            if len(self._specs) >= SPECS_KEPT:
                self._specs.clear()
            known = self._specs[id(spec)] = Memory(spec)
        return known

    def _decided(self, cycle: Cycle, blank: Decision) -> Decision:
        state = self.table.census.state, self.nominated.state
        refused, whole = cycle.refused_at_once(self.table.nodes), cycle.memory.whole
        if refused is not None:
            reasons = ", ".join(next(iter(refused.values()))[1].reasons)
            whole = state, refused, f"0/{len(refused)} nodes are available: {reasons}.", _refusers(refused)
        elif whole is None or whole[0] != state or not cycle.is_plain:
            fitting, refused = self._search(cycle)
            if fitting:
                return self._chosen(cycle, fitting, blank._replace(refused=refused))
            whole = state, refused, unschedulable_text(refused), _refusers(refused)
            cycle.memory.whole = whole if cycle.is_plain else None
        _, refused, text, refusers = whole
        rescue = self._rescue(cycle, refused)
        message = f"{text} {rescue.message}" if rescue and rescue.message else text
        return blank._replace(refused=refused, message=message, rescue=rescue, refusers=refusers)

    def _search(self, cycle: Cycle) -> tuple[list[NodeInfo], Refusals]:
        """The nodes that fit, until enough are found, and why the others looked at do not."""
        nominee = self.table.nodes.get((cycle.pod.pod.get("status") or {}).get("nominatedNodeName", ""))
        if nominee is not None and cycle.refusal(nominee) is None:
            return [nominee], {}
        names, outside = self._narrowed(cycle)
        nodes: Sequence[NodeInfo] = list(self.table.nodes.values())
        refused: dict[str, tuple[str, Verdict]] = {}
        if names is not None:
            refused = {node.name: outside for node in nodes if node.name not in names}
            nodes = [node for node in nodes if node.name in names]
        enough = self._enough(len(nodes))
        start = self._start % len(nodes) if nodes else 0
        fitting: list[NodeInfo] = []
        told, promised = cycle.told(), self.nominated.nodes
        for node in (*nodes[start:], *nodes[:start]) if start else nodes:
            entry = told.get(node.name)
            if entry is not None and entry[0] == node.version and node.name not in promised:
                verdict = entry[1]
            else:
                verdict = cycle.refusal(node)
            if verdict is not None:
                refused[node.name] = verdict
            elif len(fitting) < enough:
                fitting.append(node)
            else:
                break
        self._start = (self._start + len(fitting) + len(refused)) % len(self.table.nodes)
        return fitting, refused

    def _enough(self, nodes: int) -> int:
        if nodes < LEAST_NODES:
            return nodes
        percentage = self._percentage or max(50 - nodes // 125, LEAST_PERCENT)
        return max(nodes * percentage // 100, LEAST_NODES)

    def _narrowed(self, cycle: Cycle) -> tuple[set[str] | None, tuple[str, Verdict]]:
        """The names that every plugin leaves (None: all), and the verdict on the other nodes."""
        by_plugin: dict[str, set[str]] = {}
        for index in self._narrowing:
            plugin, known = self.plugins[index], cycle.prepared[index]
            try:
                names = plugin.narrow(cycle.pod, known) if known is not SKIP else None
            except Exception as error:
                raise PluginError(f'running PreFilter plugin "{plugin.name}": {named(error)}') from error
            if names is not None:
                by_plugin[plugin.name] = set(names)
        who = " ".join(sorted(by_plugin))
        verdict = who, Verdict((f"node(s) didn't satisfy plugin(s) [{who}]",), can_change=False)
        return set.intersection(*by_plugin.values()) if by_plugin else None, verdict

    def _chosen(self, cycle: Cycle, nodes: list[NodeInfo], decision: Decision) -> Decision:
        names = [node.name for node in nodes]
        if len(nodes) == 1:
            return decision._replace(names=names, node=names[0])
        columns = list(self._columns(cycle, nodes))
        weighted = [[score * one.weight for score in one.final] for one in columns]
        totals = [sum(scores) for scores in zip(*weighted, strict=True)] if weighted else [0] * len(nodes)
        best = max(totals)
        winners = [name for name, total in zip(names, totals, strict=True) if total == best]
        winner = winners[0] if len(winners) == 1 else self._loop.random.choice(winners)
        return decision._replace(names=names, columns=columns, node=winner)

    def _columns(self, cycle: Cycle, nodes: list[NodeInfo]) -> Iterable[ScoreColumn]:
        """What each plugin says of the nodes that fit."""
        for index in self._scoring:
            plugin, pod = self.plugins[index], cycle.pod
            doing = 'running PreScore plugin "{}": {}'
            try:
                if not plugin.applies(pod, cycle.prepared[index]):
                    continue
                known = plugin.prepare_scores(pod, cycle.prepared[index], nodes)
                if known is SKIP:
                    continue
                doing = 'running Score plugins: plugin "{}" failed with: {}'
                raw = self._raw(plugin, pod, known, nodes)
                doing = 'running Normalize on Score plugins: plugin "{}" failed with: {}'
                final = plugin.normalise_for(pod, known, nodes, raw)
            except Exception as error:
                raise PluginError(doing.format(plugin.name, named(error))) from error
            _check(plugin, final, len(nodes))
            yield ScoreColumn(plugin.name, plugin.weight, raw, final)

    def _raw(self, plugin: Plugin, pod: PodInfo, known: Any, nodes: list[NodeInfo]) -> list[int]:
        if not plugin.static and not plugin.local:
            return [plugin.score(pod, known, node) for node in nodes]
        told = self.memory_of(pod.spec).scores.setdefault(plugin.name, {})
        is_static, raw = plugin.static, []
        for node in nodes:
            state = node.generation if is_static else node.version
            entry = told.get(node.name)
            if entry is None or entry[0] != state:
                entry = told[node.name] = state, plugin.score(pod, known, node)
            raw.append(entry[1])
        return raw

    def _rescue(self, cycle: Cycle, refused: Refusals) -> Rescue | None:
        """The first help that a plugin finds, or why none finds any."""
        last, reasons = None, []
        for plugin in self._rescuers:
            try:
                found = plugin.post_filter(cycle, refused)
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(f'running PostFilter plugin "{plugin.name}": {named(error)}') from error
            if found is not None and not found.message:
                return found
            if found is not None:
                last = found if found.node is not None or last is None or found.candidates else last
                reasons.append(found.message)
        return last._replace(message=", ".join(reasons)) if last else None


def _refusers(refused: Refusals) -> frozenset[str]:
    return frozenset(name for who in {who for who, _ in refused.values()} for name in who.split())


def _overriding(plugins: Sequence[Plugin], name: str) -> list[tuple[int, Plugin]]:
    default = getattr(Plugin, name)
    return [(index, plugin) for index, plugin in enumerate(plugins) if getattr(type(plugin), name) is not default]


def _prepare(plugin: Plugin, pod: PodInfo) -> Any:
    try:
        return plugin.prepare(pod)
    except Exception as error:  # a plugin of a learner may do anything
        raise PluginError(f'running PreFilter plugin "{plugin.name}": {named(error)}') from error


def _check(plugin: Plugin, final: list[int], nodes: int) -> None:
    if len(final) != nodes:
        raise PluginError(f'plugin "{plugin.name}" gives {len(final)} scores for {nodes} nodes')
    if any(type(score) is not int for score in final):
        raise PluginError(f'plugin "{plugin.name}" gives a score that is no whole number')
    if min(final) < 0 or max(final) > MAX_SCORE:
        wrong = next(score for score in final if not 0 <= score <= MAX_SCORE)
        said = f'plugin "{plugin.name}" returns an invalid score {wrong}, it should in the range of [0, 100]'
        raise PluginError(f"applying score defaultWeights on Score plugins: {said} after normalizing")
