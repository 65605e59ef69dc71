"""The way of one packet: whose rules catch it, which endpoint they choose, who accepts the connection.

A packet of a machine (or of a pod on it) meets that machine's rules first. One for another machine's port is caught by
the rules there; one for a load balancer's address is brought by the balancer to a machine that passes its health check.

Source    pkg/proxy/iptables/proxier.go; pkg/proxy/healthcheck/service_health.go (ServeHTTP)
Left out  a balancer's own delay, answers that go another way than the question
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from k8slab.proxy.hops import FailedError, Hop
from k8slab.proxy.rule_table import RuleTable
from k8slab.proxy.rules import Health, Rule
from k8slab.world import Connection, Network, Reply, Sandbox, Vm

__all__ = [
    "OUTSIDE_ADDRESS",
    "Accepted",
    "Sender",
    "Trip",
]

CONNECT_TIMEOUT_S = 5.0
REFUSED_S = 0.001
OUTSIDE_ADDRESS = "203.0.113.1"  # of a client somewhere in the world: a range kept for documentation (RFC 5737)
LOAD_BALANCER, KUBE_PROXY = "load balancer", "kube-proxy"


class Sender(NamedTuple):
    """Who sends: a pod, a process of a machine, or (no machine) somebody outside. `address` "" is not known better."""

    vm: Vm | None
    namespace: str = "default"
    address: str = ""
    sandbox: Sandbox | None = None

    @property
    def seen_as(self) -> str:
        """The address that its packets bear."""
        return self.address or (self.vm.address if self.vm is not None else OUTSIDE_ADDRESS)


class Accepted(NamedTuple):
    """Who took the connection, at which of its ports; a `reply` instead of a connection is a daemon's own."""

    connection: Connection
    pod: str
    port: int
    reply: Reply | None = None


class Trip:
    """What one request has seen so far.

    `remembers`: the kernel notes who has gone where (session affinity).
    """

    def __init__(
        self, network: Network, chance: Callable[[int], int], sender: Sender, now: float, *, remembers: bool = True
    ) -> None:
        self.hops: list[Hop] = []
        self.took_s = 0.0
        self.chance = chance
        self.sender = sender
        self.service = ""
        self.gate: Vm | None = None
        self.client = sender.address
        self._network = network
        self._now = now
        self._remembers = remembers

    def hop(self, stage: str, where: Vm | str, text: str, *, zone: str = "", size_bytes: int = 0) -> None:
        """Note a stage."""
        name, zone = (where.name, where.zone) if isinstance(where, Vm) else (where, zone)
        self.hops.append(Hop(stage, name, text, self.took_s, zone, size_bytes))

    def connect(self, address: str, port: int, *, quiet: bool = False, protocol: str = "TCP") -> Accepted:
        """Open a connection by way of the rules that catch it. Raises FailedError.

        Quiet: only failures are noted.
        """
        source = self.sender.vm
        if source is not None and not source.is_on:
            raise FailedError(f"{source.name} has no power: nobody is there to send the request")
        gate, rule = self._caught(address, port, protocol)
        self.gate, self.service, self.client = gate, rule.service if rule is not None else "", self.sender.address
        health = self._health(address, port)
        if health is not None:
            return health
        if gate is not None and rule is not None:
            address, port = self._choose(rule, gate, address, port, quiet=quiet)
        connection = self._dial(gate, address, port, protocol)
        if not connection.is_open:
            self._fail(connection, address, port)
        assert connection.container is not None
        sandbox = connection.container.sandbox
        pod = f"{sandbox.namespace}/{sandbox.name}"
        if not quiet:
            self.took_s += connection.latency_s * 2
            self.hop("endpoint", sandbox.vm, f"{pod} at {address}:{port}")
        return Accepted(connection, pod, port)

    def _caught(self, address: str, port: int, protocol: str) -> tuple[Vm | None, Rule | None]:
        """The machine whose rules catch the packet, and the rule: the client's own, or the one that has the address."""
        source = self.sender.vm
        rule = _find(source, address, port, protocol, is_outside=False)
        if rule is not None:
            return source, rule
        target = self._network.vm_at(address)
        if target is not None and target is not source and self._network.reachable(source, target):
            rule = _find(target, address, port, protocol, is_outside=True)
            if rule is not None:
                return target, rule
        if target is None and self._network.sandbox_at(address) is None:
            return self._balanced(address, port, protocol)
        return source, None

    def _balanced(self, address: str, port: int, protocol: str) -> tuple[Vm | None, Rule | None]:
        """Where a load balancer brings a packet for its address: to one of the machines that pass the health check."""
        source, ways, behind = self.sender.vm, [], self._network.behind_balancer
        names = behind(address) if behind is not None else None
        for vm in self._network.machines():
            if names is not None and vm.name not in names:
                continue
            table = vm.rules
            rule = table.behind_balancer(address, port, protocol) if isinstance(table, RuleTable) else None
            if rule is not None and not rule.is_dropping and KUBE_PROXY in vm.running:
                ways.append((vm, rule))
        ways = [(vm, rule) for vm, rule in ways if self._network.reachable(source, vm)]
        if not ways:
            return source, None
        gate, rule = ways[0] if len(ways) == 1 else ways[self.chance(len(ways))]
        among = "the only machine" if len(ways) == 1 else f"one of {len(ways)} machines"
        self.hop("balancer", "", f"{address}:{port} -> {gate.name} ({among} that can serve it)")
        return gate, rule

    def _dial(self, gate: Vm | None, address: str, port: int, protocol: str) -> Connection:
        """Connect by way of `gate`; from outside there is a way to machines, none to pods."""
        if gate is None and self._network.vm_at(address) is None:
            return Connection("timeout")
        connection = self._network.dial(gate, address, port, client=self.client, protocol=protocol)
        if gate is self.sender.vm:
            return connection
        return connection._replace(latency_s=connection.latency_s + self._network.latency_s(self.sender.vm, gate))

    def _choose(self, rule: Rule, gate: Vm, address: str, port: int, *, quiet: bool) -> tuple[str, int]:
        """One of the rule's endpoints. Raises FailedError when it lets nobody through."""
        where, client = f"{address}:{port}", self.sender.seen_as
        if rule.sources and client != address and not any(_is_in(client, range_) for range_ in rule.sources):
            self.hop("rule", gate, f"{rule.service} at {where} is not for {client}: DROP")
            self._time_out(address, port)
        if not rule.backends:
            self._turn_away(rule, gate, address, port)
        count = len(rule.backends)
        backend = gate.rules.remembered(rule, client, self._now)
        among = "as before" if backend is not None else f"one of {count} endpoints"
        if backend is None:
            backend = rule.backends[self.chance(count)]
        if self._remembers:
            gate.rules.remember(rule, client, backend, self._now)
        if rule.hides_client:
            self.client = gate.address
        if not quiet:
            among = "its only endpoint" if count == 1 else among
            self.hop("rule", gate, f"{rule.service} at {where} -> {backend.address}:{backend.port} ({among})")
        return backend.address, backend.port

    def _turn_away(self, rule: Rule, gate: Vm, address: str, port: int) -> NoReturn:
        """Refuse, or drop. Raises FailedError."""
        if rule.is_dropping:
            self.hop("rule", gate, f"{rule.service} at {address}:{port} has {rule.lacks}: DROP")
            self._time_out(address, port)
        self.took_s += REFUSED_S
        self.hop("rule", gate, f"{rule.service} at {address}:{port} has {rule.lacks}: REJECT")
        raise FailedError(f"curl: (7) Failed to connect to {address} port {port}: Connection refused")

    def _time_out(self, address: str, port: int) -> NoReturn:
        self.took_s += CONNECT_TIMEOUT_S
        raise FailedError(f"curl: (28) Failed to connect to {address} port {port}: Connection timed out")

    def _fail(self, connection: Connection, address: str, port: int) -> NoReturn:
        if connection.outcome == "refused":
            self.took_s += REFUSED_S
            self.hop("endpoint", "", f"{address}:{port} refuses the connection")
            raise FailedError(f"curl: (7) Failed to connect to {address} port {port}: Connection refused")
        if connection.blocked_by:
            self.hop("policy", connection.blocked_at, connection.blocked_by)
            self._time_out(address, port)
        self.took_s += CONNECT_TIMEOUT_S
        self.hop("endpoint", "", f"{address}:{port} does not answer")
        raise FailedError(f"curl: (28) Failed to connect to {address} port {port}: Connection timed out")

    def _health(self, address: str, port: int) -> Accepted | None:
        """What kube-proxy itself answers at the health check port of a Service."""
        vm = self._network.vm_at(address)
        if vm is None or not isinstance(vm.rules, RuleTable) or KUBE_PROXY not in vm.running:
            return None
        health = vm.rules.health.get(port)
        if health is None or not self._network.reachable(self.sender.vm, vm):
            return None
        latency_s = self._network.latency_s(self.sender.vm, vm)
        self.took_s += latency_s * 2
        self.hop("endpoint", vm, f"kube-proxy at {address}:{port}, the health check of {health.service}")
        return Accepted(
            Connection("connected", None, latency_s), f"kube-proxy of {vm.name}", port, _health_reply(health)
        )


def _find(vm: Vm | None, address: str, port: int, protocol: str, *, is_outside: bool) -> Rule | None:
    if vm is None or vm.rules is None:
        return None
    table: RuleTable = vm.rules
    found = table.find(address, port, vm.address, protocol, is_outside=is_outside)
    if found is None and protocol == "UDP":  # what answers over UDP answers over TCP here
        return table.find(address, port, vm.address, is_outside=is_outside)
    return found


def _health_reply(health: Health) -> Reply:
    namespace, _, name = health.service.partition("/")
    told = {
        "service": {"namespace": namespace, "name": name},
        "localEndpoints": health.local_endpoints,
        "serviceProxyHealthy": True,
    }
    headers = {"X-Load-Balancing-Endpoint-Weight": str(health.local_endpoints)}
    return Reply(200 if health.local_endpoints else 503, json.dumps(told, indent="\t"), 0.0, headers)


def _is_in(address: str, range_: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(range_.strip(), strict=False)
    except ValueError:
        return False
