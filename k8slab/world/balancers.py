"""What a cloud makes beside VMs: load balancers with a public address, and the routes to the pods of a node.

A load balancer is made in a while. It sends what comes to a port of its address to the node port of one of its VMs.

Source    staging/src/k8s.io/cloud-provider/cloud.go (LoadBalancer, Routes)
Left out  health checks of nodes by the load balancer, IPv6, load balancers that are only inside
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from k8slab.world.cloud_errors import QUOTA, CloudError
from k8slab.world.ledger import Rent

if TYPE_CHECKING:
    from k8slab.world.cloud import Cloud

__all__ = [
    "BALANCER_S",
    "Balancer",
    "Balancers",
    "Listener",
]

BALANCER_S = 20.0
PUBLIC = tuple(f"{net}.{host}" for net in ("203.0.113", "198.51.100") for host in range(2, 255))  # RFC 5737


class Listener(NamedTuple):
    """A port of a load balancer, and the port of the nodes behind it."""

    port: int
    node_port: int
    protocol: str = "TCP"


class Balancer:
    """One load balancer: what it is for, its address, its listeners, and the names of the nodes behind it."""

    def __init__(self, service: str, address: str, ready_at: float) -> None:
        self.service = service
        self.address = address
        self.ready_at = ready_at
        self.listeners: tuple[Listener, ...] = ()
        self.nodes: tuple[str, ...] = ()
        self.sources: tuple[str, ...] = ()

    def __repr__(self) -> str:
        ports = ", ".join(f"{one.port} to {one.node_port}" for one in self.listeners)
        return f"<Balancer of {self.service} at {self.address}: {ports}, {len(self.nodes)} nodes>"


class Balancers:
    """The load balancers of a cloud by the Service (namespace/name) that they are for, and its routes by range."""

    def __init__(self, cloud: Cloud, quota: int) -> None:
        self._cloud = cloud
        self.quota = quota
        self.routes: dict[str, str] = {}
        self.known: set[str] = set()
        self.there: dict[str, Balancer] = {}
        self._rents: dict[str, tuple[Rent, ...]] = {}

    def get(self, service: str) -> Balancer | None:
        """The load balancer of a Service. Raises CloudError when the API is down."""
        self._cloud.check()
        return self.there.get(service)

    def at(self, address: str) -> Balancer | None:
        """Whose packets these are: the load balancer with this address, once it is made. The API need not be up."""
        found = (one for one in self.there.values() if one.address == address)
        return next((one for one in found if one.ready_at <= self._cloud.world.loop.now), None)

    def nodes_behind(self, address: str) -> tuple[str, ...] | None:
        """The nodes behind the load balancer with this address, None when there is none."""
        found = self.at(address)
        return found.nodes if found is not None else None

    def ensure(
        self,
        service: str,
        listeners: Iterable[Listener],
        nodes: Iterable[str],
        sources: Iterable[str] = (),
        ask: str = "",
    ) -> Balancer:
        """Make a load balancer, or bring the one that is there up to this; it works from `ready_at` on.

        `ask` is an address that it shall have. Raises CloudError.
        """
        balancer = self.get(service) or self._make(service, ask)
        balancer.listeners, balancer.sources = tuple(listeners), tuple(sources)
        balancer.nodes = tuple(nodes)
        return balancer

    def delete(self, service: str) -> None:
        """Give a load balancer back. Nothing when there is none. Raises CloudError when the API is down."""
        self._cloud.check()
        if self.there.pop(service, None) is not None:
            for rent in self._rents.pop(service):
                self._cloud.world.ledger.leave(rent)

    def list_routes(self) -> dict[str, str]:
        """The node by the range that it serves. Raises CloudError when the API is down."""
        self._cloud.check()
        return dict(self.routes)

    def create_route(self, cidr: str, node: str) -> None:
        """Send what is for a range to a node. Raises CloudError when the API is down."""
        self._cloud.check()
        self.routes[cidr] = node

    def delete_route(self, cidr: str) -> None:
        """Forget a route. Raises CloudError when the API is down."""
        self._cloud.check()
        self.routes.pop(cidr, None)

    def _make(self, service: str, ask: str) -> Balancer:
        if len(self.there) >= self.quota:
            raise CloudError(
                QUOTA, f"{self.quota} load balancers are all that the quota of {self._cloud.region} allows"
            )
        taken = {one.address for one in self.there.values()}
        if ask in taken or (ask and ask not in PUBLIC):
            raise CloudError("InvalidAddress", f"the address {ask} cannot be had")
        free = (one for one in PUBLIC if one not in taken)
        address = ask or next(free, "")
        if not address:
            raise CloudError(QUOTA, "there is no public address left")
        ledger, namespace = self._cloud.world.ledger, service.partition("/")[0]
        self._rents[service] = (
            ledger.rent("load balancer", service, "load balancer", (("load_balancer.hour", 1.0),), namespace=namespace),
            ledger.rent("address", service, "public address", (("address_hour", 1.0),), namespace=namespace),
        )
        self.known.add(service)
        made = self.there[service] = Balancer(service, address, self._cloud.world.loop.now + BALANCER_S)
        return made
