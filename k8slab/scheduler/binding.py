"""From a decision to the binding: Reserve, Permit with pods that wait, PreBind, and telling the API.

Source    pkg/scheduler/schedule_one.go (schedulingCycle from assume on, bindingCycle, handleBindingCycleError);
          pkg/scheduler/framework/runtime/{framework,waiting_pods_map}.go
Left out  Bind and PostBind plugins; nominating the node of a pod that only PreBind keeps waiting
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Protocol

from k8slab.client import Client
from k8slab.clock import Scope, Timer
from k8slab.scheduler.cycle import Cycle
from k8slab.scheduler.framework import SKIP, Plugin
from k8slab.scheduler.nodes import NodeInfo
from k8slab.scheduler.refusals import Verdict, unschedulable_text
from k8slab.scheduler.table import NodeTable
from k8slab.wire import ApiError, NotFound

__all__ = ["Bindings", "Outcome"]

Obj = dict[str, Any]
Step = tuple[Plugin, Any]

LONGEST_WAIT_S = 900.0  # upstream: maxTimeout
BOUND, GONE = "bound", "gone"


class Outcome(NamedTuple):
    """How it ended: `bound`, `gone` (there is no such pod any more), or with a text; a refuser makes it no error."""

    text: str
    refuser: str = ""


class _Ended(Protocol):
    def __call__(self, pod: Obj, node_name: str, outcome: Outcome) -> None: ...


class _Flight:
    """A pod on its way to its node."""

    def __init__(self, cycle: Cycle, node: NodeInfo) -> None:
        self.cycle, self.node = cycle, node
        self.pod = cycle.pod
        self.waits: dict[str, Timer] = {}
        self.timer: Timer | None = None

    def steps(self, name: str) -> list[Step]:
        """The plugins that have this step, with what they prepared; those that skip the pod have no room to keep."""
        prepared = self.cycle.prepared
        every = [(plugin, prepared[index]) for index, plugin in self.cycle.thinking.steps[name]]
        return every if name == "permit" else [step for step in every if step[1] is not SKIP]


class Bindings:
    """All pods on their way; `ended(pod, node name, outcome)` is called once for each."""

    def __init__(self, client: Client, loop: Scope, table: NodeTable, ended: _Ended, nominate: Callable[..., None]):
        self._client, self._loop, self._table = client, loop, table
        self._ended, self._nominate = ended, nominate
        self._flights: dict[str, _Flight] = {}

    def __contains__(self, uid: str) -> bool:
        return uid in self._flights

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """The pods that wait for a word of plugins (which), by uid."""
        return {uid: tuple(flight.waits) for uid, flight in self._flights.items() if flight.waits}

    def start(self, cycle: Cycle, node_name: str) -> None:
        """Assume the pod on its node and go as far as plugins let it."""
        flight = _Flight(cycle, self._table.nodes[node_name])
        self._table.assume(cycle.pod, node_name)
        self._flights[cycle.pod.uid] = flight
        for plugin, known in flight.steps("reserve"):
            if not self._passes(flight, f'running Reserve plugin "{plugin.name}": ', plugin, plugin.reserve, known):
                return
        self._ask_permission(flight)

    def allow(self, uid: str, plugin: str) -> None:
        """A plugin that had a pod wait lets it go; when it was the last one, the pod goes on."""
        flight = self._flights.get(uid)
        if flight is not None and plugin in flight.waits:
            flight.waits.pop(plugin).cancel()
            if not flight.waits:
                self._write_first(flight, flight.steps("pre_bind"))

    def reject(self, uid: str, plugin: str, reason: str) -> None:
        """A waiting pod does not get its node after all."""
        flight = self._flights.get(uid)
        if flight is not None and flight.waits:
            self._refused(flight, plugin, Verdict((reason,)))

    def forget(self, uid: str) -> None:
        """The pod is gone, or has its node from elsewhere."""
        flight = self._flights.get(uid)
        if flight is not None:
            self._land(flight, undo=True)

    def _ask_permission(self, flight: _Flight) -> None:
        waits: dict[str, float] = {}
        for plugin, known in flight.steps("permit"):
            text = f'running Permit plugin "{plugin.name}": '
            if not self._passes(flight, text, plugin, plugin.permit, known, waits.setdefault):
                return
        for name, seconds in waits.items():
            seconds = min(seconds, LONGEST_WAIT_S)
            reason = f"rejected due to timeout after waiting {_go(seconds)} at plugin {name}"
            late = partial(self.reject, flight.pod.uid, name, reason)
            flight.waits[name] = self._loop.call_later(seconds, late)
        if waits:
            self._nominate(flight.pod.pod, flight.node.name)
        else:
            self._write_first(flight, flight.steps("pre_bind"))

    def _write_first(self, flight: _Flight, steps: list[Step]) -> None:
        for done, (plugin, known) in enumerate(steps):
            again: dict[str, float] = {}
            text = f'running PreBind plugin "{plugin.name}": '
            if not self._passes(flight, text, plugin, plugin.pre_bind, known, again.setdefault, is_late=True):
                return
            if again:
                flight.timer = self._loop.call_later(again[plugin.name], self._write_first, flight, steps[done:])
                return
        self._bind(flight)

    def _passes(
        self,
        flight: _Flight,
        text: str,
        plugin: Plugin,
        ask: Callable[..., Any],
        known: Any,
        wait: Callable[[str, float], object] | None = None,
        *,
        is_late: bool = False,
    ) -> bool:
        """The plugin lets the pod go on (or has it wait); else all is taken back. Late refusals are errors."""
        try:
            answer = ask(flight.pod, known, flight.node)
        except ApiError as error:
            self._failed(flight, text + error.message)
        except Exception as error:  # a plugin of a learner may do anything
            self._failed(flight, f"{text}{type(error).__name__}: {error}")
        else:
            if answer is None:
                return True
            if isinstance(answer, Verdict) and is_late:
                self._failed(flight, text + ", ".join(answer.reasons))
            elif isinstance(answer, Verdict):
                self._refused(flight, plugin.name, answer)
            elif wait is not None and isinstance(answer, int | float) and not isinstance(answer, bool):
                wait(plugin.name, float(answer))
                return True
            else:
                self._failed(flight, f"{text}unknown answer {answer!r}")
        return False

    def _bind(self, flight: _Flight) -> None:
        try:
            self._client.bind(flight.pod.pod, flight.node.name)
        except NotFound:
            self._land(flight, undo=True)
            self._ended(flight.pod.pod, flight.node.name, Outcome(GONE))
        except ApiError as error:
            self._failed(flight, f'running Bind plugin "DefaultBinder": {error.message}')
        else:
            self._land(flight, undo=False)
            self._ended(flight.pod.pod, flight.node.name, Outcome(BOUND))

    def _refused(self, flight: _Flight, plugin: str, verdict: Verdict) -> None:
        self._land(flight, undo=True)
        text = unschedulable_text({flight.node.name: (plugin, verdict)})
        self._ended(flight.pod.pod, flight.node.name, Outcome(text, plugin))

    def _failed(self, flight: _Flight, text: str) -> None:
        self._land(flight, undo=True)
        self._ended(flight.pod.pod, flight.node.name, Outcome(text))

    def _land(self, flight: _Flight, *, undo: bool) -> None:
        """The flight is over; what it has reserved is given back, unless the pod has arrived."""
        del self._flights[flight.pod.uid]
        for timer in (*flight.waits.values(), *([flight.timer] if flight.timer else ())):
            timer.cancel()
        flight.waits = {}
        if undo:
            for plugin, known in reversed(flight.steps("unreserve")):
                with suppress(Exception):  # it must not fail, and others have something to take back, too
                    plugin.unreserve(flight.pod, known, flight.node)
            self._table.forget(flight.pod.uid)


def _go(seconds: float) -> str:
    """A duration as Go prints it: `10s`, `1m30s`, `15m0s`."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
