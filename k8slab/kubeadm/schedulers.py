"""The schedulers of a cluster: their configuration, plugins that a person writes, a second scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.client import load_document
from k8slab.clock import Loop, Scope
from k8slab.kubeadm.control_plane import SchedulerProcess
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.running import alone
from k8slab.kubeadm.scheduler_setup import DEFAULT_DAEMON, SchedulerSetup
from k8slab.scheduler import Plugin, Scheduler
from k8slab.world import Vm, World

__all__ = ["Schedulers"]

Obj = dict[str, Any]


class Schedulers:
    """What a person may do to the schedulers, each an input that is written down."""

    loop: Loop
    world: World
    journal: Journal
    _scheduling: SchedulerSetup

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        raise NotImplementedError

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler that runs now, to look at. Raises ValueError when none does.

        What is done to it by hand (`allow`, `reject`) is no input: a fork does not know of it.
        """
        return self._scheduling.running(DEFAULT_DAEMON)

    @alone
    def scheduler_plugin(self, plugin: type[Plugin], weight: int = 0, args: Mapping[str, Any] | None = None) -> None:
        """Have the default scheduler ask a plugin of yours, too, as the last one; see k8slab.scheduler.Plugin.

        Without a weight it is the plugin's own, or 1. The scheduler starts anew with it, so pods that wait are tried
        again. Registered once more, it takes the place of the one of its name. Raises ValueError for what is none.
        """
        self._scheduling.register(plugin, weight, args or {})
        self._restart(DEFAULT_DAEMON)
        self.journal.note(self.now, "scheduler_plugin", plugin=plugin, weight=weight, args=dict(args or {}))

    @alone
    def remove_scheduler_plugin(self, name: str) -> None:
        """Ask a plugin of yours no more. Raises ValueError when there is none of that name."""
        self._scheduling.remove(name)
        self._restart(DEFAULT_DAEMON)
        self.journal.note(self.now, "remove_scheduler_plugin", name=name)

    @alone
    def configure_scheduler(self, config: Mapping[str, Any] | str) -> None:
        """Start the scheduler with a KubeSchedulerConfiguration: its YAML text, or a dict (`{}`: the default).

        Raises ValueError for what a real one would not start with, or what is not there; nothing changes then.
        Raises BadRequest for what is no YAML.
        """
        given = _as_dict(config)
        self._scheduling.configure(DEFAULT_DAEMON, given)
        self._restart(DEFAULT_DAEMON)
        self.journal.note(self.now, "configure_scheduler", config=given)

    @alone
    def add_scheduler(self, name: str, config: Mapping[str, Any] | str | None = None) -> None:
        """Run a second scheduler on the control plane, for pods with `schedulerName: NAME`.

        It counts for itself and does not know what the first one is about to decide. `config` is its
        KubeSchedulerConfiguration; its profiles may have other names. Raises ValueError for a bad or taken name.
        """
        vm = self.world.vm(CONTROL_PLANE)
        if name in vm.daemons:
            raise ValueError(f'the control plane has a daemon "{name}" already')
        given = _as_dict(config)
        self._scheduling.add(name, given)
        vm.install(name, lambda scope: self._start_scheduler(vm, name, scope))
        self.journal.note(self.now, "add_scheduler", name=name, config=given)

    def _start_scheduler(self, vm: Vm, name: str, scope: Scope) -> SchedulerProcess:
        return SchedulerProcess(lambda user: self.client_for(user, vm=vm), scope, self._scheduling, name)

    def client_for(self, user: str, *, vm: Vm | None = None) -> Any:
        """A client in the name of `user`, on a machine."""
        raise NotImplementedError

    def _restart(self, daemon: str) -> None:
        vm = self.world.vms.get(CONTROL_PLANE)
        if vm is None or daemon not in vm.running:
            return
        vm.stop_daemon(daemon)
        vm.start_daemon(daemon)


def _as_dict(config: Mapping[str, Any] | str | None) -> Obj:
    given = load_document(config) if isinstance(config, str) else config
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(f"a KubeSchedulerConfiguration is a mapping, not {given!r}")
    return dict(given or {})
