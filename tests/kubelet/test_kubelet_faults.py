"""Whatever happens to a node in whatever order: once it is left alone, what runs is what is wanted."""

from __future__ import annotations

from random import Random

import pytest
from one_node import OneNode

IMAGES = ("nginx:1.27", "httpd:2", "redis:8", "registry.k8s.io/pause:3.10")


def disturb(node: OneNode, chance: Random, number: int) -> None:
    """Do one thing to the node, its pods or the API."""
    names = [pod["metadata"]["name"] for pod in node.client.list("Pod")]
    match chance.choice(["create", "create", "delete", "force", "power", "kubelet", "api", "crash", "wait"]):
        case "create":
            node.given(f"p{number}", chance.choice(IMAGES), settle=False)
        case "delete" if names:
            node.client.delete("Pod", chance.choice(names), "default")
        case "force" if names:
            node.client.delete("Pod", chance.choice(names), "default", grace_s=0)
        case "power":
            (node.vm.power_off if node.vm.is_on else node.vm.power_on)()
        case "kubelet":
            (node.vm.stop_daemon if "kubelet" in node.vm.running else node.vm.start_daemon)("kubelet")
        case "api":
            node.is_api_up = not node.is_api_up
            if chance.random() < 0.5:
                node.api.disconnect()
        case "crash":
            for sandbox in list(node.vm.runtime.sandboxes.values())[:2]:
                for container in list(sandbox.containers.values()):
                    container.kill()
    node.run(chance.choice([0, 0.001, 0.05, 0.4, 1, 3, 20]))


def heal(node: OneNode) -> None:
    """Give everything back and leave it alone for a quarter of an hour."""
    node.is_api_up = True
    node.vm.power_on()
    node.vm.start_daemon("kubelet")
    node.run(900)


@pytest.mark.parametrize("seed", range(30))
def test_a_node_left_alone_runs_what_is_wanted_and_nothing_else(node: OneNode, seed: int) -> None:
    chance = Random(seed)

    for number in range(40):
        disturb(node, chance, number)
    heal(node)

    pods = node.client.list("Pod")
    addresses = [pod["status"]["podIP"] for pod in pods]
    assert {node.state(pod["metadata"]["name"]).split(" restarts")[0] for pod in pods} <= {"Running ready=True"}
    assert set(node.vm.runtime.sandboxes) == {pod["metadata"]["uid"] for pod in pods} == set(node.kubelet.workers)
    assert len(set(addresses)) == len(addresses)
    assert all(node.world.network.sandbox_at(address) is not None for address in addresses)
