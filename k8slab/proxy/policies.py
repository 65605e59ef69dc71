"""May this packet pass? What NetworkPolicies say, as one function without memory.

A pod that no policy selects takes and sends everything. Once one selects it for a direction, only what some policy
allows in that direction passes, and a connection needs both: the sender's egress and the receiver's ingress.

Source    kubernetes.io, "Network Policies"; staging/src/k8s.io/api/networking/v1/types.go; cases of
          test/e2e/network/netpol
Left out  IPv6; AdminNetworkPolicies; an ipBlock that is to match an address from before a Service's translation
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any, NamedTuple

from k8slab.objects import matches

__all__ = [
    "EGRESS",
    "INGRESS",
    "End",
    "Packet",
    "allows",
    "isolating",
]

Obj = dict[str, Any]
NamespaceLabels = Callable[[str], Mapping[str, str]]

INGRESS, EGRESS = "Ingress", "Egress"


class End(NamedTuple):
    """One end of a connection: an address, and the pod that has it, if one does."""

    address: str
    pod: Obj | None = None

    @property
    def namespace(self) -> str:
        """Where the pod is."""
        return self.pod["metadata"]["namespace"] if self.pod is not None else ""


class Packet(NamedTuple):
    """The first packet of a connection, as it is after a Service's address has been translated."""

    source: End
    target: End
    port: int
    protocol: str = "TCP"


def isolating(policies: Iterable[Obj], pod: Obj, direction: str) -> list[Obj]:
    """The policies that select a pod for a direction; without one, everything passes."""
    labels, namespace = pod["metadata"].get("labels") or {}, pod["metadata"]["namespace"]
    return [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == namespace
        and direction in _types(policy["spec"])
        and matches(policy["spec"].get("podSelector") or {}, labels)
    ]


def allows(policies: Iterable[Obj], packet: Packet, direction: str, labels_of: NamespaceLabels) -> bool:
    """The policies let a packet into its target (Ingress), or out of its source (Egress).

    `labels_of` tells the labels of a namespace.
    """
    own, peer = (packet.target, packet.source) if direction == INGRESS else (packet.source, packet.target)
    if own.pod is None or own.address == peer.address:
        return True  # no pod, or one that talks to itself: nobody can forbid that
    selecting = isolating(policies, own.pod, direction)
    if not selecting:
        return True
    name, peers = ("ingress", "from") if direction == INGRESS else ("egress", "to")
    return any(
        _is_port(rule.get("ports"), packet) and _is_peer(rule.get(peers), policy, peer, labels_of)
        for policy in selecting
        for rule in policy["spec"].get(name) or ()
    )


def _types(spec: Obj) -> list[str]:
    """Without types it is about ingress, and about egress if there are rules for that."""
    types: list[str] = spec.get("policyTypes") or [INGRESS, *([EGRESS] if spec.get("egress") else [])]
    return types


def _is_peer(peers: list[Obj] | None, policy: Obj, end: End, labels_of: NamespaceLabels) -> bool:
    """One of the peers has this end; an empty list is everybody."""
    return not peers or any(_is_one(peer, policy, end, labels_of) for peer in peers)


def _is_one(peer: Obj, policy: Obj, end: End, labels_of: NamespaceLabels) -> bool:
    if peer.get("ipBlock") is not None:
        return _is_in_block(peer["ipBlock"], end.address)
    pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
    if end.pod is None or (pods is None and namespaces is None):
        return False
    if namespaces is None and end.namespace != policy["metadata"]["namespace"]:
        return False
    if namespaces is not None and not matches(namespaces, labels_of(end.namespace)):
        return False
    return pods is None or matches(pods, end.pod["metadata"].get("labels") or {})


def _is_in_block(block: Obj, address: str) -> bool:
    try:
        found = IPv4Address(address)
        return found in _network(block["cidr"]) and not any(found in _network(one) for one in block.get("except") or ())
    except (AddressValueError, NetmaskValueError, ValueError):
        return False  # a range of IPv6


def _network(cidr: str) -> IPv4Network:
    return IPv4Network(cidr, strict=False)


def _is_port(ports: list[Obj] | None, packet: Packet) -> bool:
    """One of the ports is meant; an empty list is all."""
    return not ports or any(_is_one_port(port, packet) for port in ports)


def _is_one_port(port: Obj, packet: Packet) -> bool:
    if port.get("protocol", "TCP") != packet.protocol:
        return False
    number = port.get("port")
    if number is None:
        return True
    if isinstance(number, str):
        return packet.port in _numbers(number, packet)
    last: int = port.get("endPort") or number
    return bool(number <= packet.port <= last)


def _numbers(name: str, packet: Packet) -> list[int]:
    """What the target's containers call by that name; who is no pod has no names."""
    if packet.target.pod is None:
        return []
    spec = packet.target.pod["spec"]
    return [
        port["containerPort"]
        for container in [*(spec.get("initContainers") or ()), *spec["containers"]]
        for port in container.get("ports") or ()
        if port.get("name") == name and port.get("protocol", "TCP") == packet.protocol
    ]
