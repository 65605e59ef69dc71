"""The probes of one pod, and what they say about its containers: which have started, which are ready.

Source    pkg/kubelet/prober/prober_manager.go (AddPod, UpdatePodStatus)
"""

from __future__ import annotations

from typing import Any, Protocol

from k8slab.clock import Scope
from k8slab.kubelet.probes import KINDS, Probe, ProbeResult, numbered
from k8slab.world import Container, Network

__all__ = [
    "Audience",
    "Prober",
]

Obj = dict[str, Any]


class Audience(Protocol):
    """Who is told about the probes of a pod."""

    def say(self, container: str, type_: str, reason: str, message: str) -> None:
        """Record an event about a container."""

    def unhealthy(self, container: Container, kind: str, probe: Obj) -> None:
        """A container failed its startup or liveness probe for good."""

    def readiness_changed(self) -> None:
        """A container became ready or unready, or got past its startup probe."""


class Prober:
    """Watches the running containers of one pod. `ready` and `started` hold the names of containers."""

    __slots__ = ("_audience", "_network", "_probes", "_scope", "ready", "started")

    def __init__(self, audience: Audience, network: Network, scope: Scope) -> None:
        self.ready: set[str] = set()
        self.started: set[str] = set()
        self._audience = audience
        self._network = network
        self._scope = scope
        self._probes: dict[str, list[Probe]] = {}

    def watch(self, container: Container, spec: Obj, status: Obj | None = None) -> None:
        """Begin with a running container; `status` is what an earlier kubelet said about it, if it did."""
        probes = [self._probe(kind, spec, container) for kind in KINDS if spec.get(f"{kind}Probe")]
        if probes:
            self._probes[container.name] = probes
        if status is not None and status.get("ready"):
            self.ready.add(container.name)
        if probes and probes[0].kind == "startup" and not (status is not None and status.get("started")):
            probes[0].start()
        else:
            self._past_startup(container.name)

    def unwatch(self, name: str) -> None:
        """The container is over."""
        for probe in self._probes.pop(name, ()):
            probe.stop()
        self.ready.discard(name)
        self.started.discard(name)

    def terminate(self) -> None:
        """The pod is on its way out: only readiness is of interest still."""
        for probes in self._probes.values():
            for probe in probes:
                if probe.kind != "readiness":
                    probe.stop()

    def stop(self) -> None:
        """Ask no container any more; what is known stays."""
        for probes in self._probes.values():
            for probe in probes:
                probe.stop()

    def _probe(self, kind: str, spec: Obj, container: Container) -> Probe:
        asked = numbered(spec[f"{kind}Probe"], spec)
        return Probe(kind, asked, container, self._network, self._scope, self._probed)

    def _past_startup(self, name: str) -> None:
        self.started.add(name)
        probes = [probe for probe in self._probes.get(name, ()) if probe.kind != "startup"]
        if not any(probe.kind == "readiness" for probe in probes):
            self.ready.add(name)
        for probe in probes:
            probe.start()

    def _probed(self, probe: Probe, result: ProbeResult, verdict: bool | None) -> None:
        name = probe.container.name
        if not result.is_success:
            how = "errored and resulted in unknown state" if result.is_error else "failed"
            title = f"{probe.kind.capitalize()} probe {how}: {result.output}"
            self._audience.say(name, "Warning", "Unhealthy", title)
        if verdict is None:
            return
        if probe.kind == "readiness":
            self._set_ready(name, verdict)
        elif not verdict:
            for one in self._probes.get(name, ()):
                one.stop()
            self._audience.unhealthy(probe.container, probe.kind, probe.spec)
        elif probe.kind == "startup":
            probe.stop()
            self._past_startup(name)
            self._audience.readiness_changed()

    def _set_ready(self, name: str, is_ready: bool) -> None:
        if is_ready != (name in self.ready):
            (self.ready.add if is_ready else self.ready.discard)(name)
            self._audience.readiness_changed()
