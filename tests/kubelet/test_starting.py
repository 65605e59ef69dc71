"""How pods come to run, seen through a real API."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode


def test_a_simple_pod_costs_two_writes_and_four_events(node: OneNode) -> None:
    """Source: the Events of a v1.37 cluster as `kubectl describe pod` shows them."""
    node.given("web")

    assert node.state("web") == "Running ready=True restarts=0 running:"
    assert node.writes == ["patch pods/web/status"] * 2
    assert [text.split(": ")[0] for text in node.said("web")] == ["Pulling", "Pulled", "Created", "Started"]


@pytest.mark.parametrize(
    ("image", "policy", "texts"),
    [
        (
            "nginx:1.27",
            "IfNotPresent",
            ["Container image {} already present on machine and can be accessed by the pod"],
        ),
        ("nginx:1.27", "Always", ["Pulling image {}", "Successfully pulled image {} in "]),
        (
            "nginx:1.26",
            "Never",
            ["Container image {} is not present with pull policy of Never", "Error: ErrImageNeverPull"],
        ),
    ],
)
def test_an_image_is_pulled_as_the_policy_says(node: OneNode, image: str, policy: str, texts: list[str]) -> None:
    """Source: pkg/kubelet/images/image_manager.go, EnsureImageExists."""
    node.given("first")

    node.given("second", image, container={"imagePullPolicy": policy})

    said = [text.partition(": ")[2] for text in node.said("second")]
    for text, wanted in zip(said, texts, strict=False):
        assert text.startswith(wanted.format(f'"{image}"'))


def test_the_status_tells_where_the_pod_is_and_what_it_runs(node: OneNode) -> None:
    node.given("web")

    status = node.pod("web")["status"]
    assert (status["hostIP"], status["podIP"], status["qosClass"]) == ("192.168.0.10", "10.244.1.2", "BestEffort")
    assert status["observedGeneration"] == 1 and status["startTime"] == "2026-01-01T00:00:00Z"
    container = status["containerStatuses"][0]
    assert container["image"] == "docker.io/library/nginx:1.27"
    assert container["imageID"].startswith("docker.io/library/nginx@sha256:")
    assert container["containerID"].startswith("containerd://") and container["started"] is True


def test_init_containers_run_in_order_before_the_others(node: OneNode) -> None:
    """Source: kubernetes.io, "Init Containers"."""
    steps = [{"name": f"i{n}", "image": "busybox:1", "command": ["sleep", "5"]} for n in (1, 2)]

    node.given("web", initContainers=steps, settle=False)
    node.run(6)
    assert "waiting:PodInitializing" in node.state("web")
    node.loop.settle()

    first, second = (s["state"]["terminated"] for s in node.pod("web")["status"]["initContainerStatuses"])
    assert first["finishedAt"] <= second["startedAt"] and first["reason"] == "Completed"
    assert node.state("web") == "Running ready=True restarts=0 running:"


def test_sidecars_run_on_beside_the_others_and_end_after_them(node: OneNode) -> None:
    """Source: kubernetes.io, "Sidecar Containers", "Jobs with sidecar containers"."""
    sidecar = {"name": "log", "image": "nginx:1.27", "restartPolicy": "Always"}
    job = {"command": ["sleep", "5"]}

    node.given("job", "busybox:1", initContainers=[sidecar], restartPolicy="Never", container=job)

    status = node.pod("job")["status"]
    assert status["phase"] == "Succeeded"
    assert (
        status["containerStatuses"][0]["state"]["terminated"]["finishedAt"]
        <= (status["initContainerStatuses"][0]["state"]["terminated"]["finishedAt"])
    )


def test_a_container_that_runs_is_shown_while_the_next_one_is_still_awaited(node: OneNode) -> None:
    containers = [{"name": name, "image": image} for name, image in (("a", "nginx:1.27"), ("b", "postgres:17"))]
    node.given("web", containers=containers, settle=False)

    node.run(5)

    states = [list(status["state"]) for status in node.pod("web")["status"]["containerStatuses"]]
    assert states == [["running"], ["waiting"]] and node.pod("web")["status"]["phase"] == "Pending"


def test_a_missing_config_map_holds_the_container_back_until_it_is_there(node: OneNode) -> None:
    """Source: pkg/kubelet/kuberuntime/kuberuntime_container.go, ErrCreateContainerConfig."""
    source = {"configMapKeyRef": {"name": "colors", "key": "sky"}}
    node.given("web", container={"env": [{"name": "SKY", "valueFrom": source}]})
    assert node.state("web") == "Pending ready=False restarts=0 waiting:CreateContainerConfigError"
    assert 'Failed: Error: configmap "colors" not found' in node.said("web")

    colors = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "colors"}, "data": {"sky": "blue"}}
    node.client.create(colors)
    node.run(15)

    assert node.state("web").startswith("Running ready=True")
    sandbox = next(iter(node.vm.runtime.sandboxes.values()))
    assert sandbox.containers["main"].config.env["SKY"] == "blue"


def test_pods_wait_for_the_node_to_get_a_network_and_host_pods_do_not() -> None:
    """Source: pkg/kubelet/kubelet.go, SyncPod (NetworkNotReady)."""
    node = OneNode(with_network=False)
    node.given("web")
    node.given("host", hostNetwork=True)

    before = node.state("web"), node.state("host")
    node.give_network()
    node.loop.settle()

    assert [state.split()[0] for state in before] == ["Pending", "Running"]
    assert node.said("web")[0].startswith("NetworkNotReady: network is not ready: container runtime network not ready")
    assert node.state("web").startswith("Running") and node.pod("host")["status"]["podIP"] == "192.168.0.10"


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        (
            {"container": {"resources": {"requests": {"cpu": "5"}}}},
            "OutOfcpu",
            "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 100, capacity: 4000",
        ),
        ({"nodeSelector": {"disk": "ssd"}}, "NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed"),
    ],
)
def test_a_node_refuses_what_it_cannot_take(node: OneNode, spec: Any, reason: str, message: str) -> None:
    """Source: pkg/kubelet/kubelet.go, rejectPod."""
    node.given("small", container={"resources": {"requests": {"cpu": "100m"}}})

    node.given("big", **spec)

    status = node.pod("big")["status"]
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", reason, message)
    assert len(node.vm.runtime.sandboxes) == 1


def test_a_changed_image_restarts_the_container_with_the_new_one(node: OneNode) -> None:
    """Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, containerChanged."""
    node.given("web")

    patch = {"spec": {"containers": [{"name": "main", "image": "httpd:2"}]}}
    node.client.patch("Pod", "web", "default", patch, type="strategic")
    node.loop.settle()

    assert node.state("web") == "Running ready=True restarts=1 running:"
    assert node.pod("web")["status"]["containerStatuses"][0]["image"] == "docker.io/library/httpd:2"
    assert "Killing: Container main definition changed, will be restarted" in node.said("web")
