"""Nodes and pods as the scheduler counts them: what they ask for, what they take, what is left.

Source    pkg/scheduler/framework/types.go (NodeInfo, PodInfo)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from k8slab.objects import cpu_m, size_bytes
from k8slab.scheduler.census import Census

__all__ = [
    "Census",
    "NodeInfo",
    "PodInfo",
    "amount",
    "host_ports",
    "pod_info",
    "pod_requests",
]

Obj = dict[str, Any]

NOTHING: Mapping[str, int] = {}
POD_LEVEL = ("cpu", "memory", "hugepages-")  # what a pod can ask for as a whole
ASSUMED = {"cpu": 100, "memory": 200 * 1024 * 1024}  # what scoring assumes of a container that asks for nothing


def amount(resource: str, quantity: Any) -> int:
    """A quantity as the scheduler counts it: milli cores for cpu, whole units for everything else."""
    return cpu_m(quantity) if resource == "cpu" else size_bytes(quantity)


def pod_requests(spec: Obj, assumed: Mapping[str, int] = NOTHING) -> dict[str, int]:
    """What a pod asks for: what runs together, or more where an init container needs more, and the pod's overhead.

    `assumed` stands for what a container does not ask for. What the pod asks for as a whole (spec.resources) stands
    for what its containers do.
    Source: staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests
    """
    together: dict[str, int] = {}
    sidecars: dict[str, int] = {}
    most: dict[str, int] = {}
    for container in spec["containers"]:
        _add(together, _container_requests(container, assumed))
    for container in spec.get("initContainers") or ():
        wants = _container_requests(container, assumed)
        if container.get("restartPolicy") == "Always":
            _add(together, wants)
            _add(sidecars, wants)
            wants = sidecars
        else:
            _add(wants, sidecars)
        for name, value in wants.items():
            most[name] = max(most.get(name, 0), value)
    total = {name: max(together.get(name, 0), most.get(name, 0)) for name in {**together, **most}}
    whole = (spec.get("resources") or {}).get("requests") or {}
    total |= {name: amount(name, quantity) for name, quantity in whole.items() if name.startswith(POD_LEVEL)}
    _add(total, {name: amount(name, quantity) for name, quantity in (spec.get("overhead") or {}).items()})
    return total


def _container_requests(container: Obj, assumed: Mapping[str, int]) -> dict[str, int]:
    wants = (container.get("resources") or {}).get("requests") or {}
    return {**assumed, **{name: amount(name, quantity) for name, quantity in wants.items()}}


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


class PodInfo(NamedTuple):
    """A pod as the scheduler counts it. `scored` is what scoring assumes: (cpu in milli cores, memory in bytes)."""

    pod: Obj
    requests: Mapping[str, int]
    scored: tuple[int, int]
    ports: tuple[tuple[str, str, int], ...]

    @property
    def spec(self) -> Obj:
        """The pod's spec."""
        spec: Obj = self.pod["spec"]
        return spec

    @property
    def uid(self) -> str:
        """What the pod is known by; pods of tests without a uid by their name."""
        metadata = self.pod["metadata"]
        uid: str = metadata.get("uid") or f"{metadata.get('namespace', '')}/{metadata['name']}"
        return uid

    @property
    def priority(self) -> int:
        """How important the pod is."""
        priority: int = self.pod["spec"].get("priority") or 0
        return priority

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        namespace: str = self.pod["metadata"].get("namespace", "")
        return namespace

    @property
    def labels(self) -> Mapping[str, str]:
        """The pod's labels."""
        return self.pod["metadata"].get("labels") or {}


def host_ports(spec: Obj) -> tuple[tuple[str, str, int], ...]:
    """The ports of its node that the pod takes as long as it runs: (address, protocol, port)."""
    sidecars = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
    return tuple(
        (port.get("hostIP") or "0.0.0.0", port.get("protocol", "TCP"), port["hostPort"])
        for container in (*sidecars, *spec["containers"])
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


def pod_info(pod: Obj) -> PodInfo:
    """Count a pod."""
    spec = pod["spec"]
    scored = pod_requests(spec, ASSUMED)
    return PodInfo(pod, pod_requests(spec), (scored["cpu"], scored["memory"]), host_ports(spec))


GENERATIONS = count(1)  # of all nodes, and of copies, so that none is ever taken for another


class NodeInfo:
    """A node with what its pods take. `generation` changes with the Node object, `version` with its pods and
    promises, too, `touched` even when a pod changes in a way that takes no room.

    `images` are the sizes in bytes of what the node need not pull; `census` knows all nodes, and this one at `place`.
    `with_affinity` and `with_anti_affinity` are those of the pods (by uid) that the census speaks of.
    """

    __slots__ = (
        "allocatable", "census", "generation", "images", "name", "node", "place", "pods", "requested", "scored_cpu",
        "scored_memory", "touched", "used_ports", "version", "with_affinity", "with_anti_affinity",
    )  # fmt: skip

    def __init__(self, node: Obj, census: Census) -> None:
        self.census = census
        self.node: Obj = {"metadata": {}, "spec": {}}
        self.name: str = node["metadata"]["name"]
        self.images: dict[str, int] = {}
        self.pods: dict[str, PodInfo] = {}
        self.with_affinity: dict[str, PodInfo] = {}
        self.with_anti_affinity: dict[str, PodInfo] = {}
        self.requested: dict[str, int] = {}
        self.scored_cpu = self.scored_memory = 0
        self.used_ports: dict[tuple[str, str, int], int] = {}
        self.place = census.enter(self)
        self.set_node(node)

    def set_node(self, node: Obj) -> None:
        """The Node object is new or has changed."""
        old, self.node = self.node, node
        self.generation = self.version = self.touched = next(GENERATIONS)
        status = node.get("status") or {}
        self.allocatable = {name: amount(name, value) for name, value in (status.get("allocatable") or {}).items()}
        there = status.get("images") or ()
        images = {name: image.get("sizeBytes", 0) for image in there for name in image.get("names") or ()}
        if images != self.images:
            self.census.hold(self.images, -1)
            self.census.hold(images, 1)
            self.images = images
        if not old["metadata"] or old["spec"] != node["spec"] or old["metadata"].get("labels") != self.labels:
            self.census.relabelled(self)
        self.census.changed(self)

    def gone(self) -> None:
        """There is no such node any more."""
        self.census.leave(self)

    def copy(self) -> NodeInfo:
        """A node to try things on: what is added to the copy, or removed, counts neither here nor in the census."""
        twin = _Twin.__new__(_Twin)
        twin.node, twin.name, twin.place, twin.images = self.node, self.name, self.place, self.images
        twin.generation, twin.version, twin.touched = self.generation, self.version, self.touched
        twin.allocatable, twin.census = self.allocatable, self.census
        twin.pods, twin.requested, twin.used_ports = {**self.pods}, {**self.requested}, {**self.used_ports}
        twin.with_affinity, twin.with_anti_affinity = {**self.with_affinity}, {**self.with_anti_affinity}
        twin.scored_cpu, twin.scored_memory = self.scored_cpu, self.scored_memory
        return twin

    @property
    def labels(self) -> Mapping[str, str]:
        """The node's labels."""
        return self.node["metadata"].get("labels") or {}

    @property
    def taints(self) -> Sequence[Obj]:
        """The node's taints."""
        return self.node["spec"].get("taints") or ()

    def add(self, uid: str, pod: PodInfo) -> None:
        """Count a pod in."""
        self.pods[uid] = pod
        self._count(pod, 1)
        affinity = pod.spec.get("affinity")
        if affinity:
            self._relate(uid, pod, affinity)
        self._tell(pod, affinity, 1)

    def remove(self, uid: str) -> None:
        """Count a pod out, if it was in."""
        pod = self.pods.pop(uid, None)
        if pod is None:
            return
        self._count(pod, -1)
        self.with_affinity.pop(uid, None)
        self.with_anti_affinity.pop(uid, None)
        self._tell(pod, pod.spec.get("affinity"), -1)

    def refresh(self, uid: str, pod: Obj) -> None:
        """The pod has changed, but not in what it asks for."""
        self.touched = next(GENERATIONS)
        known = self.pods[uid]._replace(pod=pod)
        for place in (self.pods, self.with_affinity, self.with_anti_affinity):
            if uid in place:
                place[uid] = known
        self.census.touches.note(self.place)

    def promised(self) -> None:
        """A promise of room here has been made or taken back."""
        self.version = self.touched = next(GENERATIONS)
        self.census.changed(self)

    def _relate(self, uid: str, pod: PodInfo, affinity: Obj) -> None:
        if affinity.get("podAffinity") or affinity.get("podAntiAffinity"):
            self.with_affinity[uid] = pod
        if (affinity.get("podAntiAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution"):
            self.with_anti_affinity[uid] = pod

    def _count(self, pod: PodInfo, sign: int) -> None:
        for name, value in pod.requests.items():
            self.requested[name] = self.requested.get(name, 0) + sign * value
        self.version = self.touched = next(GENERATIONS)
        self.scored_cpu += sign * pod.scored[0]
        self.scored_memory += sign * pod.scored[1]
        for port in pod.ports:
            self.used_ports[port] = self.used_ports.get(port, 0) + sign

    def _tell(self, pod: PodInfo, affinity: Obj | None, sign: int) -> None:
        """Have all those count who count pods of all nodes."""
        census = self.census
        census.priorities[pod.priority] += sign
        census.tallies.count(self, pod.pod, sign)
        if affinity:
            census.terms.count(self, pod.pod, affinity, sign)
            for known, mine in (
                (census.with_affinity, self.with_affinity),
                (census.with_anti_affinity, self.with_anti_affinity),
            ):
                if mine:
                    known[self.name] = self
                else:
                    known.pop(self.name, None)
        census.changed(self)


class _Twin(NodeInfo):
    """A node to try things on."""

    __slots__ = ()

    def _tell(self, pod: PodInfo, affinity: Obj | None, sign: int) -> None:
        """Nobody counts what is only tried."""
