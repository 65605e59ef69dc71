"""Containers that are added to a running pod."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.wire import Request, Response

SLEEP = ["sleep", "3600"]


def added(node: OneNode, *command: str, **more: Any) -> Any:
    """Add a container to the pod web; its status when things have settled."""
    one = {"name": "debugger", "image": "busybox:1.36", "command": list(command), **more}
    body = {"spec": {"ephemeralContainers": [one]}}
    kind = "application/strategic-merge-patch+json"
    place = ("default", "web", "ephemeralcontainers")
    assert node.api.handle(Request("patch", "pods", "", "v1", *place, {}, body, kind, user="admin")).code == 200
    node.loop.settle()
    return status(node)["ephemeralContainerStatuses"][0]


def status(node: OneNode) -> Any:
    return node.client.get("Pod", "web", "default")["status"]


def called(node: OneNode, subresource: str, **body: Any) -> Response:
    place = ("default", "web", subresource)
    return node.api.handle(Request("create", "pods", "", "v1", *place, {"container": "debugger"}, body, user="admin"))


def test_it_is_started(node: OneNode) -> None:
    """Source: kubernetes.io, "Ephemeral Containers"; kubelet_pods.go, convertToAPIContainerStatuses."""
    node.given("web")

    found = added(node, *SLEEP)

    assert "running" in found["state"] and found["containerID"].startswith("containerd://")
    assert (found["ready"], found["restartCount"], "started" in found) == (False, 0, False)


@pytest.mark.parametrize(("command", "code", "reason"), [("true", 0, "Completed"), ("false", 1, "Error")])
def test_it_is_never_started_again(node: OneNode, command: str, code: int, reason: str) -> None:
    """Source: kuberuntime_manager.go, computePodActions."""
    node.given("web", restartPolicy="Always")

    ended = added(node, command)["state"]["terminated"]

    assert (ended["exitCode"], ended["reason"]) == (code, reason)
    assert (status(node)["phase"], status(node)["containerStatuses"][0]["restartCount"]) == ("Running", 0)


def test_its_image_is_awaited(node: OneNode) -> None:
    node.given("web")

    found = added(node, "true", image="nginx:1.161")

    assert found["state"]["waiting"]["reason"] in ("ErrImagePull", "ImagePullBackOff")
    assert status(node)["conditions"][2]["status"] == "True"  # Ready


def test_it_may_mount_what_no_other_does(node: OneNode) -> None:
    """Source: pkg/volume/util/util.go, GetPodVolumeNames: of all containers."""
    metadata = {"name": "motd", "namespace": "default"}
    node.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "hello\n"}})
    node.given("web", volumes=[{"name": "motd", "configMap": {"name": "motd"}}])

    added(node, "cat", "/motd/a", volumeMounts=[{"name": "motd", "mountPath": "/motd"}])

    assert node.client.log("web", "default", container="debugger") == "hello\n"


def test_it_does_not_wait_for_init_containers(node: OneNode) -> None:
    node.given("web", initContainers=[{"name": "init", "image": "busybox:1.36", "command": SLEEP}])

    assert "running" in added(node, *SLEEP)["state"] and status(node)["phase"] == "Pending"


def test_it_ends_with_its_pod(node: OneNode) -> None:
    """Source: kuberuntime_container.go, killContainersWithSyncResult."""
    node.given("web", container={"image": "busybox:1.36", "command": ["sleep", "100"]}, restartPolicy="Never")
    added(node, *SLEEP)

    node.run(200)

    assert status(node)["phase"] == "Succeeded"
    assert status(node)["ephemeralContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 137


def test_it_runs_on_when_the_kubelet_starts_anew(node: OneNode) -> None:
    node.given("web")
    before = added(node, *SLEEP)

    node.vm.stop_daemon("kubelet")
    node.run(5)
    node.vm.start_daemon("kubelet")
    node.loop.settle()

    assert status(node)["ephemeralContainerStatuses"] == [before]


def test_it_is_not_started_in_the_sandbox_after_its_own(node: OneNode) -> None:
    node.given("web")
    added(node, *SLEEP)

    node.vm.power_off()
    node.vm.power_on()
    node.loop.settle()

    now = status(node)
    assert "running" in now["containerStatuses"][0]["state"]
    assert "terminated" in now["ephemeralContainerStatuses"][0]["state"]


def test_it_can_be_asked_by_its_name(node: OneNode) -> None:
    node.given("web")
    added(node, "sh", "-c", "echo hello; sleep 3600")

    said = called(node, "exec", command=["echo", "there"]).body

    assert (node.client.log("web", "default", container="debugger"), said["stdout"]) == ("hello\n", "there\n")
