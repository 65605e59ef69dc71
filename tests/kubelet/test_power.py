"""Power cuts, dead kubelets and an API server that does not answer."""

from __future__ import annotations

import pytest
from one_node import OneNode

from k8slab.objects import get_condition


def test_after_a_power_cut_the_same_pods_start_again(node: OneNode) -> None:
    """Source: pkg/kubelet/kuberuntime (SandboxChanged); containerd marks what it finds dead as Unknown, 255."""
    node.given("web")
    address = node.pod("web")["status"]["podIP"]

    node.vm.power_off()
    node.run(30)
    node.vm.power_on()
    node.loop.settle()

    status = node.pod("web")["status"]
    lost = status["containerStatuses"][0]["lastState"]["terminated"]
    assert node.state("web") == "Running ready=True restarts=1 running:"
    assert (lost["reason"], lost["exitCode"]) == ("Unknown", 255)
    assert status["podIP"] != address
    assert "SandboxChanged: Pod sandbox changed, it will be killed and re-created." in node.said("web")


def test_nothing_happens_on_a_machine_without_power(node: OneNode) -> None:
    node.given("web")
    node.writes.clear()

    node.vm.power_off()
    node.given("late")
    node.client.delete("Pod", "web", "default")
    node.run(3600)

    assert node.writes == []
    assert node.pod("late")["status"]["phase"] == "Pending" and not node.gone("web")


def test_a_pod_deleted_during_a_power_cut_is_finished_off(node: OneNode) -> None:
    node.given("web")
    node.vm.power_off()
    node.client.delete("Pod", "web", "default")

    node.vm.power_on()
    node.loop.settle()

    assert node.gone("web") and node.vm.runtime.sandboxes == {}
    assert "Created" not in [text.split(":")[0] for text in node.said("web")[4:]]


def test_a_pod_that_never_restarts_has_failed_by_the_power_cut(node: OneNode) -> None:
    node.given("job", "busybox:1", restartPolicy="Never", container={"command": ["sleep", "3600"]})

    node.vm.power_off()
    node.vm.power_on()
    node.loop.settle()

    assert node.state("job") == "Failed ready=False restarts=0 terminated:Unknown"


def test_a_reboot_is_told(node: OneNode) -> None:
    """Source: pkg/kubelet/nodestatus/setters.go, MachineInfo (NodeRebooted)."""
    node.vm.power_off()
    node.vm.power_on()
    node.loop.settle()

    text = f"Rebooted: Node node-1 has been rebooted, boot id: {node.vm.boot_id}"
    assert text in node.said("node-1")
    assert node.client.get("Node", "node-1")["status"]["nodeInfo"]["bootID"] == node.vm.boot_id


@pytest.mark.parametrize("pause", [0, 5])
@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.7, 1.5, 2.2, 10.0])
def test_a_dead_kubelet_leaves_its_containers_and_its_successor_takes_them_over(
    node: OneNode, seconds: float, pause: float
) -> None:
    node.given("web", settle=False)
    node.run(seconds)

    node.vm.stop_daemon("kubelet")
    node.run(pause)
    node.vm.start_daemon("kubelet")
    node.loop.settle()

    assert node.state("web") == "Running ready=True restarts=0 running:"
    assert node.pod("web")["status"]["podIP"] == "10.244.1.2"


def test_a_container_that_was_just_being_started_is_found_by_the_successor(node: OneNode) -> None:
    node.given("web", settle=False)
    while not any(sandbox.containers for sandbox in node.vm.runtime.sandboxes.values()):
        node.loop.step()

    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")
    node.loop.settle()

    assert node.state("web") == "Running ready=True restarts=0 running:"


def test_a_pod_without_a_sandbox_shows_no_address(node: OneNode) -> None:
    node.given("web")

    node.vm.power_off()
    node.vm.power_on()
    node.run(0.1)

    status = node.pod("web")["status"]
    assert "podIP" not in status and status["phase"] == "Running"
    assert node.state("web") == "Running ready=False restarts=0 terminated:Unknown"


def test_a_pod_replaced_behind_the_kubelets_back_is_another_pod(node: OneNode) -> None:
    node.given("web")
    node.is_api_up = False
    node.api.disconnect()

    node.client.delete("Pod", "web", "default", grace_s=0)
    node.given("web")
    node.is_api_up = True
    node.run(60)

    assert node.state("web") == "Running ready=True restarts=0 running:"
    assert list(node.vm.runtime.sandboxes) == [node.pod("web")["metadata"]["uid"]]


def test_a_successor_believes_what_was_said_of_readiness(node: OneNode) -> None:
    probe = {"httpGet": {"port": 80}, "initialDelaySeconds": 20}
    node.given("web", container={"readinessProbe": probe})
    node.writes.clear()

    node.vm.stop_daemon("kubelet")
    node.vm.start_daemon("kubelet")
    node.loop.settle()

    assert "patch pods/web/status" not in node.writes
    assert node.state("web") == "Running ready=True restarts=0 running:"


def test_without_an_api_pods_run_on_and_what_happened_is_told_later(node: OneNode) -> None:
    node.given("web")
    container = next(iter(node.vm.runtime.sandboxes.values())).containers["main"]

    node.is_api_up = False
    container.kill()
    node.run(120)
    assert node.state("web") == "Running ready=True restarts=0 running:"
    node.is_api_up = True
    node.run(60)

    assert node.state("web") == "Running ready=True restarts=1 running:"
    assert node.pod("web")["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137


def test_a_delete_begun_before_the_api_was_lost_is_finished_after_it(node: OneNode) -> None:
    node.given("web", "busybox:1", container={"command": ["sleep", "3600"]})
    node.client.delete("Pod", "web", "default")
    node.run(10)

    node.is_api_up = False
    node.run(60)
    assert not node.gone("web")
    node.is_api_up = True
    node.run(60)

    assert node.gone("web")


def test_a_node_can_be_registered_late(node: OneNode) -> None:
    node.vm.power_off()
    node.client.delete("Node", "node-1")
    node.is_api_up = False

    node.vm.power_on()
    node.run(30)
    node.is_api_up = True
    node.run(10)
    node.give_network()

    ready = get_condition(node.client.get("Node", "node-1"), "Ready")
    assert ready is not None and ready["status"] == "True"
