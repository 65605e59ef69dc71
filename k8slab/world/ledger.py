"""What a bill is made of: who rented what from when to when, how much was counted, and which pod sat on which machine.

Nothing here ticks, and nothing has a price: a bill multiplies when somebody asks for it.

Left out  a pod's use within a part of its life: it is spread evenly over the whole of it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.clock import Loop

if TYPE_CHECKING:
    from k8slab.world.machines import Vm
    from k8slab.world.runtime import Sandbox

__all__ = [
    "NOTHING_ASKED",
    "Asked",
    "Counted",
    "Ledger",
    "Rent",
    "Tenant",
]

Labels = Mapping[str, str]
Parts = tuple[tuple[str, float], ...]

GIB = 1024**3
MARKS = 100
NO_LABELS: Labels = MappingProxyType({})


class Asked(NamedTuple):
    """What a pod is called by and asks for, as its sandbox is told."""

    labels: Labels
    cpu_m: int
    memory_bytes: int


NOTHING_ASKED = Asked(NO_LABELS, 0, 0)


class Tenant:
    """A pod on a machine, from the moment it has its sandbox to the end of it."""

    __slots__ = ("_byte_s", "_cpu_s", "asked", "end", "name", "namespace", "sandbox", "start")

    def __init__(self, sandbox: Sandbox, asked: Asked, now: float) -> None:
        self.namespace = sandbox.namespace
        self.name = sandbox.name
        self.asked = asked
        self.start = now
        self.end: float | None = None
        self.sandbox: Sandbox | None = sandbox
        self._cpu_s = 0.0
        self._byte_s = 0.0

    @property
    def used(self) -> tuple[float, float]:
        """CPU seconds and byte seconds that its processes have used up to now."""
        cpu_s, byte_s = self._cpu_s, self._byte_s
        for container in self.sandbox.containers.values() if self.sandbox is not None else ():
            if container.is_running and container.meter is not None:
                cpu_s, byte_s = cpu_s + container.meter.used_cpu_s, byte_s + container.meter.memory.integral
        return cpu_s, byte_s

    def note_use(self, cpu_s: float, byte_s: float) -> None:
        """A process has ended that has used so much; nothing when the pod had gone before it."""
        if self.end is None:
            self._cpu_s += cpu_s
            self._byte_s += byte_s

    def leave(self, now: float) -> None:
        """The pod is gone from here."""
        self._cpu_s, self._byte_s = self.used
        self.end, self.sandbox = now, None


class Rent:
    """Something that costs as long as it is there.

    `parts` are the prices that make up its own, each with how many times it counts. `tenants` are the pods that were
    on it, if it is a machine of `cpu_m` and `memory_bytes`.
    """

    __slots__ = (
        "cpu_m",
        "end",
        "is_spot",
        "kind",
        "labels",
        "memory_bytes",
        "name",
        "parts",
        "start",
        "tenants",
        "what",
    )

    def __init__(self, kind: str, name: str, what: str, parts: Parts, start: float, labels: Labels) -> None:
        self.kind = kind
        self.name = name
        self.what = what
        self.parts = parts
        self.start = start
        self.end: float | None = None
        self.labels = labels
        self.is_spot = False
        self.tenants: list[Tenant] = []
        self.cpu_m = self.memory_bytes = 0

    def hours(self, start: float, end: float) -> float:
        """How many hours of a period it was there."""
        until = end if self.end is None else min(end, self.end)
        return max(0.0, until - max(start, self.start)) / 3600


class Counted(NamedTuple):
    """How much of something there has been since the beginning, and by which price a unit of it is paid."""

    kind: str
    name: str
    what: str
    price: str
    amount: float
    labels: Labels = NO_LABELS


class Ledger:
    """All that is rented and counted in one world.

    `sources` are asked for their counts when a bill is made: what has been carried, read, built, up to now.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.rents: list[Rent] = []
        self._machines: dict[Vm, Rent] = {}
        self.sources: list[Callable[[], Iterable[Counted]]] = []
        self._counted: dict[tuple[Any, ...], float] = {}
        self._marks: dict[float, dict[tuple[Any, ...], float]] = {loop.now: {}}

    def own_machine(self, vm: Vm) -> None:
        """A machine of one's own is there from now on; it costs whether it runs or not."""
        parts = (("own_machine.cpu_hour", vm.cpu_m / 1000), ("own_machine.gib_hour", vm.memory_bytes / GIB))
        self.occupy(vm, "own machine", parts)

    def occupy(self, vm: Vm, what: str, parts: Parts, *, is_spot: bool = False, **labels: str) -> None:
        """From now on a machine costs this, and no longer what it cost before."""
        self.vacate(vm)
        rent = self._machines[vm] = self.rent("vm", vm.name, what, parts, zone=vm.zone, **labels)
        rent.cpu_m, rent.memory_bytes, rent.is_spot = vm.cpu_m, vm.memory_bytes, is_spot
        rent.tenants = vm.tenants

    def vacate(self, vm: Vm) -> None:
        """A machine costs nothing from now on."""
        if vm in self._machines:
            self.leave(self._machines.pop(vm))

    def rent(self, kind: str, name: str, what: str, parts: Parts, **labels: str) -> Rent:
        """From now on something costs by time; `leave` ends it."""
        rent = Rent(kind, name, what, parts, self._loop.now, labels)
        self.rents.append(rent)
        return rent

    def leave(self, rent: Rent) -> None:
        """It costs no longer. Nothing when it has ended already."""
        if rent.end is None:
            rent.end = self._loop.now

    def count(self, kind: str, name: str, what: str, price: str, amount: float, **labels: str) -> None:
        """So many units more were used. Raises ValueError for less than nothing."""
        if not 0 <= amount < float("inf"):
            raise ValueError(f"{kind} {name} cannot use {amount!r}")
        key = (kind, name, what, price, tuple(sorted(labels.items())))
        self._counted[key] = self._counted.get(key, 0.0) + amount

    def counts(self) -> dict[tuple[Any, ...], float]:
        """What has been counted since the beginning; whoever looks can later ask for what came after."""
        found = dict(self._counted)
        for source in self.sources:
            for kind, name, what, price, amount, labels in source():
                key = (kind, name, what, price, tuple(sorted(labels.items())))
                found[key] = found.get(key, 0.0) + amount
        self.remember(self._loop.now, found)
        return found

    @property
    def looked_at(self) -> list[float]:
        """The moments at which somebody looked at the counts, those that have not faded."""
        return sorted(self._marks)

    def remember(self, moment: float, counts: dict[tuple[Any, ...], float]) -> None:
        """This had been counted at a moment, as somebody knows who was there; the oldest such memories fade."""
        self._marks[moment] = counts
        if len(self._marks) > MARKS:
            del self._marks[list(self._marks)[1]]  # the first is the beginning

    def counts_at(self, moment: float) -> dict[tuple[Any, ...], float] | None:
        """What had been counted at a moment, None when nobody looked then and there is something to tell apart."""
        if moment >= self._loop.now:
            return self.counts()
        if moment < next(iter(self._marks)):
            return {}
        earlier = [when for when in self._marks if when <= moment]
        later = [when for when in self._marks if when >= moment]
        if earlier and later and self._marks[max(earlier)] == self._marks[min(later)]:
            return self._marks[max(earlier)]
        return self._marks.get(moment)
