"""A pod's status from what its kubelet knows. Pure: the same knowledge gives the same status.

Source    pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, getPhase, convertToAPIContainerStatuses),
          pkg/kubelet/status/generate.go
Left out  empty resources of containers that ask for nothing; resources of pods as a whole
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.kubelet.pods import is_sidecar, restart_policy
from k8slab.kubelet.resources import actual_resources
from k8slab.objects import rfc3339
from k8slab.world import Container, Sandbox

__all__ = [
    "Known",
    "Verdict",
    "Waiting",
    "container_status",
    "phase_of",
    "pod_status",
]

Obj = dict[str, Any]

OURS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")
ENDED = ("Succeeded", "Failed")
RESIZES = ("PodResizePending", "PodResizeInProgress")


class Waiting(NamedTuple):
    """Why a container does not run, and when it is tried again (a wait in the background keeps nobody from resting)."""

    reason: str
    message: str = ""
    until: float = 0.0
    background: bool = False


class Verdict(NamedTuple):
    """Why the node ends a pod for good, whatever its restart policy says; a disruption leaves a condition."""

    reason: str
    message: str
    is_disruption: bool = True


class Known(NamedTuple):
    """What a kubelet knows about one pod at one moment; `ready` and `started` name containers."""

    sandbox: Sandbox | None
    waiting: Mapping[str, Waiting]
    ready: Collection[str]
    started: Collection[str]
    host_ip: str
    start_time: str
    is_ended: bool = False
    verdict: Verdict | None = None
    resizes: tuple[tuple[str, str, str, str], ...] = ()
    manifest: Obj | None = None  # as it is run


def pod_status(pod: Obj, known: Known, before: Obj, now: float) -> Obj:
    """The whole status; `before` is the last one, from which transition times and the pod's address are kept."""
    init = [container_status(spec, known, pod) for spec in pod["spec"].get("initContainers") or ()]
    main = [container_status(spec, known, pod) for spec in pod["spec"]["containers"]]
    phase = before.get("phase", "")
    if phase not in ENDED:
        is_judged = known.verdict is not None and known.is_ended
        phase = "Failed" if is_judged else phase_of(pod, init, main, known.is_ended)
    status: Obj = {
        "observedGeneration": pod["metadata"].get("generation"),
        "phase": phase,
        "conditions": _conditions(pod, known, init, main, phase, before, now),
        "hostIP": known.host_ip,
        "hostIPs": [{"ip": known.host_ip}],
        **_addresses(known, before),
        "startTime": known.start_time,
        "containerStatuses": main,
    }
    if known.verdict is not None and known.is_ended:
        status |= {"reason": known.verdict.reason, "message": known.verdict.message}
    if init:
        status["initContainerStatuses"] = init
    if added := pod["spec"].get("ephemeralContainers"):
        status["ephemeralContainerStatuses"] = [_ephemeral_status(spec, known, pod) for spec in added]
    if status["observedGeneration"] is None:
        del status["observedGeneration"]
    return status


def container_status(spec: Obj, known: Known, pod: Obj) -> Obj:
    """The status of one container."""
    name, sandbox = spec["name"], known.sandbox
    container = sandbox.containers.get(name) if sandbox is not None else None
    status: Obj = {
        "name": name,
        "state": {"waiting": _waiting(known.waiting.get(name), pod)},
        "lastState": {},
        "ready": name in known.ready and not _is_step(spec, pod),
        "restartCount": 0,
        "image": spec.get("image", ""),
        "imageID": "",
        "started": name in known.started,
    }
    if container is None or sandbox is None:
        return status
    if container.state == "EXITED" and name not in known.waiting:
        status["state"] = _terminated(container)
        status["ready"] = container.exit_code == 0 and _is_step(spec, pod)
    elif container.state == "RUNNING":
        status["state"] = {"running": {"startedAt": rfc3339(container.started_at)}}
    last = container if "waiting" in status["state"] and container.state == "EXITED" else sandbox.previous.get(name)
    if last is not None:
        status["lastState"] = _terminated(last)
    status |= {
        "restartCount": container.attempt,
        "image": container.image.reference,
        "imageID": container.image.image_id,
        "containerID": f"containerd://{container.id}",
        **_given(known.manifest or pod, container),
    }
    return status


def _given(pod: Obj, container: Container) -> Obj:
    """What a container was allocated, and what it has."""
    specs = (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ()))
    allocated = next((spec.get("resources") for spec in specs if spec["name"] == container.name), None)
    if not allocated or container.state != "RUNNING":
        return {}
    requests = {"allocatedResources": allocated["requests"]} if allocated.get("requests") else {}
    return {**requests, "resources": actual_resources(allocated, container.config.limits)}


def _ephemeral_status(spec: Obj, known: Known, pod: Obj) -> Obj:
    """The status of a container that no probe looks at and no traffic waits for."""
    status = {**container_status(spec, known, pod), "ready": False}
    del status["started"]
    return status


def phase_of(pod: Obj, init: list[Obj], main: list[Obj], is_ended: bool) -> str:
    """Pending, Running, Succeeded or Failed; `is_ended` when nothing of the pod will ever run again."""
    policy = restart_policy(pod)
    specs = pod["spec"].get("initContainers") or ()
    if not _are_initialized(specs, init, main):
        has_failed = policy == "Never" and any(_exit_code(s) not in (None, 0) for s in init)
        return "Failed" if has_failed or is_ended else "Pending"
    if any("running" in status["state"] for status in main):
        return "Running" if not _waits_for_first_start(main) else "Pending"
    if _waits_for_first_start(main):
        return "Failed" if is_ended else "Pending"
    has_succeeded = all(_exit_code(status) == 0 for status in main)
    if is_ended or policy != "Always":
        if has_succeeded:
            return "Succeeded"
        return "Failed" if is_ended or policy == "Never" else "Running"
    return "Running"


def _waits_for_first_start(main: Iterable[Obj]) -> bool:
    return any("waiting" in status["state"] and not status["lastState"] for status in main)


def _exit_code(status: Obj) -> int | None:
    ended = status["state"].get("terminated") or status["lastState"].get("terminated")
    return ended["exitCode"] if ended else None


def _is_step(spec: Obj, pod: Obj) -> bool:
    """An init container that is there to end, as which it is ready once it has."""
    return not is_sidecar(spec) and any(spec is init for init in pod["spec"].get("initContainers") or ())


def _are_initialized(specs: Iterable[Obj], init: list[Obj], main: list[Obj]) -> bool:
    if not init or any("waiting" not in status["state"] or status["lastState"] for status in main):
        return True  # it was initialized once
    return not _incomplete(specs, init)


def _incomplete(specs: Iterable[Obj], init: list[Obj]) -> list[str]:
    """The names of the init containers that the others still wait for."""
    pairs = zip(specs, init, strict=True)
    return [s["name"] for spec, s in pairs if not s["started" if is_sidecar(spec) else "ready"]]


def _waiting(waiting: Waiting | None, pod: Obj) -> Obj:
    if waiting is None:
        return {"reason": "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"}
    return {"reason": waiting.reason, **({"message": waiting.message} if waiting.message else {})}


def _terminated(container: Container) -> Obj:
    message = {"message": container.message} if container.message else {}
    return {
        "terminated": {
            "exitCode": container.exit_code,
            "reason": container.reason,
            **message,
            "startedAt": rfc3339(container.started_at),
            "finishedAt": rfc3339(container.finished_at),
            "containerID": f"containerd://{container.id}",
        }
    }


def _addresses(known: Known, before: Obj) -> Obj:
    """The pod's address; a pod that has ended keeps showing the one it had."""
    sandbox = known.sandbox
    if sandbox is not None and sandbox.is_ready:
        return {"podIP": sandbox.ip, "podIPs": [{"ip": sandbox.ip}]}
    return {name: before[name] for name in ("podIP", "podIPs") if known.is_ended and name in before}


def _conditions(
    pod: Obj, known: Known, init: list[Obj], main: list[Obj], phase: str, before: Obj, now: float
) -> list[Obj]:
    """Our four conditions, then those that others wrote."""
    has_sandbox = known.sandbox is not None and known.sandbox.is_ready and not known.is_ended
    containers = _containers_ready(pod, init, main, phase)
    wanted: tuple[tuple[str, str, str, str], ...] = (
        *known.resizes,
        ("PodReadyToStartContainers", "True" if has_sandbox else "False", "", ""),
        ("Initialized", *_initialized(pod, init, main, phase)),
        ("Ready", *_ready(pod, containers)),
        ("ContainersReady", *containers),
    )
    old = {condition["type"]: condition for condition in before.get("conditions") or ()}
    generation = pod["metadata"].get("generation")
    if known.verdict is not None and known.verdict.is_disruption:
        disrupted = ("DisruptionTarget", "True", "TerminationByKubelet", known.verdict.message)
        wanted = (*wanted, disrupted)
    ours = [_condition(old.get(one[0]), generation, now, *one) for one in wanted]
    current = (pod.get("status") or {}).get("conditions") or ()
    names = [*(one[0] for one in wanted), *RESIZES]
    return ours + [condition for condition in current if condition["type"] not in names]


def _condition(
    old: Obj | None, generation: int | None, now: float, type_: str, status: str, reason: str, message: str
) -> Obj:
    if (
        old is not None
        and old["status"] == status
        and old.get("reason", "") == reason
        and old.get("message", "") == message
        and old.get("observedGeneration") == generation
    ):
        return old
    is_same = old is not None and old["status"] == status
    condition: Obj = {"type": type_, "observedGeneration": generation, "status": status}
    condition["lastTransitionTime"] = old["lastTransitionTime"] if is_same and old is not None else rfc3339(now)
    if generation is None:
        del condition["observedGeneration"]
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    return condition


def _initialized(pod: Obj, init: list[Obj], main: list[Obj], phase: str) -> tuple[str, str, str]:
    if phase == "Succeeded":
        return "True", "PodCompleted", ""
    specs = pod["spec"].get("initContainers") or ()
    if _are_initialized(specs, init, main):
        return "True", "", ""
    missing = " ".join(_incomplete(specs, init))
    return "False", "ContainersNotInitialized", f"containers with incomplete status: [{missing}]"


def _containers_ready(pod: Obj, init: list[Obj], main: list[Obj], phase: str) -> tuple[str, str, str]:
    if phase in ENDED:
        return "False", "PodCompleted" if phase == "Succeeded" else "PodFailed", ""
    specs = pod["spec"].get("initContainers") or ()
    sidecars = [status for spec, status in zip(specs, init, strict=True) if is_sidecar(spec)]
    unready = [status["name"] for status in (*sidecars, *main) if not status["ready"]]
    if unready:
        return "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    return "True", "", ""


def _ready(pod: Obj, containers: tuple[str, str, str]) -> tuple[str, str, str]:
    gates = pod["spec"].get("readinessGates")
    if containers[0] != "True" or not gates:
        return containers
    there = {c["type"]: c["status"] for c in (pod.get("status") or {}).get("conditions") or ()}
    problems = [
        f'corresponding condition of pod readiness gate "{gate["conditionType"]}" does not exist.'
        if gate["conditionType"] not in there
        else f'the status of pod readiness gate "{gate["conditionType"]}" is not "True", '
        f"but {there[gate['conditionType']]}"
        for gate in gates
        if there.get(gate["conditionType"]) != "True"
    ]
    return ("False", "ReadinessGatesNotReady", ", ".join(problems)) if problems else containers
