"""Network policies on a node: what the agent of a CNI plugin does there.

Watches   NetworkPolicies; while there is one, also Pods and Namespaces.
Compares  nothing: each connection is decided when it is opened, by what the caches say.
Writes    the filter of its own machine, none while there is no policy.
Source    kubernetes.io, "Network Policies" (a network plugin enforces them); kubernetes-sigs/kube-network-policies
Left out  connections that are open already when a policy comes; the DaemonSet, account and role of such an agent
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from k8slab.client import Informer, Informers, Reader
from k8slab.clock import Scheduling
from k8slab.objects import Key
from k8slab.proxy.policies import EGRESS, INGRESS, End, Packet, allows, isolating
from k8slab.proxy.policy_text import rules_text

__all__ = [
    "NetworkPolicyAgent",
    "PolicyFilter",
]

Obj = dict[str, Any]

DECISIONS_KEPT = 100_000
NOTHING: Mapping[str, str] = {}


class Wires(Protocol):
    """The network that the machine hangs on."""

    def changed(self) -> None:
        """From now on packets may go another way."""


class Machine(Protocol):
    """The part of a machine that the agent reads and writes."""

    name: str
    filter: Any

    @property
    def network(self) -> Wires:
        """The network that the machine hangs on."""


class NetworkPolicyAgent:
    """Keeps `machine.filter` current."""

    def __init__(self, reader: Reader, loop: Scheduling, machine: Machine) -> None:
        self._reader = reader
        self._loop = loop
        self._machine = machine
        self._informers = Informers(reader, loop)
        self._policies = self._informers.of("NetworkPolicy")
        self._peers: Informers | None = None
        self._filter: PolicyFilter | None = None
        self._policies.on_change(lambda old, new: self._changed())
        self._informers.start()
        if not self._policies.objects and self._policies.is_synced:
            machine.filter = None  # what an agent before has left

    def stop(self) -> None:
        """Let go of the watches; the filter stays in the kernel."""
        self._informers.stop()
        if self._peers is not None:
            self._peers.stop()

    def _changed(self) -> None:
        if self._policies.objects and self._peers is None:
            self._peers = Informers(self._reader, self._loop)
            self._filter = PolicyFilter(self._machine.name, self._policies, self._peers)
            for informer in (self._filter.pods, self._filter.namespaces):
                informer.on_change(lambda old, new: self._forget())
            self._peers.start()
            self._machine.filter = self._filter
        elif not self._policies.objects and self._peers is not None:
            self._peers.stop()
            self._peers = self._filter = self._machine.filter = None
        self._forget()

    def _forget(self) -> None:
        if self._filter is not None:
            self._filter.decided.clear()
        self._machine.network.changed()


class PolicyFilter:
    """What stops packets of and for the pods of one node. Printed, it lists what they may still do."""

    def __init__(self, node: str, policies: Informer, peers: Informers) -> None:
        self.pods = peers.of("Pod")
        self.namespaces = peers.of("Namespace")
        self.decided: dict[tuple[str, str, str, int, str], str] = {}
        self._node = node
        self._policies = policies
        self.pods.add_index("address", _addresses)
        self.pods.add_index("node", lambda pod: [pod["spec"].get("nodeName", "")])

    def blocks_egress(self, client: str, address: str, port: int, protocol: str) -> str:
        """What stops a packet that the pod with the address `client` sends to `address`, "" for nothing."""
        return self._blocks(EGRESS, client, address, port, protocol)

    def blocks_ingress(self, client: str, address: str, port: int, protocol: str) -> str:
        """What stops a packet of `client` for the pod with the address `address`, "" for nothing."""
        return self._blocks(INGRESS, client, address, port, protocol)

    def __str__(self) -> str:
        lines = []
        for pod in sorted(self.pods.by_index("node", self._node), key=lambda one: one["metadata"]["name"]):
            if _addresses(pod):
                name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                lines += [f"{name:<32} {line}" for line in self._lines(pod)]
        return "\n".join(lines)

    def _blocks(self, direction: str, client: str, address: str, port: int, protocol: str) -> str:
        asked = (direction, client, address, port, protocol)
        if asked not in self.decided:
            if len(self.decided) >= DECISIONS_KEPT:
                self.decided.clear()
            self.decided[asked] = self._decide(*asked)
        return self.decided[asked]

    def _decide(self, direction: str, client: str, address: str, port: int, protocol: str) -> str:
        packet = Packet(self._end(client), self._end(address), port, protocol)
        own = packet.target if direction == INGRESS else packet.source
        if own.pod is None:
            return ""
        policies = self._policies.list(own.namespace)
        if allows(policies, packet, direction, self._labels_of):
            return ""
        names = ", ".join(sorted(one["metadata"]["name"] for one in isolating(policies, own.pod, direction)))
        verb = "gets" if direction == INGRESS else "sends"
        return f"{own.namespace}/{own.pod['metadata']['name']} {verb} only what is allowed by {names}: DROP"

    def _end(self, address: str) -> End:
        return End(address, next(iter(self.pods.by_index("address", address)), None))

    def _labels_of(self, namespace: str) -> Mapping[str, str]:
        found = self.namespaces.get(Key("", namespace))
        return (found["metadata"].get("labels") or NOTHING) if found is not None else NOTHING

    def _lines(self, pod: Obj) -> list[str]:
        policies = self._policies.list(pod["metadata"]["namespace"])
        return [line for way in (INGRESS, EGRESS) for line in rules_text(isolating(policies, pod, way), way)]


def _addresses(pod: Obj) -> list[str]:
    """The address that is the pod's own: none on its node's network, none when it has ended."""
    status = pod.get("status") or {}
    is_own = not pod["spec"].get("hostNetwork") and status.get("phase") not in ("Succeeded", "Failed")
    return [status["podIP"]] if is_own and status.get("podIP") else []
