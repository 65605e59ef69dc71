"""Profiles: which plugins a scheduler of a name asks, in which order, with which weights and arguments.

Source    pkg/scheduler/apis/config/v1/default_plugins.go
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from k8slab.scheduler.cycle import Cycle
from k8slab.scheduler.decision import Rescue
from k8slab.scheduler.events import ClusterEvent
from k8slab.scheduler.framework import Plugin
from k8slab.scheduler.plugins import DEFAULT_PLUGINS
from k8slab.scheduler.preemption import DefaultPreemption
from k8slab.scheduler.refusals import Refusals, Verdict

__all__ = [
    "STANDARD_PLUGINS",
    "Profile",
]

Obj = dict[str, Any]


class SchedulingGates(Plugin):
    """A pod with scheduling gates is not tried before they are all gone.

    Source: pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go
    """

    name = "SchedulingGates"
    events = {"Pod": ("UpdatePodSchedulingGatesEliminated",)}

    def pre_enqueue(self, pod: Obj) -> Verdict | None:
        """Names the gates."""
        gates = pod["spec"].get("schedulingGates")
        if not gates:
            return None
        return Verdict((f"waiting for scheduling gates: [{' '.join(gate['name'] for gate in gates)}]",), False)

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """The last gate is gone."""
        return event.is_about(pod) and event.has("UpdatePodSchedulingGatesEliminated")


class DynamicResources(Plugin):
    """Says what the real one says of a pod without claims when no node will do.

    Source: pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go, PostFilter
    Left out: ResourceClaims
    """

    name = "DynamicResources"

    def post_filter(self, cycle: Cycle, refused: Refusals) -> Rescue | None:
        """There is nothing to take back."""
        return Rescue(None, message="no new claims to deallocate")


STANDARD_PLUGINS: tuple[type[Plugin], ...] = (SchedulingGates, *DEFAULT_PLUGINS, DynamicResources, DefaultPreemption)


class Profile(NamedTuple):
    """One scheduler name and its plugins; `percentage` is percentageOfNodesToScore (0: as many as suits)."""

    name: str
    plugins: Sequence[Plugin]
    percentage: int = 0
