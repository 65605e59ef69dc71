"""What a scheduler plugin is and what it sees: nodes as the scheduler counts them, verdicts, decisions.

A plugin may filter (say why a node is no good), score (0 to 100 a node) and normalise its scores. What it
needs to know of the pod it works out once in `prepare`. What a `static` plugin says depends on the pod's spec
and the Node object alone, not on other pods, so it is remembered for the pods of one template.

Source    staging/src/k8s.io/kube-scheduler/framework/interface.go; pkg/scheduler/framework/types.go (NodeInfo)
Left out  PostFilter (preemption), Reserve and Permit plugins, PreFilter results that narrow the nodes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from k8slab.objects import cpu_m, size_bytes

__all__ = [
    "Decision",
    "NodeInfo",
    "Plugin",
    "PodInfo",
    "Verdict",
    "amount",
    "normalised",
    "pod_info",
]

Obj = dict[str, Any]

MAX_SCORE = 100
DEFAULT_CPU_M, DEFAULT_MEMORY_BYTES = 100, 200 * 1024 * 1024  # what scoring assumes of pods that ask for nothing


def amount(resource: str, quantity: Any) -> int:
    """A quantity as the scheduler counts it: milli cores for cpu, whole units for everything else."""
    return cpu_m(quantity) if resource == "cpu" else size_bytes(quantity)


def pod_requests(spec: Obj) -> dict[str, int]:
    """What a pod asks for: the sum of its containers, or the largest init container, and its overhead."""
    total: dict[str, int] = {}
    for container in spec["containers"]:
        for name, quantity in ((container.get("resources") or {}).get("requests") or {}).items():
            total[name] = total.get(name, 0) + amount(name, quantity)
    sidecars: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        wants = {n: amount(n, q) for n, q in ((container.get("resources") or {}).get("requests") or {}).items()}
        for name, value in wants.items():
            if container.get("restartPolicy") == "Always":
                sidecars[name] = sidecars.get(name, 0) + value
            else:
                total[name] = max(total.get(name, 0), value + sidecars.get(name, 0))
    for name, value in sidecars.items():
        total[name] = total.get(name, 0) + value
    for name, quantity in (spec.get("overhead") or {}).items():
        total[name] = total.get(name, 0) + amount(name, quantity)
    return total


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


def scored_requests(spec: Obj) -> tuple[int, int]:
    """CPU and memory as scoring counts them: a container that asks for nothing counts 100m and 200Mi."""
    cpu, memory = 0, 0
    for container in spec["containers"]:
        wants = (container.get("resources") or {}).get("requests") or {}
        cpu += cpu_m(wants["cpu"]) if "cpu" in wants else DEFAULT_CPU_M
        memory += size_bytes(wants["memory"]) if "memory" in wants else DEFAULT_MEMORY_BYTES
    return cpu, memory


def host_ports(spec: Obj) -> tuple[tuple[str, str, int], ...]:
    """The ports of its node that the pod takes: (address, protocol, port)."""
    return tuple(
        (port.get("hostIP") or "0.0.0.0", port.get("protocol", "TCP"), port["hostPort"])
        for container in spec["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


def pod_info(pod: Obj) -> PodInfo:
    """Count a pod."""
    spec = pod["spec"]
    return PodInfo(pod, pod_requests(spec), scored_requests(spec), host_ports(spec))


class NodeInfo:
    """A node with what its pods take. `generation` changes with the Node object, not with its pods."""

    __slots__ = ("allocatable", "generation", "node", "pods", "requested", "scored_cpu", "scored_memory", "used_ports")

    def __init__(self, node: Obj) -> None:
        self.pods: dict[str, PodInfo] = {}
        self.requested: dict[str, int] = {}
        self.scored_cpu = self.scored_memory = 0
        self.used_ports: dict[tuple[str, str, int], int] = {}
        self.generation = 0
        self.set_node(node)

    def set_node(self, node: Obj) -> None:
        """The Node object is new or has changed."""
        self.node = node
        allocatable = (node.get("status") or {}).get("allocatable") or {}
        self.allocatable = {name: amount(name, quantity) for name, quantity in allocatable.items()}
        self.generation += 1

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
