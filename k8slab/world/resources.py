"""What containers take of their machine: CPU, memory, disk.

Between two changes every amount is linear in time, so that an amount at a moment, and the moment at which it passes a
level, are worked out and nothing ticks: a container that idles for a day costs nothing.

Source    kubernetes.io, "Resource Management for Pods and Containers"; cgroup v2 (cpu.max, cpu.weight, memory.max);
          proc(5), oom_score_adj
Left out  memory that can be reclaimed (page cache), swap, NUMA, bursts within the 100 ms of a CPU quota's period
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.world.images.capacity import capacity_of

if TYPE_CHECKING:
    from k8slab.clock import Loop, Timer
    from k8slab.world.containers import Container
    from k8slab.world.machines import Vm

__all__ = [
    "ContainerUsage",
    "Gauge",
    "Limits",
    "Meter",
    "cpu_shares",
    "oom_victim",
    "usage_of",
    "whole_pages",
]

WINDOW_S = 15.0  # over which CPU use is measured, as by a metrics server
SWING = 0.2  # how far the CPU use of an idle process strays from its mean
PAGE_BYTES = 4096
LEAST_WEIGHT = 2.0  # of who asked for no CPU


class Limits(NamedTuple):
    """What a container asks for and may take; 0: nothing asked, no limit."""

    cpu_request_m: int = 0
    cpu_limit_m: int = 0
    memory_limit_bytes: int = 0
    oom_score_adj: int = 1000


class Alarm(NamedTuple):
    """`ring()` is called once, when the amount passes the level."""

    level: float
    ring: Callable[[], object]


class Gauge:
    """An amount that grows at a steady rate between changes. What is added to it is added to its `parent`, too."""

    __slots__ = ("_alarms", "_at", "_loop", "_parent", "_rate", "_sum", "_timer", "_value")

    def __init__(self, loop: Loop, parent: Gauge | None = None) -> None:
        self._loop = loop
        self._parent = parent
        self._value = 0.0
        self._rate = 0
        self._at = loop.now
        self._alarms: tuple[Alarm, ...] = ()
        self._timer: Timer | None = None
        self._sum = 0.0

    @property
    def integral(self) -> float:
        """The amount times the seconds it was there, since the beginning (for who pays for it)."""
        return self._sum + (self._value + self.value) / 2 * (self._loop.now - self._at)

    @property
    def value(self) -> float:
        """The amount now."""
        return self._value + self._rate * (self._loop.now - self._at) if self._rate else self._value

    @property
    def rate(self) -> int:
        """How much is added in a second."""
        return self._rate

    def add(self, amount: float, rate: int = 0) -> None:
        """Change the amount by so much at once, and its growth by so much a second."""
        self._sum = self.integral
        self._value = self.value + amount
        self._at = self._loop.now
        self._rate += rate
        if self._alarms:
            self._look()
        if self._parent is not None:
            self._parent.add(amount, rate)

    def clear(self) -> None:
        """Take everything back."""
        self.add(-self.value, -self._rate)

    def alarm(self, level: float, ring: Callable[[], object]) -> Alarm:
        """Have `ring()` called once, as soon as the amount is more than `level`."""
        alarm = Alarm(level, ring)
        self._alarms = tuple(sorted((*self._alarms, alarm), key=lambda one: one.level))
        self._look()
        return alarm

    def silence(self, alarm: Alarm) -> None:
        """Forget an alarm; harmless when it has rung."""
        self._alarms = tuple(one for one in self._alarms if one is not alarm)
        self._look()

    def _look(self) -> None:
        """Set the one timer to the moment at which the next alarm is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._alarms:
            return
        missing = self._alarms[0].level - self._value
        if missing < 0:
            self._timer = self._loop.call_soon(self._ring)
        elif self._rate > 0:
            self._timer = self._loop.call_at(self._at + missing / self._rate, self._ring, background=True)

    def _ring(self) -> None:
        self._timer = None
        alarm, self._alarms = self._alarms[0], self._alarms[1:]
        self._look()
        alarm.ring()


class Meter:
    """What one container takes, from its start to its end."""

    __slots__ = ("_asked", "_before", "_cpu_m", "_id", "_is_open", "_loop", "_per_request_s", "_since", "_throttled_s",
                 "_uid", "_used_s", "_vm", "_window", "disk", "flow_m", "flow_per_s", "limits", "memory", "oom",
                 "queued_s", "requests")  # fmt: skip

    def __init__(self, container: Container) -> None:
        vm, behaviour = container.sandbox.vm, container.image.behaviour
        self._vm, self._loop = vm, vm.loop
        self._id, self._uid = container.id, container.sandbox.uid
        self._is_open = True
        self.limits = container.config.limits
        self.memory = Gauge(vm.loop, vm.memory)
        self.disk: Gauge | None = None
        self._per_request_s = _cpu_per_request_s(container)
        self._cpu_m = behaviour.cpu_m
        self._since = vm.loop.now
        self._throttled_s = self._used_s = 0.0
        self._window = self._asked = self._before = 0
        self.flow_m = self.flow_per_s = self.queued_s = self.requests = 0.0
        self.memory.add(behaviour.memory_bytes)
        self.oom: Alarm | None = None
        self.limit_memory(container)

    @property
    def wanted_cpu_m(self) -> float:
        """The CPU it would take if it could have all that there is."""
        digest = hashlib.sha256(f"{self._id}/{int(self._loop.now // WINDOW_S)}".encode()).digest()
        swing = 1 + SWING * (digest[0] / 127.5 - 1)
        return self._cpu_m * (swing if self._cpu_m < 1000 else 1.0) + self._requests_m()

    @property
    def cpu_m(self) -> float:
        """The CPU it takes now, at most its limit."""
        limit = self.limits.cpu_limit_m
        return min(self.wanted_cpu_m, limit) if limit else self.wanted_cpu_m

    @property
    def slowness(self) -> float:
        """How many times longer its work takes because of its CPU limit."""
        limit = self.limits.cpu_limit_m
        return max(1.0, (self._cpu_m + self._requests_m()) / limit) if limit else 1.0

    @property
    def throttled_s(self) -> float:
        """For how many seconds, in all, it was kept from running."""
        limit = self.limits.cpu_limit_m
        if not limit or self._cpu_m <= limit:
            return self._throttled_s
        return self._throttled_s + (1 - limit / self._cpu_m) * (self._loop.now - self._since)

    @property
    def used_cpu_s(self) -> float:
        """The CPU seconds it has taken since its start."""
        limit = self.limits.cpu_limit_m
        steady_m = min(self._cpu_m, limit) if limit else self._cpu_m
        return self._used_s + steady_m / 1000 * (self._loop.now - self._since) + self.requests * self._per_request_s

    def use(self, cpu_m: float | None, memory: int | None, leak: int | None, disk: int | None) -> None:
        """Take so much from now on, of what is not None. Raises ValueError for less than nothing."""
        for amount in (cpu_m, memory, leak, disk):
            if amount is not None and not 0 <= amount < float("inf"):
                raise ValueError(f"a process cannot take {amount!r}")
        if not self._is_open:
            return
        if cpu_m is not None:
            self._use_cpu(cpu_m)
        if disk is not None:
            self.disk = self.disk or Gauge(self._loop, self._vm.disk_of(self._uid))
            self.disk.add(disk - self.disk.value)
        if memory is not None or leak is not None:
            grown = 0.0 if memory is None else memory - self.memory.value
            self.memory.add(grown, (leak or 0) - self.memory.rate)

    def resize(self, container: Container) -> None:
        """From now on the container's limits are others."""
        self._use_cpu(self._cpu_m)  # what it has used and missed so far stays as it is
        self.limits = container.config.limits
        self.limit_memory(container)

    def limit_memory(self, container: Container) -> None:
        """Have the container end when it takes more memory than it may."""
        if self.oom is not None:
            self.memory.silence(self.oom)
        most = self.limits.memory_limit_bytes
        self.oom = self.memory.alarm(most, container.out_of_memory) if most else None

    def work(self, cpu_s: float, threads: float) -> float:
        """Begin work of so many CPU seconds on top of what runs; answers how long it takes, to be ended by `rest`.

        Raises ValueError for work or threads that there cannot be.
        """
        if not (0 <= cpu_s < float("inf") and 0 < threads < float("inf")):
            raise ValueError(f"there is no work of {cpu_s!r} seconds in {threads!r} threads")
        self._use_cpu(self._cpu_m + threads * 1000)
        return cpu_s / threads * self.slowness

    def rest(self, threads: float) -> None:
        """Work that was begun is done."""
        self._use_cpu(max(0.0, self._cpu_m - threads * 1000))

    def asked(self) -> None:
        """A request was answered."""
        window = int(self._loop.now // WINDOW_S)
        if window != self._window:
            self._before = self._asked if window == self._window + 1 else 0
            self._window, self._asked = window, 0
        self._asked += 1
        self.requests += 1

    @property
    def base_m(self) -> float:
        """The CPU it would take without any requests, in the mean."""
        return self._cpu_m

    @property
    def requests_per_s(self) -> float:
        """How many requests a second it answers: those of flows now, single ones in the last full window."""
        return self.flow_per_s + self._asked_lately() / WINDOW_S

    def flow(self, per_s: float, cpu_m: float, queued_s: float) -> None:
        """From now on a flow of so many requests a second is answered, for so much CPU, each after so long a wait."""
        self.flow_per_s, self.flow_m, self.queued_s = per_s, cpu_m, queued_s

    def close(self) -> None:
        """The process is gone, and what it held is free."""
        self._is_open = False
        self.flow(0.0, 0.0, 0.0)
        self._use_cpu(0.0)
        self.memory.clear()
        if self.disk is not None:
            self.disk.clear()

    def _use_cpu(self, cpu_m: float) -> None:
        self._used_s = self.used_cpu_s - self.requests * self._per_request_s
        self._throttled_s, self._since, self._cpu_m = self.throttled_s, self._loop.now, cpu_m

    def _requests_m(self) -> float:
        """The CPU that requests take: that of flows, and by how many single ones there were in the last full window."""
        return self.flow_m + self._asked_lately() * self._per_request_s * 1000 / WINDOW_S

    def _asked_lately(self) -> int:
        late = int(self._loop.now // WINDOW_S) - self._window
        return self._before if late == 0 else self._asked if late == 1 else 0


def _cpu_per_request_s(container: Container) -> float:
    try:
        return capacity_of(container.image.behaviour, container.config.env).cpu_s
    except ValueError:  # of which its process dies at once
        return 0.0


class ContainerUsage(NamedTuple):
    """What one container takes of its machine."""

    namespace: str
    pod: str
    container: str
    cpu_m: float
    memory_bytes: int


def usage_of(vm: Vm) -> tuple[float, int, list[ContainerUsage]]:
    """What is taken of a machine now: CPU in thousandths of a core and memory in bytes, in all and by container."""
    running = vm.runtime.running()
    wanted = [container.meter.cpu_m for container in running if container.meter is not None]
    weights = [max(float(container.config.limits.cpu_request_m), LEAST_WEIGHT) for container in running]
    got = cpu_shares([vm.system_cpu_m, *wanted], [1000.0, *weights], vm.cpu_m)
    rows = [
        ContainerUsage(one.sandbox.namespace, one.sandbox.name, one.name, cpu_m, one.memory_bytes)
        for one, cpu_m in zip(running, got[1:], strict=True)
    ]
    return sum(got), whole_pages(vm.memory.value), rows


def whole_pages(size_bytes: float) -> int:
    """The memory that is counted for so many bytes: the kernel gives it out in pages."""
    return int(size_bytes) // PAGE_BYTES * PAGE_BYTES


def cpu_shares(wanted: Sequence[float], weights: Sequence[float], capacity_m: float) -> list[float]:
    """Who gets how much of a CPU that is too small for all: as the weights are, and nobody more than wanted."""
    got = [0.0] * len(wanted)
    left, hungry = capacity_m, list(range(len(wanted)))
    while hungry:
        share = left / sum(weights[index] for index in hungry)
        sated = [index for index in hungry if wanted[index] <= share * weights[index]]
        for index in sated or hungry:
            got[index] = min(wanted[index], share * weights[index])
        left -= sum(got[index] for index in sated)
        hungry = [index for index in hungry if index not in sated] if sated else []
    return got


def oom_victim(vm: Vm) -> Any:
    """The container that the kernel kills when a machine has no memory left, None when there is none."""

    def badness(container: Container) -> float:
        return 1000 * container.memory_bytes / vm.memory_bytes + container.config.limits.oom_score_adj

    return max(vm.runtime.running(), key=badness, default=None)
