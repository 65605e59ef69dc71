"""Why a write was made: rules for the writers of a Kubernetes control plane, each naming what it acts on.

A write that no rule knows has no cause, and none is made up.

Source    pkg/controller/nodelifecycle/node_lifecycle_controller.go (monitorNodeHealth, processTaintBaseEviction),
          pkg/controller/tainteviction/taint_eviction.go, pkg/controller/deployment/rolling.go, pkg/kubelet/status/
          status_manager.go, pkg/controller/garbagecollector/garbagecollector.go, pkg/scheduler/framework/preemption
Left out  writers that are no part of a control plane (operators, CI); of several writes that could have moved a
          controller all but the newest
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from k8slab.objects import get_condition
from k8slab.view.scheduling.attempts import read_attempts
from k8slab.view.scheduling.matrix import matrix_of
from k8slab.view.scheduling.telling import reason_text
from k8slab.view.scheduling.words import words as scheduling_words
from k8slab.view.why.births import Cause, cause_of_birth, named, owner_of
from k8slab.view.why.history import History, Thing, Write, thing_of
from k8slab.view.words import Words
from k8slab.wire import ApiError

__all__ = [
    "cause_of",
]

Obj = dict[str, Any]
Rule = Callable[[Write, History, Words], Cause | None]

NO_EXECUTE = "NoExecute"
PREEMPTED = re.compile(r"Preempted by pod (\S+) on node")  # pkg/scheduler/framework/preemption/executor.go


def cause_of(write: Write, history: History, words: Words) -> Cause | None:
    """What the writer had seen; None when it was a person, or no rule knows."""
    if write.call.who == "you":
        return None
    if write.call.subresource == "binding":
        return _of_binding(write, history, words)
    if write.is_birth:
        return cause_of_birth(write, history, words)
    if write.is_end:
        return _of_end(write, history, words)
    rule = _BY_KIND.get(write.thing.kind)
    return rule(write, history, words) if rule is not None else None


def _of_binding(write: Write, history: History, words: Words) -> Cause:
    """The scheduler chose: the attempt says by how many points."""
    born = _first(history, write.thing)
    try:
        attempts = read_attempts(history.reader, write.thing.namespace, write.thing.name)
    except ApiError:
        attempts = ()
    chosen = [one for one in attempts if one.node and one.when <= write.call.when + 1]
    if not chosen:
        return Cause(words("saw.unbound"), born)
    told = reason_text(chosen[-1], matrix_of(chosen[-1]), scheduling_words(words.lang))
    return Cause(f"{words('saw.unbound')}; {told}", born)


def _of_end(write: Write, history: History, words: Words) -> Cause | None:
    who, before = write.call.who, write.before
    if who.startswith("kubelet "):
        earlier = [one for one in history.writes(write.thing, write.call.revision) if one.is_end]
        return Cause(words("saw.stopped"), tuple(earlier[:1]))
    if who in ("generic-garbage-collector", "pod-garbage-collector"):
        owner = owner_of(before) if before is not None else None
        ended = [one for one in history.writes(owner) if one.is_end] if owner is not None else []
        return (
            Cause(words("saw.orphan", what=named(owner)), tuple(ended[-1:])) if owner else Cause(words("saw.nodeless"))
        )
    if who == "namespace-controller":
        space = Thing("Namespace", "", write.thing.namespace)
        ended = [one for one in history.writes(space, write.call.revision) if one.is_end]
        return Cause(words("saw.namespace", what=named(space)), tuple(ended[-1:]))
    if write.thing.kind == "Pod" and before is not None:
        return _of_pod_end(write, before, history, words)
    return None


def _of_pod_end(write: Write, pod: Obj, history: History, words: Words) -> Cause | None:
    who, revision = write.call.who, write.call.revision
    if who in ("node-controller", "taint-eviction-controller"):
        node = Thing("Node", "", pod["spec"].get("nodeName", ""))
        tainted = _tainted(node, history, revision)
        return Cause(words("saw.taint", what=named(node), seconds=_tolerated_s(pod)), tainted)
    if who == "scheduler":
        return _of_preemption(write, history, words)
    owner = owner_of(pod)
    if owner is not None and who.endswith("controller"):
        owning = history.form(owner, revision - 1)
        if owning is not None and "replicas" in owning["spec"]:
            pods = history.children(owning, "Pod", revision - 1)
            there = sum(not one["metadata"].get("deletionTimestamp") for one in pods)
            wanted = owning["spec"]["replicas"]
            on = history.last(owner, revision, "spec", "replicas")
            return Cause(words("saw.more", what=named(owner), wanted=wanted, there=there), (on,) if on else ())
        return Cause(words("saw.there", what=named(owner)))
    return None


def _of_preemption(write: Write, history: History, words: Words) -> Cause:
    """The Event of the victim has the UID of the Pod that needs its room."""
    fields = f"involvedObject.name={write.thing.name},reason=Preempted"
    events = history.all("Event", write.thing.namespace, fields=fields)
    found = PREEMPTED.search(str(events[-1].get("message", ""))) if events else None
    pods = history.all("Pod", "") if found is not None else []
    preemptor = next((pod for pod in pods if found is not None and pod["metadata"]["uid"] == found[1]), None)
    if preemptor is None:
        return Cause(str(events[-1].get("message", "")) if events else words("saw.preemption"))
    thing = thing_of(preemptor)
    priority = preemptor["spec"].get("priority", 0)
    return Cause(words("saw.preemptor", what=named(thing), priority=priority), _first(history, thing))


def _tolerated_s(pod: Obj) -> int:
    """How long the Pod bears a taint that evicts, 0 for not at all."""
    tolerations = [one for one in pod["spec"].get("tolerations") or () if one.get("effect") == NO_EXECUTE]
    return min((one["tolerationSeconds"] for one in tolerations if "tolerationSeconds" in one), default=0)


def _tainted(node: Thing, history: History, revision: int) -> tuple[Write, ...]:
    """The write that first gave the Node a taint that evicts, as it was at a revision."""
    found: list[Write] = []
    for write in reversed(history.writes(node, revision)):
        if not _evicts(write.after):
            break
        found.append(write)
        if not _evicts(write.before):
            break
    return tuple(found[-1:])


def _evicts(node: Obj | None) -> bool:
    taints = ((node or {}).get("spec") or {}).get("taints") or ()
    return any(taint.get("effect") == NO_EXECUTE for taint in taints)


def _of_pod(write: Write, history: History, words: Words) -> Cause | None:
    who, pod = write.call.who, write.after
    if pod is None:
        return None
    if who.startswith("kubelet "):
        bound = [one for one in history.writes(write.thing, write.call.revision) if one.call.subresource == "binding"]
        if _ready(write.before) is None:
            return Cause(words("saw.bound"), tuple(bound[-1:]))
        return Cause(words("saw.containers"))
    if who == "scheduler":
        scheduled = get_condition(pod, "PodScheduled") or {}
        return Cause(words("saw.no room")) if scheduled.get("status") == "False" else None
    if who == "node-controller" and _ready(pod) != _ready(write.before):
        node = Thing("Node", "", pod["spec"].get("nodeName", ""))
        on = [one for one in history.writes(node, write.call.revision) if _ready(one.after) != _ready(one.before)]
        return Cause(words("saw.node", what=named(node), state=_ready(on[-1].after) if on else "?"), tuple(on[-1:]))
    return None


def _of_node(write: Write, history: History, words: Words) -> Cause | None:
    who, node = write.call.who, write.thing
    if who == f"kubelet {node.name}":
        return Cause(words("saw.machine"))
    if who != "node-controller":
        return None
    if _ready(write.after) != _ready(write.before):
        beats = [
            call.when
            for call in history.calls
            if call.who == f"kubelet {node.name}" and call.when < write.call.when and call.is_write
        ]
        silent = round(write.call.when - beats[-1]) if beats else "?"
        return Cause(words("saw.silence", node=node.name, seconds=silent))
    if not write.has_changed("spec", "taints"):
        return None
    on = [one for one in history.writes(node, write.call.revision) if _ready(one.after) != _ready(one.before)]
    return Cause(words("saw.node", what=named(node), state=_ready(write.after)), tuple(on[-1:]))


def _of_replicaset(write: Write, history: History, words: Words) -> Cause | None:
    owner = owner_of(write.after) if write.after is not None else None
    if write.call.subresource == "status":
        return Cause(words("saw.children"))
    if owner is None or not write.has_changed("spec", "replicas"):
        return None
    found = [history.last(owner, write.call.revision, "spec", part) for part in ("replicas", "template")]
    newest = max((one for one in found if one is not None), key=_revision, default=None)
    return Cause(words("saw.rollout", what=named(owner)), (newest,) if newest else ())


def _of_scaled(write: Write, history: History, words: Words) -> Cause | None:
    if write.call.subresource == "status" and write.call.who.endswith("controller"):
        return Cause(words("saw.children"))
    if write.call.who != "horizontal-pod-autoscaler":
        return None
    size = f"New size: {((write.after or {}).get('spec') or {}).get('replicas')};"  # horizontal.go, SuccessfulRescale
    scalers = {
        one["metadata"]["name"]
        for one in history.all("HorizontalPodAutoscaler", write.thing.namespace)
        if (one["spec"]["scaleTargetRef"]["kind"], one["spec"]["scaleTargetRef"]["name"]) == write.thing[::2]
    }
    events = history.all("Event", write.thing.namespace, fields="reason=SuccessfulRescale")
    told = [one["message"] for one in events if one["involvedObject"]["name"] in scalers]
    return Cause(next((text for text in told if text.startswith(size)), "") or words("saw.metrics"))


def _of_slice(write: Write, history: History, words: Words) -> Cause | None:
    """The newest change of a Pod that is in the slice now, or was before."""
    names: dict[str, Any] = {}
    for form in (write.before, write.after):
        for endpoint in (form or {}).get("endpoints") or ():
            target = endpoint.get("targetRef") or {}
            if target.get("kind") == "Pod":
                names.setdefault(target["name"], []).append(endpoint.get("conditions"))
    changed = [name for name, states in names.items() if len(states) == 1 or states[0] != states[1]]
    pods = [Thing("Pod", write.thing.namespace, name) for name in changed]
    on = [
        one for pod in pods for one in history.writes(pod, write.call.revision)
        if one.is_end or _ready(one.after) != _ready(one.before)
    ]  # fmt: skip
    newest = max(on, key=_revision, default=None)
    return Cause(words("saw.endpoints", names=", ".join(changed) or "?"), (newest,) if newest else ())


def _revision(write: Write) -> int:
    return write.call.revision


def _first(history: History, thing: Thing) -> tuple[Write, ...]:
    return tuple(one for one in history.writes(thing) if one.is_birth)[-1:]


def _ready(obj: Obj | None) -> str | None:
    condition = get_condition(obj, "Ready") if obj is not None else None
    return str(condition["status"]) if condition is not None else None


_BY_KIND: dict[str, Rule] = {
    "Pod": _of_pod,
    "Node": _of_node,
    "ReplicaSet": _of_replicaset,
    "Deployment": _of_scaled,
    "StatefulSet": _of_scaled,
    "DaemonSet": _of_scaled,
    "Job": _of_scaled,
    "EndpointSlice": _of_slice,
}
