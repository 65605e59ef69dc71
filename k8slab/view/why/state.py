"""How an object is now, and what keeps it from being well: conditions, containers, finalizers, the last warnings.

Source    kubernetes.io, "Debug Pods", "Pod Lifecycle", "Finalizers", "Node Status"
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.objects import get_condition, human_age, is_ready, parse_rfc3339, rfc3339
from k8slab.view.states import reason_of
from k8slab.view.why.history import History, Thing
from k8slab.view.words import Words

__all__ = [
    "findings",
]

Obj = dict[str, Any]

MOST_WARNINGS, MOST_CHILDREN, LONG = 3, 6, 60
GOOD_WHEN_FALSE = (
    "Pressure", "NetworkUnavailable", "Failure", "Failed", "DisruptionTarget", "Dangling", "ScalingLimited",
)  # fmt: skip
OWNERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")


def findings(thing: Thing, obj: Obj, history: History, words: Words) -> list[str]:
    """What is wrong, the most telling first; empty when nothing is."""
    lines = list(_leaving(obj, history, words))
    special = {"Pod": _of_pod, "Node": _of_node, "Service": _of_service}.get(thing.kind)
    if special is not None:
        lines += special(obj, history, words)
    if thing.kind in OWNERS:
        lines += _of_owner(obj, history, words)
    lines += [line for line in _conditions(obj, words) if not _is_said(line, lines)]
    phase = (obj.get("status") or {}).get("phase")
    if thing.kind in ("PersistentVolumeClaim", "PersistentVolume") and phase not in ("Bound", "Available"):
        lines.append(words("phase", phase=phase))
    if lines:
        lines += [line for line in _warnings(thing, history, words) if not _is_said(line, lines)]
    return lines


def _is_said(line: str, lines: list[str]) -> bool:
    """Another line ends in the same long message."""
    return any(line.endswith(other[-LONG:]) for other in lines if len(other) >= LONG)


def _leaving(obj: Obj, history: History, words: Words) -> Iterable[str]:
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp"):
        return
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    asked = parse_rfc3339(metadata["deletionTimestamp"]) - grace
    yield words("terminating", since=_clock(asked), seconds=grace)
    if metadata.get("finalizers"):
        yield words("finalizers", names=", ".join(metadata["finalizers"]))
    name = (obj.get("spec") or {}).get("nodeName") if obj.get("kind") == "Pod" else None
    node = history.now(Thing("Node", "", name)) if name else None
    ready = get_condition(node, "Ready") if node is not None else None
    if ready is not None and ready["status"] != "True":
        yield words("silent node", node=name, reason=ready.get("reason", ready["status"]))


def _of_pod(pod: Obj, history: History, words: Words) -> Iterable[str]:
    spec, status = pod["spec"], pod.get("status") or {}
    scheduled = get_condition(pod, "PodScheduled")
    if spec.get("schedulingGates"):
        yield words("gates", names=", ".join(gate["name"] for gate in spec["schedulingGates"]))
    elif not spec.get("nodeName"):
        yield words("not running", message=(scheduled or {}).get("message", "—"))
    if status.get("message"):
        yield f"{status.get('reason', '')}: {status['message']}".removeprefix(": ")
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        yield from _of_container(container, words)


def _of_container(status: Obj, words: Words) -> Iterable[str]:
    """A container that does not run as it should, or has been started again."""
    state = status.get("state") or {}
    more = words("restarts", n=status["restartCount"]) if status.get("restartCount") else ""
    last = (status.get("lastState") or {}).get("terminated")
    if last:
        more += words("last end", reason=last.get("reason", "?"), code=last.get("exitCode"))
    waiting, ended = state.get("waiting"), state.get("terminated")
    if waiting is not None:
        told = ": ".join(filter(None, (waiting.get("reason", ""), waiting.get("message", ""))))
        yield words("container", container=status["name"], state=told, more=more)
    elif ended is not None and ended.get("exitCode"):
        told = f"{ended.get('reason', 'Error')} (exit code {ended['exitCode']})"
        yield words("container", container=status["name"], state=told, more=more)
    elif more:
        yield words("container", container=status["name"], state=next(iter(state), "?"), more=more)


def _of_node(node: Obj, history: History, words: Words) -> Iterable[str]:
    spec = node.get("spec") or {}
    if spec.get("unschedulable"):
        yield words("cordoned")
    if spec.get("taints"):
        yield words("taints", names=", ".join(f"{one['key']}:{one['effect']}" for one in spec["taints"]))
    ready = get_condition(node, "Ready")
    lease = history.now(Thing("Lease", "kube-node-lease", node["metadata"]["name"]))
    renewed = ((lease or {}).get("spec") or {}).get("renewTime")
    if renewed and (ready is None or ready["status"] != "True"):
        yield words("lease", age=human_age(history.reader.now - parse_rfc3339(renewed)))


def _of_service(service: Obj, history: History, words: Words) -> Iterable[str]:
    metadata, selector = service["metadata"], service["spec"].get("selector")
    slices = [
        one
        for one in history.all("EndpointSlice", metadata["namespace"])
        if (one["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == metadata["name"]
    ]
    endpoints = [endpoint for one in slices for endpoint in one.get("endpoints") or ()]
    down = [one for one in endpoints if (one.get("conditions") or {}).get("ready") is False]
    if not endpoints and selector:
        yield words("no endpoints", selector=",".join(f"{key}={value}" for key, value in selector.items()))
    elif down:
        names = ", ".join((one.get("targetRef") or {}).get("name") or ", ".join(one["addresses"]) for one in down)
        yield words("endpoints", ready=len(endpoints) - len(down), all=len(endpoints), names=names)


def _of_owner(owner: Obj, history: History, words: Words) -> Iterable[str]:
    """How many of its Pods are Ready, and why the others are not."""
    parents = [owner]
    if owner["kind"] == "Deployment":
        parents = history.children(owner, "ReplicaSet")
    pods = [pod for parent in parents for pod in history.children(parent, "Pod")]
    status, spec = owner.get("status") or {}, owner["spec"]
    wanted = status.get("desiredNumberScheduled", spec.get("replicas", 1))
    n_ready = sum(map(is_ready, pods))
    unwell = [pod for pod in pods if not is_ready(pod) and not pod["metadata"].get("deletionTimestamp")]
    if owner["kind"] == "Job" or (n_ready >= wanted and not unwell):
        return
    yield words("children", ready=n_ready, wanted=wanted)
    for pod in unwell[:MOST_CHILDREN]:
        scheduled = get_condition(pod, "PodScheduled") or {}
        ready = get_condition(pod, "Ready") or {}
        why = reason_of(pod) or ready.get("reason") or f"Ready is {ready.get('status', 'Unknown')}"
        message = scheduled.get("message", "") if scheduled.get("status") == "False" else ""
        yield words("child", pod=pod["metadata"]["name"], why=f"{why}: {message}" if message else why)


def _conditions(obj: Obj, words: Words) -> Iterable[str]:
    """Conditions that say something is wrong; a Pod that has succeeded is not Ready any more, and that is well."""
    status = obj.get("status") or {}
    if obj.get("kind") == "Pod" and status.get("phase") == "Succeeded":
        return
    for one in status.get("conditions") or ():
        is_bad_when_true = any(part in one["type"] for part in GOOD_WHEN_FALSE)
        if one["status"] == "Unknown" or (one["status"] == "True") == is_bad_when_true:
            reason = ", ".join(filter(None, (one.get("reason", ""), one.get("message", ""))))
            yield words("condition", type=one["type"], status=one["status"], reason=f": {reason}" if reason else "")


def _warnings(thing: Thing, history: History, words: Words) -> Iterable[str]:
    fields = f"involvedObject.kind={thing.kind},involvedObject.name={thing.name},type=Warning"
    events = sorted(history.all("Event", thing.namespace, fields=fields), key=_moment)
    for event in events[-MOST_WARNINGS:]:
        count = event.get("count") or 1
        times = words("times", n=count) if count > 1 else ""
        message = " ".join(str(event.get("message") or event.get("note") or "").split())
        when = _moment(event)[11:19]
        yield words("warning", when=when, reason=event.get("reason", ""), message=message, times=times)


def _moment(event: Obj) -> str:
    moments = (event.get("lastTimestamp"), event.get("eventTime"), event["metadata"].get("creationTimestamp"))
    return str(next(filter(None, moments), ""))


def _clock(seconds: float) -> str:
    return rfc3339(seconds)[11:19]
