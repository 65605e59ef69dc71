"""What a person may do to the machines of a cluster: power, links, memory, daemons."""

from __future__ import annotations

from k8slab.clock import Loop, parse_duration
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone
from k8slab.objects import size_bytes
from k8slab.world import Vm, World

__all__ = ["Faults"]


class Faults:
    """The faults that a cluster can be given, each an input that is written down."""

    loop: Loop
    world: World
    journal: Journal

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        raise NotImplementedError

    @alone
    def fail(self, name: str) -> None:
        """Cut the power of a machine. Raises ValueError when there is none of that name."""
        self.world.vm(name).power_off()
        self.journal.note(self.now, "fail", name=name)

    @alone
    def recover(self, name: str) -> None:
        """Give a machine its power back. Raises ValueError when there is none of that name."""
        self.world.vm(name).power_on()
        self.journal.note(self.now, "recover", name=name)

    @alone
    def slow(self, name: str, delay: str | float) -> None:
        """From now on a machine hears of everything so much later, and so do others of it (`0`: as usual).

        Its own requests arrive at once all the same. Raises ValueError for another machine, or no duration.
        """
        delay_s = parse_duration(delay)
        self.world.vm(name).link_delay_s = delay_s
        self.journal.note(self.now, "slow", name=name, delay=delay_s)

    @alone
    def occupy(self, name: str, memory: str | int = "0", disk: str | int = "0") -> None:
        """Have processes of a machine that are no pods take so much of it, and no more (`"6Gi"`; `"0"`: as usual).

        Raises ValueError when there is none of that name, or for what is no amount.
        """
        self.world.vm(name).occupy(size_bytes(memory), size_bytes(disk))
        self.journal.note(self.now, "occupy", name=name, memory=memory, disk=disk)

    @alone
    def shut_down(self, name: str, period: str | float = "30s", critical: str | float = "10s") -> None:
        """Switch a machine off in order: its kubelet ends the pods first, within a period (`0`: at once).

        The last part of it is for critical pods. Raises ValueError when there is none of that name, or no duration.
        """
        period_s, critical_s = parse_duration(period), parse_duration(critical)
        self.world.vm(name).shut_down(period_s, critical_s)
        self.journal.note(self.now, "shut_down", name=name, period=period_s, critical=critical_s)

    @alone
    def stop_daemon(self, name: str, daemon: str) -> None:
        """Kill a daemon of a machine (`kubelet`, `kube-proxy`, `kube-scheduler` …); containers run on.

        Raises ValueError when there is none of that name.
        """
        self._vm_with(name, daemon).stop_daemon(daemon)
        self.journal.note(self.now, "stop_daemon", name=name, daemon=daemon)

    @alone
    def start_daemon(self, name: str, daemon: str) -> None:
        """Start a daemon that was stopped. Raises ValueError when there is none of that name."""
        self._vm_with(name, daemon).start_daemon(daemon)
        self.journal.note(self.now, "start_daemon", name=name, daemon=daemon)

    @alone
    def crash(self, pod: str, namespace: str = "default", container: str = "") -> None:
        """Kill the process of a container of a pod (the first, without a name), as SIGKILL from its machine does.

        Raises ValueError when no such container runs.
        """
        sandbox = self.world.network.pod(namespace, pod)
        running = [one for one in (sandbox.containers.values() if sandbox else ()) if one.is_running]
        found = next((one for one in running if container in ("", one.config.name)), None)
        if found is None:
            raise ValueError(f'no container "{container or "of any name"}" runs in a pod "{namespace}/{pod}"')
        found.kill()
        self.journal.note(self.now, "crash", pod=pod, namespace=namespace, container=container)

    def _vm_with(self, name: str, daemon: str) -> Vm:
        vm = self.world.vm(name)
        if daemon not in vm.daemons:
            raise ValueError(f'{name} has no daemon "{daemon}"; it has: {", ".join(vm.daemons)}')
        return vm
