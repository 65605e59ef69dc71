"""All that makes images in one world: builders by name, sources by name, and the rules that they are held to.

Left out  who may use which builder
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from k8slab.clock import Loop
from k8slab.world.builders import Builder, MachineHost, Order, PodHost, Source
from k8slab.world.ledger import Counted
from k8slab.world.registries import Registries
from k8slab.world.rules import Rules
from k8slab.world.sites import Flow

if TYPE_CHECKING:
    from k8slab.world.machines import Vm

__all__ = [
    "Workshop",
]

T = TypeVar("T")

NO_BUILDER = "{} runs images with containerd, which cannot build any: put a builder somewhere"
HOSTED_CORES = 2.0  # of the builder whose minute has a price
OWN_GIB_PER_CORE = 2.0


class Workshop:
    """Builders, sources and rules."""

    def __init__(self, loop: Loop, registries: Registries, vms: Callable[[], list[Vm]]) -> None:
        self._loop = loop
        self._registries = registries
        self._vms = vms
        self.rules = Rules(registries.sites)
        self.builders: dict[str, Builder] = {}
        self.sources: dict[str, Source] = {}

    def add_builder(self, name: str, place: str = "", cores: float = 2.0, pod: str = "") -> Builder:
        """Put a builder at a place, or (`pod`) into a pod. Raises ValueError."""
        if name in self.builders:
            raise ValueError(f"there is a builder {name} already")
        if pod and place:
            raise ValueError(f"a builder stands at a place or in a pod, not at {place} and in {pod}")
        if not 0 < cores < float("inf"):
            raise ValueError(f"a builder has more than 0 cores, not {cores!r}")
        sites = self._registries.sites
        if pod:
            host: PodHost | MachineHost = PodHost(pod, self._vms, sites.place_of)
        else:
            if place:
                sites.site(place)
            host = MachineHost(self._loop, place, cores)
        kind = "pod" if pod else sites.site(place).kind if place else "laptop"
        self.builders[name] = Builder(name, kind, cores, host, self._loop, self._registries)
        return self.builders[name]

    def builder(self, name: str) -> Builder:
        """The builder of that name. Raises ValueError with those there are."""
        if name not in self.builders and any(vm.name == name for vm in self._vms()):
            raise ValueError(NO_BUILDER.format(name))
        return _named(self.builders, "builder", name)

    def source(self, name: str) -> Source:
        """The source of that name. Raises ValueError with those there are."""
        return _named(self.sources, "source", name)

    def planned(self, builder: Builder, order: Order) -> list[Flow]:
        """Where an order's data would go: the source to the builder, the image to its registry and to the machines."""
        now, place = self._loop.now, builder.place
        home = self._registries.place_of(order.image)
        flows = []
        if order.plan.reads_context and order.source_place and place:
            flows.append(Flow(now, "source", order.source, order.source_place, place, order.plan.context_bytes))
        if order.push and home:
            there = dict.fromkeys(self._registries.sites.place_of(vm) for vm in self._vms())
            flows.append(Flow(now, "image", order.image, place, home, 0))
            flows += [Flow(now, "image", order.image, home, target, 0) for target in there if target]
        return flows

    def refusal(self, builder: Builder, order: Order) -> str:
        """The first rule that an order would break, "" when it breaks none."""
        flows = self.planned(builder, order)
        return next((told for flow in flows if (told := self.rules.broken_by(flow, is_planned=True))), "")

    def counts(self) -> Iterable[Counted]:
        """For the bill: the minutes of a cloud's builders, and what registries in a cloud keep."""
        for builder in self.builders.values():
            if builder.kind in ("cloud", "registry") and builder.minutes:
                amount = builder.minutes * builder.cores / HOSTED_CORES
                yield Counted("build", builder.name, "hosted", "build_minute", amount)
        for host, gb_months in self._registries.kept().items():
            yield Counted("registry", host, "images", "registry_gb_month", gb_months)


def own_parts(cores: float) -> tuple[tuple[str, float], ...]:
    """What a machine of the company costs that only builds, by the prices of one's own machines."""
    return ("own_machine.cpu_hour", cores), ("own_machine.gib_hour", cores * OWN_GIB_PER_CORE)


def _named(there: Mapping[str, T], what: str, name: str) -> T:
    found = there.get(name)
    if found is None:
        raise ValueError(f'there is no {what} "{name}"; there are: {", ".join(there) or "none"}')
    return found
