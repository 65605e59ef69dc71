"""End the pods of a machine in order before its power goes: first the ordinary ones, then those that the node needs.

Source    pkg/kubelet/nodeshutdown/nodeshutdown_manager.go (processShutdownEvent, groupByPriority, migrateConfig);
          kubernetes.io, "Node Shutdowns"
Left out  grace periods by priority; a shutdown that is called off
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.kubelet.pods import grace_s
from k8slab.kubelet.resources import is_critical
from k8slab.kubelet.status import Verdict

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "REFUSAL",
    "NodeShutdown",
]

REFUSAL = "Pod was rejected as the node is shutting down."
PROBLEM = "node is shutting down"
VERDICT = Verdict("Terminated", "Pod was terminated in response to imminent node shutdown.")
POLL_S = 0.5
POWER_OFF_S = 1.0  # what the OS needs once nobody holds it up; the last statuses are posted meanwhile


class NodeShutdown:
    """The shutdown manager of one kubelet: it holds the machine's power until its pods are gone."""

    def __init__(self, kubelet: Kubelet) -> None:
        self.is_under_way = False
        self._kubelet = kubelet

    def start(self) -> None:
        """Be asked before the machine is switched off."""
        self._kubelet.vm.inhibitor = self.begin

    def stop(self) -> None:
        """The kubelet is gone, and holds nothing up any more."""
        vm = self._kubelet.vm
        vm.inhibitor = None
        if self.is_under_way:
            vm.loop.call_soon(vm.power_off)

    def begin(self, period_s: float, critical_s: float) -> None:
        """End all pods within a period, of which the last part is for critical ones; then let the power go."""
        if self.is_under_way:
            return
        self.is_under_way = True
        self._kubelet.reporter.say("Normal", "NodeShutdown", "Shutdown manager detected shutdown event")
        self._kubelet.reporter.shutting_down(PROBLEM)
        self._end([False, True], [period_s - critical_s, critical_s])

    def _end(self, groups: list[bool], periods: list[float]) -> None:
        """End the pods of the first group, then those of the others."""
        if not groups:
            self._kubelet.scope.call_later(POWER_OFF_S, self._kubelet.vm.power_off)
            return
        workers = [one for one in self._kubelet.workers.values() if not one.is_finished and _is_vital(one) == groups[0]]
        for worker in workers:
            worker.end(VERDICT, min(grace_s(worker.pod), periods[0]))
        until = self._kubelet.scope.now + periods[0] if workers else 0.0
        self._wait_for(workers, until, groups[1:], periods[1:])

    def _wait_for(self, workers: list[PodWorker], until: float, groups: list[bool], periods: list[float]) -> None:
        scope = self._kubelet.scope
        if scope.now >= until or all(worker.is_finished for worker in workers):
            self._end(groups, periods)
        else:
            scope.call_later(POLL_S, self._wait_for, workers, until, groups, periods)


def _is_vital(worker: PodWorker) -> bool:
    return is_critical(worker.pod)
