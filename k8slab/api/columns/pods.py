"""The row of a Pod in `kubectl get pods`: its STATUS tells a whole life in one word.

Source    pkg/printers/internalversion/printers.go, printPod
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Aging, Columns, age, since
from k8slab.objects import get_condition, is_leaving, is_ready, parse_rfc3339

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
TITLES = ("Name", "Ready", "Status", "Restarts", "Age", "*IP", "*Node", "*Nominated Node", "*Readiness Gates")


def _cells(pod: Obj) -> list[Any]:
    spec, status = pod["spec"], pod.get("status") or {}
    sidecars = {c["name"] for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    inits, mains = status.get("initContainerStatuses") or [], status.get("containerStatuses") or []
    word, is_initializing = _init_word(inits, sidecars, len(spec.get("initContainers") or ()))
    initialized = get_condition(pod, "Initialized") or {}
    counted, ready = inits, sum(bool(c.get("ready")) for c in inits if c["name"] in sidecars and c.get("started"))
    if not is_initializing or initialized.get("status") == "True":
        word = _main_word(pod, word or _first_word(pod), mains)
        counted = [c for c in inits if c["name"] in sidecars] + mains
        ready += sum(bool(c.get("ready")) and "running" in (c.get("state") or {}) for c in mains)
    gates = spec.get("readinessGates") or ()
    met = sum((get_condition(pod, gate["conditionType"]) or {}).get("status") == "True" for gate in gates)
    return [
        pod["metadata"]["name"],
        f"{ready}/{len(spec['containers']) + len(sidecars)}",
        _last_word(pod, word),
        _restarts(counted),
        age(pod),
        status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        f"{met}/{len(gates)}" if gates else NONE,
    ]


def _restarts(statuses: list[Obj]) -> Aging | str:
    count = sum(c.get("restartCount", 0) for c in statuses)
    ended = [(c.get("lastState") or {}).get("terminated", {}).get("finishedAt") for c in statuses]
    newest = max((moment for moment in ended if moment), key=parse_rfc3339, default=None)
    return str(count) if not count or newest is None else since(newest, f"{count} ({{}} ago)")


def _first_word(pod: Obj) -> str:
    """What the Pod says of itself as a whole."""
    status = pod.get("status") or {}
    scheduled = get_condition(pod, "PodScheduled") or {}
    if scheduled.get("reason") == "SchedulingGated":
        return "SchedulingGated"
    word: str = status.get("reason") or status.get("phase", "")
    return word


def _init_word(statuses: list[Obj], sidecars: set[str], count: int) -> tuple[str, bool]:
    """How far the init containers are, and whether one of them is still to end, or a sidecar to start."""
    for number, container in enumerate(statuses):
        state = container.get("state") or {}
        ended = state.get("terminated")
        if (ended is not None and not ended.get("exitCode")) or (
            container["name"] in sidecars and container.get("started")
        ):
            continue
        if ended is not None:
            return f"Init:{_end(ended)}", True
        waiting = (state.get("waiting") or {}).get("reason", "")
        return (f"Init:{waiting}" if waiting and waiting != "PodInitializing" else f"Init:{number}/{count}"), True
    return "", False


def _main_word(pod: Obj, word: str, statuses: list[Obj]) -> str:
    """The word of the first container that has something to say, else what was said before."""
    has_running = False
    for container in reversed(statuses):
        state = container.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            word = state["waiting"]["reason"]
        elif state.get("terminated") is not None:
            word = _end(state["terminated"])
        elif container.get("ready") and "running" in state:
            has_running = True
    if word == "Completed" and has_running:
        return "Running" if is_ready(pod) else "NotReady"
    return word


def _end(ended: Obj) -> str:
    """How a container ended: its reason, or else the signal or the code."""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _last_word(pod: Obj, word: str) -> str:
    """A Pod that is being deleted and has not ended is going, or out of reach."""
    status = pod.get("status") or {}
    if not is_leaving(pod):
        return word
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return word if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


COLUMNS = {"Pod": Columns(TITLES, _cells)}
