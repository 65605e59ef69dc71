"""The row of a Pod in `kubectl get pods`: its STATUS tells a whole life in one word.

Source    pkg/printers/internalversion/printers.go, printPod
Left out  sidecars' part in the Init: counts
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns
from k8slab.objects import get_condition, human_age, parse_rfc3339

__all__ = [
    "COLUMNS",
    "pod_status",
]

Obj = dict[str, Any]
TITLES = ("Name", "Ready", "Status", "Restarts", "Age", "*IP", "*Node", "*Nominated Node", "*Readiness Gates")


def _cells(pod: Obj, now: float) -> list[Any]:
    spec, status = pod["spec"], pod.get("status") or {}
    statuses = status.get("containerStatuses") or []
    ready = sum(c.get("ready", False) and "running" in (c.get("state") or {}) for c in statuses)
    created = pod["metadata"].get("creationTimestamp")
    gates = spec.get("readinessGates") or ()
    met = sum((get_condition(pod, gate["conditionType"]) or {}).get("status") == "True" for gate in gates)
    return [
        pod["metadata"]["name"],
        f"{ready}/{len(spec['containers'])}",
        pod_status(pod),
        _restarts(statuses, now),
        human_age(now - parse_rfc3339(created)) if created else "<unknown>",
        status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        f"{met}/{len(gates)}" if gates else NONE,
    ]


def _restarts(statuses: list[Obj], now: float) -> str:
    count = sum(c.get("restartCount", 0) for c in statuses)
    ended = [(c.get("lastState") or {}).get("terminated", {}).get("finishedAt") for c in statuses]
    newest = max((parse_rfc3339(moment) for moment in ended if moment), default=None)
    return str(count) if not count or newest is None else f"{count} ({human_age(now - newest)} ago)"


def pod_status(pod: Obj) -> str:
    """The word in the STATUS column: Running, Completed, CrashLoopBackOff, Init:0/1, Terminating …"""
    status = pod.get("status") or {}
    reason = status.get("reason") or status.get("phase", "")
    scheduled = get_condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    reason, is_initializing = _init_reason(pod, reason)
    if not is_initializing:
        reason = _container_reason(pod, reason)
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return reason


def _init_reason(pod: Obj, reason: str) -> tuple[str, bool]:
    statuses = (pod.get("status") or {}).get("initContainerStatuses") or []
    for number, container in enumerate(statuses):
        state = container.get("state") or {}
        ended = state.get("terminated")
        if ended is not None and ended.get("exitCode") == 0:
            continue
        if ended is not None:
            return "Init:" + (ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"), True
        waiting = (state.get("waiting") or {}).get("reason", "")
        if waiting and waiting != "PodInitializing":
            return "Init:" + waiting, True
        return f"Init:{number}/{len(pod['spec'].get('initContainers') or ())}", True
    return reason, False


def _container_reason(pod: Obj, reason: str) -> str:
    has_running = False
    for container in reversed((pod.get("status") or {}).get("containerStatuses") or []):
        state = container.get("state") or {}
        ended = state.get("terminated")
        if (state.get("waiting") or {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif ended is not None:
            signal, code = ended.get("signal"), ended.get("exitCode", 0)
            reason = ended.get("reason") or (f"Signal:{signal}" if signal else f"ExitCode:{code}")
        elif container.get("ready") and "running" in state:
            has_running = True
    if reason == "Completed" and has_running:
        ready = get_condition(pod, "Ready")
        return "Running" if ready is not None and ready["status"] == "True" else "NotReady"
    return reason


COLUMNS = {"Pod": Columns(TITLES, _cells)}
