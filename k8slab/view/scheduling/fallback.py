"""What can be told of a Pod's scheduling where no attempt is on record: the Pod's Node, its gates, its Events.

Source    pkg/scheduler/schedule_one.go (Scheduled, FailedScheduling); preemption's Preempted is an Event of its victim
"""

from __future__ import annotations

from typing import Any

from k8slab.client import Reader
from k8slab.view.words import Words
from k8slab.wire import ApiError, NotFound

__all__ = [
    "without_attempts",
]

Obj = dict[str, Any]

REASONS = ("Scheduled", "FailedScheduling", "Preempted", "NotTriggerScaleUp", "TriggeredScaleUp")
DEFAULT_SCHEDULER = "default-scheduler"


def without_attempts(reader: Reader, namespace: str, name: str, words: Words) -> list[str]:
    """Lines about the Pod; an API that does not answer is a line, too."""
    pod: Obj | None = None
    try:
        pod = reader.get("Pod", name, namespace)
    except NotFound:
        lines = [words("not there", pod=name)]
    except ApiError as error:
        return [words("refused", why=str(error))]
    else:
        lines = _of_pod(pod, words)
    try:
        events = reader.list("Event", namespace, fields=f"involvedObject.name={name}")
    except ApiError:
        return lines
    told = [_event(one) for one in events if one.get("reason") in REASONS]
    if told or pod is None or (pod.get("spec") or {}).get("nodeName"):
        return [*lines, *told]
    return [*lines, words("no events")]


def _of_pod(pod: Obj, words: Words) -> list[str]:
    name, spec = pod["metadata"]["name"], pod.get("spec") or {}
    if spec.get("nodeName"):
        conditions = (pod.get("status") or {}).get("conditions") or ()
        lines = [words("on node", pod=name, node=spec["nodeName"])]
        is_bound = any(one["type"] == "PodScheduled" for one in conditions)
        return lines if is_bound else [*lines, words("fixed", node=spec["nodeName"])]
    lines = [words("on no node", pod=name)]
    if spec.get("schedulingGates"):
        lines.append(words("gates", gates=", ".join(gate["name"] for gate in spec["schedulingGates"])))
    elif spec.get("schedulerName", DEFAULT_SCHEDULER) != DEFAULT_SCHEDULER:
        lines.append(words("other scheduler", scheduler=spec["schedulerName"]))
    return lines


def _event(event: Obj) -> str:
    moments = (event.get("lastTimestamp"), event.get("eventTime"), event["metadata"].get("creationTimestamp"))
    when = str(next(filter(None, moments), ""))[11:19]
    message = " ".join(str(event.get("message") or event.get("note") or "").split())
    return f"{when} {event.get('type', 'Normal')} {event['reason']}: {message}"
