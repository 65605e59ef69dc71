"""Start one container of a pod: image, configuration, create, start, postStart hook; wait longer each time it ends.

Source    pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer), kuberuntime_manager.go (doBackOff)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.clock import Timer
from k8slab.kubelet.backoff import BackOff
from k8slab.kubelet.environment import ConfigError, Where, container_config
from k8slab.kubelet.hooks import HookRun, hook_of, run_hook
from k8slab.kubelet.images import duration_text
from k8slab.kubelet.resources import container_limits
from k8slab.kubelet.status import Waiting
from k8slab.wire import ApiError
from k8slab.world import Container, Image, Limits, Sandbox

if TYPE_CHECKING:
    from k8slab.kubelet.pod_worker import PodWorker

__all__ = [
    "ContainerStarter",
]

CONFIG_RETRY_S = 12.0
UNLIMITED = Limits()


class ContainerStarter:
    """Starts the containers of one pod, one at a time, and tells its worker what came of it."""

    __slots__ = ("_crashes", "_hook", "_pulling", "_starting", "_worker")

    def __init__(self, worker: PodWorker) -> None:
        self._worker = worker
        self._crashes = BackOff()
        self._pulling = ""
        self._starting: Container | None = None
        self._hook: Timer | None = None

    @property
    def is_hooked(self) -> bool:
        """A postStart hook runs; nobody hears of the container before it is through."""
        return self._hook is not None

    @property
    def is_busy(self) -> bool:
        """A start has begun and is not over."""
        return self._pulling != "" or self._starting is not None

    def is_starting(self, container: Container) -> bool:
        """This container is the one being started."""
        return container is self._starting

    def start(self, name: str) -> None:
        """Begin."""
        worker = self._worker
        self._pulling = name

        def say(type_: str, reason: str, message: str) -> None:
            worker.say(name, type_, reason, message)

        worker.kubelet.images.ensure(worker.pod, worker.spec(name), say, lambda found: self._with_image(name, found))

    def give_up(self) -> None:
        """Forget a container whose image is still awaited, and its hook; one that exists already will be started."""
        self._pulling = ""
        if self._hook is not None:
            self._hook.cancel()
            self._hook = self._starting = None

    def back_off(self, container: Container) -> Waiting | None:
        """How long a container that has ended must wait for its successor, None when it need not."""
        name, worker = container.name, self._worker
        until = self._crashes.ready_at(name, container.finished_at)
        if until <= worker.kubelet.scope.now:
            return None
        metadata = worker.pod["metadata"]
        pod = f"{metadata['name']}_{metadata['namespace']}({worker.uid})"
        worker.say(name, "Warning", "BackOff", f"Back-off restarting failed container {name} in pod {pod}")
        delay = duration_text(self._crashes.delay_s(name))
        return Waiting("CrashLoopBackOff", f"back-off {delay} restarting failed container={name} pod={pod}", until)

    def _with_image(self, name: str, found: Image | Waiting) -> None:
        worker = self._worker
        if self._pulling != name or worker.sandbox is None:
            return  # the pod is on its way out
        self._pulling = ""
        if isinstance(found, Waiting):
            worker.hold(name, found)
            return
        problem = self._create(worker.sandbox, name, found)
        if problem is not None:
            worker.say(name, "Warning", "Failed", f"Error: {problem.message}")
            until = worker.kubelet.scope.now + CONFIG_RETRY_S
            worker.hold(name, Waiting("CreateContainerConfigError", problem.message, until, background=True))

    def _create(self, sandbox: Sandbox, name: str, image: Image) -> ConfigError | None:
        worker, kubelet = self._worker, self._worker.kubelet
        try:
            links = {} if worker.is_static else kubelet.services.of(worker.pod)
        except ApiError as error:
            return ConfigError(str(error))
        spec, where = worker.spec(name), Where(sandbox.ip, kubelet.host_ip, kubelet.allocatable, links)
        config = container_config(worker.pod, spec, where, kubelet.lookup)
        if isinstance(config, ConfigError):
            return config
        limits = container_limits(worker.pod, spec, kubelet.vm.memory_bytes, is_static=worker.is_static)
        if limits != UNLIMITED:
            config = config._replace(limits=limits)
        if worker.volumes is not None:
            config = config._replace(mounts=worker.volumes.mounts_of(spec, config.env))
        before = sandbox.containers.get(name)
        if before is not None and before.sandbox_attempt == sandbox.attempt:
            self._crashes.note(name, before.finished_at, kubelet.scope.now)
        attempt = before.attempt + 1 if before is not None else 0
        self._starting = kubelet.runtime.create_container(sandbox, config, image, attempt)
        worker.say(name, "Normal", "Created", "Container created")
        kubelet.runtime.start_container(self._starting, self._started)
        return None

    def _started(self, container: Container) -> None:
        worker = self._worker
        if not worker.kubelet.scope.is_alive:
            return
        hook = hook_of(worker.spec(container.name), "postStart")
        if container.reason == "StartError":
            worker.say(container.name, "Warning", "Failed", f"Error: {container.message}")
        else:
            worker.say(container.name, "Normal", "Started", "Container started")
            if hook is not None and not worker.is_terminating:
                run = run_hook(hook, worker.spec(container.name), container, worker.kubelet.network)
                self._hook = worker.kubelet.scope.call_later(run.took_s, self._hook_over, container, run)
                return
        self._starting = None
        worker.started(container)

    def _hook_over(self, container: Container, run: HookRun) -> None:
        self._hook = self._starting = None
        if not run.is_success or not container.is_running:
            self._worker.say(container.name, "Warning", "FailedPostStartHook", "PostStartHook failed")
            self._worker.kill_unhooked(container)
        self._worker.started(container)
