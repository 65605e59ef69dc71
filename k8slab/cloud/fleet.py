"""Have Deployments of one cluster run in others too: what has no room here, or a part of it from the start.

A Deployment asks for it by an annotation. With `fleet.k8slab.dev/placement: burst` its Pods that nobody can schedule
for half a minute run in the next cluster, and what has no room there in the one after it; the wish stays where it
was, and so do the waiting Pods, until there is room. With `spread`, and the whole number in the annotation
`fleet.k8slab.dev/replicas`, each cluster has an equal part. A cluster that has not answered for a minute is left out:
its part goes to the others.

Watches   Deployments and Pods of its own cluster; of the others, too, as far as they can be reached.
Compares  the Pods that wait, or the whole number, with the Deployments of the same name in the other clusters.
Writes    creates, changes and deletes those; with `spread`, spec.replicas of its own; Events (Placed, ClusterLost).
Source    nothing of Kubernetes itself: the division of replicas by Karmada (Divided, Weighted) and the overflow of
          Liqo, made small
Left out  what a Deployment needs beside itself (Services, ConfigMaps: apply them everywhere), DNS and packets between
          clusters, other kinds, weights
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from k8slab.client import After, Client, Controller, Informer, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, get_condition, is_active, is_leaving, matches, parse_rfc3339
from k8slab.wire import AlreadyExists, ApiError, NotFound

__all__ = [
    "FleetController",
    "Member",
]

Obj = dict[str, Any]

PLACEMENT, REPLICAS, ORIGIN = (f"fleet.k8slab.dev/{name}" for name in ("placement", "replicas", "origin"))
BURST, SPREAD = "burst", "spread"
PATIENCE_S, LOST_S, PERIOD_S = 30.0, 60.0, 10.0
SPEC = ("selector", "strategy", "template", "minReadySeconds")


class Member(NamedTuple):
    """Another cluster: its name, a client for it, and the caches that this client fills."""

    name: str
    client: Client
    informers: Informers


class FleetController(Controller):
    """Places the Pods of Deployments on several clusters."""

    name = "fleet-controller"
    watches = {"Deployment": own_key}
    batch_s = 1.0

    def __init__(
        self, client: Client, informers: Informers, loop: Scheduling, members: Sequence[Member], home: str
    ) -> None:
        super().__init__(client, informers, loop)
        self.home = home
        self.members = tuple(members)
        self.deployments = self.informer("Deployment")
        self.pods = self.informer("Pod")
        self._there = {one.name: (one.informers.of("Deployment"), one.informers.of("Pod")) for one in self.members}
        self._silent_since: dict[str, float] = {}
        self._lost: set[tuple[Key, str]] = set()
        self._placed: dict[Key, dict[str, int]] = {}

    def reconcile(self, key: Key) -> After | None:
        """Bring the Deployments of that name in the other clusters to their parts."""
        deployment = self.deployments.get(key)
        placement = _annotations(deployment).get(PLACEMENT, "") if deployment is not None else ""
        if deployment is None or is_leaving(deployment) or placement not in (BURST, SPREAD):
            return self._withdraw(key)
        reachable = [member for member in self.members if self._answers(member, deployment)]
        parts = self._overflow(deployment, reachable) if placement == BURST else self._shares(deployment, reachable)
        placed = dict(self._placed.get(key, {}))
        for member in reachable:
            try:
                self._place(member, deployment, parts[member.name])
                placed[member.name] = parts[member.name]
            except ApiError:
                pass  # it has just gone silent: the next look will tell
        self._tell(key, deployment, {name: count for name, count in placed.items() if count})
        return After(PERIOD_S, background=True)

    def _overflow(self, deployment: Obj, reachable: Sequence[Member]) -> dict[str, int]:
        """How many Pods each cluster is to run because those before it have no room for them."""
        parts: dict[str, int] = {}
        waiting = self._waiting(deployment, self.pods)
        for member in reachable:
            parts[member.name] = waiting
            waiting = min(waiting, self._waiting(deployment, self._there[member.name][1]))
        return parts

    def _shares(self, deployment: Obj, reachable: Sequence[Member]) -> dict[str, int]:
        """An equal part for each cluster, the first ones first; a wish that is no number is the own cluster's alone."""
        text = _annotations(deployment).get(REPLICAS, "")
        if not text.isdecimal():
            problem = f"the annotation {REPLICAS} must be a number, not {text!r}"
            self.recorder.event(deployment, "Warning", "InvalidPlacement", problem)
            return {member.name: 0 for member in reachable}
        names = [self.home, *(member.name for member in reachable)]
        each, more = divmod(int(text), len(names))
        parts = {name: each + (number < more) for number, name in enumerate(names)}
        own = parts.pop(self.home)
        if deployment["spec"].get("replicas") != own:
            metadata = deployment["metadata"]
            self.client.scale("Deployment", metadata["name"], metadata["namespace"], own)
        return parts

    def _waiting(self, deployment: Obj, pods: Informer) -> int:
        """How many Pods of a Deployment nobody could schedule for a while."""
        selector, namespace = deployment["spec"]["selector"], deployment["metadata"]["namespace"]
        mine = (pod for pod in pods.list(namespace) if is_active(pod) and matches(selector, _labels(pod)))
        return sum(self._waits(pod) for pod in mine)

    def _waits(self, pod: Obj) -> bool:
        condition = get_condition(pod, "PodScheduled")
        if condition is None or condition["status"] != "False" or pod["spec"].get("nodeName"):
            return False
        return self.loop.now - parse_rfc3339(condition["lastTransitionTime"]) >= PATIENCE_S

    def _place(self, member: Member, deployment: Obj, replicas: int) -> None:
        """Have a cluster run so many. Raises ApiError."""
        metadata = deployment["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        there = self._there[member.name][0].get(key)
        if there is not None and ORIGIN not in _annotations(there):
            return  # somebody else's, who chose the same name
        if replicas == 0:
            if there is not None and not is_leaving(there):
                member.client.delete("Deployment", key.name, key.namespace, propagation="Background")
            return
        spec = {name: deployment["spec"][name] for name in SPEC if name in deployment["spec"]} | {"replicas": replicas}
        if there is None:
            self._create(member, deployment, spec)
        elif any(there["spec"].get(name) != value for name, value in spec.items()):
            member.client.patch("Deployment", key.name, key.namespace, {"spec": spec}, type="merge")

    def _create(self, member: Member, deployment: Obj, spec: Obj) -> None:
        metadata = deployment["metadata"]
        name, namespace = metadata["name"], metadata["namespace"]
        try:
            member.client.get("Namespace", namespace)
        except NotFound:
            member.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        fresh: Obj = {"name": name, "namespace": namespace, "annotations": {ORIGIN: self.home}}
        if metadata.get("labels"):
            fresh["labels"] = metadata["labels"]
        try:
            member.client.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": fresh, "spec": spec})
        except AlreadyExists:
            pass  # the cache is behind

    def _withdraw(self, key: Key) -> After | None:
        """Nobody wants the Deployment placed any more; what cannot be removed now will be when its cluster answers."""
        was_placed, left = self._placed.pop(key, None), False
        for member in self.members:
            there = self._there[member.name][0].get(key)
            if there is None or _annotations(there).get(ORIGIN) != self.home or is_leaving(there):
                continue
            try:
                member.client.delete("Deployment", key.name, key.namespace, propagation="Background")
            except ApiError:
                left = True
        if left and was_placed is not None:
            self._placed[key] = was_placed
        return After(PERIOD_S, background=True) if left else None

    def _answers(self, member: Member, deployment: Obj) -> bool:
        """A cluster can be reached, or has been a moment ago."""
        try:
            member.client.get("Namespace", "default")
        except ApiError:
            since = self._silent_since.setdefault(member.name, self.loop.now)
            if self.loop.now - since < LOST_S:
                return True
            text = f"cluster {member.name} does not answer: its part goes to the others"
            key = _key(deployment)
            if self._placed.get(key, {}).get(member.name) and (key, member.name) not in self._lost:
                self._lost.add((key, member.name))
                self.recorder.event(deployment, "Warning", "ClusterLost", text)
            return False
        self._silent_since.pop(member.name, None)
        self._lost.discard((_key(deployment), member.name))
        return True

    def _tell(self, key: Key, deployment: Obj, parts: dict[str, int]) -> None:
        if parts != self._placed.get(key, {}):
            told = ", ".join(f"{count} in {name}" for name, count in parts.items()) or "none in other clusters"
            self.recorder.event(deployment, "Normal", "Placed", f"Pods of {key.name}: {told}")
        self._placed[key] = parts


def _key(obj: Obj) -> Key:
    return Key(obj["metadata"]["namespace"], obj["metadata"]["name"])


def _annotations(obj: Obj | None) -> dict[str, str]:
    return (obj["metadata"].get("annotations") or {}) if obj is not None else {}


def _labels(pod: Obj) -> dict[str, str]:
    return pod["metadata"].get("labels") or {}
