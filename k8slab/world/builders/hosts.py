"""Where a builder runs: a machine of its own (a laptop, a server of the company), or a pod of the cluster.

Source    github.com/moby/buildkit, docs and examples/kubernetes (buildkitd in a Deployment, state in /var/lib/buildkit)
Left out  the memory that a build takes; builders that share a machine with others
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Protocol

from k8slab.clock import Loop
from k8slab.world.files import Text
from k8slab.world.sharing import Resource, Sharing

if TYPE_CHECKING:
    from k8slab.world.containers import Container
    from k8slab.world.machines import Vm

__all__ = [
    "Host",
    "MachineHost",
    "PodHost",
    "Workplace",
]

NO_POD = 'there is no running pod "{}" with a builder in it (an image such as moby/buildkit:v0.26.2)'
DAEMON = "docker.io/moby/buildkit"


class Workplace(Protocol):
    """What a build works with, from its begin to its end."""

    @property
    def disk(self) -> MutableMapping[str, Text]:
        """Where the cache lies."""

    @property
    def place(self) -> str:
        """The place on the map."""

    def work(self, cpu_s: float, threads: float, done: Callable[[], object]) -> None:
        """Compute for so many CPU seconds on at most so many cores, then call `done()`."""

    def watch(self, lost: Callable[[], None]) -> None:
        """Call `lost()` when all that runs here is gone."""


class Host(Protocol):
    """A builder's home."""

    def open(self) -> Workplace:
        """What there is now to build with. Raises ValueError when there is nothing."""


class MachineHost:
    """A machine that only builds, with so many cores; its disk stays."""

    def __init__(self, loop: Loop, place: str, cores: float) -> None:
        self.place = place
        self.disk: MutableMapping[str, Text] = {}
        self._sharing = Sharing(loop)
        self._cores = Resource("cores", cores)

    def open(self) -> Workplace:
        """Itself."""
        return self

    def work(self, cpu_s: float, threads: float, done: Callable[[], object]) -> None:
        """Compute for so many CPU seconds on at most so many cores, then call `done()`."""
        self._sharing.start([self._cores], cpu_s, done, threads)

    def watch(self, lost: Callable[[], None]) -> None:
        """It stays."""


class PodHost:
    """A pod that is looked for anew each time: `default/buildkitd` is also a pod of the Deployment of that name."""

    def __init__(self, name: str, vms: Callable[[], list[Vm]], place_of: Callable[[Vm], str]) -> None:
        self.name = name
        self._vms = vms
        self._place_of = place_of

    def open(self) -> Workplace:
        """The builder's container. Raises ValueError when there is none that runs."""
        namespace, _, name = self.name.rpartition("/")
        for vm in self._vms():
            for sandbox in vm.runtime.sandboxes.values() if vm.is_on else ():
                is_called = sandbox.name == name or sandbox.name.startswith(f"{name}-")
                if sandbox.namespace == (namespace or "default") and is_called and sandbox.is_ready:
                    for container in sandbox.containers.values():
                        if container.is_running and container.image.repository == DAEMON:
                            return PodWorkplace(container, self._place_of(vm))
        raise ValueError(NO_POD.format(self.name))


class PodWorkplace:
    """A container with a builder in it. What it takes of its node's CPU counts like that of any other."""

    def __init__(self, container: Container, place: str) -> None:
        self.place = place
        self._container = container
        self._watchers: list[Callable[[], None]] = []

    @property
    def disk(self) -> MutableMapping[str, Text]:
        """The container's files, volumes included."""
        return self._container.files  # type: ignore[return-value]

    def work(self, cpu_s: float, threads: float, done: Callable[[], object]) -> None:
        """Compute within the container's limit."""
        cores = self._container.sandbox.vm.cpu_m / 1000
        if self._container.behaviour is not None and self._container.is_running:
            self._container.behaviour.work(cpu_s, done, threads=min(threads, cores))

    def watch(self, lost: Callable[[], None]) -> None:
        """Call `lost()` when the container ends."""
        self._container.commands += (_Watch(lost),)


class _Watch:
    """Hangs on a container as a session does, and is told when it ends."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost

    def lost(self) -> None:
        """Its container is no more."""
        self._lost()
