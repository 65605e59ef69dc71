"""A scheduler on a real API server; nobody else is there, so that a bound pod stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench import Bench

from k8slab.client import Client, Informers, InProcess
from k8slab.scheduler import STANDARD_PLUGINS, Plugin, Profile, Scheduler

Obj = dict[str, Any]


def a_node(
    name: str,
    *,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: int = 110,
    labels: dict[str, str] | None = None,
    images: dict[str, int] | None = None,
    allocatable: dict[str, str] | None = None,
    **spec: Any,
) -> Obj:
    """A Node; `images` are sizes in bytes by name."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec,
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "pods": str(pods), **(allocatable or {})},
            "images": [{"names": [image], "sizeBytes": size} for image, size in (images or {}).items()],
        },
    }


def a_pod(name: str, *, cpu: str = "", memory: str = "", **spec: Any) -> Obj:
    """A Pod with one container, which asks for `cpu` and `memory`."""
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    container = {"name": "main", "image": "nginx:1.27", "resources": {"requests": requests}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [container], **spec},
    }


class SchedulerBench(Bench):
    """`given` creates objects, `settle` lets the scheduler work, `node_of` and `message_of` tell what it did."""

    def __init__(
        self,
        plugins: Sequence[Callable[[], Plugin]] = STANDARD_PLUGINS,
        seed: int = 1,
        profiles: Sequence[Profile] = (),
    ) -> None:
        super().__init__()
        self.loop.random.seed(seed)
        self.is_api_up = True
        transport = InProcess(self._noted, lambda: self.loop.now, "scheduler", is_reachable=lambda: self.is_api_up)
        client, scope = Client(transport), self.loop.scope()
        informers = Informers(client, scope)
        self.scheduler = Scheduler(client, informers, scope, plugins=plugins, profiles=profiles)
        informers.start()

    def settle(self) -> None:
        """Let the scheduler work until it rests."""
        self.loop.settle()

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until(self.loop.now + seconds)

    def node_of(self, name: str) -> str:
        """Where the pod is bound, "" when it is not."""
        node: str = self.client.get("Pod", name, "default")["spec"].get("nodeName", "")
        return node

    def message_of(self, name: str) -> str:
        """What the pod's condition PodScheduled says."""
        conditions = self.client.get("Pod", name, "default").get("status", {}).get("conditions") or []
        return next((f"{c['reason']}: {c['message']}" for c in conditions if c["type"] == "PodScheduled"), "")

    def attempts(self, name: str) -> list[float]:
        """When the scheduler thought about the pod, in seconds since the start."""
        return [d.when - self.loop.start_s for d in self.scheduler.decisions if d.pod == f"default/{name}"]
