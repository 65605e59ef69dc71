"""How fast the nodes of a zone may lose their Pods: slower, or not at all, when much of the zone is gone.

When many nodes fall silent at once, the fault is more likely the network's than theirs, and moving every Pod would
only make it worse.

Source    pkg/controller/nodelifecycle/node_lifecycle_controller.go (handleDisruption, ComputeZoneState);
          pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "Tainting",
    "Zones",
    "state_of",
]

NORMAL, PARTIAL, FULL = "Normal", "PartialDisruption", "FullDisruption"
RATE = 0.1  # nodes a second: --node-eviction-rate
SECOND_RATE = 0.01  # --secondary-node-eviction-rate
LARGE_ZONE = 50  # nodes: --large-cluster-size-threshold
UNHEALTHY = 0.55  # --unhealthy-zone-threshold


def state_of(ready: Sequence[bool]) -> str:
    """The state of a zone, from which of its nodes are ready."""
    silent = ready.count(False)
    if silent and silent == len(ready):
        return FULL
    return PARTIAL if silent > 2 and silent / len(ready) >= UNHEALTHY else NORMAL


class Tainting:
    """The nodes of one zone that wait for their NoExecute taint; the first goes at once, the others one by one."""

    def __init__(self) -> None:
        self.rate = RATE
        self._waiting: dict[str, None] = {}
        self._free_at = 0.0

    def add(self, name: str) -> None:
        """Have a node wait its turn."""
        self._waiting[name] = None

    def remove(self, name: str) -> None:
        """The node need not be tainted after all."""
        self._waiting.pop(name, None)

    def set_rate(self, rate: float, now: float) -> None:
        """From now on so many nodes a second; whoever was waiting for the old rate waits a whole turn of the new."""
        if rate != self.rate:
            self.rate = rate
            if now < self._free_at:
                self._free_at = now + 1 / rate if rate else now

    def due(self, now: float) -> Iterator[str]:
        """The nodes whose turn it is."""
        while self._waiting and self.rate and now >= self._free_at:
            name = next(iter(self._waiting))
            del self._waiting[name]
            self._free_at = now + 1 / self.rate
            yield name


class Zones:
    """The state of every zone, and its queue."""

    def __init__(self) -> None:
        self._queues: dict[str, Tainting] = {}
        self._states: dict[str, str] = {}

    def __getitem__(self, zone: str) -> Tainting:
        return self._queues.setdefault(zone, Tainting())

    @property
    def all_disrupted(self) -> bool:
        """No node of any zone was ready when last looked at."""
        return bool(self._states) and set(self._states.values()) == {FULL}

    def note(self, ready: Mapping[str, Sequence[bool]], now: float) -> None:
        """Set the rates by what is ready in each zone."""
        self._states = {zone: state_of(nodes) for zone, nodes in ready.items()}
        for zone, state in self._states.items():
            rate = 0.0 if self.all_disrupted else RATE
            if state == PARTIAL:
                rate = SECOND_RATE if len(ready[zone]) > LARGE_ZONE else 0.0
            self[zone].set_rate(rate, now)
