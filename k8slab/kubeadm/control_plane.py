"""The control plane's processes on their machine: kube-controller-manager and kube-scheduler.

Left out  a process that is killed alone (its container runs on); leader election
          where the store is in this process: there is nobody else who could lead, and history stays free of it
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial

from k8slab.api import Api
from k8slab.client import Client, Controller, Informers, LeaderElector
from k8slab.clock import Scope
from k8slab.controllers import CONTROLLERS
from k8slab.etcd import DictStore, StoreUnavailable
from k8slab.kubeadm.scheduler_setup import DEFAULT_DAEMON, SchedulerSetup
from k8slab.kubeadm.settings import KUBELET_CONFIG
from k8slab.kubeadm.versions import VERSION
from k8slab.scheduler import Scheduler
from k8slab.world import Daemon, Vm

__all__ = [
    "ApiServerProcess",
    "ControllerManager",
    "Elected",
    "EtcdProcess",
    "Install",
    "SchedulerProcess",
    "configured",
    "install_control_plane",
]

COMPACT_EVERY_S = 300.0

# Controllers that act in the name of another (cmd/kube-controller-manager/app/core.go).
ACCOUNT_OF = {"node-ipam-controller": "node-controller", "taint-eviction-controller": "node-controller"}

ClientFor = Callable[[str], Client]
Process = Callable[[ClientFor, Scope], Daemon]
Install = Callable[[str, Callable[[Scope], Daemon]], None]  # Vm.install, or Vm.provide


class ApiServerProcess:
    """What dies of the API server when its machine does: every open connection.

    While it lives it has the store forget, every five minutes, what is older than that.

    Source    storage/etcd3/compact.go (compactor), --etcd-compaction-interval
    """

    def __init__(self, api: Api, scope: Scope, version: str = VERSION) -> None:
        self._api = api
        self._scope = scope
        api.paths.version = version
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


class EtcdProcess:
    """The store of this process, as a process of its own: while it is stopped nobody can ask it."""

    def __init__(self, store: DictStore) -> None:
        self._store = store
        store.is_up = True

    def stop(self) -> None:
        """Answer nobody."""
        self._store.is_up = False


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
    """A scheduler as it is set up under the name of its daemon."""

    def __init__(
        self, client_for: ClientFor, scope: Scope, setup: SchedulerSetup | None = None, daemon: str = DEFAULT_DAEMON
    ) -> None:
        self._setup, self._daemon = setup or SchedulerSetup(), daemon
        client, profiles = client_for("system:kube-scheduler"), self._setup.profiles(daemon)
        self.informers = Informers(client, scope)
        attempts = self._setup.attempts
        self.scheduler = Scheduler(client, self.informers, scope, profiles=profiles, attempts=attempts)
        self._setup.started(daemon, self.scheduler)
        self.informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self._setup.stopped(self._daemon)
        self.informers.stop()


def configured(vm: Vm, start: Callable[[], Daemon]) -> Daemon:
    """A program of a node that ends at once as long as kubeadm has not written the kubelet's configuration."""
    if KUBELET_CONFIG in vm.files:
        return start()
    vm.log("kubelet", f'"command failed" err="failed to load kubelet config file, path: {KUBELET_CONFIG}"')
    return Ended()


class Ended:
    """A program that has ended at once; systemd would start it again and again."""

    def stop(self) -> None:
        """Nothing is left to end."""


def install_control_plane(
    install: Install,
    home: Vm,
    agents: Collection[str],
    client_for: ClientFor,
    *,
    elect: bool,
    setup: SchedulerSetup | None = None,
) -> None:
    """Have a machine run the processes of these agents; with others like them, only while they lead."""
    for agent, name, process, component in PROCESSES:
        if process is SchedulerProcess:
            process = partial(SchedulerProcess, setup=setup)
        if agent in agents:
            install(name, partial(_start, name, process, component, home, client_for, elect))


def _start(
    name: str, process: Process, component: str, home: Vm, client_for: ClientFor, elect: bool, scope: Scope
) -> Daemon:
    if elect:
        client = client_for(f"system:{name}")
        return Elected(name, client, home, partial(process, client_for), component)
    return process(client_for, scope)


class Elected:
    """A process that does its work (a daemon) only while it holds the Lease of its name.

    When it loses the Lease it ends, is started anew and waits with the others.

    Source    cmd/kube-controller-manager/app/controllermanager.go, cmd/kube-scheduler/app/server.go (Run)
    """

    def __init__(self, name: str, client: Client, vm: Vm, start: Callable[[Scope], Daemon], component: str) -> None:
        self._name, self._client, self._vm, self._component = name, client, vm, component
        self._start = start
        self.daemon: Daemon | None = None
        self._stand()

    def stop(self) -> None:
        """The process is gone, and so is what it did."""
        self._scope.cancel()
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = None

    def _stand(self) -> None:
        self._scope = self._vm.loop.scope()
        self.elector = LeaderElector(
            self._client,
            self._scope,
            self._name,
            self._vm.name,
            lead=self._lead,
            lost=self._restart,
            component=self._component,
        )

    def _lead(self) -> None:
        self.daemon = self._start(self._scope)

    def _restart(self) -> None:
        self.stop()
        self._stand()


# Agent, process, what it does, and in whose name it says that it leads.
PROCESSES: tuple[tuple[str, str, Process, str], ...] = (
    ("controllers", "kube-controller-manager", ControllerManager, "kube-controller-manager"),
    ("scheduler", "kube-scheduler", SchedulerProcess, "default-scheduler"),
)
