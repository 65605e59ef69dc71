"""Keep a node from running out of memory and disk: say so, free what nobody needs, evict pods one by one.

Nothing is looked at while there is enough: the machine's gauges ring when a threshold is passed, and the next look is
taken at the usual period of ten seconds. While there is too little it is taken again and again.

Source    pkg/kubelet/eviction/eviction_manager.go (synchronize, localStorageEviction, evictPod, waitForPodsCleanup);
          pkg/kubelet/oom/oom_watcher_linux.go
Left out  removing containers that have ended; measurements that are some seconds old
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.clock import Timer
from k8slab.kubelet.eviction import SIGNALS, PodUse, Signal, disk_limit, local_problem, low_message, ranked
from k8slab.kubelet.status import Verdict
from k8slab.world import Alarm, Container, Gauge, whole_pages

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "NodePressure",
]

Obj = dict[str, Any]

PERIOD_S, TRANSITION_S = 10.0, 300.0  # evictionMonitoringPeriod, evictionPressureTransitionPeriod
CLEANUP_POLL_S, CLEANUP_S = 1.0, 30.0
EVICTION_GRACE_S = 1.0  # immediateEvictionGracePeriodSeconds


class NodePressure:
    """The eviction manager of one kubelet; `conditions` holds the names of the pressures there are."""

    def __init__(self, kubelet: Kubelet) -> None:
        self.conditions: tuple[str, ...] = ()
        self._kubelet = kubelet
        self._since = kubelet.scope.now
        self._seen: dict[str, float] = {}
        self._above: list[tuple[Gauge, float]] = []
        self._alarms: dict[tuple[bool, float], tuple[Gauge, Alarm]] = {}
        self._look: Timer | None = None
        self._is_stuck = False

    def start(self) -> None:
        """Have the machine ring when a threshold is passed."""
        for signal in SIGNALS:
            self.watch(self._gauge(signal), self._capacity(signal) - self._least(signal))
        self._kubelet.vm.on_oom = self._system_oom

    def stop(self) -> None:
        """The kubelet is gone, and nobody is to be told."""
        self._kubelet.vm.on_oom = None
        for gauge, alarm in self._alarms.values():
            gauge.silence(alarm)

    def admit(self, worker: PodWorker) -> None:
        """Watch the disk that a pod takes, if there is a limit to it."""
        limits = [local for one in worker.pod["spec"]["containers"] if (local := disk_limit(one))]
        if limits:
            vm = self._kubelet.vm
            gauge = vm.pod_disks.setdefault(worker.uid, Gauge(vm.loop, vm.disk))
            self.watch(gauge, min(limits))

    def watch(self, gauge: Gauge, level: float) -> None:
        """Look, when a gauge passes a level."""
        alarm = gauge.alarm(level, lambda: self._rung(gauge, level))
        if gauge in (self._kubelet.vm.memory, self._kubelet.vm.disk):
            self._alarms[gauge is self._kubelet.vm.memory, level] = gauge, alarm

    def _rung(self, gauge: Gauge, level: float) -> None:
        if self._kubelet.scope.is_alive:
            self._above.append((gauge, level))
            self._look_at(self._next_period())

    def _look_at(self, when: float) -> None:
        if self._look is not None and self._look.is_pending:
            if self._look.when <= when:
                return
            self._look.cancel()
        self._look = self._kubelet.scope.call_at(when, self._synchronize, background=self._is_stuck)

    def _next_period(self) -> float:
        passed = (self._kubelet.scope.now - self._since) // PERIOD_S
        return self._since + (passed + 1) * PERIOD_S

    def _synchronize(self) -> None:
        """Look at what there is, and evict at most one pod for it."""
        now, met = self._kubelet.scope.now, [signal for signal in SIGNALS if self._is_met(signal)]
        self._seen |= {signal.condition: now for signal in met}
        self._seen = {name: at for name, at in self._seen.items() if now - at < TRANSITION_S}
        if tuple(self._seen) != self.conditions:
            self.conditions = tuple(self._seen)
            self._kubelet.reporter.pressures_are(self.conditions)
        evicted = self._evict_locally() or (self._relieve(met[0]) if met else None)
        self._is_stuck = evicted is None
        if evicted is not None:
            self._kubelet.scope.call_later(CLEANUP_POLL_S, self._wait_for, evicted, now + CLEANUP_S)
        elif self._seen:
            self._look_at(min(self._seen.values()) + TRANSITION_S)
        above, self._above = self._above, []
        for gauge, level in above:
            self.watch(gauge, level)

    def _wait_for(self, worker: PodWorker, until: float) -> None:
        """The next look is taken as soon as the evicted pod is gone."""
        if worker.is_finished or self._kubelet.scope.now >= until:
            self._look_at(self._kubelet.scope.now)
        else:
            self._kubelet.scope.call_later(CLEANUP_POLL_S, self._wait_for, worker, until)

    def _relieve(self, signal: Signal) -> PodWorker | None:
        """Free what nobody needs; if that is not enough, evict the pod that ranks first."""
        kubelet = self._kubelet
        kubelet.reporter.say("Warning", "EvictionThresholdMet", f"Attempting to reclaim {signal.resource}")
        if signal.condition == "DiskPressure":
            kubelet.runtime.remove_unused_images()
            if not any(self._is_met(one) for one in SIGNALS):
                return None
        for use in ranked(self._uses(), signal.resource):
            message = low_message(signal.resource, self._least(signal), self._available(signal), use)
            worker = self._evict(use, message, is_disruption=True)
            if worker is not None:
                return worker
        return None

    def _evict_locally(self) -> PodWorker | None:
        """Evict the pods that take more disk than they may."""
        evicted = None
        for use in self._uses():
            problem = local_problem(use)
            if problem:
                evicted = self._evict(use, problem) or evicted
        return evicted

    def _evict(self, use: PodUse, message: str, *, is_disruption: bool = False) -> PodWorker | None:
        if use.is_critical:
            return None
        worker = self._kubelet.workers[use.pod["metadata"]["uid"]]
        worker.say_pod("Warning", "Evicted", message)
        worker.end(Verdict("Evicted", message, is_disruption), EVICTION_GRACE_S)
        return worker

    def _uses(self) -> list[PodUse]:
        workers = [one for one in self._kubelet.workers.values() if not one.is_terminating and one.sandbox is not None]
        return [self._use(worker) for worker in workers]

    def _use(self, worker: PodWorker) -> PodUse:
        sandbox = worker.sandbox
        running = [one for one in sandbox.containers.values() if one.is_running] if sandbox is not None else []
        volumes = self._kubelet.vm.volumes.get(worker.uid, {})
        return PodUse(
            worker.pod,
            {one.name: one.memory_bytes for one in running},
            {one.name: one.disk_bytes for one in running},
            {name: int(volume.used.value) for name, volume in volumes.items()},
            worker.is_static,
        )

    def _system_oom(self, victim: Container) -> None:
        process = victim.config.image.rpartition("/")[2].partition(":")[0]
        text = f"System OOM encountered, victim process: {process}, pid: {1000 + int(victim.id[:4], 16)}"
        self._kubelet.reporter.say("Warning", "SystemOOM", text)

    def _gauge(self, signal: Signal) -> Gauge:
        vm = self._kubelet.vm
        return vm.memory if signal.resource == "memory" else vm.disk

    def _capacity(self, signal: Signal) -> int:
        vm = self._kubelet.vm
        return vm.memory_bytes if signal.resource == "memory" else vm.disk_bytes

    def _least(self, signal: Signal) -> int:
        return signal.least_bytes(self._capacity(signal))

    def _available(self, signal: Signal) -> int:
        left = self._capacity(signal) - self._gauge(signal).value
        return max(0, whole_pages(left) if signal.resource == "memory" else int(left))

    def _is_met(self, signal: Signal) -> bool:
        return self._available(signal) < self._least(signal)
