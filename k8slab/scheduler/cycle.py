"""The thinking about one pod: which nodes will do, which is best, and what could be done when there is none.

Nothing is changed here. Where there are many nodes, the search ends when enough fit, and the next pod's search
begins where this one has ended.

Source    pkg/scheduler/schedule_one.go (schedulePod, findNodesThatFitPod, numFeasibleNodesToFind);
          pkg/scheduler/framework/runtime/framework.go (texts of errors, RunFilterPluginsWithNominatedPods)
Left out  extenders; nodes in turn by zone (they stand in the order in which they came)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from k8slab.clock import Scope
from k8slab.objects import key_of
from k8slab.scheduler.codes import Codes, joined_codes
from k8slab.scheduler.columns import Picked, at, nth
from k8slab.scheduler.decision import Decision, Rescue
from k8slab.scheduler.framework import SKIP, Plugin
from k8slab.scheduler.memory import Memories, Memory
from k8slab.scheduler.nodes import PodInfo, pod_info
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.refusals import Refusals, Refused, Verdict, counted, unschedulable_text
from k8slab.scheduler.scoring import Scoring
from k8slab.scheduler.search import enough, search
from k8slab.scheduler.table import NodeTable
from k8slab.scheduler.verdicts import Cycle, Filter, PluginError, named

__all__ = ["Cycle", "PluginError", "Thinking"]

Obj = dict[str, Any]


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
        every = [(plugin, Filter(i, plugin.name, plugin.filter, plugin.filter_all)) for i, plugin in enumerate(plugins)]
        filters = [(plugin, one) for plugin, one in every if plugin.filters]
        self.static_filters = [one for plugin, one in filters if plugin.static]
        self.local_filters = [one for plugin, one in filters if plugin.local and not plugin.static]
        self.filters = [one for plugin, one in filters if not plugin.static and not plugin.local]
        self._is_kept = [plugin.static or plugin.local for plugin in plugins]
        read = [plugin.reads_spec for plugin, is_kept in zip(plugins, self._is_kept, strict=True) if is_kept]
        fields = None if None in read else [field for fields in read for field in fields or ()]
        self._memories = Memories(table.census, fields)
        self._preparing = [
            (i, plugin) for i, plugin in _overriding(plugins, "prepare") if not plugin.static and not plugin.local
        ]
        self._narrowing = [i for i, plugin in enumerate(plugins) if type(plugin).narrow is not Plugin.narrow]
        self.narrows_anew = [i for i in self._narrowing if not self._is_kept[i]]
        self._scoring = Scoring(plugins, table.census)
        self.steps = {name: _overriding(plugins, name) for name in ("reserve", "unreserve", "permit", "pre_bind")}
        self.counting = _overriding(plugins, "copied")
        self._rescuers = [plugin for plugin in plugins if type(plugin).post_filter is not Plugin.post_filter]

    def counted(self, pod: Obj) -> PodInfo:
        """The pod as the table counts it; what its spec asks for is worked out once per spec."""
        memory = self.memory_of(pod["spec"])
        if memory.counted is None:
            memory.counted = pod_info(pod)
        return PodInfo(pod, *memory.counted[1:])

    def decide(self, pod: Obj) -> tuple[Decision, Cycle | None]:
        """Think about one pod, without doing anything; a plugin that fails makes it an error.

        The cycle is there when a node has been found.
        """
        metadata = pod["metadata"]
        decision = partial(Decision, str(key_of(pod)), self._loop.now, uid=metadata.get("uid", ""), scheduler=self.name,
                           labels=metadata.get("labels") or {})  # fmt: skip
        if not self.table.nodes:
            return decision({}, message=unschedulable_text({})), None
        try:
            cycle = Cycle(self, self.counted(pod))
            return self._decided(cycle, decision), cycle
        except PluginError as error:
            return decision({}, message=str(error), is_error=True), None

    def pick(self, equals: Sequence[Any]) -> Any:
        """One of several that are equally good, by chance."""
        return self._loop.random.choice(equals)

    def offset(self, nodes: int) -> int:
        """Where to begin among so many nodes, by chance."""
        return self._loop.random.randrange(nodes)

    def prepared(self, pod: PodInfo, memory: Memory) -> list[Any]:
        """What every plugin wants to know of the pod; static ones are asked once per spec."""
        if memory.prepared is None:
            kept = zip(self.plugins, self._is_kept, strict=True)
            memory.prepared = [_prepare(plugin, pod) if is_kept else None for plugin, is_kept in kept]
        prepared = list(memory.prepared)
        for index, plugin in self._preparing:
            prepared[index] = _prepare(plugin, pod)
        return prepared

    def memory_of(self, spec: Obj) -> Memory:
        """The memory for pods with such a spec."""
        return self._memories.of(spec)

    def _decided(self, cycle: Cycle, decision: Callable[..., Decision]) -> Decision:
        state = self.table.census.state, self.nominated.state
        refused, whole = cycle.refused_at_once(), cycle.memory.whole
        if refused is not None:
            ((_, verdict), number), *_ = counted(refused)
            text = f"0/{number} nodes are available: {', '.join(verdict.reasons)}."
            whole = state, refused, text, _refusers(refused)
        elif whole is None or whole[0] != state or not cycle.is_plain:
            fitting, refused = self._search(cycle)
            if fitting:
                return self._chosen(cycle, fitting, partial(decision, refused))
            whole = state, refused, unschedulable_text(refused), _refusers(refused)
            cycle.memory.whole = whole if cycle.is_plain else None
        _, refused, text, refusers = whole
        rescue = self._rescue(cycle, refused)
        message = f"{text} {rescue.message}" if rescue and rescue.message else text
        return decision(refused, message=message, rescue=rescue, refusers=refusers)

    def _search(self, cycle: Cycle) -> tuple[Sequence[int], Refusals]:
        """The places of the nodes that fit, until enough are found, and why the others looked at do not."""
        nominee = self.table.nodes.get((cycle.pod.pod.get("status") or {}).get("nominatedNodeName", ""))
        if nominee is not None and cycle.refusal(nominee) is None:
            return [nominee.place], {}
        names, outside = self._narrowed(cycle)
        census = self.table.census
        if names is None:
            places: Sequence[int] = range(census.nodes)
            codes_of = cycle.codes
        else:
            places = sorted(self.table.nodes[name].place for name in names if name in self.table.nodes)
            chosen = places

            def codes_of(start: int, end: int) -> Codes:
                return joined_codes([cycle.codes(place, place + 1) for place in chosen[start:end]])

        start = self._start % len(places) if places else 0
        found = search(codes_of, len(places), start, enough(len(places), self._percentage))
        looked_at = found.looked_at if names is None else at(places, found.looked_at)
        fitting = found.fitting if names is None else at(places, found.fitting)
        others, asked = (None, frozenset[int]()) if names is None else (outside, frozenset(places))
        refused = Refused(census.names, looked_at, found.codes, cycle.memory.table, others, asked)
        self._start = (self._start + len(fitting) + len(refused)) % census.nodes
        return fitting, refused

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

    def _chosen(self, cycle: Cycle, places: Sequence[int], decision: Callable[..., Decision]) -> Decision:
        names = Picked(self.table.census.names, places)
        if len(names) == 1:
            return decision(names=names, node=names[0])
        columns, totals = self._scoring.of(cycle, places)
        best = self._scoring.best(totals)
        equals = totals.count(best)
        place = nth(totals, best, self._loop.random.choice(range(equals))) if equals > 1 else totals.index(best)
        return decision(names=names, columns=columns, node=names[place])

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
    return frozenset(name for (who, _), _ in counted(refused) for name in who.split())


def _overriding(plugins: Sequence[Plugin], name: str) -> list[tuple[int, Plugin]]:
    default = getattr(Plugin, name)
    return [(index, plugin) for index, plugin in enumerate(plugins) if getattr(type(plugin), name) is not default]


def _prepare(plugin: Plugin, pod: PodInfo) -> Any:
    try:
        return plugin.prepare(pod)
    except Exception as error:  # a plugin of a learner may do anything
        raise PluginError(f'running PreFilter plugin "{plugin.name}": {named(error)}') from error
