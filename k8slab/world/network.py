"""Who listens where, and who reaches whom.

A dial finds the container behind an address and a port, or says as a real one would that the
connection was refused (the machine answers, nobody listens) or timed out (nobody answers at all).

Left out  cut links between VMs, packet loss, bandwidth
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from k8slab.world.traffic import Traffic

if TYPE_CHECKING:
    from k8slab.world.containers import Container
    from k8slab.world.images import HttpRequest, Reply
    from k8slab.world.machines import Vm
    from k8slab.world.outgoing import Outgoing
    from k8slab.world.runtime import Sandbox

__all__ = [
    "Connection",
    "Network",
    "PodAddresses",
]

SAME_VM_S, SAME_ZONE_S, CROSS_ZONE_S = 0.00005, 0.0003, 0.001
NAME_SERVER = "10.96.0.10"


class Connection(NamedTuple):
    """How a dial ended: `outcome` is connected, refused or timeout."""

    outcome: str
    container: Container | None = None
    latency_s: float = 0.0

    @property
    def is_open(self) -> bool:
        """Somebody accepted."""
        return self.container is not None

    def ask(self, request: HttpRequest) -> Reply | None:
        """Send a request; None when there is no connection or it breaks."""
        return self.container.ask(request) if self.container is not None else None


class Network:
    """All addresses of VMs and pods.

    `outgoing` is the way of requests that containers send, `name_server` the address that they ask for names, `traffic`
    counts what is sent; `on_change` is called when packets may go another way than before.
    """

    def __init__(self) -> None:
        self.outgoing: Outgoing | None = None
        self.name_server = NAME_SERVER
        self.traffic = Traffic()
        self.calls_deep = 0  # containers that wait for each other's answers at this moment
        self.on_change: Callable[[], object] | None = None
        self._vms: dict[str, Vm] = {}
        self._sandboxes: dict[str, Sandbox] = {}

    def changed(self) -> None:
        """From now on packets may go another way, or somebody may answer otherwise: tell who wants to know."""
        if self.on_change is not None:
            self.on_change()

    def add_vm(self, vm: Vm) -> None:
        """Give a VM its address. Raises ValueError when another one has it."""
        if vm.address in self._vms:
            raise ValueError(f"the address {vm.address} belongs to {self._vms[vm.address].name} already")
        self._vms[vm.address] = vm

    def attach(self, sandbox: Sandbox) -> None:
        """Make a pod reachable at its address."""
        self._sandboxes[sandbox.ip] = sandbox
        self.changed()

    def detach(self, sandbox: Sandbox) -> None:
        """Forget a pod's address, unless somebody else has it by now."""
        if self._sandboxes.get(sandbox.ip) is sandbox:
            del self._sandboxes[sandbox.ip]
            self.changed()

    def vm_at(self, address: str) -> Vm | None:
        """The VM that has this address."""
        return self._vms.get(address)

    def sandbox_at(self, address: str) -> Sandbox | None:
        """The pod that has this address (pods on their host's network have none of their own)."""
        return self._sandboxes.get(address)

    def dial(self, source: Vm | None, address: str, port: int) -> Connection:
        """Connect to a port from a VM, or (None) from outside."""
        sandbox = self._sandboxes.get(address)
        target = sandbox.vm if sandbox is not None else self._vms.get(address)
        if target is None or not self.reachable(source, target):
            return Connection("timeout")
        latency_s = self.latency_s(source, target)
        on_this_address = [sandbox] if sandbox is not None else target.runtime.host_sandboxes()
        for candidate in on_this_address:
            for container in candidate.containers.values():
                if port in container.listening:
                    return Connection("connected", container, latency_s)
        return Connection("refused", None, latency_s)

    def reachable(self, a: Vm | None, b: Vm | None) -> bool:
        """Packets travel between the two VMs (None stands for outside)."""
        return (a is None or a.is_on) and (b is None or b.is_on)

    def latency_s(self, a: Vm | None, b: Vm | None) -> float:
        """How long a packet travels between two VMs, one way."""
        if a is b:
            return SAME_VM_S
        same_zone = a is not None and b is not None and a.zone == b.zone
        delay_s = sum(vm.link_delay_s for vm in (a, b) if vm is not None)
        return (SAME_ZONE_S if same_zone else CROSS_ZONE_S) + delay_s


class PodAddresses:
    """The addresses of one node's pod CIDR, given out in turn so that a freed one comes back late."""

    def __init__(self, cidr: str) -> None:
        """Raises ValueError for what is no IPv4 range such as 10.244.1.0/24."""
        base, _, bits = cidr.partition("/")
        octets = [int(octet) for octet in base.split(".")]
        if len(octets) != 4 or not all(0 <= octet <= 255 for octet in octets) or not 8 <= int(bits) <= 30:
            raise ValueError(f"{cidr} is not an IPv4 range")
        self.cidr = cidr
        self._base = int.from_bytes(bytes(octets), "big")
        self._size: int = 2 ** (32 - int(bits))
        self._last = 1  # .0 is the network, .1 the bridge
        self._used: set[int] = set()

    def take(self) -> str:
        """The next free address, "" when there is none."""
        for step in range(1, self._size):
            number = (self._last + step - 2) % (self._size - 3) + 2
            if number not in self._used:
                self._used.add(number)
                self._last = number
                return ".".join(map(str, (self._base + number).to_bytes(4, "big")))
        return ""

    def give_back(self, address: str) -> None:
        """Free an address."""
        number = int.from_bytes(bytes(map(int, address.split("."))), "big") - self._base
        self._used.discard(number)
