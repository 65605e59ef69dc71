"""A world with two machines, and a way to run a container on one of them."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import Behaviour, Container, ContainerConfig, Image, Vm, World


class Machines:
    """A world; `run` starts a container the way a kubelet would, without waiting for anything but the start."""

    def __init__(self) -> None:
        self.loop = Loop(seed=1)
        self.world = World(self.loop)
        self.a = self.world.create_vm("node-1", zone="zone-a")
        self.b = self.world.create_vm("node-2", zone="zone-b")
        self.exits: list[Container] = []
        for number, vm in enumerate((self.a, self.b), start=1):
            vm.runtime.use_pod_cidr(f"10.244.{number}.0/24")
            vm.runtime.on_exit = self.exits.append

    def run(self, behaviour: type[Behaviour] | str, vm: Vm | None = None, uid: str = "u1", **config: Any) -> Container:
        """Start a container of an image (or of a behaviour, registered as shop/web) in a pod of its own."""
        image = behaviour if isinstance(behaviour, str) else "shop/web"
        if not isinstance(behaviour, str):
            self.world.images.register(image, behaviour)
        found = self.world.images.resolve(image)
        assert isinstance(found, Image)
        runtime = (vm or self.a).runtime
        done: list[Any] = []
        runtime.run_pod_sandbox(uid, "default", f"pod-{uid}", False, done.append)
        self.loop.settle(quiet_s=5)
        container = runtime.create_container(done[0], ContainerConfig("main", image, **config), found, 0)
        runtime.start_container(container, done.append)
        self.loop.settle(quiet_s=0.5)
        return container


@pytest.fixture
def machines() -> Machines:
    """Two machines with power, in different zones."""
    return Machines()
