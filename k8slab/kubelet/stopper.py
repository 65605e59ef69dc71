"""Stop the containers of one pod: say so, run the preStop hook, then SIGTERM, and SIGKILL when the time is over.

The hook and the process share one grace period; however long the hook took, the process has two seconds.

Source    pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer, executePreStopHook),
          pkg/kubelet/kuberuntime/kuberuntime_termination_order.go
Left out  lifecycle.stopSignal
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.clock import Timer
from k8slab.kubelet.hooks import hook_of, run_hook
from k8slab.world import Container

if TYPE_CHECKING:
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "Stopper",
]

Obj = dict[str, Any]

LEAST_S = 2.0  # minimumGracePeriodInSeconds


class Stop(NamedTuple):
    """A container that is being stopped: how long and until when it may take, and the timer of its hook."""

    container: Container
    grace_s: float
    deadline: float
    hook: Timer | None = None


class Stopper:
    """The containers of one pod that are on their way out."""

    __slots__ = ("_stops", "_worker")

    def __init__(self, worker: PodWorker) -> None:
        self._worker = worker
        self._stops: dict[str, Stop] = {}

    def prepare(self, container: Container, text: str, grace_s: float) -> None:
        """Say that it ends, and begin with its preStop hook. Asked again: have it done earlier, if that is earlier."""
        now = self._worker.kubelet.scope.now
        stop = self._stops.get(container.name)
        if stop is not None and stop.container is container:
            self._hurry(stop, now + grace_s)
            return
        self._worker.say(container.name, "Normal", "Killing", text)
        hook = hook_of(self._worker.spec(container.name), "preStop")
        timer = self._run_hook(hook, container, grace_s) if hook is not None and grace_s > 0 else None
        self._stops[container.name] = Stop(container, grace_s, now + grace_s, timer)

    def finish(self, container: Container) -> None:
        """SIGTERM, once the hook is through."""
        stop = self._stops[container.name]
        if stop.hook is None or not stop.hook.is_pending:
            left_s = stop.deadline - self._worker.kubelet.scope.now
            waited = left_s < stop.grace_s
            self._worker.kubelet.runtime.stop_container(container, max(left_s, LEAST_S) if waited else left_s)

    def stop(self, container: Container, text: str, grace_s: float) -> None:
        """Prepare, and finish as soon as the hook allows."""
        self.prepare(container, text, grace_s)
        self.finish(container)

    def _hurry(self, stop: Stop, deadline: float) -> None:
        if deadline >= stop.deadline:
            return
        timer, scope = stop.hook, self._worker.kubelet.scope
        if timer is not None and timer.is_pending and timer.when > deadline:
            timer.cancel()
            timer = scope.call_at(max(deadline, scope.now), self._hook_over, stop.container, True)
        self._stops[stop.container.name] = stop._replace(deadline=deadline, grace_s=deadline - scope.now, hook=timer)

    def _run_hook(self, hook: Obj, container: Container, grace_s: float) -> Timer:
        kubelet = self._worker.kubelet
        run = run_hook(hook, self._worker.spec(container.name), container, kubelet.network)
        took_s, is_success = (run.took_s, run.is_success) if run.took_s <= grace_s else (grace_s, True)
        return kubelet.scope.call_later(took_s, self._hook_over, container, is_success)

    def _hook_over(self, container: Container, is_success: bool) -> None:
        if not container.is_running:
            return
        if not is_success:
            self._worker.say(container.name, "Warning", "FailedPreStopHook", "PreStopHook failed")
        self._worker.hook_over(container)
