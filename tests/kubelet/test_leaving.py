"""How pods leave: asked, forced, finished, or with their machine."""

from __future__ import annotations

import pytest
from one_node import OneNode

from k8slab.world import Behaviour


class Slow(Behaviour):
    """Takes ten seconds to say goodbye."""

    def on_sigterm(self) -> None:
        self.call_later(10, self.exit, 0)


def test_a_deleted_pod_is_stopped_reported_and_removed(node: OneNode) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Pod termination flow"."""
    node.given("web")
    node.writes.clear()

    node.client.delete("Pod", "web", "default")
    node.loop.settle()

    assert node.gone("web") and node.vm.runtime.sandboxes == {}
    assert node.writes == ["patch pods/web/status", "delete pods/web"]
    assert node.said("web")[-1] == "Killing: Stopping container main"


@pytest.mark.parametrize(
    ("image", "command", "grace", "seconds"),
    [("shop/slow:1", [], None, 10), ("shop/slow:1", [], 5, 5), ("busybox:1", ["sleep", "3600"], None, 30)],
)
def test_grace_is_a_deadline_not_a_delay(
    node: OneNode, image: str, command: list[str], grace: int | None, seconds: float
) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Pod termination flow"."""
    node.world.images.register("shop/slow", Slow)
    node.given("web", image, container={"command": command})
    begun = node.loop.now

    node.client.delete("Pod", "web", "default", grace_s=grace)
    while not node.gone("web"):
        node.run(0.1)

    assert seconds <= node.loop.now - begun < seconds + 0.5


def test_a_pod_is_there_and_terminating_while_it_has_grace(node: OneNode) -> None:
    node.world.images.register("shop/slow", Slow)
    node.given("web", "shop/slow:1")

    node.client.delete("Pod", "web", "default")
    node.run(5)

    assert node.state("web") == "Running ready=True restarts=0 running:"
    assert node.pod("web")["metadata"]["deletionGracePeriodSeconds"] == 30


def test_a_forced_delete_removes_the_pod_first_and_the_process_after(node: OneNode) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Forced Pod termination"."""
    node.world.images.register("shop/slow", Slow)
    node.given("web", "shop/slow:1")
    container = next(iter(node.vm.runtime.sandboxes.values())).containers["main"]

    node.client.delete("Pod", "web", "default", grace_s=0)
    assert node.gone("web") and container.is_running
    node.run(60)

    assert not container.is_running and node.vm.runtime.sandboxes == {}


def test_a_pod_of_the_same_name_starts_afresh(node: OneNode) -> None:
    node.given("web")
    first = node.pod("web")
    node.client.delete("Pod", "web", "default", grace_s=0)

    node.given("web")

    second = node.pod("web")
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert second["status"]["podIP"] != first["status"]["podIP"]
    assert node.state("web") == "Running ready=True restarts=0 running:"


@pytest.mark.parametrize(
    ("seconds", "phase"),
    [(0.05, "Pending"), (0.7, "Pending"), (2.45, "Pending")],
)
def test_a_pod_can_be_deleted_at_every_moment_of_its_start(node: OneNode, seconds: float, phase: str) -> None:
    node.given("web", settle=False)
    node.run(seconds)
    assert node.pod("web")["status"]["phase"] == phase

    node.client.delete("Pod", "web", "default")
    node.run(0.8)

    assert node.gone("web") and node.vm.runtime.sandboxes == {} and node.kubelet.workers == {}


def test_a_finished_pod_can_be_deleted(node: OneNode) -> None:
    node.given("job", "busybox:1", restartPolicy="Never", container={"command": ["true"]})
    assert node.pod("job")["status"]["phase"] == "Succeeded"

    node.client.delete("Pod", "job", "default")
    node.loop.settle()

    assert node.gone("job") and node.kubelet.workers == {}


def test_a_finalizer_keeps_the_pod_and_not_its_processes(node: OneNode) -> None:
    created = node.given("web")
    patch = {"metadata": {"finalizers": ["example.com/keep"]}}
    node.client.patch("Pod", "web", "default", patch, type="merge")

    node.client.delete("Pod", "web", "default")
    node.loop.settle()
    kept = node.pod("web")
    node.client.patch("Pod", "web", "default", {"metadata": {"finalizers": None}}, type="merge")
    node.loop.settle()

    assert kept["metadata"]["uid"] == created["metadata"]["uid"] and kept["status"]["phase"] == "Succeeded"
    assert node.gone("web") and node.vm.runtime.sandboxes == {}


def test_a_container_whose_image_comes_too_late_is_not_started(node: OneNode) -> None:
    node.world.images.register("shop/slow", Slow)
    containers = [{"name": name, "image": image} for name, image in (("a", "shop/slow:1"), ("b", "postgres:17"))]
    node.given("web", containers=containers, settle=False)
    node.run(4)
    sandbox = next(iter(node.vm.runtime.sandboxes.values()))

    node.client.delete("Pod", "web", "default")
    node.loop.settle()

    assert list(sandbox.containers) == ["a"] and node.gone("web")


def test_every_container_is_stopped_once(node: OneNode) -> None:
    node.given("web", containers=[{"name": name, "image": "nginx:1.27"} for name in "abc"])

    node.client.delete("Pod", "web", "default")
    node.loop.settle()

    events = [(e["message"], e["count"]) for e in node.client.list("Event") if e["reason"] == "Killing"]
    assert events == [(f"Stopping container {name}", 1) for name in "abc"]


def test_several_containers_stop_together(node: OneNode) -> None:
    node.world.images.register("shop/slow", Slow)
    node.given("web", "shop/slow:1", containers=[{"name": name, "image": "shop/slow:1"} for name in "abc"])
    begun = node.loop.now

    node.client.delete("Pod", "web", "default")
    while not node.gone("web"):
        node.run(0.1)

    assert node.loop.now - begun < 11
