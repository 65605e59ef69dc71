"""Whether pods would find a place: the filters of the default profile on a copy of the cluster, and nothing is done.

Source    autoscaler: cluster-autoscaler/simulator/{clustersnapshot,predicatechecker}, with the plugins of the scheduler
Left out  preemption and scores: a pod goes to the first node that every filter lets through
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from k8slab.client import Client, Informers
from k8slab.clock import Scope
from k8slab.scheduler.cycle import Cycle, Thinking
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.profiles import STANDARD_PLUGINS
from k8slab.scheduler.snapshot import Snapshot
from k8slab.scheduler.table import NodeTable

__all__ = [
    "Simulation",
]

Obj = dict[str, Any]


class Simulation:
    """Nodes, and the pods on them, to try things on."""

    def __init__(
        self, client: Client, informers: Informers, loop: Scope, nodes: Iterable[Obj], pods: Iterable[Obj]
    ) -> None:
        self._table = NodeTable()
        kinds: dict[str, Any] = {}
        cluster = Snapshot(self._table.nodes, self._table.census, kinds, lambda: loop.now)
        plugins = [make() for make in STANDARD_PLUGINS]
        for plugin in plugins:
            plugin.cluster, plugin.client = cluster, client
            kinds |= {kind: informers.of(kind) for kind in plugin.reads if kind not in kinds}
        self._thinking = Thinking(plugins, self._table, Nominated(self._table.promised), loop)
        for node in nodes:
            self.add_node(node)
        for pod in pods:
            self._table.pod_changed(pod)

    def add_node(self, node: Obj) -> None:
        """There is one node more."""
        self._table.node_changed(None, node)

    def place(self, pod: Obj, on: Sequence[str] | None = None) -> str:
        """Put a pod on the first of these nodes (None: of all) that takes it; "" when none does."""
        cycle = Cycle(self._thinking, self._thinking.counted(pod))
        if cycle.refused_at_once() is not None:
            return ""
        for name in self._table.nodes if on is None else on:
            node = self._table.nodes.get(name)
            if node is not None and cycle.refusal(node) is None:
                self._table.assume(self._thinking.counted(pod), name)
                return name
        return ""

    def reasons(self, pod: Obj, name: str) -> tuple[str, ...]:
        """Why a node does not take a pod; nothing when it does."""
        cycle = Cycle(self._thinking, self._thinking.counted(pod))
        refused = cycle.refused_at_once()
        found = refused.get(name) if refused is not None else cycle.refusal(self._table.nodes[name])
        return tuple(found[1].reasons) if found is not None else ()
