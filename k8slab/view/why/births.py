"""Why an object was made: what its maker saw, and which earlier write had made it so.

Controllers act on levels, not on messages: the cause is what was wanted and what was there at that revision, and the
write that has last changed the one or the other.

Source    pkg/controller/replicaset/replica_set.go (manageReplicas), pkg/controller/deployment/sync.go,
          pkg/controller/daemon/daemon_controller.go, pkg/kubelet/pod/mirror_client.go
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.objects import controller_of
from k8slab.view.why.history import History, Thing, Write, thing_of
from k8slab.view.words import Words

__all__ = [
    "Cause",
    "cause_of_birth",
]

Obj = dict[str, Any]

MIRROR = "kubernetes.io/config.mirror"
COUNTED = ("ReplicaSet", "StatefulSet", "ReplicationController")
ENDED = ("Failed", "Succeeded")


class Cause(NamedTuple):
    """What the writer saw, in words, and the writes that had made it so."""

    text: str
    on: tuple[Write, ...] = ()


def cause_of_birth(write: Write, history: History, words: Words) -> Cause | None:
    """Why the object of this write was created; None when a person wanted it, or nobody knows."""
    obj = write.after
    owner = owner_of(obj) if obj is not None else None
    if obj is not None and MIRROR in (obj["metadata"].get("annotations") or {}):
        return Cause(words("saw.static"))
    if owner is not None and obj is not None:
        return _of_owned(write, obj, owner, history, words)
    if write.call.who.startswith("kubelet ") and write.thing.kind == "Node":
        return Cause(words("saw.itself"))
    if write.thing.kind == "EndpointSlice" and obj is not None:
        return _of_slice(write, obj, history, words)
    if write.call.who in ("service-account-controller", "root-ca-certificate-publisher", "root-ca-cert-publisher"):
        space = Thing("Namespace", "", write.thing.namespace)
        return Cause(words("saw.there", what=named(space)), _given(history.last(space, write.call.revision)))
    return None


def owner_of(obj: Obj) -> Thing | None:
    """The controller of an object, by name."""
    reference = controller_of(obj)
    if reference is None:
        return None
    namespace = "" if reference["kind"] == "Node" else obj["metadata"].get("namespace", "")
    return Thing(reference["kind"], namespace, reference["name"])


def named(thing: Thing) -> str:
    """`Pod web-1`, `Pod shop/web-1` outside the default namespace."""
    space = f"{thing.namespace}/" if thing.namespace not in ("", "default") else ""
    return f"{thing.kind} {space}{thing.name}"


def _of_owned(write: Write, obj: Obj, owner: Thing, history: History, words: Words) -> Cause:
    revision = write.call.revision
    owning = history.form(owner, revision - 1) or history.now(owner)
    if owning is None:
        return Cause(words("saw.there", what=named(owner)), _given(history.last(owner, revision)))
    if obj["kind"] == "Pod" and owner.kind in COUNTED:
        return _of_counted(write, owning, history, words)
    if obj["kind"] == "Pod" and owner.kind == "DaemonSet":
        return _of_daemon(write, obj, owning, history, words)
    if obj["kind"] == "ReplicaSet":
        return Cause(
            words("saw.template", what=named(owner)), _given(history.last(owner, revision, "spec", "template"))
        )
    if owner.kind in ("CronJob", "Job"):
        made = _given(history.last(owner, revision, "spec"))
        return Cause(words("saw.schedule" if owner.kind == "CronJob" else "saw.job", what=named(owner)), made)
    return Cause(words("saw.there", what=named(owner)), _given(history.last(owner, revision, "spec")))


def _of_counted(write: Write, owner: Obj, history: History, words: Words) -> Cause:
    """So many Pods wanted, fewer there: because more are wanted than before, or because one has gone."""
    revision, thing = write.call.revision, thing_of(owner)
    wanted = owner["spec"].get("replicas", 1)
    siblings = history.children(owner, "Pod", revision - 1)
    active = [pod for pod in siblings if _is_active(pod)]
    on = _given(history.last(thing, revision, "spec", "replicas"))
    lost = _lost(write, owner, siblings, history)
    if lost is not None and (not on or lost.call.revision > on[-1].call.revision):
        on = (lost,)
    return Cause(words("saw.fewer", what=named(thing), wanted=wanted, there=len(active)), on)


def _lost(write: Write, owner: Obj, siblings: list[Obj], history: History) -> Write | None:
    """The newest write before that has taken a Pod of this owner away: a deletion, or an end."""
    revision, namespace = write.call.revision, write.thing.namespace
    uid, prefix = owner["metadata"]["uid"], owner["metadata"]["name"] + "-"
    found: list[Write] = []
    for call in history.ends("pods", namespace, prefix, revision):
        ended = history.write(Thing("Pod", namespace, call.name), call)
        reference = controller_of(ended.before) if ended.before is not None else None
        if reference is None or reference["uid"] == uid:
            found.append(_first_end(ended, history))
            break
    for pod in siblings:
        if (pod.get("status") or {}).get("phase") in ENDED:
            last = history.last(thing_of(pod), revision, "status", "phase")
            found += [last] if last is not None and not last.is_birth else []
    return max(found, key=lambda one: one.call.revision, default=None)


def _first_end(write: Write, history: History) -> Write:
    """Of the deletions of a Pod the first: the kubelet's is its confirmation."""
    ends = [one for one in history.writes(write.thing, write.call.revision) if one.is_end]
    return ends[0] if ends else write


def _is_active(pod: Obj) -> bool:
    return not pod["metadata"].get("deletionTimestamp") and (pod.get("status") or {}).get("phase") not in ENDED


def _of_daemon(write: Write, pod: Obj, owner: Obj, history: History, words: Words) -> Cause:
    terms = _daemon_terms(pod["spec"])
    node = next(iter(terms), "")
    revision = write.call.revision
    on = [
        *_given(history.last(thing_of(owner), revision, "spec")),
        *_given(history.last(Thing("Node", "", node), revision)),
    ]
    newest = max(on, key=lambda one: one.call.revision, default=None)
    return Cause(words("saw.daemon", what=named(thing_of(owner)), node=node or "?"), _given(newest))


def _daemon_terms(spec: Obj) -> list[str]:
    """The Node that the DaemonSet controller meant the Pod for, from its node affinity."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    fields = [field for term in required.get("nodeSelectorTerms") or () for field in term.get("matchFields") or ()]
    return [value for field in fields if field["key"] == "metadata.name" for value in field.get("values") or ()]


def _of_slice(write: Write, obj: Obj, history: History, words: Words) -> Cause:
    name = (obj["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
    service = Thing("Service", write.thing.namespace, name)
    return Cause(words("saw.there", what=named(service)), _given(history.last(service, write.call.revision, "spec")))


def _given(write: Write | None) -> tuple[Write, ...]:
    return () if write is None else (write,)
