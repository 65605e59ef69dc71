"""What state a Pod or a Node is in, as one word that a picture can show.

Source    the STATUS column of kubectl (pkg/printers/internalversion/printers.go, printPod and printNode)
"""

from __future__ import annotations

from typing import Any

from k8slab.objects import get_condition, is_ready

__all__ = [
    "STATES",
    "is_control_plane",
    "node_status",
    "pod_state",
    "reason_of",
    "restarts_of",
]

Obj = dict[str, Any]

# From well to unwell; the order of the legend, and of which state is told first.
STATES = (
    "ready",
    "running",
    "creating",
    "waiting",
    "crashing",
    "stuck",
    "failed",
    "succeeded",
    "terminating",
    "unknown",
)
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"
ON_THE_WAY = ("ContainerCreating", "PodInitializing", "")


def pod_state(pod: Obj) -> str:
    """One of STATES."""
    if pod["metadata"].get("deletionTimestamp"):
        return "terminating"
    status = pod.get("status") or {}
    phase = status.get("phase", "Pending")
    if phase in ("Succeeded", "Failed"):
        return "succeeded" if phase == "Succeeded" else "failed"
    if not pod["spec"].get("nodeName"):
        return "waiting"
    if phase == "Running" and is_ready(pod):
        return "ready"
    reason = reason_of(pod)
    if reason == "CrashLoopBackOff" or reason == "Error":
        return "crashing"
    if phase == "Pending":
        return "creating" if reason in ON_THE_WAY else "stuck"
    return "running" if phase == "Running" else "unknown"


def reason_of(pod: Obj) -> str:
    """Why a container of the pod does not run (`CrashLoopBackOff`, `ErrImagePull`), or why the pod waits or ended."""
    status = pod.get("status") or {}
    for container in _containers(status):
        state = container.get("state") or {}
        if "waiting" in state:
            return str(state["waiting"].get("reason", ""))
        if "terminated" in state and state["terminated"].get("exitCode"):
            return str(state["terminated"].get("reason") or "Error")
    if status.get("reason"):
        return str(status["reason"])
    scheduled = get_condition(pod, "PodScheduled")
    return str(scheduled.get("reason", "")) if scheduled and scheduled["status"] == "False" else ""


def restarts_of(pod: Obj) -> int:
    """How often the containers of the pod have been started again."""
    return sum(container.get("restartCount", 0) for container in _containers(pod.get("status") or {}))


def node_status(node: Obj) -> str:
    """As kubectl says it: `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` for a cordoned one."""
    condition = get_condition(node, "Ready")
    if condition is None:
        text = "Unknown"
    else:
        text = "Ready" if condition["status"] == "True" else "NotReady"
    return f"{text},SchedulingDisabled" if (node.get("spec") or {}).get("unschedulable") else text


def is_control_plane(node: Obj) -> bool:
    """The node carries the role label of the control plane."""
    return CONTROL_PLANE_LABEL in (node["metadata"].get("labels") or {})


def _containers(status: Obj) -> list[Obj]:
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
