"""What a cluster autoscaler needs of others: groups of nodes that grow and shrink, and a place to try pods on.

Source    github.com/kubernetes/autoscaler, cluster-autoscaler/cloudprovider/cloud_provider.go (NodeGroup),
          cluster-autoscaler/expander/waste/waste.go, cluster-autoscaler/estimator/binpacking_estimator.go
Left out  expanders other than least-waste; GPUs; groups that are alike and are balanced; limits of the whole cluster
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from k8slab.objects import parse_quantity, pod_resources

__all__ = [
    "Groups",
    "NodeGroup",
    "Option",
    "Simulate",
    "Simulation",
    "least_waste",
    "options",
]

Obj = dict[str, Any]


class Named(Protocol):
    """A machine of a group."""

    @property
    def name(self) -> str:
        """The name that its Node has, too."""


class NodeGroup(Protocol):
    """Machines of one kind, of which there are as many as somebody asks for."""

    name: str
    least: int
    most: int

    @property
    def size(self) -> int:
        """How many there are, or are being made."""

    @property
    def instances(self) -> Sequence[Named]:
        """The machines, those that boot among them."""

    @property
    def template(self) -> Obj:
        """A Node as a new machine would make it."""

    def increase(self, count: int) -> Any:
        """Have so many more. Raises what the cloud raises when it has none."""

    def delete(self, name: str) -> None:
        """Give one machine back."""


class Simulation(Protocol):
    """Nodes and pods to try things on."""

    def add_node(self, node: Obj) -> None:
        """There is one node more."""

    def place(self, pod: Obj, on: Sequence[str] | None = None) -> str:
        """Put a pod on the first of these nodes that takes it; "" when none does."""

    def reasons(self, pod: Obj, name: str) -> tuple[str, ...]:
        """Why a node does not take a pod."""


Simulate = Callable[[Iterable[Obj], Iterable[Obj]], Simulation]
Groups = Callable[[], Iterable[NodeGroup]]


class Option(NamedTuple):
    """A group that could have so many nodes more, for these pods, and how much of them would stay unused."""

    group: NodeGroup
    nodes: int
    pods: list[Obj]
    waste: float


def options(groups: Iterable[NodeGroup], pods: list[Obj], simulate: Callable[[], Simulation]) -> list[Option]:
    """What each group could do for pods that find no place."""
    found = [_option(group, pods, simulate()) for group in groups if group.size < group.most]
    return [option for option in found if option is not None]


def least_waste(found: Iterable[Option]) -> Option | None:
    """The option that leaves least cpu and memory unused; of equals the one that helps more pods, then the first."""
    return min(found, key=lambda option: (option.waste, -len(option.pods), option.group.name), default=None)


def with_name(template: Obj, name: str) -> Obj:
    """A template's Node under a name of its own."""
    labels = {**(template["metadata"].get("labels") or {}), "kubernetes.io/hostname": name}
    return {**template, "metadata": {**template["metadata"], "name": name, "labels": labels}}


def _option(group: NodeGroup, pods: list[Obj], simulation: Simulation) -> Option | None:
    """Fill one new node after the other until no more pods fit, or there may be no more nodes."""
    room, names, helped = group.most - group.size, list[str](), list[Obj]()
    for pod in pods:
        if simulation.place(pod, names):
            helped.append(pod)
            continue
        if len(names) < room:
            name = f"{group.name}-upcoming-{len(names) + 1}"
            simulation.add_node(with_name(group.template, name))
            if simulation.place(pod, [name]):
                names.append(name)
                helped.append(pod)
    return Option(group, len(names), helped, _waste(group.template, len(names), helped)) if names else None


def _waste(template: Obj, nodes: int, pods: list[Obj]) -> float:
    """The unused shares of cpu and of memory, added up."""
    there = template["status"]["allocatable"]
    requests = [pod_resources(pod["spec"], "requests") for pod in pods]
    waste = 0.0
    for name in ("cpu", "memory"):
        total = nodes * parse_quantity(there.get(name, 0))
        used = sum(parse_quantity(request.get(name, 0)) for request in requests)
        waste += float((total - used) / total) if total else 0.0
    return waste
