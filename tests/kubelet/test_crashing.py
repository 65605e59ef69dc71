"""Containers that end, images that do not exist, probes that fail."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from one_node import OneNode

from k8slab.world import Behaviour, HttpRequest, Reply

BACK_OFF = "Back-off restarting failed container main in pod web_default("


@pytest.mark.parametrize(
    ("policy", "command", "state"),
    [
        ("Always", ["true"], "Running ready=False restarts=4 waiting:CrashLoopBackOff"),
        ("OnFailure", ["false"], "Running ready=False restarts=4 waiting:CrashLoopBackOff"),
        ("OnFailure", ["true"], "Succeeded ready=False restarts=0 terminated:Completed"),
        ("Never", ["true"], "Succeeded ready=False restarts=0 terminated:Completed"),
        ("Never", ["sh", "-c", "exit 3"], "Failed ready=False restarts=0 terminated:Error"),
    ],
)
def test_the_restart_policy_decides_what_becomes_of_a_pod(
    node: OneNode, policy: str, command: list[str], state: str
) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Container restart policy"."""
    node.given("web", "busybox:1", restartPolicy=policy, container={"command": command})

    assert node.state("web") == state


def test_a_crash_loop_waits_twice_as_long_each_time(node: OneNode) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Container restart policy"; kuberuntime_manager.go, doBackOff."""
    starts: list[float] = []

    class Crash(Behaviour):
        def start(self) -> None:
            starts.append(self.now)
            self.exit(1, "no database")

    node.world.images.register("shop/web", Crash)
    node.given("web", "shop/web:1", settle=False)
    node.run(1600)

    gaps = [round(then - before) for before, then in itertools.pairwise(starts)]
    assert gaps[:9] == [0, 10, 20, 40, 80, 160, 300, 300, 300]
    waiting = node.pod("web")["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["message"].startswith("back-off 5m0s restarting failed container=main pod=web_default(")
    last = node.pod("web")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["message"]) == (1, "no database")
    (said,) = [event for event in node.client.list("Event") if event["reason"] == "BackOff"]
    assert said["message"].startswith(BACK_OFF) and said["count"] == len(starts) - 1


def test_a_behaviour_that_raises_is_a_crashed_container(node: OneNode) -> None:
    class Broken(Behaviour):
        def start(self) -> None:
            raise ValueError("DATABASE_URL is missing")

    node.world.images.register("shop/web", Broken)

    node.given("web", "shop/web:1", restartPolicy="Never")

    ended = node.pod("web")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["message"]) == (1, "ValueError: DATABASE_URL is missing")


@pytest.mark.parametrize(
    ("image", "reasons", "first", "pulls"),
    [
        ("nginx:1.161", ["ErrImagePull", "ImagePullBackOff"], 'Failed to pull image "nginx:1.161": rpc error', [4]),
        ("Nginx", ["InvalidImageName"], 'Failed to apply default image tag "Nginx"', []),
    ],
)
def test_an_image_that_cannot_be_had_is_said_and_tried_again(
    node: OneNode, image: str, reasons: list[str], first: str, pulls: list[int]
) -> None:
    """Source: pkg/kubelet/images/image_manager.go; the Events of a v1.37 cluster."""
    seen: list[str] = []
    node.given("web", image, settle=False)
    for _ in range(100):
        node.run(1)
        reason = node.state("web").rpartition(":")[2]
        if reason not in [*seen[-1:], "ContainerCreating"]:
            seen.append(reason)

    assert seen[: len(reasons)] == reasons
    failed = next(text for text in node.said("web") if first in text)
    assert failed.startswith(("Failed: ", "InspectFailed: "))
    assert [e["count"] for e in node.client.list("Event") if e["reason"] == "Pulling"] == pulls


def test_the_image_may_appear_later(node: OneNode) -> None:
    node.given("web", "shop/doesnotexist:1")
    assert "ImagePullBackOff" in node.state("web")

    patch = {"spec": {"containers": [{"name": "main", "image": "nginx:1.27"}]}}
    node.client.patch("Pod", "web", "default", patch, type="strategic")
    node.run(300)

    assert node.state("web") == "Running ready=True restarts=0 running:"


class Moody(Behaviour):
    """Healthy until it is asked for `/upset`."""

    mood = 200

    def on_request(self, request: HttpRequest) -> Reply | str:
        if request.path == "/upset":
            self.mood = 500
        return Reply(self.mood)


def probed(node: OneNode, **probes: Any) -> None:
    """A moody pod with these probes."""
    node.world.images.register("shop/moody", Moody)
    node.given("web", "shop/moody:1", container={"ports": [{"containerPort": 8080}], **probes})


def upset(node: OneNode) -> None:
    """Make the pod unhealthy."""
    ip = node.pod("web")["status"]["podIP"]
    node.world.network.dial(None, ip, 8080).ask(HttpRequest(path="/upset"))


GET: Any = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 5}


def test_an_unready_container_is_not_restarted(node: OneNode) -> None:
    """Source: kubernetes.io, "Liveness, Readiness, and Startup Probes"."""
    probed(node, readinessProbe=GET)
    assert node.state("web") == "Running ready=True restarts=0 running:"

    upset(node)
    node.run(20)

    assert node.state("web") == "Running ready=False restarts=0 running:"
    assert "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 500" in node.said("web")


def test_a_container_that_fails_its_liveness_probe_is_restarted(node: OneNode) -> None:
    """Source: kubernetes.io, "Liveness, Readiness, and Startup Probes"."""
    probed(node, livenessProbe=GET)

    upset(node)
    node.run(20)

    assert node.state("web") == "Running ready=True restarts=1 running:"
    assert "Killing: Container main failed liveness probe, will be restarted" in node.said("web")


def test_a_container_that_is_being_killed_is_not_asked_again(node: OneNode) -> None:
    class Stubborn(Moody):
        def on_sigterm(self) -> None:
            self.log("not yet")

    node.world.images.register("shop/stubborn", Stubborn)
    node.given("web", "shop/stubborn:1", container={"ports": [{"containerPort": 8080}], "livenessProbe": GET})

    upset(node)
    node.run(40)

    (said,) = [event for event in node.client.list("Event") if event["reason"] == "Unhealthy"]
    assert said["count"] == 3


def test_the_other_probes_wait_for_the_startup_probe(node: OneNode) -> None:
    """Source: kubernetes.io, "Configure Probes", "Protect slow starting containers with startup probes"."""
    script = "sleep 30; touch /tmp/started; sleep 600"
    check = {"exec": {"command": ["cat", "/tmp/started"]}, "periodSeconds": 5}
    probes = {"startupProbe": {**check, "failureThreshold": 10}, "livenessProbe": {**check, "failureThreshold": 1}}

    node.given("web", "busybox:1", container={"command": ["sh", "-c", script], **probes})

    assert node.state("web") == "Running ready=True restarts=0 running:"
    assert node.loop.now - node.loop.start_s > 30


def test_a_startup_probe_that_never_succeeds_kills(node: OneNode) -> None:
    check = {"tcpSocket": {"port": 81}, "periodSeconds": 5, "failureThreshold": 2}
    node.given("web", container={"startupProbe": check}, settle=False)

    node.run(11)

    assert "Killing: Container main failed startup probe, will be restarted" in node.said("web")
    assert "restarts=1" in node.state("web") and node.pod("web")["status"]["containerStatuses"][0]["started"] is False


def test_the_liveness_example_of_the_documentation(node: OneNode) -> None:
    """Source: kubernetes.io, "Configure Probes", "Define a liveness command": the container is restarted."""
    script = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 5, "periodSeconds": 5}
    node.given("web", "busybox:1", settle=False, container={"args": ["/bin/sh", "-c", script], "livenessProbe": probe})

    node.run(90)

    assert "restarts=1" in node.state("web")
    problem = "Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n"
    assert problem in node.said("web")
