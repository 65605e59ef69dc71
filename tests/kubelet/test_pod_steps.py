"""What a kubelet does next, from tables of what there is."""

from __future__ import annotations

from typing import Any, cast

import pytest

from k8slab.clock import Loop
from k8slab.kubelet.pods import Step, grace_s, leaving_order, next_step
from k8slab.world import Behaviour, Container, ContainerConfig, Image, Sandbox, Vm, World

NOW = 100.0
IMAGE = Image("docker.io/library/nginx:latest", "docker.io/library/nginx", Behaviour, 1, "sha256:0")


def pod(
    *, policy: str = "Always", init: tuple[str, ...] = (), sidecar: str = "", main: tuple[str, ...] = ("a",)
) -> Any:
    """A pod with these containers; a sidecar comes before the other init containers."""
    specs: list[Any] = [{"name": sidecar, "restartPolicy": "Always"}] if sidecar else []
    specs += [{"name": name} for name in init]
    containers = [{"name": name} for name in main]
    return {"metadata": {}, "spec": {"restartPolicy": policy, "initContainers": specs, "containers": containers}}


@pytest.fixture
def vm() -> Vm:
    """A machine for the containers to be on."""
    return World(Loop()).create_vm("node-1")


def sandbox_with(vm: Vm, states: dict[str, str], *, is_ready: bool = True) -> Sandbox:
    """A sandbox whose containers are `running`, `created` or ended with a code."""
    sandbox = Sandbox(vm, "u", "default", "p", False)
    sandbox.is_ready = is_ready
    for name, state in states.items():
        container = Container(sandbox, ContainerConfig(name, "nginx"), IMAGE, 0)
        container.state = {"running": "RUNNING", "created": "CREATED"}.get(state, "EXITED")
        container.exit_code = int(state) if state.isdigit() else 0
        sandbox.containers[name] = container
    return sandbox


SIMPLE, TWO, INIT = pod(), pod(main=("a", "b")), pod(init=("i", "j"))
SIDECAR = pod(sidecar="s", init=("i",))


@pytest.mark.parametrize(
    ("of", "states", "step"),
    [
        (SIMPLE, {}, Step("start", "a")),
        (SIMPLE, {"a": "created"}, Step("wait")),
        (SIMPLE, {"a": "running"}, Step("wait")),
        (SIMPLE, {"a": "0"}, Step("start", "a")),
        (TWO, {"a": "running"}, Step("start", "b")),
        (TWO, {"a": "1", "b": "running"}, Step("start", "a")),
        (INIT, {}, Step("start", "i")),
        (INIT, {"i": "running"}, Step("wait")),
        (INIT, {"i": "1"}, Step("start", "i")),
        (INIT, {"i": "0"}, Step("start", "j")),
        (INIT, {"i": "0", "j": "0"}, Step("start", "a")),
        (SIDECAR, {}, Step("start", "s")),
        (SIDECAR, {"s": "running"}, Step("start", "i")),
        (SIDECAR, {"s": "0", "i": "0", "a": "running"}, Step("start", "s")),
    ],
)
def test_the_next_container_is_started_in_its_turn(vm: Vm, of: Any, states: dict[str, str], step: Step) -> None:
    """Source: kubernetes.io, "Init Containers" and "Sidecar Containers"."""
    assert next_step(of, sandbox_with(vm, states), {"s"}, {}, NOW) == step


def test_a_sidecar_must_be_past_its_startup_probe_before_anything_else_starts(vm: Vm) -> None:
    """Source: kubernetes.io, "Sidecar Containers", "Differences from init containers"."""
    assert next_step(SIDECAR, sandbox_with(vm, {"s": "running"}), set(), {}, NOW) == Step("wait")


@pytest.mark.parametrize(
    ("policy", "code", "kind"),
    [
        ("Always", "0", "start"),
        ("Always", "1", "start"),
        ("OnFailure", "0", "finish"),
        ("OnFailure", "1", "start"),
        ("Never", "0", "finish"),
        ("Never", "1", "finish"),
    ],
)
def test_the_restart_policy_decides_about_ended_containers(vm: Vm, policy: str, code: str, kind: str) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Container restart policy"."""
    assert next_step(pod(policy=policy), sandbox_with(vm, {"a": code}), set(), {}, NOW).kind == kind


def test_a_failed_init_container_of_a_pod_that_never_restarts_is_the_end(vm: Vm) -> None:
    """Source: kubernetes.io, "Init Containers": the overall Pod is treated as failed."""
    of = pod(policy="Never", init=("i",))

    assert next_step(of, sandbox_with(vm, {"i": "1"}), set(), {}, NOW) == Step("finish")


def test_containers_in_back_off_are_waited_for_and_others_are_not(vm: Vm) -> None:
    not_before = {"a": NOW + 20, "b": NOW + 10}

    both = next_step(TWO, sandbox_with(vm, {"a": "1", "b": "1"}), set(), not_before, NOW)
    one = next_step(TWO, sandbox_with(vm, {"a": "1"}), set(), {"a": NOW + 20}, NOW)

    assert both == Step("wait", until=NOW + 10)
    assert one == Step("start", "b")


@pytest.mark.parametrize(
    ("policy", "code", "kind"),
    [
        ("Always", "255", "sandbox"),
        ("OnFailure", "255", "sandbox"),
        ("OnFailure", "0", "finish"),
        ("Never", "255", "finish"),
    ],
)
def test_after_a_power_cut_only_what_may_restart_gets_a_new_sandbox(vm: Vm, policy: str, code: str, kind: str) -> None:
    """Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions."""
    lost = sandbox_with(vm, {"a": code}, is_ready=False)

    assert next_step(pod(policy=policy), lost, set(), {}, NOW).kind == kind


def test_containers_of_an_older_sandbox_count_as_never_started(vm: Vm) -> None:
    sandbox = sandbox_with(vm, {"i": "0", "j": "0", "a": "255"})
    sandbox.attempt = 1

    assert next_step(INIT, sandbox, set(), {}, NOW) == Step("start", "i")


@pytest.mark.parametrize(
    ("asked", "own", "grace"), [(None, None, 30), (None, 5, 5), (10, 5, 10), (0, 30, 1), (None, 0, 1)]
)
def test_grace_is_what_was_asked_for_or_the_pods_own(asked: int | None, own: int | None, grace: float) -> None:
    """Source: pkg/kubelet/pod_workers.go, calculateEffectiveGracePeriod."""
    metadata = {"deletionGracePeriodSeconds": asked} if asked is not None else {}
    spec = {"terminationGracePeriodSeconds": own} if own is not None else {}

    assert grace_s(cast(Any, {"metadata": metadata, "spec": spec})) == grace


def test_sidecars_leave_after_the_others_the_last_one_first() -> None:
    """Source: kubernetes.io, "Pod Lifecycle", "Termination with sidecars"."""
    of = pod(sidecar="s", init=("i",), main=("a", "b"))

    assert list(leaving_order(of)) == [["a", "b"], ["i"], ["s"]]
