"""The container runtime of one VM: pod sandboxes, images, containers.

Every operation takes its time and then calls `done`; a power cut in between means that it is never called.
What lies on disk survives a power cut: pulled images, and the records of the containers that ran.

Source    the Container Runtime Interface (RunPodSandbox, PullImage, CreateContainer, StartContainer …); containerd
Left out  image garbage collection, disk space
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from k8slab.clock import Scope
from k8slab.world.containers import Container, ContainerConfig
from k8slab.world.images import Carrier, Image, ImageError, Layer, Login, Registry
from k8slab.world.ledger import NOTHING_ASKED, Asked, Tenant
from k8slab.world.network import Network, PodAddresses
from k8slab.world.pulling import DistantPulls
from k8slab.world.resolver import Resolver

if TYPE_CHECKING:
    from k8slab.world.machines import Vm
    from k8slab.world.resources import Meter

__all__ = [
    "Pulled",
    "Runtime",
    "Sandbox",
]

BYTES_PER_S = 50_000_000
SANDBOX_S, START_S, TEARDOWN_S = 0.3, 0.15, 0.1
MANIFEST_S, KNOWN_S = 0.4, 0.1  # asking the registry; asking it whether what is here is still the newest

Names = tuple[str, str]


class Pulled(NamedTuple):
    """How a pull ended: the image or the error, the seconds it took, and those with waiting for other pulls."""

    image: Image | ImageError
    took_s: float
    with_waiting_s: float


class Sandbox:
    """A pod's place on a VM: its address, and its containers by name (the newest of each, and the one before).

    `called` is what its processes take their machine to be called, in short and in full; `tenant` is for the bill.
    `resolver` is how it finds names (None: as a pod does that says nothing about it).
    """

    __slots__ = ("attempt", "called", "containers", "created_at", "host_network", "ip", "is_ready", "name", "namespace",
                 "previous", "resolver", "tenant", "uid", "vm")  # fmt: skip

    def __init__(
        self, vm: Vm, uid: str, namespace: str, name: str, host_network: bool, called: Names | None = None
    ) -> None:
        self.vm = vm
        self.uid = uid
        self.namespace = namespace
        self.name = name
        self.host_network = host_network
        self.called = called or (name, name)
        self.ip = ""
        self.is_ready = False
        self.attempt = 0
        self.created_at = 0.0
        self.containers: dict[str, Container] = {}
        self.previous: dict[str, Container] = {}
        self.tenant: Tenant | None = None
        self.resolver: Resolver | None = None

    def note_use(self, meter: Meter) -> None:
        """One of its processes ends, and what it has used is known."""
        if self.tenant is not None:
            self.tenant.note_use(meter.used_cpu_s, meter.memory.integral)


Done = Callable[[Sandbox | None], None]


class Runtime:
    """containerd on one VM. `on_exit` is called with every container whose process ends."""

    version = "containerd://2.3.4"

    def __init__(self, vm: Vm, registry: Registry, network: Network) -> None:
        self.vm = vm
        self.images: dict[str, Image] = {}
        self.pull_records: dict[str, set[str]] = {}  # the kubelet's own file: with what it pulled private images
        self.sandboxes: dict[str, Sandbox] = {}
        self.on_exit: Callable[[Container], None] | None = None
        self.addresses: PodAddresses | None = None
        self._registry = registry
        self._network = network
        self._on_host: dict[str, Sandbox] = {}
        self._scope: Scope = vm.loop.scope()
        self._pulls_end_at = 0.0
        self._being_pulled: set[str] = set()
        self._distant = DistantPulls(self)
        self.layers: set[Layer] = set()

    @property
    def scope(self) -> Scope:
        """It lives as long as the power does."""
        return self._scope

    @property
    def carrier(self) -> Carrier | None:
        """The way of layers to this machine, where it takes its time."""
        return self._registry.carrier

    def find(self, image: str, logins: Iterable[Login]) -> Image | ImageError:
        """What the registry has."""
        return self._registry.fetch(image, logins)

    def power_on(self, scope: Scope) -> None:
        """Begin anew with what is on disk; `scope` lives as long as the power does."""
        self._scope = scope
        self._pulls_end_at = 0.0
        self._being_pulled.clear()
        self._distant.clear()
        self.layers = _layers_of(self.images.values())

    def power_off(self) -> None:
        """Lose everything that is not on disk."""
        self.on_exit = None
        for sandbox in self.sandboxes.values():
            self._release(sandbox)
            for container in sandbox.containers.values():
                if container.state != "EXITED":
                    container.lose()

    def use_pod_cidr(self, cidr: str) -> None:
        """Give pods their addresses from this range from now on. Raises ValueError."""
        if self.addresses is None or self.addresses.cidr != cidr:
            self.addresses = PodAddresses(cidr)

    def running(self) -> list[Container]:
        """The containers whose process runs."""
        return [one for sandbox in self.sandboxes.values() for one in sandbox.containers.values() if one.is_running]

    def host_sandboxes(self) -> list[Sandbox]:
        """The pods on the VM's own network."""
        return list(self._on_host.values())

    def run_pod_sandbox(
        self,
        uid: str,
        namespace: str,
        name: str,
        host_network: bool,
        done: Done,
        called: Names | None = None,
        asked: Asked = NOTHING_ASKED,
    ) -> None:
        """Give a pod a place and an address; None when no address is free."""
        delay_s = SANDBOX_S * (1 + self.vm.loop.random.random())
        self._scope.call_later(delay_s, self._run_sandbox, uid, namespace, name, host_network, done, called, asked)

    def stop_pod_sandbox(self, uid: str, done: Callable[[], None]) -> None:
        """Take a pod's address away; all its containers must have ended."""
        self._scope.call_later(TEARDOWN_S * (1 + self.vm.loop.random.random()), self._stop_sandbox, uid, done)

    def remove_pod_sandbox(self, uid: str) -> None:
        """Forget a pod and its containers."""
        sandbox = self.sandboxes.pop(uid, None)
        if sandbox is not None:
            self._release(sandbox)

    def image_present(self, image: str) -> Image | None:
        """The image, if this VM has it."""
        return self.images.get(image)

    def remove_unused_images(self) -> None:
        """Remove the images that no container has, running or not."""
        used = {one.config.image for sandbox in self.sandboxes.values() for one in sandbox.containers.values()}
        for name in [name for name in self.images if name not in used]:
            self.vm.disk.add(-_size(set(self.images.pop(name).layers) - _layers_of(self.images.values())))
        self.layers = _layers_of(self.images.values())

    def is_private(self, image: str) -> bool:
        """The registry gives the image only to who logs in."""
        return self._registry.is_private(image)

    def pull_image(self, image: str, done: Callable[[Pulled], None], logins: Iterable[Login] = ()) -> None:
        """Fetch the layers of an image that are not here; one pull at a time, as kubelets ask for them."""
        now = self._scope.now
        found = self._registry.fetch(image, logins)
        is_known = image in self._being_pulled or self._has(image, found)
        took_s = (KNOWN_S if is_known else MANIFEST_S) * (1 + self.vm.loop.random.random())
        if self.carrier is not None and self.carrier.carries(image, self.vm):
            self._distant.pull(image, logins, took_s, lambda *ended: self._pulled(image, Pulled(*ended), done))
            return
        if isinstance(found, Image) and not is_known:
            took_s += _size(set(found.layers) - self.layers) / BYTES_PER_S
            self.layers |= set(found.layers)
        self._being_pulled.add(image)
        self._pulls_end_at = max(self._pulls_end_at, now) + took_s
        pulled = Pulled(found, took_s, self._pulls_end_at - now)
        self._scope.call_at(self._pulls_end_at, self._pulled, image, pulled, done)

    def create_container(self, sandbox: Sandbox, config: ContainerConfig, image: Image, attempt: int) -> Container:
        """Make a container; the one of that name before it becomes the previous one."""
        newest = self._registry.resolve(config.image)
        if not isinstance(newest, Image) or newest.digest != image.digest:  # gone, or pushed after the pull
            newest = image
        container = Container(sandbox, config, newest, attempt)
        before = sandbox.containers.get(config.name)
        if before is not None:
            sandbox.previous[config.name] = before
        sandbox.containers[config.name] = container
        return container

    def start_container(self, container: Container, done: Callable[[Container], None]) -> None:
        """Start its process."""
        delay_s = START_S * (1 + self.vm.loop.random.random())
        self._scope.call_later(delay_s, self._start, container, done)

    def stop_container(self, container: Container, grace_s: float) -> None:
        """Ask its process to end, and kill it after `grace_s` seconds; `on_exit` tells when it is over."""
        container.terminate(grace_s)

    def exited(self, container: Container) -> None:
        """A container's process is over: tell whoever listens."""
        if self.on_exit is not None:
            self.on_exit(container)

    def _run_sandbox(
        self, uid: str, namespace: str, name: str, host_network: bool, done: Done, called: Names | None, asked: Asked
    ) -> None:
        sandbox = self.sandboxes.get(uid)
        if sandbox is None:
            sandbox = Sandbox(self.vm, uid, namespace, name, host_network, called)
        elif sandbox.is_ready:
            done(sandbox)  # asked for twice: by a kubelet that died, and by its successor
            return
        else:
            sandbox.attempt += 1
        address = self.vm.address if host_network else self.addresses.take() if self.addresses is not None else ""
        if not address:
            done(None)
            return
        sandbox.ip, sandbox.is_ready, sandbox.created_at = address, True, self.vm.loop.now
        self.sandboxes[uid] = sandbox
        sandbox.tenant = Tenant(sandbox, asked, self.vm.loop.now)
        self.vm.tenants.append(sandbox.tenant)
        if host_network:
            self._on_host[uid] = sandbox
        else:
            self._network.attach(sandbox)
        done(sandbox)

    def _stop_sandbox(self, uid: str, done: Callable[[], None]) -> None:
        sandbox = self.sandboxes.get(uid)
        if sandbox is not None:
            self._release(sandbox)
        done()

    def _release(self, sandbox: Sandbox) -> None:
        if not sandbox.is_ready:
            return
        sandbox.is_ready = False
        if sandbox.tenant is not None:
            sandbox.tenant.leave(self.vm.loop.now)
        if self._on_host.pop(sandbox.uid, None) is None:
            self._network.detach(sandbox)
            if self.addresses is not None:
                self.addresses.give_back(sandbox.ip)

    def _has(self, name: str, found: Image | ImageError) -> bool:
        """What is here under a name is what the registry has, or had."""
        here = self.images.get(name)
        return here is not None and (not isinstance(found, Image) or here.digest == found.digest)

    def _pulled(self, image: str, pulled: Pulled, done: Callable[[Pulled], None]) -> None:
        self._being_pulled.discard(image)
        if isinstance(pulled.image, Image):
            if not self._has(image, pulled.image):
                before = _layers_of(self.images.values())
                self.images.pop(image, None)
                after = _layers_of(self.images.values()) | set(pulled.image.layers)
                self.vm.disk.add(_size(after) - _size(before))
            self.images[image] = pulled.image
            self.layers.update(pulled.image.layers)
        done(pulled)

    def _start(self, container: Container, done: Callable[[Container], None]) -> None:
        container.start()
        done(container)


def _layers_of(images: Iterable[Image]) -> set[Layer]:
    return {layer for image in images for layer in image.layers}


def _size(layers: set[Layer]) -> int:
    return sum(layer.size_bytes for layer in layers)
