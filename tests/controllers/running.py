"""Controllers that run, each on its own line to the server, and a stand-in for the kubelets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import Bench

from k8slab.client import After, Client, Controller, Informers, InProcess, own_key
from k8slab.objects import Key, is_leaving, rfc3339

Obj = dict[str, Any]


class Nodes(Controller):
    """Starts every Pod whose image is not called broken, and ends those that leave."""

    name = "nodes"
    watches = {"Pod": own_key}
    start_s = 1.0

    def reconcile(self, key: Key) -> After | None:
        """Make a Pod ready some time after its creation; let it go when it is asked to."""
        pod = self.informer("Pod").get(key)
        if pod is None:
            return None
        is_broken = pod["spec"]["containers"][0]["image"].startswith("broken")
        if is_leaving(pod):
            self.client.delete("Pod", key.name, key.namespace, grace_s=0)
        elif not is_broken and not (pod.get("status") or {}).get("conditions"):
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": rfc3339(self.loop.now)}
            self.client.patch_status(pod, {"phase": "Running", "conditions": [ready]})
        return None

    def enqueue(self, key: Key, after_s: float = 0.0) -> None:
        """Everything takes its time on a node."""
        super().enqueue(key, self.start_s)


class Running(Bench):
    """A Bench on which these controllers run by themselves."""

    def __init__(self, *controllers: type[Controller]) -> None:
        super().__init__()
        self.running: dict[type[Controller], Controller] = {}
        self.informers_of: dict[type[Controller], Informers] = {}
        for controller in controllers:
            self.start(controller)

    def start(self, controller: type[Controller]) -> None:
        """Start a controller anew: it knows nothing; the one that ran before is gone."""
        if controller in self.informers_of:
            self.informers_of[controller].stop()
            self.running[controller].queue._work = lambda key: None
        client = Client(InProcess(self._noted, lambda: self.loop.now, controller.name))
        self.informers_of[controller] = Informers(client, self.loop)
        self.running[controller] = controller(client, self.informers_of[controller], self.loop)
        self.informers_of[controller].start()

    def run(self, seconds: float, watch: Callable[[], object] | None = None) -> None:
        """Let time pass; call `watch` after every step."""
        end = self.loop.now + seconds
        while True:
            due = self.loop._heap[0][0] if self.loop._heap else end + 1
            if due > end or not self.loop.step():
                break
            if watch is not None:
                watch()
        self.loop.run_until(end)

    def failures(self) -> list[str]:
        """What went wrong in any controller."""
        return [failure.error for controller in self.running.values() for failure in controller.failures]
