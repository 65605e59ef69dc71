"""Recommend what Pods should ask for, and give it to them: the Vertical Pod Autoscaler, an add-on, in one process.

Watches   VerticalPodAutoscalers, and Pods through the Scale of the target; every minute it asks for their use.
Compares  what the target's Pods request with percentiles of what their containers have used (target: the 90th, and
          15 % more).
Writes    the status with the recommendation; by updateMode: new Pods at their creation (Initial and beyond), Pods that
          run by eviction (Recreate) or by a resize in place (InPlaceOrRecreate).
Source    github.com/kubernetes/autoscaler, vertical-pod-autoscaler/pkg/{recommender,updater,admission-controller}
Left out  history from elsewhere and checkpoints: it knows what it has seen; in-place resizes that are in progress are
          waited for, however long; Pods that were killed for want of memory; eviction requirements; startup boosts
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.controllers.vertical_pod_autoscaler_histogram import ContainerUse
from k8slab.controllers.vertical_pod_autoscaler_recommendation import is_due, policy_of, recommendation, resources_for
from k8slab.objects import (
    Key,
    controller_of,
    get_condition,
    is_active,
    parse_label_selector,
    parse_quantity,
    parse_rfc3339,
    rfc3339,
    with_condition,
)
from k8slab.wire import ApiError, NotFound

__all__ = [
    "VerticalPodAutoscalerController",
]

Obj = dict[str, Any]

EVERY_S = 60.0
LEAST_REPLICAS, TOLERANCE = 2, 0.5
DEFERRED_S = 300.0
ACTS = ("Recreate", "InPlaceOrRecreate", "Auto")
EVICTED = "Pod was evicted by VPA Updater to apply resource recommendation."
RESIZED = "Pod was resized in place by VPA Updater."


class VerticalPodAutoscalerController(Controller):
    """Recommender, updater and admission controller."""

    name = "vertical-pod-autoscaler"
    watches = {"VerticalPodAutoscaler": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        self._use: dict[Key, dict[str, ContainerUse]] = {}
        super().__init__(client, informers, loop)
        self.autoscalers = self.informer("VerticalPodAutoscaler")
        self.pods = self.informer("Pod")

    def reconcile(self, key: Key) -> After | None:
        """Take a sample of the target's Pods, recommend, and update at most half of them."""
        vpa = self.autoscalers.get(key)
        if vpa is None:
            self._use.pop(key, None)
            return None
        pods = self._pods_of(vpa)
        if pods is None:
            condition = ("ConfigUnsupported", "True", "", "Cannot read targetRef. Reason: the target has no scale")
            self._write(vpa, {"conditions": self._conditions(vpa, condition)})
            return After(EVERY_S, background=True)
        self._sample(key, pods)
        wanted = self._recommended(key, vpa, pods)
        self._report(vpa, pods, wanted)
        if _mode(vpa) in ACTS and wanted:
            self._update(vpa, pods, wanted)
        return After(EVERY_S, background=True)

    def enqueue(self, key: Key, after_s: float = 0.0) -> None:
        """One look a minute, whatever happens."""
        self.queue.add_after(key, EVERY_S, background=True)

    def admitted(self, pod: Obj) -> Obj:
        """A new Pod with the resources that are recommended for it."""
        vpa = self._autoscaler_of(pod)
        if vpa is None or _mode(vpa) == "Off":
            return pod
        wanted = {one["containerName"]: one for one in _recommendations(vpa)}
        containers, told = [], []
        for i, container in enumerate(pod["spec"].get("containers") or ()):
            resources = self._resources(vpa, container, wanted.get(container["name"]))
            if changes := _changes(container, resources):
                told.append(f"container {i}: {', '.join(changes)}")
            containers.append({**container, "resources": resources} if changes else container)
        if not told:
            return pod
        names = ", ".join(container["name"] for container in containers)
        notes = {
            "vpaObservedContainers": names,
            "vpaUpdates": f"Pod resources updated by {_name(vpa)}: {'; '.join(told)}",
        }
        annotations = {**(pod["metadata"].get("annotations") or {}), **notes}
        spec = {**pod["spec"], "containers": containers}
        return {**pod, "metadata": {**pod["metadata"], "annotations": annotations}, "spec": spec}

    def _resources(self, vpa: Obj, container: Obj, wanted: Obj | None) -> Obj:
        policy = policy_of(vpa, container["name"])
        if wanted is None or policy.get("mode") == "Off":
            return container.get("resources") or {}
        return resources_for(container, wanted["target"], policy)

    def _pods_of(self, vpa: Obj) -> list[Obj] | None:
        """The Pods of the target; None when it has no Scale to find them by."""
        target, namespace = vpa["spec"]["targetRef"], vpa["metadata"]["namespace"]
        try:
            resource = self.client.mapper.of(target.get("apiVersion") or "v1", target["kind"])
            scale = self.client.get(resource.full_name, target["name"], namespace, subresource="scale")
            selector = parse_label_selector((scale.get("status") or {}).get("selector", ""))
        except (ApiError, ValueError):
            return None
        pods = self.pods.list(namespace)
        return [pod for pod in pods if selector and selector.matches(pod["metadata"].get("labels") or {})]

    def _sample(self, key: Key, pods: list[Obj]) -> None:
        """Note what every container of these Pods uses now."""
        asked = {pod["metadata"]["name"]: pod for pod in pods if is_active(pod)}
        try:
            measured = self.client.list("pods.metrics.k8s.io", key.namespace) if asked else []
        except ApiError:
            return
        known = self._use.setdefault(key, {})
        for item in measured:
            name = item["metadata"]["name"]
            for row in item["containers"] if name in asked else ():
                use = known.setdefault(row["name"], ContainerUse())
                cores, memory = (float(parse_quantity(row["usage"][what])) for what in ("cpu", "memory"))
                use.add(name, cores, memory, _request(asked[name], row["name"]), parse_rfc3339(item["timestamp"]))
        for use in known.values():
            use.forget_pods(set(asked))

    def _recommended(self, key: Key, vpa: Obj, pods: list[Obj]) -> list[Obj]:
        known = self._use.get(key) or {}
        names = list(dict.fromkeys(one["name"] for pod in pods for one in pod["spec"]["containers"]))
        seen = [name for name in names if name in known and policy_of(vpa, name).get("mode") != "Off"]
        return [recommendation(name, known[name], len(names), policy_of(vpa, name)) for name in seen]

    def _report(self, vpa: Obj, pods: list[Obj], wanted: list[Obj]) -> None:
        condition = ("RecommendationProvided", "True" if wanted else "False", "", "")
        if not pods:
            condition = ("NoPodsMatched", "True", "NoPodsMatched", "No pods match this VPA object")
        told: Obj = {"conditions": self._conditions(vpa, condition)}
        self._write(vpa, {**told, **({"recommendation": {"containerRecommendations": wanted}} if wanted else {})})

    def _conditions(self, vpa: Obj, condition: tuple[str, str, str, str]) -> list[Obj]:
        given = dict(zip(("type", "status", "reason", "message"), condition, strict=True))
        new = {name: value for name, value in given.items() if value}
        before = (vpa.get("status") or {}).get("conditions") or []
        kept = [one for one in before if one["type"] == condition[0]]
        return with_condition(kept, new, rfc3339(self.loop.now))

    def _write(self, vpa: Obj, status: Obj) -> None:
        if status != (vpa.get("status") or {}):
            self.client.patch_status(vpa, status)

    def _update(self, vpa: Obj, pods: list[Obj], wanted: list[Obj]) -> None:
        """Change as many Pods as may be away at a time."""
        live = [pod for pod in pods if is_active(pod) and (pod.get("status") or {}).get("phase") == "Running"]
        least = (vpa["spec"].get("updatePolicy") or {}).get("minReplicas", LEAST_REPLICAS)
        if len(live) < least:
            return
        may_go = _spare(len([pod for pod in pods if is_active(pod)]), len(live))
        due = [pod for pod in live if is_due(pod, wanted, self.loop.now) or get_condition(pod, "PodResizePending")]
        for pod in due:
            if _mode(vpa) == "InPlaceOrRecreate" and self._resize(vpa, pod, wanted):
                continue
            if may_go > 0:
                may_go -= self._evict(pod)

    def _resize(self, vpa: Obj, pod: Obj, wanted: list[Obj]) -> bool:
        """Resize a Pod where it is; False when it must be made anew."""
        pending = get_condition(pod, "PodResizePending")
        if pending is not None:
            waited_s = self.loop.now - parse_rfc3339(pending["lastTransitionTime"])
            return pending.get("reason") != "Infeasible" and waited_s < DEFERRED_S
        by_name = {one["containerName"]: one for one in wanted}
        containers = [
            {"name": one["name"], "resources": self._resources(vpa, one, by_name.get(one["name"]))}
            for one in pod["spec"]["containers"]
        ]
        metadata = pod["metadata"]
        try:
            patch = {"spec": {"containers": containers}}
            self.client.patch("Pod", metadata["name"], metadata["namespace"], patch, subresource="resize")
        except ApiError:
            return False
        self.recorder.event(pod, "Normal", "InPlaceResizedByVPA", RESIZED)
        return True

    def _evict(self, pod: Obj) -> int:
        """Evict a Pod, if its budget lets it; answers how many have gone."""
        metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
        try:
            self.client.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})
        except ApiError:
            return 0
        self.recorder.event(pod, "Normal", "EvictedByVPA", EVICTED)
        return 1

    def _autoscaler_of(self, pod: Obj) -> Obj | None:
        """The autoscaler whose target controls a new Pod."""
        namespace = pod["metadata"].get("namespace", "")
        autoscalers = self.autoscalers.list(namespace)
        owners = set(self._owners(pod, namespace)) if autoscalers else set()
        for vpa in autoscalers:
            target = vpa["spec"]["targetRef"]
            if (target["kind"], target["name"]) in owners:
                return vpa
        return None

    def _owners(self, obj: Obj, namespace: str) -> Iterable[tuple[str, str]]:
        owner = controller_of(obj)
        if owner is None:
            return
        yield owner["kind"], owner["name"]
        if owner["kind"] == "ReplicaSet":
            try:
                yield from self._owners(self.client.get("replicasets.apps", owner["name"], namespace), namespace)
            except NotFound:
                return


def _spare(wanted: int, live: int) -> int:
    """How many of the Pods that run may be evicted at once: half of those wanted, rounded down, or the only one."""
    spare = int(wanted * TOLERANCE)
    return 1 if not spare and live == wanted else max(live - (wanted - spare), 0)


def _mode(vpa: Obj) -> str:
    mode: str = (vpa["spec"].get("updatePolicy") or {}).get("updateMode", "Recreate")
    return mode


def _name(vpa: Obj) -> str:
    name: str = vpa["metadata"]["name"]
    return name


def _recommendations(vpa: Obj) -> list[Obj]:
    told: Obj = (vpa.get("status") or {}).get("recommendation") or {}
    return told.get("containerRecommendations") or []


def _request(pod: Obj, container: str) -> float:
    """The cores that a container asks for."""
    for one in pod["spec"]["containers"]:
        if one["name"] == container:
            return float(parse_quantity(((one.get("resources") or {}).get("requests") or {}).get("cpu", 0)))
    return 0.0


def _changes(container: Obj, resources: Obj) -> list[str]:
    """What of a container's resources becomes another: `cpu request`, `memory limit` …"""
    before = container.get("resources") or {}
    return [
        f"{name} {field.removesuffix('s')}"
        for field in ("requests", "limits")
        for name in ("cpu", "memory")
        if (resources.get(field) or {}).get(name) != (before.get(field) or {}).get(name)
    ]
