"""One pod on its node, from the first look to the last: takes the steps that `pods` decides, reports what came of it.

A worker does one thing at a time (a sandbox, a pull, a start). When that is done it looks again at what is
and at what is wanted. Leaving goes one way: stop the containers, take the sandbox down, last status, delete.

Source    pkg/kubelet/pod_workers.go, pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod),
          pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod, doBackOff)
Left out  the status between sandbox and first container
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.clock import Timer
from k8slab.kubelet import pods
from k8slab.kubelet.admission import Rejection, requests_of
from k8slab.kubelet.container_starter import ContainerStarter
from k8slab.kubelet.dns_config import set_names
from k8slab.kubelet.downward import host_names, labelled
from k8slab.kubelet.node_status import NO_ADDRESS
from k8slab.kubelet.pod_volumes import PodVolumes
from k8slab.kubelet.prober import Prober
from k8slab.kubelet.status import ENDED, Known, Verdict, Waiting, pod_status
from k8slab.kubelet.stopper import Stopper
from k8slab.objects import is_leaving, rfc3339
from k8slab.world import Asked, Container, Sandbox

if TYPE_CHECKING:
    from k8slab.kubelet.kubelet import Kubelet

__all__ = [
    "PodWorker",
]

Obj = dict[str, Any]

RELIST_S = 1.0  # how long a change may go unnoticed while the worker is busy with another container
RETRY_S = 12.0
SANDBOX, STOP = "sandbox", "stop"


class PodWorker:
    """What a kubelet holds about one pod.

    `pod` is the manifest that is run, `target` the object whose status is written; for a static pod that is
    its mirror, which may be missing.
    """

    def __init__(self, kubelet: Kubelet, pod: Obj, *, is_static: bool = False) -> None:
        self.kubelet = kubelet
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        self.target: Obj | None = None if is_static else pod
        self.requests = requests_of(pod)
        self.is_static = is_static
        self.is_terminating = self.is_finished = self.is_gone = self.is_refused = False
        self.waiting: dict[str, Waiting] = {}
        self.volumes = PodVolumes(self) if pod["spec"].get("volumes") else None
        self.prober = Prober(self, kubelet.network, kubelet.scope)
        self._starter = ContainerStarter(self)
        self._stopper = Stopper(self)
        self._verdict: Verdict | None = None
        self._grace_s = pods.NEVER_S
        self._doing = ""
        self._has_said_goodbye = False
        self._wake: Timer | None = None
        self._relist: Timer | None = None
        status = pod.get("status") or {}
        self._start_time = status.get("startTime") or rfc3339(kubelet.scope.now)
        kubelet.statuses.known(self.uid, status)

    # What comes from outside

    def begin(self, refused: Rejection | None = None) -> None:
        """Take the first look."""
        has_ended = self.kubelet.statuses.sent(self.uid).get("phase") in ENDED
        self._adopt()
        if has_ended and self.sandbox is None:
            self.is_finished = True  # nothing of it is here; what is said of it is all there is to say
            self._delete()
        elif has_ended or is_leaving(self.pod):
            self.terminate()
        elif refused is not None:
            self._refuse(refused)
        else:
            if self.sandbox is not None:
                self._has_volumes()  # what runs already finds its volumes filled anew
            self.publish()
            self.sync()

    def update(self, pod: Obj) -> None:
        """The API has a newer version of the pod."""
        before, self.pod, self.target = self.pod, self.kubelet.resizer.taken(self, pod), pod
        if self.volumes is not None and labelled(pod) != labelled(before):
            self.volumes.refresh()
        if is_leaving(pod):
            self.terminate()
        elif pod["metadata"].get("generation") != before["metadata"].get("generation"):
            self._replace_changed()
            self.publish()
            if pod["spec"].get("ephemeralContainers"):
                self.sync()
        elif pod["spec"].get("readinessGates"):
            self.publish()

    def mirrored(self, mirror: Obj | None) -> None:
        """A static pod's mirror has appeared, changed or gone."""
        known = self.target["metadata"]["uid"] if self.target is not None else ""
        self.target = mirror
        if mirror is not None and mirror["metadata"]["uid"] != known:
            status = mirror.get("status") or {}
            if not self.is_finished and status.get("phase") in ENDED:
                status = {**status, "phase": ""}  # of an earlier run, which the machine's power ended
            self.kubelet.statuses.known(self.uid, status)
            self.publish()

    def removed(self) -> None:
        """The pod is gone from the API (or from the node's static pods), whatever of it still runs."""
        self.is_gone = True
        if self.is_finished:
            self.kubelet.forget(self)
        else:
            self.terminate()

    # Towards running

    def sync(self) -> None:
        """Take the next step, if the worker is free."""
        if self.is_finished:
            return
        if self._is_busy():
            self._notice()
            return
        if self.is_terminating:
            self._wind_down()
            return
        not_before = {name: waiting.until for name, waiting in self.waiting.items()}
        step = pods.next_step(self.pod, self.sandbox, self.prober.started, not_before, self.kubelet.scope.now)
        if step.kind == pods.SANDBOX:
            self._run_sandbox()
        elif step.kind == pods.START:
            if self._has_volumes():
                self._starter.start(step.name)
        elif step.kind == pods.FINISH:
            self.terminate()
        else:
            self._wait(step.until)
        self._notice()

    def _has_volumes(self) -> bool:
        return self.volumes is None or self.volumes.mount()

    def _run_sandbox(self) -> None:
        pod, on_host = self.pod, bool(self.pod["spec"].get("hostNetwork"))
        problem = self.kubelet.network_problem
        if problem and not on_host:
            self.say_pod("Warning", "NetworkNotReady", f"network is not ready: {problem}")
            return
        if not self._has_volumes():
            return
        if self.sandbox is not None:
            self.say_pod("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        self._doing = SANDBOX
        whose = self.uid, pod["metadata"]["namespace"], pod["metadata"]["name"]
        asked = Asked(pod["metadata"].get("labels") or {}, *self.requests)
        self.kubelet.runtime.run_pod_sandbox(*whose, on_host, self._sandbox_ready, host_names(pod), asked)

    def _sandbox_ready(self, sandbox: Sandbox | None) -> None:
        if not self.kubelet.scope.is_alive:
            return
        self._doing = ""
        if sandbox is not None:
            set_names(sandbox, self.pod, self.say_pod)
            self.sync()
            return
        self.say_pod("Warning", "FailedCreatePodSandBox", NO_ADDRESS.format(self.kubelet.pod_cidr))
        self._wake = self.kubelet.scope.call_later(RETRY_S, self.sync, background=True)

    def hold(self, name: str, waiting: Waiting) -> None:
        """The container cannot start now."""
        self.waiting[name] = waiting
        self.sync()

    def started(self, container: Container) -> None:
        """The container's process has been started; it may be over already."""
        self.waiting.pop(container.name, None)
        if container.is_running:
            self.prober.watch(container, self.spec(container.name))
            self.sync()
        else:
            self.exited(container)

    def _wait(self, until: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if until < pods.NEVER_S:
            background = all(waiting.background for waiting in self.waiting.values())
            self._wake = self.kubelet.scope.call_at(until, self.sync, background=background)

    # While running

    def exited(self, container: Container) -> None:
        """A container's process is over."""
        if self._starter.is_starting(container):
            return  # it ended while it was being started, and `started` will see it
        self.prober.unwatch(container.name)
        if not self.is_terminating and self._wants_again(container):
            waiting = self._starter.back_off(container)
            if waiting is not None:
                self.waiting[container.name] = waiting
        self.sync()

    def _wants_again(self, container: Container) -> bool:
        is_sidecar = pods.is_sidecar(self.spec(container.name))
        return pods.should_restart("Always" if is_sidecar else pods.restart_policy(self.pod), container)

    def unhealthy(self, container: Container, kind: str, probe: Obj) -> None:
        """A container failed its startup or liveness probe: end it, the restart policy does the rest."""
        text = f"Container {container.name} failed {kind} probe, will be restarted"
        asked = probe.get("terminationGracePeriodSeconds")
        self.kill(container, text, pods.grace_s(self.pod) if asked is None else asked)

    def readiness_changed(self) -> None:
        """A probe changed its mind: the next container may be due, and the status is another."""
        if self.is_terminating:
            self.publish()
        else:
            self.sync()

    def _replace_changed(self) -> None:
        """End the containers whose image was changed in the manifest; the next ones get the new image."""
        for spec in self.pod["spec"]["containers"]:
            container = self._running(spec["name"])
            if container is not None and container.config.image != spec.get("image"):
                text = f"Container {container.name} definition changed, will be restarted"
                self.kill(container, text, pods.grace_s(self.pod))

    def kill(self, container: Container, text: str, grace_s: float) -> None:
        """End a container; the restart policy does the rest."""
        self._stopper.stop(container, text, grace_s)

    def kill_unhooked(self, container: Container) -> None:
        """End a container whose postStart hook failed."""
        self.kill(container, "FailedPostStartHook", pods.grace_s(self.pod))

    def hook_over(self, container: Container) -> None:
        """A preStop hook is through, or out of time: now the process is asked to end."""
        if self.is_terminating:
            self.sync()
        else:
            self._stopper.finish(container)

    # Towards the end

    def end(self, verdict: Verdict, grace_s: float) -> None:
        """The node ends the pod: it fails, whatever becomes of its processes."""
        self._verdict, self._grace_s = verdict, grace_s
        self.terminate()
        self.publish()

    def terminate(self) -> None:
        """Stop everything, for good; asked again, perhaps with less time."""
        if self.is_finished:
            self._delete()
            return
        if not self.is_terminating:
            self.is_terminating = True
            self._wait(pods.NEVER_S)
            self.prober.terminate()
            self._starter.give_up()
        self.sync()

    def _wind_down(self) -> None:
        self._doing = STOP  # an exit in the midst of this must not begin it again
        for names in pods.leaving_order(self.pod):
            for container in self._those_running(names):
                grace_s = min(pods.grace_s(self.pod), self._grace_s)
                self._stopper.prepare(container, f"Stopping container {container.name}", grace_s)
        are_stopped = all(self._are_stopped(names) for names in pods.leaving_order(self.pod))
        self._doing = ""
        if not are_stopped:
            return
        sandbox = self.sandbox
        if sandbox is not None and sandbox.is_ready:
            self._doing = SANDBOX
            self.kubelet.runtime.stop_pod_sandbox(self.uid, self._torn_down)
        else:
            self._torn_down()

    def _are_stopped(self, names: list[str]) -> bool:
        """Ask those that run to end; True when all have."""
        running = self._those_running(names)
        for container in running:
            self._stopper.finish(container)
        return not any(container.is_running for container in running)

    def _those_running(self, names: list[str]) -> list[Container]:
        return [container for name in names if (container := self._running(name)) is not None]

    def _torn_down(self) -> None:
        if not self.kubelet.scope.is_alive:
            return
        self._doing = ""
        self.is_finished = True
        self.prober.stop()
        self.waiting.clear()
        if self.volumes is not None:
            self.volumes.stop()
        if self.is_gone:
            self.kubelet.forget(self)
            return
        self.publish()
        self._delete()

    def _delete(self) -> None:
        if is_leaving(self.pod) and not self.is_static and not self._has_said_goodbye:
            self._has_said_goodbye = True
            self.kubelet.statuses.delete(self.pod)

    def _refuse(self, refused: Rejection) -> None:
        self.is_terminating = self.is_finished = self.is_refused = True
        self.say_pod("Warning", refused.reason, refused.message)
        text = f"Pod was rejected: {refused.message}"
        status = {"phase": "Failed", "reason": refused.reason, "message": text, "startTime": self._start_time}
        if self.target is not None:
            self.kubelet.statuses.publish(self.uid, self.target, status)

    # What is said and known

    def publish(self) -> None:
        """Have the API know how the pod is."""
        if self._relist is not None:
            self._relist.cancel()
            self._relist = None
        target, kubelet = self.target, self.kubelet
        kubelet.resizer.actuate(self)
        if target is None or self.is_gone or self.is_refused:
            return
        ready, started = self.prober.ready, self.prober.started
        ip, since = kubelet.host_ip, self._start_time
        more = self.is_finished, self._verdict, tuple(kubelet.resizer.conditions(self.uid)), self.pod
        known = Known(self.sandbox, self.waiting, ready, started, ip, since, *more)
        seen = target if not self.is_static else {**target, "spec": self.pod["spec"]}
        status = pod_status(seen, known, kubelet.statuses.sent(self.uid), kubelet.scope.now)
        kubelet.statuses.publish(self.uid, target, status)

    def say(self, container: str, type_: str, reason: str, message: str) -> None:
        """Record an event about one container of the pod."""
        self.kubelet.record(self.pod, type_, reason, message, container)

    def say_pod(self, type_: str, reason: str, message: str) -> None:
        """Record an event about the pod."""
        self.kubelet.record(self.pod, type_, reason, message)

    def _notice(self) -> None:
        """Something may have changed: tell it now, or a little later when the worker is busy with more."""
        if self.is_terminating:
            return
        if not self._is_busy():
            self.publish()
        elif self._relist is None and self._has_started_any() and not self._starter.is_hooked:
            self._relist = self.kubelet.scope.call_later(RELIST_S, self.publish)

    def _is_busy(self) -> bool:
        return self._doing != "" or self._starter.is_busy

    def _has_started_any(self) -> bool:
        sandbox = self.sandbox
        return sandbox is not None and any(c.state != "CREATED" for c in sandbox.containers.values())

    @property
    def sandbox(self) -> Sandbox | None:
        """The pod's place on the VM, if it has one."""
        return self.kubelet.runtime.sandboxes.get(self.uid)

    def spec(self, name: str) -> Obj:
        """The spec of one container."""
        return next(spec for spec in pods.containers_of(self.pod) if spec["name"] == name)

    def _running(self, name: str) -> Container | None:
        sandbox = self.sandbox
        container = sandbox.containers.get(name) if sandbox is not None else None
        return container if container is not None and container.is_running else None

    def _adopt(self) -> None:
        """Containers that an earlier kubelet started run on: watch them, and believe what it said of them."""
        sandbox = self.sandbox
        if sandbox is None or not sandbox.is_ready:
            return
        sent = self.kubelet.statuses.sent(self.uid)
        statuses = {s["name"]: s for field in sent if field.endswith("ontainerStatuses") for s in sent[field]}
        for container in sandbox.containers.values():
            status = statuses.get(container.name, {})
            is_same = status.get("containerID") == f"containerd://{container.id}"
            if container.is_running:
                self.prober.watch(container, self.spec(container.name), status if is_same else None)
            elif container.state == "CREATED":
                self.kubelet.scope.call_later(RELIST_S, self.started, container)
