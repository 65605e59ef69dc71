"""The machines a cluster runs on: VMs in zones, their power, and the daemons their OS starts.

A VM without a kubelet is no node, only a machine. What runs on it (containers, daemons) dies with the
power, all at once and without a word; when the power is back, the OS starts the daemons afresh.
Its disk stays what it was: its own `files`, and the `volumes` that its pods have there.

Left out  links between zones that fail
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from k8slab.clock import Loop, Scope
from k8slab.world.files import Text
from k8slab.world.images import Registry
from k8slab.world.ledger import Ledger, Tenant
from k8slab.world.network import Filter, Network
from k8slab.world.registries import Registries
from k8slab.world.resources import Alarm, Gauge, oom_victim
from k8slab.world.runtime import Runtime
from k8slab.world.sites import Sites
from k8slab.world.tolls import link_tolls, traffic_tolls
from k8slab.world.volumes import Tally, Volume
from k8slab.world.workshop import Workshop

if TYPE_CHECKING:
    from k8slab.world.cloud import Cloud
    from k8slab.world.containers import Container
    from k8slab.world.disks import Farm

__all__ = [
    "Daemon",
    "Vm",
    "World",
]

GIB = 1024**3
DISK_BYTES, SYSTEM_DISK_BYTES = 102_626_232 * 1024, 4 * GIB
SYSTEM_CPU_M, SYSTEM_MEMORY = 40, 40  # what the OS and its daemons take: thousandths of a core, a part of the memory
JOURNAL_LINES = 1000
DIRECTORIES = ("/dev/", "/etc/", "/home/", "/mnt/", "/opt/", "/root/", "/run/", "/srv/", "/tmp/", "/usr/", "/var/lib/",
               "/var/log/pods/", "/var/run/")  # fmt: skip


class Daemon(Protocol):
    """A process that the OS starts: a kubelet, a kube-proxy."""

    def stop(self) -> None:
        """The process is gone: let go of what it held open, without doing anything else."""


StartDaemon = Callable[[Scope], Daemon]


class JournalLine(NamedTuple):
    """What a unit has told the OS: when (seconds since 1970), which, what."""

    when: float
    unit: str
    text: str


class Vm:
    """One machine.

    `link_delay_s` is how much longer everything takes that travels to or from it.
    `rules` belongs to the kernel and is written by kube-proxy; nothing here looks into it. `filter` is written by an
    agent for network policies.
    `daemons` says how each daemon is started; `running` holds those that run, `at_boot` those that a boot starts.
    `on_file` is told the path of every file that `write_file` and `remove_file` change (inotify); `journal` is what
    daemons have told the OS.
    """

    def __init__(
        self,
        loop: Loop,
        registry: Registry,
        network: Network,
        name: str,
        zone: str = "zone-a",
        cpu_m: int = 4000,
        memory_bytes: int = 16 * GIB,
        address: str = "",
        max_pods: int = 110,
    ) -> None:
        self.loop = loop
        self.name = name
        self.zone = zone
        self.cpu_m = cpu_m
        self.memory_bytes = memory_bytes
        self.address = address
        self.max_pods = max_pods
        self._rules: Any = None
        self.filter: Filter | None = None
        self.link_delay_s = 0.0
        self.boots = 0
        self.daemons: dict[str, StartDaemon] = {}
        self.at_boot: dict[str, None] = {}
        self.running: dict[str, Daemon] = {}
        self.network = network
        self.runtime = Runtime(self, registry, network)
        self.memory, self.disk = Gauge(loop), Gauge(loop)
        self.disk_bytes, self.system_cpu_m = DISK_BYTES, SYSTEM_CPU_M
        self.on_oom: Callable[[Container], None] | None = None
        self.inhibitor: Callable[[float, float], None] | None = None
        self._occupied = memory_bytes // SYSTEM_MEMORY, SYSTEM_DISK_BYTES
        self.memory.add(self._occupied[0])
        self.disk.add(self._occupied[1])
        self._full: Alarm | None = None
        self._watch_memory()
        self.files: dict[str, Text] = dict.fromkeys(DIRECTORIES, "")
        self.on_file: Callable[[str], None] | None = None
        self.journal: deque[JournalLine] = deque(maxlen=JOURNAL_LINES)
        self.volumes: dict[str, dict[str, Volume]] = {}
        self.pod_disks: dict[str, Gauge] = {}
        self.tally = Tally()
        self.shares: dict[tuple[str, str], Volume] = {}
        self.plugins: dict[str, Farm] = {}
        self.on_plugin: Callable[[], None] | None = None
        self.tenants: list[Tenant] = []
        self._scope: Scope | None = None
        self._daemon_scopes: dict[str, Scope] = {}
        self.power_on()

    def __repr__(self) -> str:
        return f"<Vm {self.name} in {self.zone}, {'on' if self.is_on else 'off'}>"

    @property
    def rules(self) -> Any:
        """What kube-proxy has written into the kernel; None: nothing yet."""
        return self._rules

    @rules.setter
    def rules(self, rules: Any) -> None:
        """Set them."""
        self._rules = rules
        self.network.changed()

    @property
    def is_on(self) -> bool:
        """The machine has power."""
        return self._scope is not None

    @property
    def machine_id(self) -> str:
        """The machine's identity, the same after every boot."""
        return _hex(self.name)

    @property
    def boot_id(self) -> str:
        """The identity of this boot, as the kernel tells it."""
        digits = _hex(f"{self.name}/{self.loop.seed}/{self.boots}")
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def power_on(self) -> None:
        """Boot: the kernel comes up empty and starts every installed daemon. Nothing if it is on already."""
        if self._scope is not None:
            return
        self._scope = self.loop.scope()
        self.boots += 1
        self.runtime.power_on(self._scope)
        for name in self.at_boot:
            self.start_daemon(name)

    def power_off(self) -> None:
        """Cut the power: nothing that runs here runs on, nothing is told. Nothing if it is off already."""
        if self._scope is None:
            return
        for name in list(self.running):
            self.stop_daemon(name)
        self._scope.cancel()
        self._scope = None
        self.runtime.power_off()
        self.on_oom = None
        for volume in [one for of_pod in self.volumes.values() for one in of_pod.values() if one.is_in_memory]:
            volume.lose()
        self.occupy(0, self._occupied[1] - SYSTEM_DISK_BYTES)
        self.rules = self.filter = None

    def share(self, server: str, path: str) -> Volume:
        """A directory of a file server (NFS) outside of the cluster; every machine sees the same one."""
        known = self.shares.get((server, path))
        if known is None:
            known = self.shares[server, path] = Volume(self.loop, Gauge(self.loop), kind="claim", tally=self.tally)
        return known

    def disk_of(self, uid: str) -> Gauge:
        """What measures the disk that a pod takes: its own gauge, if somebody wants to know, or the machine's."""
        return self.pod_disks.get(uid, self.disk)

    def write_file(self, path: str, text: Text) -> None:
        """Write a file to the disk, and tell whoever watches. Raises ValueError for a path that is not absolute."""
        if not path.startswith("/") or path.endswith("/"):
            raise ValueError(f"a file has a path such as /etc/hosts, not {path!r}")
        self.files[path] = text
        if self.on_file is not None:
            self.on_file(path)

    def remove_file(self, path: str) -> None:
        """Remove a file from the disk, and tell whoever watches. Raises ValueError when there is none."""
        if path not in self.files or path in DIRECTORIES:
            raise ValueError(f"{self.name} has no file {path}")
        del self.files[path]
        if self.on_file is not None:
            self.on_file(path)

    def log(self, unit: str, text: str) -> None:
        """Have the OS keep what a daemon says."""
        self.journal.append(JournalLine(self.loop.now, unit, text))

    def occupy(self, memory_bytes: int = 0, disk_bytes: int = 0) -> None:
        """Have the OS take so much more than it needs: a process beside all pods, a disk full of old files.

        Raises ValueError for less than nothing.
        """
        if memory_bytes < 0 or disk_bytes < 0:
            raise ValueError(f"what a machine takes must not be negative: {min(memory_bytes, disk_bytes)}")
        memory, disk = memory_bytes + self.memory_bytes // SYSTEM_MEMORY, disk_bytes + SYSTEM_DISK_BYTES
        self.memory.add(memory - self._occupied[0])
        self.disk.add(disk - self._occupied[1])
        self._occupied = memory, disk
        self._watch_memory()

    def _watch_memory(self) -> None:
        if self._full is not None:
            self.memory.silence(self._full)
        self._full = self.memory.alarm(self.memory_bytes, self._out_of_memory)

    def _out_of_memory(self) -> None:
        """The kernel ends the container that it can do without, and looks again."""
        victim = oom_victim(self)
        if victim is not None:
            if self.on_oom is not None:
                self.on_oom(victim)
            victim.out_of_memory()
            self._watch_memory()

    def shut_down(self, period_s: float = 30.0, critical_s: float = 10.0) -> None:
        """Switch the machine off in order: who holds it up is given a period, the last part for what is critical.

        Without a period, or with nobody who holds it up, the power goes at once. Nothing if it is off already.
        """
        if self.inhibitor is not None and period_s > 0 and period_s >= critical_s:
            self.inhibitor(period_s, critical_s)
        else:
            self.power_off()

    def install(self, name: str, start: StartDaemon) -> None:
        """Have the OS run a daemon from now on and after every boot; `start` gets the scope it lives in."""
        self.provide(name, start)
        self.at_boot[name] = None
        if self.is_on:
            self.start_daemon(name)

    def provide(self, name: str, start: StartDaemon) -> None:
        """Have a daemon that somebody else starts."""
        self.daemons[name] = start

    def serves(self, name: str) -> bool:
        """The daemon of that name runs here."""
        return name in self.running

    def start_daemon(self, name: str) -> None:
        """Start an installed daemon that does not run. Raises KeyError when there is none of that name."""
        start = self.daemons[name]
        if name not in self.running and self.is_on:
            scope = self._daemon_scopes[name] = self.loop.scope()
            if name in self.at_boot:  # what a pod starts is no service of the OS
                self.log("systemd", f"Started {name}.service.")
            self.running[name] = start(scope)

    def stop_daemon(self, name: str) -> None:
        """Kill a daemon's process; containers run on."""
        daemon = self.running.pop(name, None)
        if daemon is not None:
            self._daemon_scopes.pop(name).cancel()
            daemon.stop()
            if name in self.at_boot:
                self.log("systemd", f"Stopped {name}.service.")


class World:
    """Everything a cluster runs on."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.images = Registry()
        self.network = Network()
        self.sites = Sites(loop)
        self.registries = Registries(self.images, self.sites)
        self.ledger = Ledger(loop)
        self.ledger.sources += [lambda: traffic_tolls(self), lambda: link_tolls(self)]
        self.workshop = Workshop(loop, self.registries, lambda: list(self.vms.values()))
        self.ledger.sources.append(self.workshop.counts)
        self.cloud: Cloud | None = None
        self.farms: dict[str, Farm] = {}
        self.tally = Tally()
        self.shares: dict[tuple[str, str], Volume] = {}
        self._next_address = 10
        self.vms: dict[str, Vm] = {}

    def create_vm(
        self,
        name: str,
        zone: str = "zone-a",
        cpu_m: int = 4000,
        memory_bytes: int = 16 * GIB,
        address: str = "",
        max_pods: int = 110,
    ) -> Vm:
        """Rent a VM and switch it on. Raises ValueError when the name or the address is taken, or a size is not > 0."""
        if name in self.vms:
            raise ValueError(f'there is a VM "{name}" already')
        for what, amount in (("cpu_m", cpu_m), ("memory_bytes", memory_bytes), ("max_pods", max_pods)):
            if amount <= 0:
                raise ValueError(f"{what} of a VM must be more than 0, not {amount}")
        address = address or self._free_address()
        vm = Vm(self.loop, self.images, self.network, name, zone, cpu_m, memory_bytes, address, max_pods)
        self.network.add_vm(vm)
        self.vms[name] = vm
        self.ledger.own_machine(vm)
        vm.tally, vm.shares = self.tally, self.shares
        for farm in self.farms.values():
            farm.plug(vm)
        return vm

    def remove_vm(self, name: str) -> None:
        """Give a VM back: the power goes, and nothing is left of it. Raises ValueError when there is none."""
        vm = self.vm(name)
        vm.power_off()
        for volume in [one for of_pod in vm.volumes.values() for one in of_pod.values()]:
            volume.lose()
        self.ledger.vacate(vm)
        self.network.remove_vm(vm)
        del self.vms[name]

    def vm(self, name: str) -> Vm:
        """The VM of that name. Raises ValueError with the names there are."""
        found = self.vms.get(name)
        if found is None:
            raise ValueError(f'there is no VM "{name}"; there are: {", ".join(self.vms) or "none"}')
        return found

    def _free_address(self) -> str:
        while self._next_address < 65_000:
            number, self._next_address = self._next_address, self._next_address + 1
            address = f"192.168.{number // 256}.{number % 256}"
            if number % 256 not in (0, 255) and self.network.vm_at(address) is None:
                return address
        raise ValueError("the network 192.168.0.0/16 is full")


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
