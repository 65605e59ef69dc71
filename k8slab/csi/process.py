"""The driver of one farm: its controllers in one process, with one shared set of caches.

It writes the class of its snapshots itself, once the API knows that kind.
"""

from __future__ import annotations

from k8slab.client import Client, Informers
from k8slab.clock import Scheduling
from k8slab.csi.attacher import Attacher
from k8slab.csi.driver import DriverController, Machines
from k8slab.csi.manifests import snapshot_class
from k8slab.csi.provisioner import Provisioner
from k8slab.csi.resizer import Resizer
from k8slab.csi.snapshotter import Snapshotter
from k8slab.wire import AlreadyExists, ApiError
from k8slab.world import Farm

__all__ = ["DriverProcess"]

RETRY_S = 1.0
CONTROLLERS: tuple[type[DriverController], ...] = (Provisioner, Attacher, Resizer, Snapshotter)


class DriverProcess:
    """Runs from now on, until it is stopped."""

    def __init__(self, client: Client, loop: Scheduling, farm: Farm, machines: Machines) -> None:
        self.informers = Informers(client, loop)
        self.controllers = [one(client, self.informers, loop, farm, machines) for one in CONTROLLERS]
        self.informers.start()
        self._client, self._loop, self._farm = client, loop, farm
        loop.call_later(RETRY_S, self._introduce)

    def _introduce(self) -> None:
        try:
            self._client.create(snapshot_class(self._farm))
        except AlreadyExists:
            pass
        except ApiError:
            self._loop.call_later(RETRY_S, self._introduce, background=True)

    def stop(self) -> None:
        """Let go of the watches."""
        self.informers.stop()
