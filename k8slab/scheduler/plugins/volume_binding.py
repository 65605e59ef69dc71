"""VolumeBinding: a pod goes where its volumes are, and claims that wait for a consumer get theirs where it goes.

Source    pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder,scorer}.go
Left out  scores of volumes that are yet to be made (they need capacities per node); the score 0 of pods without claims
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from k8slab.objects import is_leaving
from k8slab.scheduler.framework import MAX_SCORE, SKIP, ClusterEvent, NodeInfo, Plugin, PodInfo, Snapshot, Verdict
from k8slab.scheduler.plugins.resource_scores import MOST_IN_SHAPE, broken_line
from k8slab.scheduler.plugins.storage_room import can_be_made, has_room
from k8slab.scheduler.plugins.volume_claims import (
    PodClaim,
    class_of,
    find_volume,
    is_fully_bound,
    is_reachable,
    names_claim,
    pod_claims,
    size_of,
)
from k8slab.scheduler.plugins.volume_writes import SELECTED_NODE, Bindings

__all__ = ["VolumeBinding"]

Obj = dict[str, Any]

UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
WRONG_NODE = "node(s) had volume node affinity conflict"
NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
NO_ROOM = "node(s) did not have enough free storage"
LOST = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
BIND_TIMEOUT_S = 600
DEFAULT_SHAPE = ({"utilization": 0, "score": MOST_IN_SHAPE}, {"utilization": 100, "score": 0})


class Claims(NamedTuple):
    """The claims of a pod: those that have their volume, and those that wait for the pod."""

    bound: list[Obj]
    waiting: list[Obj]


class Plan(NamedTuple):
    """What a node would mean for the waiting claims: volumes that they get, and claims to make a volume for."""

    bindings: list[tuple[Obj, Obj]]
    provisions: list[Obj]


class VolumeBinding(Plugin):
    """Filters by the volumes of claims, binds claims of class WaitForFirstConsumer, prefers volumes that stay emptier.

    Arguments: `bindTimeoutSeconds` (600), and `shape`, the score by how much of a volume the claim needs.
    """

    name = "VolumeBinding"
    weight = 1
    reads = (
        "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "CSIDriver", "CSIStorageCapacity",
    )  # fmt: skip

    def __init__(self) -> None:
        self._bindings = Bindings()

    def prepare(self, pod: PodInfo) -> Any:
        """The pod's claims; a verdict on all nodes when one is missing, lost, or not bound though it should be."""
        names = pod_claims(pod.pod)
        if not names:
            return SKIP
        bound, waiting = [], []
        for name in names:
            claim = self._claim(pod, name.name)
            problem = _problem(claim, name, pod)
            if claim is None or problem:
                return Verdict((problem,), can_change=False)
            if is_fully_bound(claim):
                bound.append(claim)
            elif self._waits(claim) and not claim["spec"].get("volumeName"):
                waiting.append(claim)
            else:
                return Verdict((UNBOUND,), can_change=False)
        return Claims(bound, sorted(waiting, key=size_of))

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """The volumes can be reached from the node, and there are or can be volumes for the claims that wait."""
        reasons = [*self._of_bound(prepared.bound, node)]
        if prepared.waiting:
            plan = self._plan(prepared.waiting, node)
            reasons += [plan] if isinstance(plan, str) else []
        return Verdict(tuple(reasons), can_change=False) if reasons else None

    def prepare_scores(self, pod: PodInfo, prepared: Any, nodes: Sequence[NodeInfo]) -> Any:
        """What each node would mean; SKIP when no volume that is there would be bound."""
        if prepared is SKIP or not prepared.waiting:
            return SKIP
        plans = {node.name: self._plan(prepared.waiting, node) for node in nodes}
        return plans if any(isinstance(plan, Plan) and plan.bindings for plan in plans.values()) else SKIP

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """By default 100 for volumes much larger than needed, 0 for those just as large; the mean of all classes."""
        asked, there = dict[str, int](), dict[str, int]()
        plan = prepared[node.name]
        for volume, claim in plan.bindings if isinstance(plan, Plan) else ():
            name = class_of(volume)
            asked[name] = asked.get(name, 0) + size_of(claim)
            there[name] = there.get(name, 0) + size_of(volume)
        if not asked:
            return 0
        shape = self.args.get("shape") or DEFAULT_SHAPE
        line = broken_line((one["utilization"], one["score"] * MAX_SCORE // MOST_IN_SHAPE) for one in shape)
        scores = [line(min(100 * asked[name] // there[name], 100) if there[name] else 100) for name in asked]
        return int(sum(scores) / len(scores) + 0.5)

    def reserve(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Count the volumes as taken and the claims as placed, before the API says so."""
        if prepared.waiting:
            plan = self._plan(prepared.waiting, node)
            if isinstance(plan, str):
                return Verdict((plan,))
            self._bindings.assume(pod.uid, plan.bindings, plan.provisions, node.name)
        return None

    def unreserve(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> None:
        """They are free again, as far as the API does not say otherwise."""
        self._bindings.forget(pod.uid)

    def pre_bind(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | float | None:
        """Write it, and look once a second whether the binder and the provisioner have done their part."""
        if not self._bindings.has(pod.uid):
            return None
        timeout_s = self.args.get("bindTimeoutSeconds", BIND_TIMEOUT_S)
        return self._bindings.step(pod.uid, self.client, self.cluster, node, timeout_s)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """Storage of any kind that comes or changes, the pod's own claims; nodes that come or change labels."""
        if event.kind == "Node":
            return event.has("Add", "UpdateNodeLabel")
        if event.kind == "PersistentVolumeClaim":
            return event.has("Add", "Update") and event.new is not None and names_claim(pod, event.new)
        return event.kind in (*self.reads, "CSINode") and event.has("Add", "Update")

    def _claim(self, pod: PodInfo, name: str) -> Obj | None:
        return self._bindings.claim(self.cluster.get("PersistentVolumeClaim", pod.namespace, name))

    def _waits(self, claim: Obj) -> bool:
        storage_class = self.cluster.get("StorageClass", "", class_of(claim))
        return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _of_bound(self, claims: list[Obj], node: NodeInfo) -> Iterator[str]:
        for claim in claims:
            volume = self.cluster.get("PersistentVolume", "", claim["spec"]["volumeName"])
            if volume is None or not is_reachable(volume, node.labels):
                yield LOST if volume is None else WRONG_NODE
                return

    def _plan(self, claims: list[Obj], node: NodeInfo) -> Plan | str:
        """What would be bound and made on this node, or why it will not do."""
        plan = Plan([], [])
        taken: set[str] = set()
        for claim in claims:
            chosen = (claim["metadata"].get("annotations") or {}).get(SELECTED_NODE)
            if chosen is not None and chosen != node.name:
                return NO_VOLUME
            volume = find_volume(self._volumes(claim), claim, node.labels, taken) if chosen is None else None
            if volume is None:
                plan.provisions.append(claim)
            else:
                taken.add(volume["metadata"]["name"])
                plan.bindings.append((volume, claim))
        return _why_not(plan.provisions, node, self.cluster) or plan

    def _volumes(self, claim: Obj) -> list[Obj]:
        name = class_of(claim)
        every = self._bindings.volumes(self.cluster.list("PersistentVolume"))
        return [volume for volume in every if class_of(volume) == name]


def _why_not(claims: list[Obj], node: NodeInfo, cluster: Snapshot) -> str:
    """Why no volumes can be made for the claims on this node, "" when they can."""
    for claim in claims:
        storage_class = cluster.get("StorageClass", "", class_of(claim))
        if storage_class is None or not can_be_made(storage_class, node.labels):
            return NO_VOLUME
        if not has_room(storage_class, size_of(claim), node.labels, cluster):
            return NO_ROOM
    return ""


def _problem(claim: Obj | None, name: PodClaim, pod: PodInfo) -> str:
    """Why a claim is of no use, whatever the node, "" when it is."""
    if claim is None:
        if name.is_ephemeral:
            return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name.name}"'
        return f'persistentvolumeclaim "{name.name}" not found'
    if (claim.get("status") or {}).get("phase") == "Lost":
        volume = claim["spec"].get("volumeName", "")
        return f'persistentvolumeclaim "{name.name}" bound to non-existent persistentvolume "{volume}"'
    if is_leaving(claim):
        return f'persistentvolumeclaim "{name.name}" is being deleted'
    owners = claim["metadata"].get("ownerReferences") or ()
    if name.is_ephemeral and not any(owner.get("controller") and owner["uid"] == pod.uid for owner in owners):
        full = f"{pod.namespace}/{name.name}"
        return f"PVC {full} was not created for pod {pod.namespace}/{pod.pod['metadata']['name']} (pod is not owner)"
    return ""
