"""What a kubelet does next for a pod, decided from what the manifest says and what the runtime has.

    no sandbox ─► sandbox ─► init containers, one after the other ─► containers ─► finished (or never)

Source    pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions; pkg/kubelet/container/helpers.go
Left out  container-level restart rules; that an ephemeral container sees the processes of its target
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from k8slab.world import Container, Sandbox

__all__ = [
    "Step",
    "containers_of",
    "grace_s",
    "is_sidecar",
    "leaving_order",
    "next_step",
    "restart_policy",
    "should_restart",
]

Obj = dict[str, Any]

SANDBOX, START, WAIT, FINISH = "sandbox", "start", "wait", "finish"
NEVER_S = float("inf")


class Step(NamedTuple):
    """One of sandbox, start (the container `name`), wait (until something happens, or a moment) and finish."""

    kind: str
    name: str = ""
    until: float = NEVER_S


def restart_policy(pod: Obj) -> str:
    """Always, OnFailure or Never."""
    policy: str = pod["spec"].get("restartPolicy") or "Always"
    return policy


def is_sidecar(spec: Obj) -> bool:
    """An init container that keeps running beside the others."""
    return spec.get("restartPolicy") == "Always"


def containers_of(pod: Obj) -> Iterator[Obj]:
    """The specs of all containers, init containers first, ephemeral ones last."""
    yield from pod["spec"].get("initContainers") or ()
    yield from pod["spec"]["containers"]
    yield from pod["spec"].get("ephemeralContainers") or ()


def leaving_order(pod: Obj) -> Iterator[list[str]]:
    """The names of the containers that stop together, group after group: the main ones, then sidecars from the last."""
    yield [spec["name"] for group in ("containers", "ephemeralContainers") for spec in pod["spec"].get(group) or ()]
    for spec in reversed(pod["spec"].get("initContainers") or ()):
        yield [spec["name"]]


def grace_s(pod: Obj) -> float:
    """How long the pod's processes have between SIGTERM and SIGKILL."""
    for asked in (pod["metadata"].get("deletionGracePeriodSeconds"), pod["spec"].get("terminationGracePeriodSeconds")):
        if asked is not None:
            return max(float(asked), 1.0)
    return 30.0


def newest(sandbox: Sandbox | None, name: str) -> Container | None:
    """The newest container of that name in the present sandbox; those of an older sandbox died with it."""
    container = sandbox.containers.get(name) if sandbox is not None else None
    if container is None or container.sandbox_attempt != container.sandbox.attempt:
        return None
    return container


def should_restart(policy: str, container: Container) -> bool:
    """The container has ended, and the policy wants it again."""
    if container.state != "EXITED":
        return False
    return policy == "Always" or (policy == "OnFailure" and container.exit_code != 0)


def next_step(
    pod: Obj, sandbox: Sandbox | None, started: Collection[str], not_before: Mapping[str, float], now: float
) -> Step:
    """Decide. `started` names the containers past their startup probe, `not_before` those that must wait."""
    policy = restart_policy(pod)
    if sandbox is None or not sandbox.is_ready:
        return Step(FINISH) if sandbox is not None and _is_over(pod, sandbox, policy) else Step(SANDBOX)
    added = _ephemeral_step(pod, sandbox, not_before, now)
    if added is not None and added.kind == START:
        return added
    step = _init_step(pod, sandbox, policy, started, not_before, now)
    step = step or _container_step(pod, sandbox, policy, not_before, now)
    return step._replace(until=min(step.until, added.until)) if added is not None and step.kind == WAIT else step


def _ephemeral_step(pod: Obj, sandbox: Sandbox, not_before: Mapping[str, float], now: float) -> Step | None:
    """The step that containers ask for which were added later: each is started once, whatever the others do."""
    missing = [each["name"] for each in pod["spec"].get("ephemeralContainers") or ()]
    steps = [_start_or_wait(name, not_before, now) for name in missing if name not in sandbox.containers]
    return min(steps, key=lambda step: (step.kind != START, step.until), default=None)


def _is_over(pod: Obj, sandbox: Sandbox, policy: str) -> bool:
    """What ran in a sandbox that is gone (the power was cut) is not to run again."""
    if not sandbox.containers or policy == "Always":
        return False
    names = [spec["name"] for spec in pod["spec"]["containers"]]
    ran = [sandbox.containers[name] for name in names if name in sandbox.containers]
    if policy == "Never":
        return True
    return len(ran) == len(names) and all(container.exit_code == 0 for container in ran)


def _init_step(
    pod: Obj,
    sandbox: Sandbox,
    policy: str,
    started: Collection[str],
    not_before: Mapping[str, float],
    now: float,
) -> Step | None:
    """The step that the init containers ask for, None once they are through."""
    for spec in pod["spec"].get("initContainers") or ():
        name = spec["name"]
        container = newest(sandbox, name)
        if container is None or (container.state == "EXITED" and is_sidecar(spec)):
            return _start_or_wait(name, not_before, now)
        if container.state != "EXITED":
            if name in started and is_sidecar(spec):
                continue
            return Step(WAIT)
        if container.exit_code != 0:
            return Step(FINISH) if policy == "Never" else _start_or_wait(name, not_before, now)
    return None


def _container_step(pod: Obj, sandbox: Sandbox, policy: str, not_before: Mapping[str, float], now: float) -> Step:
    until, is_finished = NEVER_S, True
    for spec in pod["spec"]["containers"]:
        name = spec["name"]
        container = newest(sandbox, name)
        if container is None or should_restart(policy, container):
            step = _start_or_wait(name, not_before, now)
            if step.kind == START:
                return step
            until = min(until, step.until)
        is_finished = is_finished and container is not None and container.state == "EXITED"
        is_finished = is_finished and not should_restart(policy, container)  # type: ignore[arg-type]
    return Step(FINISH) if is_finished else Step(WAIT, until=until)


def _start_or_wait(name: str, not_before: Mapping[str, float], now: float) -> Step:
    until = not_before.get(name, 0.0)
    return Step(START, name) if until <= now else Step(WAIT, name, until)
