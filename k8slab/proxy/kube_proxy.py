"""kube-proxy: on every node, turn Services and EndpointSlices into the kernel's rules.

Watches   Services and EndpointSlices.
Compares  nothing: the rules of each Service that has changed are written anew.
Writes    the rule table of its own machine.
Source    pkg/proxy/iptables/proxier.go; --iptables-min-sync-period 1s
Left out  the zone in a Node's labels (the machine knows its own); see rules.py
"""

from __future__ import annotations

from typing import Any, Protocol

from k8slab.client import Informers, Reader
from k8slab.clock import Scheduling
from k8slab.objects import Key, key_of
from k8slab.proxy.rule_table import RuleTable
from k8slab.proxy.rules import SERVICE_NAME, ServiceRules

__all__ = [
    "KubeProxy",
    "RuleMaker",
]

Obj = dict[str, Any]

MIN_SYNC_PERIOD_S = 1.0
FIRST_SYNC_S = 0.05


class Kernel(Protocol):
    """The part of a machine that kube-proxy reads and writes."""

    name: str
    zone: str
    rules: Any


class RuleMaker:
    """Makes rules from objects; those who share one make those that are the same for many nodes only once."""

    def __init__(self) -> None:
        self._made: dict[Key, ServiceRules] = {}

    def make(self, service: Obj, slices: list[Obj]) -> ServiceRules:
        """The rules of a Service."""
        key = key_of(service)
        made = self._made.get(key)
        if made is None or not made.is_of(service, slices):
            made = self._made[key] = ServiceRules(service, slices)
        return made

    def forget(self, key: Key) -> None:
        """A Service is gone."""
        self._made.pop(key, None)


class KubeProxy:
    """Keeps `machine.rules` current, at most once a second."""

    def __init__(self, reader: Reader, loop: Scheduling, machine: Kernel, maker: RuleMaker | None = None) -> None:
        self._loop = loop
        self._machine = machine
        self._maker = maker or RuleMaker()
        self._table: RuleTable | None = None
        self._informers = Informers(reader, loop)
        self._services = self._informers.of("Service")
        self._slices = self._informers.of("EndpointSlice")
        self._slices.add_index("service", lambda slice_: map(str, _service_of(slice_)))
        self._changed_keys: dict[Key, None] = {}
        self._synced_at = float("-inf")
        self._is_waiting = False
        self._services.on_change(lambda old, new: self._changed(key_of(new or old or {})))
        self._slices.on_change(lambda old, new: self._changed(*_service_of(old), *_service_of(new)))
        self._informers.start()
        self._changed()

    def stop(self) -> None:
        """Let go of the watches; the rules stay in the kernel."""
        self._informers.stop()

    def _changed(self, *keys: Key) -> None:
        self._changed_keys.update(dict.fromkeys(keys))
        if not self._is_waiting:
            self._is_waiting = True
            soonest = max(self._synced_at + MIN_SYNC_PERIOD_S, self._loop.now + FIRST_SYNC_S)
            self._loop.call_at(soonest, self._sync)

    def _sync(self) -> None:
        self._is_waiting = False
        self._synced_at = self._loop.now
        keys, self._changed_keys = self._changed_keys, {}
        if self._table is None:
            before = self._machine.rules  # of a kube-proxy that ran here before: its clients are remembered
            self._table = RuleTable(sticky=before.sticky if isinstance(before, RuleTable) else {})
        for key in keys:
            self._sync_service(self._table, key)
        self._machine.rules = self._table  # each time: the machine tells who wants to know that packets go another way

    def _sync_service(self, table: RuleTable, key: Key) -> None:
        service = self._services.get(key)
        if service is None:
            self._maker.forget(key)
            table.put(key, {})
            return
        slices = sorted(self._slices.by_index("service", str(key)), key=lambda slice_: str(slice_["metadata"]["name"]))
        made = self._maker.make(service, slices)
        table.put(key, made.on(self._machine.name, self._machine.zone), made.health(self._machine.name))


def _service_of(slice_: Obj | None) -> tuple[Key, ...]:
    name = (slice_["metadata"].get("labels") or {}).get(SERVICE_NAME) if slice_ is not None else None
    return (Key(slice_["metadata"]["namespace"], name),) if slice_ is not None and name else ()
