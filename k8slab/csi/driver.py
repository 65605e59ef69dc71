"""What every controller of a driver knows: its farm, its machines, and how long the farm takes for what it is asked.

Source    kubernetes-csi (external-provisioner, external-attacher, external-resizer, external-snapshotter): one process
          each beside the driver's own
Left out  the Pods in which they run: here the driver is a daemon of the control plane's machine
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.client import After, Client, Controller, Informers, Recorder
from k8slab.clock import Scheduling
from k8slab.objects import Key
from k8slab.world import Farm, Vm

__all__ = [
    "DriverController",
    "Machines",
    "is_by",
]

Obj = dict[str, Any]
Machines = Mapping[str, Vm]

FIRST_RETRY_S, LAST_RETRY_S = 1.0, 300.0  # --retry-interval-start, --retry-interval-max
PATIENT_TRIES = 4  # after so many failures a cluster does not wait for the next


class DriverController(Controller):
    """A controller that asks the farm; every request takes its time, and one that failed is made again, ever later."""

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, farm: Farm, machines: Machines) -> None:
        self.farm = farm
        self.machines = machines
        super().__init__(client, informers, loop)
        self.recorder = Recorder(client, loop, farm.driver)
        self._due: dict[tuple[Key, str], float] = {}
        self._failed: dict[Key, int] = {}
        self._retry_at: dict[Key, float] = {}

    def takes(self, key: Key, what: str, seconds: float) -> After | None:
        """The farm works on it: when to look again, None when it is done."""
        due = self._due.setdefault((key, what), self.loop.now + seconds)
        if due > self.loop.now:
            return After(due - self.loop.now)
        del self._due[key, what]
        return None

    def went_well(self, key: Key) -> None:
        """The next failure is the first."""
        self._failed.pop(key, None)
        self._retry_at.pop(key, None)

    def too_early(self, key: Key) -> After | None:
        """It failed a moment ago, and what happens meanwhile is no reason to try again: when to."""
        wait_s = self._retry_at.get(key, 0.0) - self.loop.now
        return After(wait_s, background=self._failed[key] >= PATIENT_TRIES) if wait_s > 0 else None

    def later(self, key: Key) -> After:
        """It failed: when to try again."""
        tries = self._failed[key] = self._failed.get(key, 0) + 1
        wait_s = min(FIRST_RETRY_S * 2.0 ** (tries - 1), LAST_RETRY_S)
        self._retry_at[key] = self.loop.now + wait_s
        return After(wait_s, background=tries >= PATIENT_TRIES)


def is_by(obj: Obj, annotation: str, driver: str) -> bool:
    """An annotation of the object names the driver."""
    return bool((obj["metadata"].get("annotations") or {}).get(annotation) == driver)
