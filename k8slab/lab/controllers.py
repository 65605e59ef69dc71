"""A learner's own controllers: one of each name runs, the newest, and a hot one is stopped."""

from __future__ import annotations

from typing import TypeVar

from k8slab.client import Controller, Informers
from k8slab.clock import Scope
from k8slab.kubeadm import Cluster

__all__ = ["OwnControllers"]

Made = TypeVar("Made", bound=Controller)


class OwnControllers:
    """The controllers that cells have started in a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._running: dict[str, tuple[Scope, Informers]] = {}

    def start(self, kind: type[Made]) -> Made:
        """Start one, instead of the one of that name that an earlier cell started. Raises ValueError."""
        if not (isinstance(kind, type) and issubclass(kind, Controller)):
            raise ValueError(f"a controller is a class made from k8slab.client.Controller, not {kind!r}")
        self.stop(kind.name)
        user = f"system:serviceaccount:default:{kind.name}"
        client = self._cluster.client_for(user, groups=["kubeadm:cluster-admins"], isolated=True)
        scope = self._cluster.loop.scope()
        informers = Informers(client, scope)
        made = kind(client, informers, scope)
        informers.start()
        self._running[kind.name] = scope, informers
        return made

    def stop(self, name: str) -> bool:
        """Stop the one of that name, as if its process had died; False when there is none."""
        scope, informers = self._running.pop(name, (None, None))
        if scope is None or informers is None:
            return False
        scope.cancel()
        informers.stop()
        return True
