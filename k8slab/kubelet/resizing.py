"""Give the containers of running pods more or less, without new pods.

What a pod's manifest asks for is allocated when the node has room for it; until then the pod runs on with what it was
given before. What is allocated is then set: at once where the container's resizePolicy lets it, by a restart where not.

Source    pkg/kubelet/allocation/allocation_manager.go (handlePodResourcesResize), pkg/kubelet/events/event.go;
          pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodResizeAction, validateMemoryResizeAction)
Left out  the queue of pending resizes by priority: each is tried again when a pod has left or been resized; the
          checkpoint on disk (a kubelet that starts anew believes the status); resources of pods as a whole; CPU manager
          and swap; the memory that a pod uses as a whole; the scheduler and quotas count what a pod wants, even while
          it still has more
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.kubelet import pods
from k8slab.kubelet.admission import rejection, requests_of, total
from k8slab.kubelet.resources import container_limits
from k8slab.objects import cpu_m, size_bytes
from k8slab.world import Container, Limits

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "Resizer",
    "as_run",
]

Obj = dict[str, Any]

RETRY_S = 10.0
PENDING, IN_PROGRESS = "PodResizePending", "PodResizeInProgress"
PARTS, STATUSES = ("initContainers", "containers"), ("initContainerStatuses", "containerStatuses")
TOO_LARGE = "Node didn't have enough capacity: {}, requested: {}, capacity: {}"
TOO_FULL = 'attempting to set container "{}" memory limit ({}) below current usage ({})'


class Pending(NamedTuple):
    """A resize that waits: Deferred until there is room, or Infeasible."""

    reason: str
    message: str
    generation: int


class Resizer:
    """Resizes the pods of one node."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet
        self._pending: dict[str, Pending] = {}
        self._errors: dict[str, str] = {}  # of the pods that are being resized; "" while all is well

    def adopt(self, worker: PodWorker) -> None:
        """A pod that an earlier kubelet has run goes on with what it was given."""
        statuses = [s for part in STATUSES for s in (worker.pod.get("status") or {}).get(part) or ()]
        given = [{"name": s["name"], "resources": s["resources"]} for s in statuses if "resources" in s]
        if worker.is_static or not given:
            return
        before = as_run(worker.pod, {"spec": dict.fromkeys(PARTS, given)})
        if _differ(worker.pod, before):
            worker.pod, worker.requests = before, requests_of(before)
            self._kubelet.scope.call_soon(self._look_again, worker)

    def taken(self, worker: PodWorker, pod: Obj) -> Obj:
        """A newer version of a pod as it is to be run: with the resources that it wants if it can have them."""
        if worker.is_static or worker.is_terminating or not _differ(pod, worker.pod):
            self._pending.pop(worker.uid, None)
            return pod
        generation = pod["metadata"].get("generation", 0)
        problem = self._problem(worker, pod, generation)
        if problem is not None:
            self._wait(worker, pod, problem)
            return as_run(pod, worker.pod)
        self._pending.pop(worker.uid, None)
        self._errors[worker.uid] = ""
        worker.requests = requests_of(pod)
        self._kubelet.record(pod, "Normal", "ResizeStarted", f"Pod resize started: {_summary(pod, generation)}")
        return pod

    def actuate(self, worker: PodWorker) -> None:
        """Set what is allocated, and say when all of it is set."""
        if worker.uid not in self._errors or worker.is_terminating:
            return
        for container in self._running(worker):
            self._apply(worker, container)
        wanting = [one for one in self._running(worker) if _wanted(worker, one) != one.config.limits]
        if not wanting:
            del self._errors[worker.uid]
            generation = worker.pod["metadata"].get("generation", 0)
            text = f"Pod resize completed: {_summary(worker.pod, generation)}"
            self._kubelet.record(worker.pod, "Normal", "ResizeCompleted", text)
            self.retry()

    def retry(self) -> None:
        """There may be room now for those that wait."""
        for uid in [uid for uid, pending in self._pending.items() if pending.reason == "Deferred"]:
            if (worker := self._kubelet.workers.get(uid)) is not None:
                self._look_again(worker)

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        self._pending.pop(uid, None)
        self._errors.pop(uid, None)
        self.retry()

    def conditions(self, uid: str) -> Iterator[tuple[str, str, str, str]]:
        """Type, status, reason and message of the conditions that tell of a pod's resize."""
        if (pending := self._pending.get(uid)) is not None:
            yield PENDING, "True", pending.reason, pending.message
        if (error := self._errors.get(uid)) is not None:
            yield IN_PROGRESS, "True", "Error" if error else "", error

    def _look_again(self, worker: PodWorker) -> None:
        if worker.target is not None:
            worker.pod = self.taken(worker, worker.target)
            worker.publish()

    def _problem(self, worker: PodWorker, pod: Obj, generation: int) -> Pending | None:
        """Why the node cannot give the pod what it wants."""
        kubelet, asked = self._kubelet, requests_of(pod)
        node = kubelet.reporter.node
        if node is None:
            return None
        there = node["status"]["allocatable"]
        for name, amount, capacity in (
            ("memory", asked.memory_bytes, size_bytes(there["memory"])),
            ("cpu", asked.cpu_m, cpu_m(there["cpu"])),
        ):
            if amount > capacity:
                return Pending("Infeasible", TOO_LARGE.format(name, amount, capacity), generation)
        others = [one for one in kubelet.workers.values() if one is not worker and not one.is_finished]
        refused = rejection(pod, asked, total(one.requests for one in others), len(others), node)
        return None if refused is None else Pending("Deferred", refused.message, generation)

    def _wait(self, worker: PodWorker, pod: Obj, pending: Pending) -> None:
        if self._pending.get(worker.uid) == pending:
            return
        self._pending[worker.uid] = pending
        text = f"Pod resize {pending.reason}: {_summary(pod, pending.generation, pending.message)}"
        self._kubelet.record(pod, "Warning", f"Resize{pending.reason}", text)

    def _running(self, worker: PodWorker) -> list[Container]:
        sandbox = worker.sandbox
        if sandbox is None:
            return []
        known = {spec["name"] for part in PARTS for spec in worker.pod["spec"].get(part) or ()}
        return [one for name, one in sandbox.containers.items() if one.is_running and name in known]

    def _apply(self, worker: PodWorker, container: Container) -> None:
        wanted, given = _wanted(worker, container), container.config.limits
        if wanted == given or container.is_stopping:
            return
        if _needs_restart(worker.spec(container.name), given, wanted):
            worker.kill(container, f"Container {container.name} resize requires restart", pods.grace_s(worker.pod))
            return
        used = container.memory_bytes
        if 0 < wanted.memory_limit_bytes < used and wanted.memory_limit_bytes != given.memory_limit_bytes:
            self._fail(worker, TOO_FULL.format(container.name, wanted.memory_limit_bytes, used))
            return
        self._errors[worker.uid] = ""
        container.resize(wanted)

    def _fail(self, worker: PodWorker, problem: str) -> None:
        """Nothing is taken away that is in use; it is tried again."""
        if self._errors[worker.uid] != problem:
            self._errors[worker.uid] = problem
            generation = worker.pod["metadata"].get("generation", 0)
            text = f"Pod resize error: {_summary(worker.pod, generation, problem)}"
            self._kubelet.record(worker.pod, "Warning", "ResizeError", text)
        self._kubelet.scope.call_later(RETRY_S, worker.publish, background=True)


def as_run(pod: Obj, before: Obj) -> Obj:
    """A pod with the resources that another version of it has."""
    spec = dict(pod["spec"])
    for part in PARTS:
        if spec.get(part):
            given = _resources_of(before["spec"].get(part) or ())
            spec[part] = [_with_resources(each, given.get(each["name"])) for each in spec[part]]
    return {**pod, "spec": spec}


def _with_resources(container: Obj, resources: Obj | None) -> Obj:
    if resources is None or container.get("resources") == resources:
        return container
    return {**container, "resources": resources}


def _resources_of(containers: Iterable[Obj]) -> dict[str, Obj]:
    return {each["name"]: each.get("resources") or {} for each in containers}


def _differ(pod: Obj, before: Obj) -> bool:
    after, known = pod["spec"], before["spec"]
    return after is not known and any(
        _resources_of(after.get(part) or ()) != _resources_of(known.get(part) or ()) for part in PARTS
    )


def _wanted(worker: PodWorker, container: Container) -> Limits:
    """What a running container is to have; how ready the kernel is to end it was settled when it started."""
    limits = container_limits(worker.pod, worker.spec(container.name), worker.kubelet.vm.memory_bytes)
    return limits._replace(oom_score_adj=container.config.limits.oom_score_adj)


def _needs_restart(spec: Obj, given: Limits, wanted: Limits) -> bool:
    changed = {
        "cpu": (given.cpu_request_m, given.cpu_limit_m) != (wanted.cpu_request_m, wanted.cpu_limit_m),
        "memory": given.memory_limit_bytes != wanted.memory_limit_bytes,
    }
    policies = {policy["resourceName"]: policy["restartPolicy"] for policy in spec.get("resizePolicy") or ()}
    return any(is_changed and policies.get(name) == "RestartContainer" for name, is_changed in changed.items())


def _summary(pod: Obj, generation: int, error: str = "") -> str:
    """The resources of a pod's containers, as events tell of them."""
    told: Obj = {}
    for part in PARTS:
        if pod["spec"].get(part):
            told[part] = [{"name": each["name"], "resources": _told(each)} for each in pod["spec"][part]]
    told |= {"generation": generation, **({"error": error} if error else {})}
    return json.dumps(told, separators=(",", ":"))


def _told(container: Obj) -> Obj:
    resources = container.get("resources") or {}
    return {field: dict(sorted(resources[field].items())) for field in ("limits", "requests") if resources.get(field)}
