"""One word for the state of a Pod or a Node, and what a Pod asks for."""

from __future__ import annotations

from typing import Any

import pytest
from objects_of_a_cluster import node, pod

from k8slab.view.amounts import Amount, allocatable, requests_of
from k8slab.view.states import STATES, is_control_plane, node_status, pod_state, reason_of, restarts_of

Obj = dict[str, Any]
MIB = 1024**2


def with_status(phase: str, *containers: Obj, init: tuple[Obj, ...] = (), **more: Any) -> Obj:
    """A pod on node-1, its containers in these states."""
    status = {
        "phase": phase,
        "containerStatuses": [{"name": "app", "state": state} for state in containers],
        "initContainerStatuses": [{"name": "init", "state": state} for state in init],
        **more,
    }
    return {**pod("web-1", "node-1"), "status": status}


def waiting(reason: str) -> Obj:
    return {"waiting": {"reason": reason}}


def ended(code: int, reason: str = "") -> Obj:
    return {"terminated": {"exitCode": code, **({"reason": reason} if reason else {})}}


def leaving(obj: Obj) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}


STATES_OF_PODS: list[tuple[str, Obj]] = [
    ("ready", pod("web-1", "node-1")),
    ("running", pod("web-1", "node-1", is_ready=False)),
    ("running", with_status("Running", ended(137, "OOMKilled"))),
    ("creating", with_status("Pending", waiting("ContainerCreating"))),
    ("creating", with_status("Pending", waiting("PodInitializing"), init=({"running": {}},))),
    ("creating", with_status("Pending")),
    ("waiting", pod("web-1", phase="Pending")),
    ("waiting", {"metadata": {"name": "bare"}, "spec": {}}),
    ("crashing", with_status("Running", waiting("CrashLoopBackOff"))),
    ("crashing", with_status("Running", ended(1, "Error"))),
    ("crashing", with_status("Pending", waiting("PodInitializing"), init=(waiting("CrashLoopBackOff"),))),
    ("stuck", with_status("Pending", waiting("ErrImagePull"))),
    ("stuck", with_status("Pending", waiting("ImagePullBackOff"))),
    ("stuck", with_status("Pending", waiting("CreateContainerConfigError"))),
    ("failed", pod("web-1", "node-1", "Failed")),
    ("failed", {**pod("web-1", phase="Failed")}),
    ("succeeded", pod("web-1", "node-1", "Succeeded")),
    ("terminating", leaving(pod("web-1", "node-1"))),
    ("terminating", leaving(pod("web-1", "node-1", "Failed"))),
    ("unknown", with_status("Unknown")),
]


@pytest.mark.parametrize(("state", "obj"), STATES_OF_PODS)
def test_a_pod_is_in_one_state(state: str, obj: Obj) -> None:
    """Source: kubernetes.io, "Pod Lifecycle"; pkg/printers/internalversion/printers.go, printPod."""
    assert pod_state(obj) == state


def test_every_state_has_a_case() -> None:
    assert {state for state, _ in STATES_OF_PODS} == set(STATES)


@pytest.mark.parametrize(
    ("obj", "reason"),
    [
        (with_status("Running", {"running": {}}), ""),
        (with_status("Running", {"running": {}}, waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (with_status("Running", ended(0, "Completed"), waiting("ErrImagePull")), "ErrImagePull"),
        (with_status("Failed", ended(2)), "Error"),
        (with_status("Failed", reason="Evicted"), "Evicted"),
        (with_status("Pending", init=(ended(0, "Completed"), waiting("ImagePullBackOff"))), "ImagePullBackOff"),
        (
            with_status("Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]),
            "Unschedulable",
        ),
    ],
)
def test_the_reason_is_that_of_the_first_container_which_does_not_run(obj: Obj, reason: str) -> None:
    assert reason_of(obj) == reason


def test_restarts_of_all_containers_count() -> None:
    statuses = {
        "containerStatuses": [{"restartCount": 2}, {"restartCount": 1}],
        "initContainerStatuses": [{"restartCount": 4}],
    }

    assert restarts_of({**pod("web-1"), "status": statuses}) == 7


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        (node("a"), "Ready"),
        (node("a", is_ready=False), "NotReady"),
        ({**node("a"), "status": {"conditions": [{"type": "Ready", "status": "False"}]}}, "NotReady"),
        ({**node("a"), "status": {}}, "Unknown"),
        ({**node("a"), "spec": {"unschedulable": True}}, "Ready,SchedulingDisabled"),
        ({**node("a", is_ready=False), "spec": {"unschedulable": True}}, "NotReady,SchedulingDisabled"),
    ],
)
def test_the_status_of_a_node_is_as_kubectl_says_it(obj: Obj, status: str) -> None:
    """Source: pkg/printers/internalversion/printers.go, printNode."""
    assert node_status(obj) == status


def test_the_role_of_a_node_is_a_label() -> None:
    """Source: kubernetes.io, "Well-Known Labels", node-role.kubernetes.io/control-plane."""
    assert (is_control_plane(node("a", is_master=True)), is_control_plane(node("b"))) == (True, False)


@pytest.mark.parametrize(
    ("status", "amount"),
    [
        ({"allocatable": {"cpu": "3500m", "memory": "1Gi"}, "capacity": {"cpu": "4"}}, Amount(3500, 1024 * MIB)),
        ({"capacity": {"cpu": "4", "memory": "512Mi"}}, Amount(4000, 512 * MIB)),
        ({}, Amount()),
        ({"allocatable": {"cpu": "a lot"}}, Amount()),
    ],
)
def test_a_node_has_what_it_says_it_can_give(status: Obj, amount: Amount) -> None:
    assert allocatable({**node("a"), "status": status}) == amount


def box(cpu: str, memory: str = "0", **more: str) -> Obj:
    """A container that asks for this."""
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


@pytest.mark.parametrize(
    ("spec", "amount"),
    [
        ({"containers": [{}]}, Amount()),
        ({"containers": [box("250m", "64Mi"), box("1", "64Mi")]}, Amount(1250, 128 * MIB)),
        ({"containers": [box("1")], "initContainers": [box("500m", "1Mi"), box("2")]}, Amount(2000, MIB)),
        ({"containers": [box("1")], "initContainers": [box("500m", restartPolicy="Always")]}, Amount(1500)),
        ({"containers": [box("1")], "initContainers": [box("500m", restartPolicy="Always"), box("2")]}, Amount(2500)),
        ({"containers": [box("1")], "initContainers": [box("2"), box("500m", restartPolicy="Always")]}, Amount(2000)),
        ({"containers": [box("1")], "overhead": {"cpu": "100m", "memory": "8Mi"}}, Amount(1100, 8 * MIB)),
    ],
)
def test_a_pod_asks_for_what_must_run_together(spec: Obj, amount: Amount) -> None:
    """Source: kubernetes.io, "Sidecar Containers", "Resource sharing within containers"; "Pod Overhead"."""
    assert requests_of({"spec": spec, "status": {"phase": "Running"}}) == amount


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_asks_for_nothing(phase: str) -> None:
    assert requests_of({"spec": {"containers": [box("1")]}, "status": {"phase": phase}}) == Amount()
