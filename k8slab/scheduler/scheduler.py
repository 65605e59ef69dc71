"""Propose a node for every Pod that has none.

Watches   Pods and Nodes.
Compares  what a Pod asks for and wishes with what each Node has left and says about itself.
Writes    the Pod's binding; its condition PodScheduled when no node will do; Events.
Source    pkg/scheduler/schedule_one.go
Left out  looking at only part of the nodes, extenders, several profiles, preemption
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from k8slab.client import Client, Informers, Recorder
from k8slab.clock import Scope
from k8slab.objects import is_leaving, key_of, rfc3339, with_condition
from k8slab.scheduler.framework import MAX_SCORE, SKIP, Decision, NodeInfo, Plugin, PodInfo, Verdict, pod_info
from k8slab.scheduler.plugins import DEFAULT_PLUGINS
from k8slab.scheduler.queue import SchedulingQueue
from k8slab.scheduler.snapshot import Snapshot
from k8slab.scheduler.table import NodeTable
from k8slab.wire import ApiError, NotFound

__all__ = ["Scheduler"]

Obj = dict[str, Any]
Refusals = dict[str, tuple[str, Verdict]]
Scores = dict[str, dict[str, tuple[int, int, int]]]
Memory = dict[tuple[str, str, int], Any]

CYCLE_S = 0.002  # one attempt takes this long
DECISIONS_KEPT = 1000
SPECS_KEPT = 200
PREPARED, COUNTED = ("prepared", "", 0), ("counted", "", 0)


class Scheduler:
    """One scheduler with one profile. `decisions` explains its newest attempts."""

    def __init__(
        self,
        client: Client,
        informers: Informers,
        loop: Scope,
        *,
        name: str = "default-scheduler",
        plugins: Sequence[Callable[[], Plugin]] = DEFAULT_PLUGINS,
    ) -> None:
        self.name = name
        self.plugins = [make() for make in plugins]
        self.table = NodeTable()
        caches = {kind: informers.of(kind) for plugin in self.plugins for kind in plugin.reads}
        self.cluster = Snapshot(self.table.nodes, self.table.census, caches, lambda: loop.now)
        for plugin in self.plugins:
            plugin.cluster, plugin.client = self.cluster, client
        self.decisions: deque[Decision] = deque(maxlen=DECISIONS_KEPT)
        self._memory = _Memories()
        self._client = client
        self._loop = loop
        self._recorder = Recorder(client, loop, name)
        self._waiting: dict[str, Obj] = {}
        self._queue = SchedulingQueue(loop, self._attempt, CYCLE_S)
        informers.of("Node").on_change(self._node_changed)
        informers.of("Pod").on_change(self._pod_changed)

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if self.table.node_changed(old, new):
            self._queue.wake()

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        uid = (new or old or {})["metadata"]["uid"]
        if new is None or (is_leaving(new) and not new["spec"].get("nodeName")):
            self._drop(uid)
        elif new["spec"].get("nodeName"):
            self._drop_waiting(uid)
            if self.table.pod_changed(new):
                self._queue.wake()
        elif new["spec"].get("schedulerName", self.name) == self.name:
            self._waiting[uid] = new
            is_new = old is None or old["spec"] != new["spec"]
            if is_new and not new["spec"].get("schedulingGates"):
                self._queue.add(uid, new["spec"].get("priority", 0))

    def _drop(self, uid: str) -> None:
        self._drop_waiting(uid)
        if self.table.forget(uid):
            self._queue.wake()  # it has made room

    def _drop_waiting(self, uid: str) -> None:
        self._waiting.pop(uid, None)
        self._queue.remove(uid)

    def _attempt(self, uid: str) -> None:
        """One scheduling cycle and, when it finds a node, one binding cycle."""
        pod = self._waiting.get(uid)
        if pod is None:
            return
        try:
            decision = self.decide(pod)
        except Exception as error:  # a plugin of a learner may do anything; the others go on
            self._fail(pod, "SchedulerError", f"running plugins: {type(error).__name__}: {error}", stuck=False)
            return
        self.decisions.append(decision)
        if decision.node:
            self._bind(pod, decision.node)
        else:
            self._fail(pod, "Unschedulable", decision.message, stuck=True)

    def decide(self, pod: Obj) -> Decision:
        """The whole thinking about one pod, without doing anything. Raises ValueError for a score out of range."""
        memory = self._memory.of(pod["spec"])
        info = self._counted(pod)
        prepared = self._prepared(info, memory)
        refused: Refusals = {}
        fitting = []
        hopeless = self._on_all(prepared)
        if hopeless is not None:
            refused = dict.fromkeys(self.table.nodes, hopeless)
            text = f"0/{len(refused)} nodes are available: {', '.join(hopeless[1].reasons)}."
            return Decision(str(key_of(pod)), self._loop.now, refused, {}, {}, "", text)
        names, outside = self._narrowed(info, prepared)
        for node in self.table.nodes.values():
            is_in = names is None or node.name in names
            verdict = self._refusal(info, prepared, node, memory) if is_in else outside
            if verdict is None:
                fitting.append(node)
            else:
                refused[node.name] = verdict
        key = str(key_of(pod))
        if not fitting:
            return Decision(key, self._loop.now, refused, {}, {}, "", unschedulable_text(refused))
        scores = self._scores(info, prepared, fitting, memory)
        totals = {name: sum(score[2] for score in by_plugin.values()) for name, by_plugin in scores.items()}
        best = max(totals.values())
        winners = [name for name, total in totals.items() if total == best]
        winner = winners[0] if len(winners) == 1 else self._loop.random.choice(winners)
        return Decision(key, self._loop.now, refused, scores, totals, winner)

    def _prepared(self, pod: PodInfo, memory: Memory) -> list[Any]:
        """What every plugin wants to know of the pod; static ones are asked once per spec."""
        if PREPARED not in memory:
            memory[PREPARED] = {plugin.name: plugin.prepare(pod) for plugin in self.plugins if plugin.static}
        known = memory[PREPARED]
        return [known[plugin.name] if plugin.static else plugin.prepare(pod) for plugin in self.plugins]

    def _counted(self, pod: Obj) -> PodInfo:
        """The pod as the table counts it; what its spec asks for is worked out once per spec."""
        memory = self._memory.of(pod["spec"])
        if COUNTED not in memory:
            memory[COUNTED] = pod_info(pod)
        counted: PodInfo = memory[COUNTED]
        return counted._replace(pod=pod)

    def _on_all(self, prepared: list[Any]) -> tuple[str, Verdict] | None:
        """The first plugin that refuses all nodes at once, and why."""
        for plugin, known in zip(self.plugins, prepared, strict=True):
            if isinstance(known, Verdict):
                return plugin.name, known
        return None

    def _narrowed(self, pod: PodInfo, prepared: list[Any]) -> tuple[set[str] | None, tuple[str, Verdict]]:
        """The names that every plugin leaves (None: all), and the verdict on the other nodes."""
        by_plugin: dict[str, set[str]] = {}
        for plugin, known in zip(self.plugins, prepared, strict=True):
            names = plugin.narrow(pod, known) if known is not SKIP else None
            if names is not None:
                by_plugin[plugin.name] = set(names)
        who = " ".join(sorted(by_plugin))
        verdict = who, Verdict((f"node(s) didn't satisfy plugin(s) [{who}]",), can_change=False)
        return set.intersection(*by_plugin.values()) if by_plugin else None, verdict

    def _refusal(self, pod: PodInfo, prepared: list[Any], node: NodeInfo, memory: Memory) -> tuple[str, Verdict] | None:
        """The first plugin that refuses, and why; static ones stand before the others and are asked once."""
        key = ("", node.name, node.generation)
        if key not in memory:
            memory[key] = self._first_refusal(pod, prepared, node, static=True)
        return memory[key] or self._first_refusal(pod, prepared, node, static=False)

    def _first_refusal(
        self, pod: PodInfo, prepared: list[Any], node: NodeInfo, *, static: bool
    ) -> tuple[str, Verdict] | None:
        for plugin, known in zip(self.plugins, prepared, strict=True):
            if plugin.static is static and plugin.filters and known is not SKIP:
                verdict = plugin.filter(pod, known, node)
                if verdict is not None:
                    return plugin.name, verdict
        return None

    def _scores(self, pod: PodInfo, prepared: list[Any], nodes: list[NodeInfo], memory: Memory) -> Scores:
        """Per node and plugin: raw, normalised and weighted score."""
        scores: Scores = {node.name: {} for node in nodes}
        for plugin, known in zip(self.plugins, prepared, strict=True):
            if not plugin.weight or not plugin.applies(pod, known):
                continue
            wanted = plugin.prepare_scores(pod, known, nodes)
            if wanted is SKIP:
                continue
            if plugin.static:
                raw = [_remembered(memory, plugin, pod, wanted, node) for node in nodes]
            else:
                raw = [plugin.score(pod, wanted, node) for node in nodes]
            final = plugin.normalise_for(pod, wanted, nodes, raw)
            for node, before, after in zip(nodes, raw, final, strict=True):
                if not 0 <= after <= MAX_SCORE:
                    raise ValueError(f'plugin "{plugin.name}" returns an invalid score {after} for node "{node.name}"')
                scores[node.name][plugin.name] = (before, after, after * plugin.weight)
        return scores

    def _bind(self, pod: Obj, node_name: str) -> None:
        """Assume it, then tell the API; if the API refuses, the room is free again and the pod backs off."""
        uid = pod["metadata"]["uid"]
        self.table.assume(self._counted(pod), node_name)
        try:
            self._client.bind(pod, node_name)
        except NotFound:
            self._drop(uid)
        except ApiError as error:
            self.table.forget(uid)
            message = f'binding rejected: running Bind plugin "DefaultBinder": {error.message}'
            self._fail(pod, "SchedulerError", message, stuck=False)
        else:
            self._drop_waiting(uid)
            text = f"Successfully assigned {key_of(pod)} to {node_name}"
            self._recorder.event(pod, "Normal", "Scheduled", text)

    def _fail(self, pod: Obj, reason: str, message: str, *, stuck: bool) -> None:
        self._queue.failed(pod["metadata"]["uid"], stuck=stuck)
        self._recorder.event(pod, "Warning", "FailedScheduling", message)
        condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
        had = (pod.get("status") or {}).get("conditions") or []
        if any(all(old.get(k) == v for k, v in condition.items()) for old in had):
            return
        try:
            self._client.patch_status(pod, {"conditions": with_condition(had, condition, rfc3339(self._loop.now))})
        except ApiError:
            pass  # it is tried again with the pod


class _Memories:
    """What static plugins said, per pod spec. Pods of one template share their spec, so that identity is enough."""

    def __init__(self) -> None:
        self._specs: dict[int, tuple[Obj, Memory]] = {}

    def of(self, spec: Obj) -> Memory:
        """The memory for this very spec."""
        known = self._specs.get(id(spec))
        if known is None:
            if len(self._specs) >= SPECS_KEPT:
                self._specs.clear()
            known = self._specs[id(spec)] = (spec, {})
        return known[1]


def _remembered(memory: Memory, plugin: Plugin, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
    key = (plugin.name, node.name, node.generation)
    if key not in memory:
        memory[key] = plugin.score(pod, prepared, node)
    score: int = memory[key]
    return score


def unschedulable_text(refused: Refusals) -> str:
    """`0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu.`

    Source: staging/src/k8s.io/kube-scheduler/framework (FitError.Error): reasons are counted and sorted as texts.
    """
    if not refused:
        return "no nodes available to schedule pods"
    counts = Counter(reason for _, verdict in refused.values() for reason in verdict.reasons)
    reasons = ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
    return f"0/{len(refused)} nodes are available: {reasons}."
