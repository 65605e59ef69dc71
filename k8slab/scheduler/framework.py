"""What a scheduler plugin is and what it sees: nodes as the scheduler counts them, verdicts, decisions.

A plugin may filter (say why a node is no good), score (0 to 100 a node) and normalise its scores. What it
needs to know of the pod it works out once in `prepare`. What a `static` plugin says depends on the pod's spec
and the Node object alone, not on other pods, so it is remembered for the pods of one template.

Source    staging/src/k8s.io/kube-scheduler/framework/interface.go; pkg/scheduler/framework/types.go (NodeInfo)
Left out  PostFilter (preemption), Reserve and Permit plugins, a PreFilter that refuses all nodes; what a pod asks for
          as a whole (spec.resources)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, ClassVar, NamedTuple

from k8slab.objects import cpu_m, size_bytes

__all__ = [
    "Census",
    "Decision",
    "NodeInfo",
    "Plugin",
    "PodInfo",
    "Verdict",
    "normalised",
    "pod_info",
]

Obj = dict[str, Any]

MAX_SCORE = 100
NOTHING: Mapping[str, int] = {}
ASSUMED = {"cpu": 100, "memory": 200 * 1024 * 1024}  # what scoring assumes of a container that asks for nothing


def amount(resource: str, quantity: Any) -> int:
    """A quantity as the scheduler counts it: milli cores for cpu, whole units for everything else."""
    return cpu_m(quantity) if resource == "cpu" else size_bytes(quantity)


def pod_requests(spec: Obj, assumed: Mapping[str, int] = NOTHING) -> dict[str, int]:
    """What a pod asks for: what runs together, or more where an init container needs more, and the pod's overhead.

    `assumed` stands for what a container does not ask for.
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


class Census:
    """How many nodes there are, and how many of them have each image."""

    __slots__ = ("holders", "nodes")

    def __init__(self) -> None:
        self.nodes = 0
        self.holders: Counter[str] = Counter()

    def count(self, images: Iterable[str], sign: int) -> None:
        """Count a node with these images in (1) or out (-1)."""
        self.nodes += sign
        for image in images:
            self.holders[image] += sign


GENERATIONS = count(1)  # of all nodes, so that a node of the same name is never taken for the one before it


class NodeInfo:
    """A node with what its pods take. `generation` changes with the Node object, not with its pods.

    `images` are the sizes in bytes of what the node need not pull; `census` knows the other nodes.
    """

    __slots__ = (
        "allocatable", "census", "generation", "images", "node", "pods", "requested", "scored_cpu", "scored_memory",
        "used_ports",
    )  # fmt: skip

    def __init__(self, node: Obj, census: Census) -> None:
        self.census = census
        self.images: dict[str, int] = {}
        self.pods: dict[str, PodInfo] = {}
        self.requested: dict[str, int] = {}
        self.scored_cpu = self.scored_memory = 0
        self.used_ports: dict[tuple[str, str, int], int] = {}
        census.count((), 1)
        self.set_node(node)

    def set_node(self, node: Obj) -> None:
        """The Node object is new or has changed."""
        self.node = node
        self.generation = next(GENERATIONS)
        status = node.get("status") or {}
        self.allocatable = {name: amount(name, value) for name, value in (status.get("allocatable") or {}).items()}
        self.census.count(self.images, -1)
        images = status.get("images") or ()
        self.images = {name: image.get("sizeBytes", 0) for image in images for name in image.get("names") or ()}
        self.census.count(self.images, 1)

    def gone(self) -> None:
        """There is no such node any more."""
        self.census.count(self.images, -1)

    @property
    def name(self) -> str:
        """The node's name."""
        name: str = self.node["metadata"]["name"]
        return name

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

    def remove(self, uid: str) -> None:
        """Count a pod out, if it was in."""
        pod = self.pods.pop(uid, None)
        if pod is not None:
            self._count(pod, -1)

    def _count(self, pod: PodInfo, sign: int) -> None:
        for name, value in pod.requests.items():
            self.requested[name] = self.requested.get(name, 0) + sign * value
        self.scored_cpu += sign * pod.scored[0]
        self.scored_memory += sign * pod.scored[1]
        for port in pod.ports:
            self.used_ports[port] = self.used_ports.get(port, 0) + sign


class Verdict(NamedTuple):
    """Why a node is no good for a pod. `can_change`: removing other pods could help (upstream: Unschedulable)."""

    reasons: tuple[str, ...]
    can_change: bool = True


class Plugin:
    """One question about pods and nodes. Subclasses override what they need."""

    name: ClassVar[str] = ""
    weight: ClassVar[int] = 0
    static: ClassVar[bool] = False

    @property
    def filters(self) -> bool:
        """The plugin refuses nodes (and does not only score them)."""
        return type(self).filter is not Plugin.filter

    def prepare(self, pod: PodInfo) -> Any:
        """What filter and score want to know of the pod, worked out once."""
        return None

    def narrow(self, pod: PodInfo, prepared: Any) -> Collection[str] | None:
        """The names of the only nodes that come into question, None for all (upstream: PreFilterResult)."""
        return None

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """None when the node will do."""
        return None

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """How good the node is, 0 to 100 (before normalisation any number)."""
        return 0

    def normalise(self, scores: list[int]) -> list[int]:
        """Bring the scores of all nodes to 0 … 100."""
        return scores

    def applies(self, pod: PodInfo, prepared: Any) -> bool:
        """The plugin has something to score for this pod (upstream: PreScore may skip)."""
        return True


def normalised(scores: list[int], *, reverse: bool = False) -> list[int]:
    """Stretch scores so that the highest is 100, or (reverse) so that the lowest raw one is best.

    Source: pkg/scheduler/framework/plugins/helper/normalize_score.go, DefaultNormalizeScore
    """
    highest = max(scores, default=0)
    if highest == 0:
        return [MAX_SCORE] * len(scores) if reverse else scores
    stretched = [MAX_SCORE * score // highest for score in scores]
    return [MAX_SCORE - score for score in stretched] if reverse else stretched


class Decision(NamedTuple):
    """One attempt, explained: why nodes were refused, every score raw, normalised and weighted, and the winner."""

    pod: str
    when: float
    refused: Mapping[str, tuple[str, Verdict]]
    scores: Mapping[str, Mapping[str, tuple[int, int, int]]]
    totals: Mapping[str, int]
    node: str
    message: str = ""
