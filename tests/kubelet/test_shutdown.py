"""A machine that is switched off in order."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode
from test_static_pods import ETCD

from k8slab.objects import get_condition, parse_rfc3339

CRITICAL = 2_000_001_000
MESSAGE = "Pod was terminated in response to imminent node shutdown."


def vital(node: OneNode, name: str, *image: str, **spec: Any) -> None:
    """A pod that the node needs."""
    node.client.create({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": CRITICAL,
                        "metadata": {"name": "system-node-critical"}})  # fmt: skip
    node.given(name, *image, priorityClassName="system-node-critical", **spec)


def ended_at(node: OneNode, name: str) -> str:
    """When the pod's container ended."""
    at: str = node.pod(name)["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"]
    return at


def test_a_pod_on_a_node_that_is_switched_off_has_failed(node: OneNode) -> None:
    """Source: kubernetes.io, "Node Shutdowns", "Graceful node shutdown"."""
    node.given("web")

    node.vm.shut_down(30, 10)
    node.run(10)

    status = node.pod("web")["status"]
    target = get_condition(node.pod("web"), "DisruptionTarget")
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "Terminated", MESSAGE)
    assert target is not None and (target["reason"], target["message"]) == ("TerminationByKubelet", MESSAGE)
    assert not node.vm.is_on


def test_the_node_says_that_it_is_shutting_down_before_its_pods_end(node: OneNode) -> None:
    """Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, ShutdownStatus; nodestatus.ReadyCondition."""
    node.given("web")

    node.vm.shut_down(30, 10)

    ready = get_condition(node.client.get("Node", "node-1"), "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"], ready["message"]) == ("False", "KubeletNotReady", "node is shutting down")
    assert node.said("node-1")[-1] == "NodeShutdown: Shutdown manager detected shutdown event"
    assert node.pod("web")["status"]["phase"] == "Running"


def test_critical_pods_end_after_all_others(node: OneNode) -> None:
    """Source: kubernetes.io, "Node Shutdowns": regular pods first, then critical pods."""
    for create, name in ((vital, "agent"), (OneNode.given, "web")):
        create(node, name, "busybox:1", container={"command": ["sleep", "1000"]}, terminationGracePeriodSeconds=5)

    node.vm.shut_down(30, 10)
    node.run(30)

    took_s = parse_rfc3339(ended_at(node, "agent")) - parse_rfc3339(ended_at(node, "web"))
    assert 5 <= took_s <= 6


@pytest.mark.parametrize(
    ("asked", "period_s", "critical_s", "off_after_s"),
    [
        (600, 30, 10, 21),  # the pod has what is left when the critical ones have had theirs
        (5, 30, 10, 7),  # or what it asks for, if that is less
        (600, 0, 0, 0),  # no period: nobody waits
        (600, 5, 10, 0),  # a period that is shorter than its part is none
    ],
)
def test_a_pod_has_no_more_time_than_the_period_allows(
    node: OneNode, asked: int, period_s: float, critical_s: float, off_after_s: float
) -> None:
    """Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, migrateConfig, processShutdownEvent."""
    node.given("web", "busybox:1", container={"command": ["sleep", "1000"]}, terminationGracePeriodSeconds=asked)

    node.vm.shut_down(period_s, critical_s)
    was_on = node.vm.is_on
    node.run(max(off_after_s - 2, 0))

    assert (was_on, node.vm.is_on) == (off_after_s > 0, off_after_s > 0)
    node.run(2)
    assert not node.vm.is_on
    assert node.pod("web")["status"]["phase"] == ("Failed" if was_on else "Running")


def test_a_new_pod_is_refused(node: OneNode) -> None:
    """Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, Admit."""
    node.given("slow", "busybox:1", container={"command": ["sleep", "1000"]})
    node.vm.shut_down(30, 10)

    node.given("web", settle=False)
    node.run(1)

    status = node.pod("web")["status"]
    text = "Pod was rejected: Pod was rejected as the node is shutting down."
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "NodeShutdown", text)


def test_a_machine_that_is_switched_on_again_takes_pods_and_runs_its_static_ones() -> None:
    node = OneNode(static_pods=(ETCD,))
    node.vm.shut_down(30, 10)
    node.run(30)
    before = node.client.get("Pod", "etcd-node-1", "kube-system")["status"]

    node.vm.power_on()
    node.loop.settle()
    node.given("web")

    after = node.client.get("Pod", "etcd-node-1", "kube-system")["status"]
    assert (before["phase"], before["reason"]) == ("Failed", "Terminated")
    assert (after["phase"], after.get("reason"), after.get("message")) == ("Running", None, None)
    assert node.state("web").startswith("Running ready=True")


def test_a_kubelet_that_dies_holds_the_power_no_longer(node: OneNode) -> None:
    """Source: systemd-inhibit(1): a lock is gone with the process that holds it."""
    node.given("slow", "busybox:1", container={"command": ["sleep", "1000"]})
    node.vm.shut_down(30, 10)
    node.run(1)

    node.vm.stop_daemon("kubelet")
    node.run(1)

    assert not node.vm.is_on and not node.vm.running
