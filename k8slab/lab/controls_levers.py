"""What levers do to a cluster, each with the sentence that says what it did.

A lever on something that is gone, or that is so already, raises NothingDone with a friendly sentence; then nothing has
been changed. Everything goes the way a person would go: the API, or the calls of a Cluster that are written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.clock import parse_duration
from k8slab.kubeadm import Cluster
from k8slab.lab.words import say
from k8slab.wire import NotFound
from k8slab.world import Vm

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = [
    "CONTROL_PLANE",
    "DNS",
    "Levers",
    "NothingDone",
]

DNS, DNS_REPLICAS = ("kube-system", "coredns"), 2
CONTROL_PLANE = "control-plane"


class NothingDone(Exception):
    """There was nothing to move; the text says why."""


class Levers:
    """The levers of one Lab. Each answers a sentence in its language, or raises NothingDone, ApiError."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    @property
    def _cluster(self) -> Cluster:
        """The cluster that the lab has now; a reset gives it another."""
        return self._lab.cluster

    def _say(self, key: str, **values: str) -> str:
        return say(self._lab.lang, key, **values)

    def _nothing(self, key: str, **values: str) -> NothingDone:
        return NothingDone(self._say(f"gone {key}", **values))

    def kill(self, namespace: str, pod: str) -> str:
        """Delete a Pod."""
        if not pod:
            raise self._nothing("no pod")
        try:
            self._lab.client.delete("Pod", pod, namespace)
        except NotFound:
            raise self._nothing("pod", pod=pod) from None
        return self._say("did kill", pod=pod)

    def crash(self, namespace: str, pod: str) -> str:
        """Kill the process of a Pod's first container."""
        if not pod:
            raise self._nothing("no pod")
        try:
            self._cluster.crash(pod, namespace)
        except ValueError:
            raise self._nothing("container", pod=pod) from None
        return self._say("did crash", pod=pod)

    def cut(self, machine: str) -> str:
        """Cut a machine's power."""
        if not self._vm(machine).is_on:
            raise self._nothing("off", machine=machine)
        self._lab.fail(machine)
        return self._say("did cut", machine=machine)

    def restore(self, machine: str) -> str:
        """Give a machine its power back."""
        if self._vm(machine).is_on:
            raise self._nothing("on", machine=machine)
        self._lab.recover(machine)
        return self._say("did restore", machine=machine)

    def shut_down(self, machine: str) -> str:
        """Switch a machine off in order."""
        if not self._vm(machine).is_on:
            raise self._nothing("off", machine=machine)
        self._cluster.shut_down(machine)
        return self._say("did shut_down", machine=machine)

    def stop(self, machine: str, daemon: str) -> str:
        """Kill a daemon; `dns` is the cluster's DNS, wherever it runs."""
        if daemon == "dns":
            return self.scale("Deployment", *DNS, 0)
        if daemon not in self._on(machine).running:
            raise self._nothing("stopped", machine=machine, daemon=daemon)
        self._cluster.stop_daemon(machine, daemon)
        return self._say("did stop", machine=machine, daemon=daemon)

    def start(self, machine: str, daemon: str) -> str:
        """Start a daemon again."""
        if daemon == "dns":
            return self.scale("Deployment", *DNS, DNS_REPLICAS)
        if daemon in self._on(machine).running:
            raise self._nothing("running", machine=machine, daemon=daemon)
        self._cluster.start_daemon(machine, daemon)
        return self._say("did start", machine=machine, daemon=daemon)

    def unlink(self, a: str, b: str) -> str:
        """Cut the link between two machines or two zones."""
        a, b = self._ends(a, b)
        if (a, b) in self._cluster.world.network.cuts:
            raise self._nothing("cut", a=a, b=b)
        self._cluster.cut(a, b)
        return self._say("did unlink", a=a, b=b)

    def link(self, a: str, b: str) -> str:
        """Mend the link between two machines or two zones."""
        a, b = self._ends(a, b)
        if (a, b) not in self._cluster.world.network.cuts:
            raise self._nothing("whole", a=a, b=b)
        self._cluster.heal(a, b)
        return self._say("did link", a=a, b=b)

    def isolate(self, zone: str) -> str:
        """Cut a zone off from all others."""
        others = [other for other in self.zones if other != zone]
        if not others or zone not in self.zones:
            raise self._nothing("alone", zone=zone)
        for other in others:
            self._cluster.cut(zone, other)
        return self._say("did isolate", zone=zone, others=", ".join(others))

    def zone_off(self, zone: str) -> str:
        """Cut the power of every machine of a zone."""
        machines = [vm for vm in self._cluster.world.vms.values() if vm.zone == zone and vm.is_on]
        if not machines:
            raise self._nothing("off", machine=zone)
        for vm in machines:
            self._lab.fail(vm.name)
        return self._say("did zone_off", zone=zone)

    def slow(self, machine: str, delay: str) -> str:
        """Have a machine hear of everything later."""
        self._vm(machine)
        parse_duration(delay)
        self._cluster.slow(machine, delay)
        return self._say("did slow", machine=machine, delay=delay)

    def cordon(self, node: str, *, is_on: bool = True) -> str:
        """Keep new Pods from a Node, or let them come again."""
        try:
            self._lab.client.patch("Node", node, "", {"spec": {"unschedulable": True if is_on else None}})
        except NotFound:
            raise self._nothing("node", node=node) from None
        return self._say("did cordon" if is_on else "did uncordon", node=node)

    def scale(self, kind: str, namespace: str, name: str, replicas: int) -> str:
        """Want so many Pods of a workload."""
        if not name:
            raise self._nothing("no workload")
        workload = f"{kind} {name}"
        try:
            self._lab.client.patch(kind, name, namespace, {"spec": {"replicas": replicas}})
        except NotFound:
            raise self._nothing("workload", workload=workload) from None
        return self._say("did scale", workload=workload, n=str(replicas))

    def step(self) -> str:
        """Let the next single thing happen."""
        return self._say("did step" if self._lab.step() else "did step none")

    def run(self, duration: str) -> str:
        """Let virtual time pass."""
        self._lab.run(duration)
        return self._say("did run", duration=duration)

    def pause(self) -> str:
        """Stop the clock of a served cluster."""
        self._served()
        self._lab.pause()
        return self._say("did pause")

    def resume(self) -> str:
        """Let it run again."""
        self._served()
        self._lab.resume()
        return self._say("did resume")

    def speed(self, speed: float) -> str:
        """Have so many virtual seconds pass in a real one."""
        self._served()
        self._lab.serve(speed)
        return self._say("did speed", n=f"{speed:g}")

    @property
    def zones(self) -> list[str]:
        """The zones that machines stand in."""
        return sorted({vm.zone for vm in self._cluster.world.vms.values()})

    def _vm(self, machine: str) -> Vm:
        found = self._cluster.world.vms.get(machine)
        if found is None:
            raise self._nothing("machine", machine=machine)
        return found

    def _on(self, machine: str) -> Any:
        vm = self._vm(machine)
        if not vm.is_on:
            raise self._nothing("off", machine=machine)
        return vm

    def _ends(self, a: str, b: str) -> tuple[str, str]:
        both = {a, b}
        if a == b or not (both <= set(self._cluster.nodes) or both <= set(self.zones)):
            raise self._nothing("same")
        return min(a, b), max(a, b)

    def _served(self) -> None:
        if self._lab.server is None:
            raise self._nothing("clock")
