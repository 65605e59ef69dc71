"""What a container's own requests meet: names, rules, and the network behind them.

The way of a request belongs to kube-proxy's room, which is let in as `Network.outgoing`; without it nobody is reached.

Left out  UDP; sockets that stay open
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from k8slab.world.machines import Vm
    from k8slab.world.network import Network
    from k8slab.world.runtime import Sandbox

__all__ = [
    "EMPTY",
    "REFUSED",
    "TIMEOUT",
    "UNKNOWN",
    "Fetched",
    "NoAnswerError",
    "Outgoing",
    "PodNetwork",
]

UNKNOWN, REFUSED, TIMEOUT, EMPTY = 6, 7, 28, 52  # curl's numbers for what went wrong


class Fetched(NamedTuple):
    """An answer, or (`problem`, `text`) why there is none; `address` with the port, as far as it was known."""

    status: int = 0
    body: str = ""
    problem: int = 0
    text: str = ""
    took_s: float = 0.0
    address: str = ""


class NoAnswerError(Exception):
    """No DNS server answers."""


class Outgoing(Protocol):
    """The way of requests through a cluster's names and rules."""

    def fetch(
        self, url: str, source: Vm, namespace: str, client: str, agent: str, sandbox: Sandbox | None = None
    ) -> Fetched:
        """Ask for a page, from the address `client`, as the program `agent` of a pod."""

    def reach(self, host: str, port: int, sandbox: Sandbox) -> Fetched:
        """Open a connection from a pod and close it."""

    def resolve(self, host: str, sandbox: Sandbox) -> tuple[str, tuple[str, ...]]:
        """The full name and its addresses for a pod, none when there is no such name. Raises NoAnswerError."""


class PodNetwork:
    """The network as one pod sees it."""

    __slots__ = ("_network", "_sandbox")

    def __init__(self, network: Network, sandbox: Sandbox) -> None:
        self._network = network
        self._sandbox = sandbox

    @property
    def address(self) -> str:
        """The pod's own address."""
        return self._sandbox.ip

    def fetch(self, url: str, agent: str) -> Fetched:
        """Ask for a page; `localhost` is the pod itself."""
        full = url if "://" in url else f"http://{url}"
        try:
            parts = urlsplit(full)
            host, is_spoken = parts.hostname or "", parts.scheme == "http" and (parts.port is None or parts.port > 0)
        except ValueError:
            host, is_spoken = "", False
        if not host or not is_spoken:
            return Fetched(problem=UNKNOWN, text=f"curl: (3) URL rejected, only http:// is spoken here: {url}")
        if self._network.outgoing is None:
            return Fetched(problem=UNKNOWN, text=f"curl: (6) Could not resolve host: {host}")
        full = full.replace(host, self.address, 1) if self._is_own(host) else full
        sandbox = self._sandbox
        return self._network.outgoing.fetch(full, sandbox.vm, sandbox.namespace, self.address, agent, sandbox)

    def reach(self, host: str, port: int) -> Fetched:
        """Open a connection and close it."""
        if self._network.outgoing is None:
            return Fetched(problem=UNKNOWN, text=f"curl: (6) Could not resolve host: {host}")
        host = self.address if self._is_own(host) else host
        return self._network.outgoing.reach(host, port, self._sandbox)

    def resolve(self, host: str) -> tuple[str, tuple[str, ...]]:
        """The full name and its addresses, none when there is no such name. Raises NoAnswerError."""
        if self._network.outgoing is None:
            raise NoAnswerError
        return self._network.outgoing.resolve(host, self._sandbox)

    def address_of(self, host: str) -> str:
        """One address of a host, "" when there is none."""
        if self._is_own(host) or _is_address(host):
            return self.address if self._is_own(host) else host
        try:
            return next(iter(self.resolve(host)[1]), "")
        except NoAnswerError:
            return ""

    def round_trip_s(self, address: str) -> float | None:
        """How long a ping takes; None when nobody has that address (a Service's address answers no ping)."""
        sandbox = self._network.sandbox_at(address)
        target = sandbox.vm if sandbox is not None else self._network.vm_at(address)
        if target is None or not self._network.reachable(self._sandbox.vm, target):
            return None
        return 2 * self._network.latency_s(self._sandbox.vm, target)

    def _is_own(self, host: str) -> bool:
        return host in ("localhost", "127.0.0.1", *self._sandbox.called)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit()
