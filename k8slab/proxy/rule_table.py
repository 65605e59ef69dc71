"""The rule table of a node: what its kernel does with packets for Services. Printed, it is a listing to read.

Source    what `iptables-save` shows of pkg/proxy/iptables (KUBE-SERVICES, KUBE-NODEPORTS, KUBE-EXT, KUBE-FW, KUBE-SVL);
          the `recent` match for session affinity
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from k8slab.objects import Key, key_of
from k8slab.proxy.endpoints import Backend
from k8slab.proxy.rules import SERVICE_NAME, Health, Place, Rule, ServiceRules

__all__ = [
    "RuleTable",
    "build_rules",
]

Obj = dict[str, Any]
Line = tuple[str, str, str, str]  # protocol, place, Service, what happens

STICKY_KEPT = 100_000  # clients that a node remembers


@dataclass
class RuleTable:
    """The rules by where they catch, and `health`, the Services' health check ports.

    `generation` grows with every change. `sticky` is the kernel's memory of who was where, and when.
    """

    rules: dict[Place, Rule] = field(default_factory=dict)
    health: dict[int, Health] = field(default_factory=dict)
    generation: int = field(default=0, compare=False)
    sticky: dict[tuple[str, ...], tuple[Backend, float]] = field(default_factory=dict, compare=False)
    _of: dict[Key, tuple[tuple[Place, ...], int]] = field(default_factory=dict, compare=False)

    def find(
        self, address: str, port: int, node_address: str, protocol: str = "TCP", *, is_outside: bool = False
    ) -> Rule | None:
        """The rule that catches a packet for this address on the node that has `node_address`, if one does.

        `is_outside`: the packet comes from elsewhere than this node.
        """
        found = self.rules.get(Place(address, port, protocol))
        if found is None and address == node_address:
            found = self.rules.get(Place("", port, protocol))
        return found.from_outside if found is not None and is_outside and found.from_outside is not None else found

    def behind_balancer(self, address: str, port: int, protocol: str = "TCP") -> Rule | None:
        """The rule for what a load balancer brings that has this address, if this node is to have it."""
        found = self.rules.get(Place(address, port, protocol)) or self.rules.get(Place(address, port, protocol, True))
        if found is None or found.kind != "load balancer":
            return None
        return found.from_outside or found

    def remembered(self, rule: Rule, client: str, now: float) -> Backend | None:
        """The endpoint that a client is to stay with."""
        known = self.sticky.get(_sticky_key(rule, client)) if rule.sticky_s else None
        if known is None or now - known[1] > rule.sticky_s or known[0] not in rule.backends:
            return None
        return known[0]

    def remember(self, rule: Rule, client: str, backend: Backend, now: float) -> None:
        """Note where a client has gone, if its Service has session affinity."""
        if rule.sticky_s:
            key = _sticky_key(rule, client)
            self.sticky.pop(key, None)
            self.sticky[key] = (backend, now)
            if len(self.sticky) > STICKY_KEPT:
                del self.sticky[next(iter(self.sticky))]

    def put(self, key: Key, rules: dict[Place, Rule], health: tuple[int, Health] | None = None) -> None:
        """Have these rules, and no others, for one Service."""
        places, port = self._of.pop(key, ((), 0))
        for place in places:
            if place not in rules and self.rules[place].service == str(key):
                del self.rules[place]
        self.health.pop(port, None)
        self.rules.update(rules)
        if health is not None:
            self.health[health[0]] = health[1]
        if rules:
            self._of[key] = (tuple(rules), health[0] if health is not None else 0)
        self.generation += 1

    def services(self) -> list[Key]:
        """The Services that have rules."""
        return list(self._of)

    def __str__(self) -> str:
        by_place = sorted(self.rules.items(), key=lambda item: (not item[0].address, item[0]))
        lines = [line for place, rule in by_place for line in _lines(place, rule)]
        lines += [_health_line(port, health) for port, health in sorted(self.health.items())]
        return _aligned(lines)


def build_rules(services: Iterable[Obj], slices: Iterable[Obj], node: str = "", zone: str = "") -> RuleTable:
    """The table of a node for these Services and EndpointSlices."""
    by_service: dict[Key, list[Obj]] = {}
    for slice_ in slices:
        name = (slice_["metadata"].get("labels") or {}).get(SERVICE_NAME)
        if name:
            by_service.setdefault(Key(slice_["metadata"]["namespace"], name), []).append(slice_)
    table = RuleTable()
    for service in services:
        key = key_of(service)
        rules = ServiceRules(service, by_service.get(key, []))
        table.put(key, rules.on(node, zone), rules.health(node))
    return table


def _sticky_key(rule: Rule, client: str) -> tuple[str, ...]:
    return (rule.service, rule.port_name, rule.protocol, client)


def _lines(place: Place, rule: Rule) -> list[Line]:
    name = f"{rule.service}:{rule.port_name}" if rule.port_name else rule.service
    notes = [] if rule.kind in ("cluster", "node port") else [rule.kind]
    notes += ["brought by the balancer"] if place.is_for_proxy else []
    notes += [f"only from {', '.join(rule.sources)}"] if rule.sources else []
    notes += [f"sticky {rule.sticky_s} s"] if rule.sticky_s else []
    notes += ["from this node"] if rule.from_outside is not None else []
    lines = [(rule.protocol, f"{place.address or '*'}:{place.port}", name, _verdict(rule, notes))]
    if rule.from_outside is not None:
        lines.append(("", "", "", _verdict(rule.from_outside, ["from elsewhere"])))
    return lines


def _verdict(rule: Rule, notes: list[str]) -> str:
    verb = "DROP" if rule.is_dropping else "REJECT"
    targets = ", ".join(f"{b.address}:{b.port}" for b in rule.backends) or f"{verb} ({rule.lacks})"
    return targets + (f"  [{'; '.join(notes)}]" if notes else "")


def _health_line(port: int, health: Health) -> Line:
    status = 200 if health.local_endpoints else 503
    return "TCP", f"*:{port}", health.service, f"health check: {status} ({health.local_endpoints} local)"


def _aligned(lines: list[Line]) -> str:
    """The lines in columns that are as wide as they must be."""
    widths = [max((len(line[column]) for line in lines), default=0) for column in range(3)]
    starts = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=False)) for line in lines]
    return "\n".join(f"{start} -> {line[3]}" for start, line in zip(starts, lines, strict=True))
