"""Propose a node for every Pod that has none.

Watches   Pods and Nodes, and the kinds that plugins read.
Compares  what a Pod asks for and wishes with what each Node has left and says about itself.
Writes    the Pod's binding; its condition PodScheduled and the nominated node when no node will do; deletes victims
          of preemption, with their condition DisruptionTarget; Events.
Source    pkg/scheduler/schedule_one.go; pkg/scheduler/eventhandlers.go
Left out  extenders; batching of pods that are alike (OpportunisticBatching); pod groups
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from k8slab.client import Client, Informers, Recorder
from k8slab.clock import Scope
from k8slab.objects import is_leaving, key_of, rfc3339, with_condition
from k8slab.scheduler.binding import BOUND, GONE, Bindings, Outcome
from k8slab.scheduler.cycle import Thinking
from k8slab.scheduler.decision import Decision
from k8slab.scheduler.events import ClusterEvent, change_of, node_change, pod_change
from k8slab.scheduler.explain import Attempts
from k8slab.scheduler.framework import Plugin
from k8slab.scheduler.memory import Memory
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.preemption import evict
from k8slab.scheduler.profiles import STANDARD_PLUGINS, Profile
from k8slab.scheduler.queue import NOBODY, SchedulingQueue
from k8slab.scheduler.snapshot import Snapshot
from k8slab.scheduler.table import NodeTable
from k8slab.wire import ApiError

__all__ = ["Scheduler"]

Obj = dict[str, Any]

CYCLE_S = 0.002  # one attempt takes this long
DEFAULT_NAME = "default-scheduler"
LONGEST_TEXT = 1024  # of an Event (NoteLengthLimit)


class Scheduler:
    """One scheduler with one profile (`name`, `plugins`) or several. `attempts` explains its newest attempts."""

    def __init__(
        self,
        client: Client,
        informers: Informers,
        loop: Scope,
        *,
        name: str = DEFAULT_NAME,
        plugins: Sequence[Callable[[], Plugin]] = STANDARD_PLUGINS,
        profiles: Iterable[Profile] = (),
        attempts: Attempts | None = None,
    ) -> None:
        self.table = NodeTable()
        self.nominated = Nominated(self.table.promised)
        self.attempts = Attempts() if attempts is None else attempts
        self._client, self._loop = client, loop
        self._waiting: dict[str, Obj] = {}
        self._refusers: dict[str, frozenset[str]] = {}
        self._kinds: dict[str, Memory] = {}
        self._minders: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        self._queue = SchedulingQueue(loop, self._attempt, CYCLE_S)
        self._bindings = Bindings(client, loop, self.table, self._ended, self._nominate)
        self._profiles: dict[str, Thinking] = {}
        self._recorders: dict[str, Recorder] = {}
        kinds: dict[str, Any] = {}
        self.cluster = Snapshot(self.table.nodes, self.table.census, kinds, lambda: loop.now)
        for profile in profiles or [Profile(name, [make() for make in plugins])]:
            self._add(profile, informers, kinds)
        self.name = next(iter(self._profiles))
        informers.of("Node").on_change(self._node_changed)
        informers.of("Pod").on_change(self._pod_changed)
        for kind, informer in kinds.items():
            informer.on_change(partial(self._object_changed, kind))

    @property
    def plugins(self) -> Sequence[Plugin]:
        """The plugins of the first profile."""
        return self._profiles[self.name].plugins

    @property
    def decisions(self) -> Sequence[Decision]:
        """The newest attempts, oldest first."""
        return self.attempts.decisions

    def decide(self, pod: Obj) -> Decision:
        """The whole thinking about one pod, without doing anything."""
        return self._thinking(pod).decide(pod)[0]

    def allow(self, uid: str, plugin: str) -> None:
        """A waiting pod may go to its node, as far as this plugin is concerned (Permit)."""
        self._bindings.allow(uid, plugin)

    def reject(self, uid: str, plugin: str, reason: str = "") -> None:
        """A waiting pod may not go to its node (Permit)."""
        self._bindings.reject(uid, plugin, reason)

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """The pods that have a node and wait for a word, by uid: for that of which plugins."""
        return self._bindings.waiting()

    def _add(self, profile: Profile, informers: Informers, kinds: dict[str, Any]) -> None:
        for plugin in profile.plugins:
            plugin.cluster, plugin.client, plugin.scheduler = self.cluster, self._client, self
            kinds |= {kind: informers.of(kind) for kind in plugin.reads if kind not in kinds}
        more: Any = {"name": profile.name, "percentage": profile.percentage}
        self._profiles[profile.name] = Thinking(profile.plugins, self.table, self.nominated, self._loop, **more)
        self._recorders[profile.name] = Recorder(self._client, self._loop, profile.name)

    def _thinking(self, pod: Obj) -> Thinking:
        return self._profiles[pod["spec"].get("schedulerName", self.name)]

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        self.table.node_changed(old, new)
        if self._queue.stuck or self._queue.gated:
            event = node_change(old, new)
            if event is not None and new is not None:
                self._wake(event)

    def _object_changed(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        if self._queue.stuck or self._queue.gated:
            self._wake(change_of(kind, old, new))

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        pod: Obj = new or old or {}
        uid = pod["metadata"]["uid"]
        if new is None or (is_leaving(new) and not new["spec"].get("nodeName")):
            self._drop(uid, pod)
        elif new["spec"].get("nodeName"):
            self._bound_changed(uid, old, new)
        elif new["spec"].get("schedulerName", self.name) in self._profiles:
            self._waiting_changed(uid, old, new)

    def _bound_changed(self, uid: str, old: Obj | None, new: Obj) -> None:
        self._bindings.forget(uid)
        self._drop_waiting(uid)
        has_ended = self.table.pod_changed(new)
        if not self._queue.stuck:
            return
        if has_ended:
            self._wake(change_of("Pod", new, None))
        elif old is None or not old["spec"].get("nodeName"):
            self._wake(change_of("Pod", None, new))
        elif (event := pod_change(old, new)) is not None:
            self._wake(event)

    def _waiting_changed(self, uid: str, old: Obj | None, new: Obj) -> None:
        self._waiting[uid] = new
        if uid in self._kinds:
            self._kinds[uid] = self._thinking(new).memory_of(new["spec"])
        before = ((old or {}).get("status") or {}).get("nominatedNodeName", "")
        now = (new.get("status") or {}).get("nominatedNodeName", "")
        if before or now:
            self.nominated.seen(self._thinking(new).counted(new), before, now)
        if uid in self._bindings:
            return
        if uid in self._queue.stuck or uid in self._queue.gated:
            event = pod_change(old, new) if old is not None else None
            if event is not None:
                self._wake_one(event, uid)
        elif old is None:
            self._enqueue(new)

    def _enqueue(self, pod: Obj) -> None:
        """The pod may be tried, unless a plugin says that it may not yet."""
        uid = pod["metadata"]["uid"]
        for plugin in self._thinking(pod).plugins:
            if _gates(plugin, pod):
                self._refusers[uid] = frozenset((plugin.name,))
                self._queue.gate(uid, self._refusers[uid])
                return
        self._queue.add(uid, pod["spec"].get("priority") or 0)

    def _wake(self, event: ClusterEvent, *, but: str = "") -> None:
        """Try those again that a plugin has refused which says that this event could help."""
        known: dict[tuple[str, int], bool] = {}
        minding = self._minding(event)

        def minds(refusers: frozenset[str]) -> bool:
            return not refusers or not minding.isdisjoint(refusers)

        for uid in self._queue.gated_by(minds) if not but else ():
            if self._helps(event, uid, known):
                self._enqueue(self._waiting[uid])
        self._queue.wake(lambda uid: uid != but and self._helps(event, uid, known), minds)

    def _minding(self, event: ClusterEvent) -> frozenset[str]:
        """The plugins that mind such events, by name."""
        kind = event.kind, event.actions
        if kind not in self._minders:
            every = (plugin for each in self._profiles.values() for plugin in each.plugins)
            self._minders[kind] = frozenset(plugin.name for plugin in every if plugin.minds(event))
        return self._minders[kind]

    def _wake_one(self, event: ClusterEvent, uid: str) -> None:
        """Try a pod again that has changed, if that could help it."""
        if not self._helps(event, uid, {}):
            return
        if uid in self._queue.gated:
            self._enqueue(self._waiting[uid])
        if uid in self._queue.stuck:
            self._queue.wake_one(uid)

    def _helps(self, event: ClusterEvent, uid: str, known: dict[tuple[str, int], bool]) -> bool:
        """Some plugin that has refused the pod says so. It says the same of pods that ask for the same."""
        pod, refusers = self._waiting[uid], self._refusers.get(uid)
        if not refusers:
            return True
        kind = None if event.is_about(pod) else self._kinds.get(uid)
        for plugin in self._thinking(pod).plugins:
            if plugin.name not in refusers or not plugin.minds(event):
                continue
            if kind is None or plugin.reads_spec is None:
                answer = _hint(plugin, event, pod)
            elif (answer := known.get((plugin.name, id(kind)))) is None:  # type: ignore[assignment]
                answer = known[plugin.name, id(kind)] = _hint(plugin, event, pod)
            if answer:
                return True
        return False

    def _drop(self, uid: str, pod: Obj) -> None:
        was_promised = bool(self.nominated.node_of(uid))
        self._bindings.forget(uid)
        self._drop_waiting(uid)
        if self.table.forget(uid) or was_promised:
            self._wake(change_of("Pod", pod, None))  # it has made room

    def _drop_waiting(self, uid: str) -> None:
        if self._waiting.pop(uid, None) is not None:
            self._refusers.pop(uid, None)
            self._kinds.pop(uid, None)
            self.nominated.drop(uid)
        self._queue.remove(uid)

    def _attempt(self, uid: str) -> None:
        """One scheduling cycle and, when it finds a node, the way to the binding."""
        pod = self._waiting.get(uid)
        if pod is None:
            return
        decision, cycle = self._thinking(pod).decide(pod)
        self.attempts.add(decision)
        if decision.node and cycle is not None:
            self._bindings.start(cycle, decision.node)
        elif decision.is_error:
            self._fail(pod, "SchedulerError", decision.message, nominate="")
        else:
            self._unschedulable(pod, decision)

    def _unschedulable(self, pod: Obj, decision: Decision) -> None:
        """No node will do. What preemption proposes is done at once; the pod waits for what comes of it."""
        rescue = decision.rescue
        nominate = rescue.node if rescue is not None else ""
        self._refusers[pod["metadata"]["uid"]] = decision.refusers
        self._fail(pod, "Unschedulable", decision.message, nominate=nominate, is_stuck=True)
        if rescue is not None and rescue.victims:
            evict(self, self._client, self._recorder(pod), pod, rescue, rfc3339(self._loop.now))

    def _ended(self, pod: Obj, node_name: str, outcome: Outcome) -> None:
        """A pod that had a node has it now, or has lost it."""
        uid = pod["metadata"]["uid"]
        if outcome.text == BOUND:
            self._drop_waiting(uid)
            text = f"Successfully assigned {key_of(pod)} to {node_name}"
            self._recorder(pod).event(pod, "Normal", "Scheduled", text)
            return
        self.attempts.amend(uid, node="", message=outcome.text, is_error=not outcome.refuser)
        if outcome.text == GONE:
            self._drop_waiting(uid)
        elif outcome.refuser:
            self._refusers[uid] = frozenset((outcome.refuser,))
            self._fail(pod, "Unschedulable", outcome.text, nominate="", is_stuck=True)
        else:
            self._fail(pod, "SchedulerError", outcome.text, nominate="")
        if self._queue.stuck:
            self._wake(change_of("Pod", pod, None), but=uid)

    def _recorder(self, pod: Obj) -> Recorder:
        return self._recorders[pod["spec"].get("schedulerName", self.name)]

    def _nominate(self, pod: Obj, node_name: str) -> None:
        self._tell(self._waiting.get(pod["metadata"]["uid"], pod), None, node_name)

    def _fail(self, pod: Obj, reason: str, message: str, *, nominate: str | None, is_stuck: bool = False) -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self._waiting:
            return
        pod = self._waiting[uid]
        self._kinds[uid] = self._thinking(pod).memory_of(pod["spec"])
        self._queue.failed(uid, stuck=is_stuck, refusers=self._refusers.get(uid, NOBODY) if is_stuck else NOBODY)
        if nominate is not None:
            self.nominated.set(self._thinking(pod).counted(pod), nominate)
        self._recorder(pod).event(pod, "Warning", "FailedScheduling", _cut(message))
        condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
        self._tell(pod, condition, nominate)

    def _tell(self, pod: Obj, condition: Obj | None, nominate: str | None) -> None:
        """Write the condition and the nominated node, as far as the pod's status does not tell them already."""
        status: Obj = pod.get("status") or {}
        new: Obj = {}
        had = status.get("conditions") or []
        if condition and not any(all(old.get(k) == v for k, v in condition.items()) for old in had):
            new["conditions"] = with_condition(had, condition, rfc3339(self._loop.now))
        if nominate is not None and nominate != status.get("nominatedNodeName", ""):
            new["nominatedNodeName"] = nominate or None
        if new:
            try:
                self._client.patch_status(pod, new)
            except ApiError:
                pass  # it is tried again with the pod


def _gates(plugin: Plugin, pod: Obj) -> bool:
    """The plugin says that the pod may not be tried yet; one that fails keeps it, as upstream."""
    try:
        return plugin.pre_enqueue(pod) is not None
    except Exception:
        return True


def _hint(plugin: Plugin, event: ClusterEvent, pod: Obj) -> bool:
    """What a plugin answers; one that fails has the pod tried, as upstream, so that it is never stuck for that."""
    try:
        return plugin.hint(event, pod)
    except Exception:
        return True


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 4] + " ..."
