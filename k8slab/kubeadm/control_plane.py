"""The control plane's processes on their machine: kube-controller-manager and kube-scheduler.

Left out  the processes follow the power of their machine, not the containers of their static pods
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from k8slab.api import Api
from k8slab.client import Client, Controller, Informers
from k8slab.clock import Scope
from k8slab.controllers import CONTROLLERS
from k8slab.etcd import StoreUnavailable
from k8slab.scheduler import Scheduler

__all__ = [
    "ApiServerProcess",
    "ControllerManager",
    "SchedulerProcess",
]

COMPACT_EVERY_S = 300.0

# Controllers that act in the name of another (cmd/kube-controller-manager/app/core.go).
ACCOUNT_OF = {"node-ipam-controller": "node-controller", "taint-eviction-controller": "node-controller"}

ClientFor = Callable[[str], Client]


class ApiServerProcess:
    """What dies of the API server when its machine does: every open connection.

    While it lives it has the store forget, every five minutes, what is older than that.

    Source    storage/etcd3/compact.go (compactor), --etcd-compaction-interval
    """

    def __init__(self, api: Api, scope: Scope) -> None:
        self._api = api
        self._scope = scope
        self._seen = api.store.revision
        scope.call_later(COMPACT_EVERY_S, self._compact, background=True)

    def _compact(self) -> None:
        """Forget the history up to where the store stood five minutes ago."""
        with suppress(StoreUnavailable):  # it can be done the next time
            self._api.compact(self._seen)
        self._seen = self._api.store.revision
        self._scope.call_later(COMPACT_EVERY_S, self._compact, background=True)

    def stop(self) -> None:
        """All watches end."""
        self._api.disconnect()


class ControllerManager:
    """All controllers in one process, with one shared set of caches."""

    def __init__(self, client_for: ClientFor, scope: Scope) -> None:
        self.informers = Informers(client_for("system:kube-controller-manager"), scope)
        self.controllers: dict[str, Controller] = {}
        for cls in CONTROLLERS:
            client = client_for(f"system:serviceaccount:kube-system:{ACCOUNT_OF.get(cls.name, cls.name)}")
            self.controllers[cls.name] = cls(client, self.informers, scope)
        self.informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self.informers.stop()


class SchedulerProcess:
    """The default scheduler."""

    def __init__(self, client_for: ClientFor, scope: Scope) -> None:
        client = client_for("system:kube-scheduler")
        self.informers = Informers(client, scope)
        self.scheduler = Scheduler(client, self.informers, scope)
        self.informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self.informers.stop()
