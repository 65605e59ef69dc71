"""A pod's status, from tables of what the kubelet knows."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.kubelet.status import Known, Waiting, pod_status
from k8slab.world import Behaviour, Container, ContainerConfig, Image, Sandbox, World

NOW, SINCE = 1767225660.0, "2026-01-01T00:00:00Z"
IMAGE = Image("docker.io/library/nginx:latest", "docker.io/library/nginx", Behaviour, 1, "sha256:0")
CRASHING = Waiting("CrashLoopBackOff", "back-off 10s …")


def pod(policy: str = "Always", init: int = 0, main: int = 1, **spec: Any) -> Any:
    """A pod with containers i0 … and m0 …"""
    return {
        "metadata": {"name": "p", "generation": 1},
        "spec": {
            "restartPolicy": policy,
            "initContainers": [{"name": f"i{number}", "image": "nginx"} for number in range(init)],
            "containers": [{"name": f"m{number}", "image": "nginx"} for number in range(main)],
            **spec,
        },
    }


def known(
    states: dict[str, str] | None = None, *, waiting: Any = None, ready: str = "", is_ended: bool = False
) -> Known:
    """Containers that are `running` or ended with a code, in a sandbox at 10.244.1.2."""
    sandbox = Sandbox(World(Loop()).create_vm("node-1"), "u", "default", "p", False)
    sandbox.ip, sandbox.is_ready = "10.244.1.2", not is_ended
    for name, state in (states or {}).items():
        container = Container(sandbox, ContainerConfig(name, "nginx"), IMAGE, 0)
        container.state = "RUNNING" if state == "running" else "EXITED"
        container.exit_code = int(state) if state.isdigit() else 0
        container.reason = "" if state == "running" else "Completed" if state == "0" else "Error"
        sandbox.containers[name] = container
    names = set(ready.split())
    return Known(sandbox if states is not None else None, waiting or {}, names, names, "192.168.0.10", SINCE, is_ended)


@pytest.mark.parametrize(
    ("of", "what", "phase"),
    [
        (pod(), known(), "Pending"),
        (pod(), known({"m0": "running"}), "Running"),
        (pod(main=2), known({"m0": "running"}), "Pending"),
        (pod(init=1), known({"i0": "running"}), "Pending"),
        (pod("Never", init=1), known({"i0": "1"}), "Failed"),
        (pod(init=1), known({"i0": "1"}), "Pending"),
        (pod(init=1), known({"i0": "0", "m0": "running"}), "Running"),
        (pod(), known({"m0": "1"}, waiting={"m0": CRASHING}), "Running"),
        (pod(), known({"m0": "0"}), "Running"),
        (pod("OnFailure"), known({"m0": "1"}), "Running"),
        (pod("OnFailure"), known({"m0": "0"}), "Succeeded"),
        (pod("Never", main=2), known({"m0": "0", "m1": "1"}), "Failed"),
        (pod("Never", main=2), known({"m0": "0", "m1": "running"}), "Running"),
        (pod(), known({"m0": "0"}, is_ended=True), "Succeeded"),
        (pod(), known({"m0": "137"}, is_ended=True), "Failed"),
        (pod(), known({}, is_ended=True), "Failed"),
    ],
)
def test_the_phase_sums_up_the_containers(of: Any, what: Known, phase: str) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, getPhase; pkg/kubelet/status/status_manager.go, TerminatePod."""
    assert pod_status(of, what, {}, NOW)["phase"] == phase


def test_an_ended_pod_stays_as_it_ended() -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Pod phase": terminal phases are not left."""
    status = pod_status(pod(), known({"m0": "running"}), {"phase": "Failed"}, NOW)

    assert status["phase"] == "Failed"


@pytest.mark.parametrize(
    ("of", "what", "conditions"),
    [
        (pod(), known(), "Box=False Init=True Ready=False/NotReady"),
        (pod(init=1), known({"i0": "running"}), "Box=True Init=False/NotInitialized Ready=False/NotReady"),
        (pod(), known({"m0": "running"}, ready="m0"), "Box=True Init=True Ready=True"),
        (pod(main=2), known({"m0": "running", "m1": "running"}, ready="m0"), "Box=True Init=True Ready=False/NotReady"),
        (pod(), known({"m0": "0"}, is_ended=True), "Box=False Init=True/PodCompleted Ready=False/PodCompleted"),
        (pod(), known({"m0": "1"}, is_ended=True), "Box=False Init=True Ready=False/PodFailed"),
        (
            pod(readinessGates=[{"conditionType": "lb"}]),
            known({"m0": "running"}, ready="m0"),
            "Box=True Init=True Ready=False/ReadinessGatesNotReady",
        ),
    ],
)
def test_the_conditions_say_how_far_the_pod_is(of: Any, what: Known, conditions: str) -> None:
    """Source: pkg/kubelet/status/generate.go."""
    status = pod_status(of, what, {}, NOW)

    shown = [
        f"{c['type'].replace('Initialized', 'Init').replace('PodReadyToStartContainers', 'Box')}={c['status']}"
        + (f"/{c['reason'].replace('Containers', '')}" if "reason" in c else "")
        for c in status["conditions"]
        if c["type"] != "ContainersReady"
    ]
    assert " ".join(shown) == conditions


def test_unready_containers_are_named_in_the_message() -> None:
    status = pod_status(pod(main=3), known({"m0": "running"}, ready="m0"), {}, NOW)

    assert status["conditions"][2]["message"] == "containers with unready status: [m1 m2]"


def test_times_of_transition_stay_and_what_others_wrote_is_kept() -> None:
    of = pod()
    gate = {"type": "lb", "status": "True", "lastTransitionTime": SINCE}
    first = pod_status(of, known(), {}, NOW - 60)
    of["status"] = {"conditions": [gate]}

    then = pod_status(of, known({"m0": "running"}, ready="m0"), first, NOW)

    times = {c["type"]: c["lastTransitionTime"] for c in then["conditions"]}
    assert times["Initialized"] == SINCE and times["Ready"] == "2026-01-01T00:01:00Z"
    assert then["conditions"][-1] is gate


def test_a_new_message_is_no_transition() -> None:
    of = pod(main=2)
    first = pod_status(of, known({"m0": "running"}), {}, NOW - 60)

    then = pod_status(of, known({"m0": "running"}, ready="m0"), first, NOW)

    ready = then["conditions"][2]
    assert ready["message"] == "containers with unready status: [m1]"
    assert ready["lastTransitionTime"] == SINCE


@pytest.mark.parametrize(
    ("states", "waiting", "state", "last"),
    [
        ({}, {}, {"waiting": {"reason": "ContainerCreating"}}, {}),
        ({}, {"m0": Waiting("ErrImagePull", "why")}, {"waiting": {"reason": "ErrImagePull", "message": "why"}}, {}),
        ({"m0": "running"}, {}, "running", {}),
        ({"m0": "1"}, {}, "terminated", {}),
        ({"m0": "1"}, {"m0": CRASHING}, "waiting", "terminated"),
    ],
)
def test_a_container_waits_runs_or_has_ended(states: Any, waiting: Any, state: Any, last: Any) -> None:
    """Source: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses."""
    shown = pod_status(pod(), known(states, waiting=waiting), {}, NOW)["containerStatuses"][0]

    for what, wanted in ((shown["state"], state), (shown["lastState"], last)):
        assert what == wanted or list(what) == [wanted]


@pytest.mark.parametrize(
    ("restarts", "state", "is_ready"),
    [
        (None, "running", False),
        (None, "1", False),
        (None, "0", True),
        ("Always", "running", True),
        ("Always", "0", False),
    ],
)
def test_an_init_container_is_ready_when_it_has_ended_well_and_a_sidecar_while_it_runs(
    restarts: str | None, state: str, is_ready: bool
) -> None:
    """Source: pkg/kubelet/prober/prober_manager.go, UpdatePodStatus."""
    first = {"name": "i0", "image": "nginx", "restartPolicy": restarts}

    status = pod_status(pod(initContainers=[first]), known({"i0": state}, ready="i0"), {}, NOW)

    assert status["initContainerStatuses"][0]["ready"] is is_ready


def test_a_pod_with_init_containers_says_so_while_it_waits() -> None:
    status = pod_status(pod(init=1), known({"i0": "0"}), {}, NOW)

    assert status["containerStatuses"][0]["state"]["waiting"]["reason"] == "PodInitializing"
    assert status["initContainerStatuses"][0]["ready"] is True


@pytest.mark.parametrize(("is_ended", "ip"), [(False, "10.244.1.2"), (True, "10.244.1.9")])
def test_an_ended_pod_keeps_showing_the_address_it_had(is_ended: bool, ip: str) -> None:
    before = {"podIP": "10.244.1.9", "podIPs": [{"ip": "10.244.1.9"}]}

    assert pod_status(pod(), known({"m0": "0"}, is_ended=is_ended), before, NOW)["podIP"] == ip
