"""kube-proxy: on every node, turn Services and EndpointSlices into the kernel's rules.

Watches   Services and EndpointSlices.
Compares  nothing: the rules of each Service that has changed are written anew.
Writes    the rule table of its own machine.
Source    pkg/proxy/iptables/proxier.go; --iptables-min-sync-period 1s
Left out  the zone in a Node's labels (the machine knows its own); news that lies here until it is written is heard of
          only when a link that was cut meanwhile is mended; see rules.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from k8slab.client import Reader, Reflector
from k8slab.clock import Scheduling
from k8slab.objects import Key, key_of
from k8slab.proxy.pictures import Album, Sight
from k8slab.proxy.rule_table import RuleTable
from k8slab.proxy.rules import SERVICE_NAME, ServiceRules

__all__ = [
    "KubeProxy",
    "RuleMaker",
]

Obj = dict[str, Any]

MIN_SYNC_PERIOD_S = 1.0
FIRST_SYNC_S = 0.05
JUST_BEFORE_S = 0.001


class Kernel(Protocol):
    """The part of a machine that kube-proxy reads and writes."""

    name: str
    zone: str
    rules: Any


class RuleMaker:
    """Makes rules from objects; those who share one make those that are the same for many nodes only once."""

    def __init__(self) -> None:
        self.services, self.slices = Album(key_of), Album(_service_of)
        self._made: dict[Key, ServiceRules] = {}

    def make(self, service: Obj, slices: Sequence[Obj]) -> ServiceRules:
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
        self._services = Sight(self._maker.services, self._changed)
        self._slices = Sight(self._maker.slices, self._changed)
        self._changed_keys: dict[Key, None] = {}
        self._synced_at = self._sync_at = float("-inf")
        self._reflectors = (
            Reflector(reader, loop, "Service", self._services, gather_s=self._until_needed),
            Reflector(reader, loop, "EndpointSlice", self._slices, gather_s=self._until_needed),
        )
        for reflector in self._reflectors:
            reflector.start()
        self._changed(())

    def stop(self) -> None:
        """Let go of the watches; the rules stay in the kernel."""
        for reflector in self._reflectors:
            reflector.stop()

    @property
    def _is_waiting(self) -> bool:
        """There is something to write, at the moment `_sync_at`."""
        return self._sync_at > self._synced_at

    def _until_needed(self) -> float:
        """Seconds until what has just happened has to be known here, to be among what is written next."""
        if self._is_waiting:
            return self._sync_at - JUST_BEFORE_S - self._loop.now
        return self._synced_at + MIN_SYNC_PERIOD_S - FIRST_SYNC_S - self._loop.now

    def _changed(self, keys: tuple[Key, ...]) -> None:
        self._changed_keys.update(dict.fromkeys(keys))
        if not self._is_waiting:
            self._sync_at = max(self._synced_at + MIN_SYNC_PERIOD_S, self._loop.now + FIRST_SYNC_S)
            self._loop.call_at(self._sync_at, self._sync)

    def _sync(self) -> None:
        self._synced_at = self._loop.now
        keys, self._changed_keys = self._changed_keys, {}
        if self._table is None:
            before = self._machine.rules  # of a kube-proxy that ran here before: its clients are remembered
            self._table = RuleTable(sticky=before.sticky if isinstance(before, RuleTable) else {})
        for key in keys:
            self._sync_service(self._table, key)
        self._machine.rules = self._table  # each time: the machine tells who wants to know that packets go another way

    def _sync_service(self, table: RuleTable, key: Key) -> None:
        service = next(iter(self._services.picture.of(key)), None)
        if service is None:
            self._maker.forget(key)
            table.put(key, {})
            return
        made = self._maker.make(service, self._slices.picture.of(key))
        table.put(key, made.on(self._machine.name, self._machine.zone), made.health(self._machine.name))


def _service_of(slice_: Obj) -> Key | None:
    name = (slice_["metadata"].get("labels") or {}).get(SERVICE_NAME)
    return Key(slice_["metadata"]["namespace"], name) if name else None
