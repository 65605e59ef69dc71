"""kube-proxy: on every node, turn Services and EndpointSlices into the kernel's rules.

Watches   Services and EndpointSlices.
Compares  nothing: the table is built anew from all of them.
Writes    the rule table of its own machine.
Source    pkg/proxy/iptables/proxier.go; --iptables-min-sync-period 1s
Left out  see rules.py
"""

from __future__ import annotations

from typing import Any, Protocol

from k8slab.client import Informers, Reader
from k8slab.clock import Scheduling
from k8slab.proxy.rules import RuleTable, build_rules

__all__ = [
    "KubeProxy",
]

MIN_SYNC_PERIOD_S = 1.0
FIRST_SYNC_S = 0.05


class Kernel(Protocol):
    """The part of a machine that kube-proxy writes."""

    rules: Any


class KubeProxy:
    """Keeps `machine.rules` current, at most once a second."""

    def __init__(self, reader: Reader, loop: Scheduling, machine: Kernel) -> None:
        self._loop = loop
        self._machine = machine
        self._informers = Informers(reader, loop)
        self._services = self._informers.of("Service")
        self._slices = self._informers.of("EndpointSlice")
        self._synced_at = float("-inf")
        self._is_waiting = False
        for informer in (self._services, self._slices):
            informer.on_change(lambda old, new: self._changed())
        self._informers.start()
        self._changed()

    def stop(self) -> None:
        """Let go of the watches; the rules stay in the kernel."""
        self._informers.stop()

    def _changed(self) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            soonest = max(self._synced_at + MIN_SYNC_PERIOD_S, self._loop.now + FIRST_SYNC_S)
            self._loop.call_at(soonest, self._sync)

    def _sync(self) -> None:
        self._is_waiting = False
        self._synced_at = self._loop.now
        table: RuleTable = build_rules(self._services.list(), self._slices.list())
        self._machine.rules = table
