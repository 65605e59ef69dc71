"""Who listens where, and who reaches whom.

A dial finds the container behind an address and a port, or says as a real one would that the
connection was refused (the machine answers, nobody listens) or timed out (nobody answers at all).
A link between two machines, or two zones, can be cut; a machine's `filter` may stop packets of and for its pods.

Left out  packet loss, bandwidth
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple, Protocol

from k8slab.world.traffic import Traffic

if TYPE_CHECKING:
    from k8slab.world.containers import Container
    from k8slab.world.images import HttpRequest, Reply
    from k8slab.world.machines import Vm
    from k8slab.world.outgoing import Outgoing
    from k8slab.world.runtime import Sandbox

__all__ = [
    "Connection",
    "Filter",
    "Network",
    "PodAddresses",
]

SAME_VM_S, SAME_ZONE_S, CROSS_ZONE_S = 0.00005, 0.0003, 0.001
NAME_SERVER = "10.96.0.10"


class Connection(NamedTuple):
    """How a dial ended: `outcome` is connected, refused or timeout; what filter stopped it, on which machine."""

    outcome: str
    container: Container | None = None
    latency_s: float = 0.0
    blocked_by: str = ""
    blocked_at: Vm | str = ""

    @property
    def is_open(self) -> bool:
        """Somebody accepted."""
        return self.container is not None

    def ask(self, request: HttpRequest) -> Reply | None:
        """Send a request; None when there is no connection or it breaks."""
        return self.container.ask(request) if self.container is not None else None


class Filter(Protocol):
    """What a network policy agent writes on its machine: what stops a packet of or for its pods, "" for nothing."""

    def blocks_egress(self, client: str, address: str, port: int, protocol: str) -> str:
        """What stops a packet that the pod with the address `client` sends to `address`."""

    def blocks_ingress(self, client: str, address: str, port: int, protocol: str) -> str:
        """What stops a packet of `client` for the pod with the address `address`."""


class Network:
    """All addresses of VMs and pods.

    `outgoing` is the way of requests that containers send, `name_server` the address that they ask for names, `traffic`
    counts what is sent; `on_change` is called when packets may go another way than before. `behind_balancer` names the
    machines behind the load balancer that has an address; None: there is none (then any machine may be behind it).
    """

    def __init__(self) -> None:
        self.outgoing: Outgoing | None = None
        self.name_server = NAME_SERVER
        self.traffic = Traffic()
        self.calls_deep = 0  # containers that wait for each other's answers at this moment
        self.on_change: Callable[[], object] | None = None
        self.behind_balancer: Callable[[str], Collection[str] | None] | None = None
        self._vms: dict[str, Vm] = {}
        self._sandboxes: dict[str, Sandbox] = {}
        self._cuts: set[frozenset[str]] = set()

    def changed(self) -> None:
        """From now on packets may go another way, or somebody may answer otherwise: tell who wants to know."""
        if self.on_change is not None:
            self.on_change()

    def add_vm(self, vm: Vm) -> None:
        """Give a VM its address. Raises ValueError when another one has it."""
        if vm.address in self._vms:
            raise ValueError(f"the address {vm.address} belongs to {self._vms[vm.address].name} already")
        self._vms[vm.address] = vm

    def remove_vm(self, vm: Vm) -> None:
        """Take a VM's address away."""
        self._vms.pop(vm.address, None)

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

    def machines(self) -> list[Vm]:
        """All VMs that have power."""
        return [vm for vm in self._vms.values() if vm.is_on]

    def pod(self, namespace: str, name: str) -> Sandbox | None:
        """The place of a pod that has an address now."""
        found = (one for vm in self._vms.values() for one in vm.runtime.sandboxes.values())
        return next((one for one in found if one.is_ready and (one.namespace, one.name) == (namespace, name)), None)

    def cut(self, a: str, b: str) -> None:
        """Let no packet pass between two machines or two zones any more, by their names."""
        self._cuts.add(frozenset((a, b)))
        self.changed()

    def heal(self, a: str, b: str) -> None:
        """Let packets pass again."""
        self._cuts.discard(frozenset((a, b)))
        self.changed()

    @property
    def cuts(self) -> list[tuple[str, str]]:
        """What is cut: machines or zones, in pairs; a zone that is cut in itself stands twice."""
        return sorted((min(ends), max(ends)) for ends in self._cuts)

    def dial(
        self, source: Vm | None, address: str, port: int, *, client: str = "", protocol: str = "TCP"
    ) -> Connection:
        """Connect to a port from a VM, or (None) from outside; `client` is the sender's address, if it is a pod's."""
        sandbox = self._sandboxes.get(address)
        target = sandbox.vm if sandbox is not None else self._vms.get(address)
        if target is None or not self.reachable(source, target):
            return Connection("timeout")
        latency_s = self.latency_s(source, target)
        if target.filter is not None or (source is not None and source.filter is not None):
            blocked = self._blocked(source, target, client, address, port, protocol)
            if blocked is not None:
                return blocked
        on_this_address = [sandbox] if sandbox is not None else target.runtime.host_sandboxes()
        for candidate in on_this_address:
            for container in candidate.containers.values():
                if port in container.listening:
                    return Connection("connected", container, latency_s)
        return Connection("refused", None, latency_s)

    def reachable(self, a: Vm | None, b: Vm | None) -> bool:
        """Packets travel between the two VMs (None stands for outside)."""
        if not ((a is None or a.is_on) and (b is None or b.is_on)):
            return False
        return not self._cuts or a is b or not self._is_cut(a, b)

    def _is_cut(self, a: Vm | None, b: Vm | None) -> bool:
        if a is None or b is None:
            return False
        return frozenset((a.name, b.name)) in self._cuts or frozenset((a.zone, b.zone)) in self._cuts

    def _blocked(
        self, source: Vm | None, target: Vm, client: str, address: str, port: int, protocol: str
    ) -> Connection | None:
        """The filters of the machine a packet leaves and of the one it reaches; a node always reaches its own pods."""
        is_of_pod = bool(client) and self.sandbox_at(client) is not None
        why, where = "", target
        if source is not None and source.filter is not None and is_of_pod:
            why, where = source.filter.blocks_egress(client, address, port, protocol), source
        if not why and target.filter is not None and (source is not target or is_of_pod):
            seen_as = client or (source.address if source is not None else "")
            why, where = target.filter.blocks_ingress(seen_as, address, port, protocol), target
        return Connection("timeout", None, 0.0, why, where) if why else None

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
