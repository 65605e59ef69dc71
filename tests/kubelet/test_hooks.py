"""Lifecycle hooks: after the start, before the end."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.world import Behaviour, HttpRequest, Reply

HELD = {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}


class Stubborn(Behaviour):
    """Does not end when it is asked to; answers slowly; says when it was asked."""

    ports = (80,)

    def on_request(self, request: HttpRequest) -> Reply:
        return Reply(500, latency_s=4)

    def on_sigterm(self) -> None:
        self.log(f"asked at {self.now}")


def lifetime(node: OneNode, grace_s: int | None = None) -> float:
    """The seconds from the delete of web to its end."""
    begun = node.loop.now
    node.client.delete("Pod", "web", "default", grace_s=grace_s)
    while not node.gone("web"):
        node.run(0.1)
    return node.loop.now - begun


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ({"sleep": {"seconds": 5}}, 5),
        ({"exec": {"command": ["sleep", "3"]}}, 3),
        ({"exec": {"command": ["sh", "-c", "nginx -s quit"]}}, 0),
        ({"exec": {"command": ["nginx", "-s", "quit"]}}, 0),
        ({"httpGet": {"path": "/", "port": 80}}, 0),
        ({"sleep": {"seconds": 600}}, 30),
    ],
)
def test_a_pre_stop_hook_comes_before_sigterm_and_within_the_grace_period(
    node: OneNode, hook: Any, seconds: float
) -> None:
    """Source: kubernetes.io, "Container Lifecycle Hooks", "Hook handler execution"."""
    node.given("web", container={"lifecycle": {"preStop": hook}})

    assert seconds <= lifetime(node) < seconds + 0.5


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [({"sleep": {"seconds": 4}}, 10), ({"sleep": {"seconds": 9}}, 11), ({"sleep": {"seconds": 60}}, 12)],
)
def test_hook_and_process_share_the_grace_period_but_the_process_has_two_seconds(
    node: OneNode, hook: Any, seconds: float
) -> None:
    """Source: kuberuntime_container.go, killContainer, minimumGracePeriodInSeconds."""
    node.world.images.register("shop/slow", Stubborn)
    node.given("web", "shop/slow:1", container={"lifecycle": {"preStop": hook}}, terminationGracePeriodSeconds=10)

    assert seconds <= lifetime(node) < seconds + 0.5


@pytest.mark.parametrize(
    "hook",
    [
        {"exec": {"command": ["false"]}},
        {"httpGet": {"path": "/", "port": 81}},
        {"exec": {"command": ["/no/such/program"]}},
    ],
)
def test_a_failed_pre_stop_hook_is_told_and_stops_nothing(node: OneNode, hook: Any) -> None:
    """Source: kuberuntime_container.go, executePreStopHook; kubernetes.io, "Container Lifecycle Hooks"."""
    node.given("web", container={"lifecycle": {"preStop": hook}})

    lifetime(node)

    assert node.said("web")[-2:] == ["Killing: Stopping container main", "FailedPreStopHook: PreStopHook failed"]


def test_a_second_delete_with_less_time_cuts_the_hook_short(node: OneNode) -> None:
    node.given("web", container={"lifecycle": {"preStop": {"sleep": {"seconds": 25}}}})
    node.client.delete("Pod", "web", "default")
    node.run(2)

    assert 3 <= lifetime(node, grace_s=3) < 3.5


def test_a_container_that_ends_by_itself_has_no_pre_stop_hook(node: OneNode) -> None:
    """Source: kubernetes.io, "Container Lifecycle Hooks": not called when the container has terminated."""
    hooked = {"command": ["sleep", "3"], **HELD}
    node.given("job", "busybox:1", restartPolicy="Never", container=hooked, settle=False)

    node.run(6.5)

    assert node.state("job") == "Succeeded ready=False restarts=0 terminated:Completed"


def test_a_liveness_kill_runs_the_pre_stop_hook_within_the_probes_own_grace_period(node: OneNode) -> None:
    """Source: kubernetes.io, "Configure Probes", "Probe-level terminationGracePeriodSeconds"."""
    node.world.images.register("shop/slow", Stubborn)
    probe = {"httpGet": {"port": 80}, "failureThreshold": 1, "terminationGracePeriodSeconds": 7, "periodSeconds": 600}
    node.given("web", "shop/slow:1", container={"livenessProbe": probe, **HELD}, settle=False)
    node.run(20)

    (first,) = (container for sandbox in node.vm.runtime.sandboxes.values() for container in sandbox.previous.values())
    killed = next(e for e in node.client.list("Event") if e["reason"] == "Killing")

    assert killed["message"] == "Container main failed liveness probe, will be restarted"
    logs = first.log_lines()
    assert first.exit_code == 137 and first.finished_at - logs[0][0] == pytest.approx(2)


def test_sidecars_run_their_hooks_at_once_and_end_after_the_others(node: OneNode) -> None:
    """Source: kuberuntime_container.go, killContainer: the hook runs before the container waits for its turn."""
    node.world.images.register("shop/slow", Stubborn)
    side = {"name": "side", "image": "nginx:1.27", "restartPolicy": "Always", **HELD}
    node.given("web", "shop/slow:1", initContainers=[side], terminationGracePeriodSeconds=8)

    seconds = lifetime(node)

    assert 8 <= seconds < 8.5
    assert node.said("web")[-2:] == ["Killing: Stopping container main", "Killing: Stopping container side"]


def test_nobody_hears_of_a_container_before_its_post_start_hook_is_through(node: OneNode) -> None:
    """Source: kubernetes.io, "Attach Handlers to Container Lifecycle Events"."""
    hook = {"exec": {"command": ["sh", "-c", "sleep 20; echo up > /up"]}}
    node.given("web", container={"lifecycle": {"postStart": hook}}, settle=False)
    node.run(15)
    before = node.state("web")
    node.run(15)

    assert before == "Pending ready=False restarts=0 waiting:ContainerCreating"
    assert node.state("web") == "Running ready=True restarts=0 running:"


@pytest.mark.parametrize("hook", [{"exec": {"command": ["false"]}}, {"httpGet": {"path": "/", "port": 81}}])
def test_a_failed_post_start_hook_ends_the_container(node: OneNode, hook: Any) -> None:
    """Source: kuberuntime_container.go, startContainer, FailedPostStartHook."""
    node.given("web", container={"lifecycle": {"postStart": hook}}, settle=False)
    node.run(8)

    assert node.state("web") == "Running ready=False restarts=1 waiting:CrashLoopBackOff"
    assert node.said("web")[4:6] == ["FailedPostStartHook: PostStartHook failed", "Killing: FailedPostStartHook"]


def test_a_pod_can_be_deleted_while_its_post_start_hook_runs(node: OneNode) -> None:
    node.given("web", container={"lifecycle": {"postStart": {"sleep": {"seconds": 900}}}}, settle=False)
    node.run(10)

    assert lifetime(node) < 1
