"""kubectl cordon, uncordon, taint and drain: taking nodes out of service and back.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{drain,taint}; staging/src/k8s.io/kubectl/pkg/drain
Left out  drain --pod-selector, --disable-eviction, --skip-wait-for-delete-timeout; retries when a budget forbids
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, duration, number
from k8slab.kubectl.report import Report, dry, said
from k8slab.kubectl.targets import Target, named, targets
from k8slab.objects import controller_of, is_qualified_name

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "cordon",
    "drain",
    "taint",
    "uncordon",
]

Obj = dict[str, Any]

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
MIRROR = "kubernetes.io/config.mirror"
PATIENCE_S = 3600.0
NO_CONTROLLER = "cannot delete Pods that declare no controller (use --force to override)"
LOCAL_STORAGE = "cannot delete Pods with local storage (use --delete-emptydir-data to override)"


def cordon(session: Session, command: Command) -> str:
    """kubectl cordon NODE…"""
    return _mark(session, command, unschedulable=True)


def uncordon(session: Session, command: Command) -> str:
    """kubectl uncordon NODE…"""
    return _mark(session, command, unschedulable=False)


def _nodes(session: Session, command: Command, words: list[str]) -> list[Target]:
    if not words and not command.flag("selector") and not command.has("all"):
        raise command.misused(f"USAGE: {command.path} NODE [flags]")
    return targets(session.client, ["nodes", *(word.rpartition("/")[2] for word in words)], command)


def _mark(session: Session, command: Command, *, unschedulable: bool) -> str:
    report = Report()
    for target in _nodes(session, command, command.words):
        with report:
            node = session.client.get("Node", target.name)
            word = "cordoned" if unschedulable else "uncordoned"
            if node["spec"].get("unschedulable", False) == unschedulable:
                word = f"already {word}"
            elif not command.is_dry_run:
                session.client.patch("Node", target.name, "", {"spec": {"unschedulable": unschedulable or None}})
            report.say(f"node/{target.name} {word}{dry(command)}\n")
    return str(report)


def taint(session: Session, command: Command) -> str:
    """kubectl taint nodes NODE… KEY=VALUE:EFFECT … KEY:EFFECT- KEY-."""
    if not command.words:
        raise UsageError("error: one or more resources must be specified as <resource> <name>")
    kind, *words = command.words
    resource = named(session.client, kind)
    if resource.kind != "Node":
        raise UsageError(f"error: invalid resource type {resource.plural}, only node types are supported")
    changes = [word for word in words if _is_taint(word)]
    if not changes:
        raise UsageError("error: at least one taint update is required")
    parsed = [_parsed(command, change) for change in changes]
    report = Report()
    for target in _nodes(session, command, [word for word in words if not _is_taint(word)]):
        with report:
            node = session.client.get("Node", target.name)
            taints, word = _tainted(node, parsed, command)
            if not command.is_dry_run:
                patch = {"spec": {"taints": taints or None}}
                node = session.client.patch("Node", target.name, "", patch, type="merge")
            report.say(said(command, node, word))
    return str(report)


def _is_taint(word: str) -> bool:
    return ":" in word or "=" in word or word.endswith("-")


def _parsed(command: Command, change: str) -> tuple[str, Obj, bool]:
    """The text of a change, its taint, and whether it takes the taint away."""
    removes = change.endswith("-")
    text = change.removesuffix("-")
    place, colon, effect = text.partition(":")
    key, _, value = place.partition("=") if colon or removes else (place, "", "")
    if complaints := is_qualified_name(key):
        raise command.misused(f"invalid taint spec: {change}, {'; '.join(complaints)}")
    if (effect and effect not in EFFECTS) or (not effect and not removes):
        raise command.misused(f"invalid taint effect: {effect}, unsupported taint effect")
    return text, {"key": key, **({"value": value} if value else {}), "effect": effect}, removes


def _tainted(node: Obj, changes: list[tuple[str, Obj, bool]], command: Command) -> tuple[list[Obj], str]:
    taints: list[Obj] = list(node["spec"].get("taints") or [])
    word = "untainted"
    for text, change, removes in changes:
        matching = [t for t in taints if t["key"] == change["key"] and change["effect"] in ("", t["effect"])]
        if removes and not matching:
            raise UsageError(f'error: taint "{text}" not found')
        if not removes and matching and not command.has("overwrite"):
            raise UsageError(
                f"error: node {node['metadata']['name']} already has {change['key']} taint(s) with same effect(s) and "
                "--overwrite is false"
            )
        taints = [t for t in taints if t not in matching]
        if not removes:
            word = "modified" if matching else "tainted"
            taints.append(change)
    return taints, word


def drain(session: Session, command: Command) -> str:
    """kubectl drain NODE…: cordon it, then evict its pods and wait until they are gone."""
    text = cordon(session, command)
    pending: dict[str, list[str]] = {}
    for target in _nodes(session, command, command.words):
        pods = session.client.list("Pod", fields=f"spec.nodeName={target.name}")
        pods[:] = [pod for pod in pods if MIRROR not in (pod["metadata"].get("annotations") or {})]
        problems = _problems(pods, command)
        if problems:
            pending[target.name] = problems
            shown = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
            text += f'error: unable to drain node "{target.name}" due to error: {shown}, continuing command...\n'
            continue
        text += _evict(session, command, pods) + f"node/{target.name} drained{dry(command)}\n"
    if pending:
        text += "There are pending nodes to be drained:\n" + "".join(f" {name}\n" for name in pending)
        text += "".join(f"{problem}\n" for problems in pending.values() for problem in problems)
    return text


def _problems(pods: list[Obj], command: Command) -> list[str]:
    """Why these pods may not be deleted, a line per reason; of several reasons a pod has, the first."""
    found: dict[str, list[str]] = {}
    for pod in pods:
        is_over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        has_scratch = any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ())
        if is_over or pod["metadata"].get("deletionTimestamp"):
            continue
        if has_scratch and not command.has("delete-emptydir-data"):
            found.setdefault(LOCAL_STORAGE, []).append(_full_name(pod))
        elif _is_alone(pod) and not command.has("force"):
            found.setdefault(NO_CONTROLLER, []).append(_full_name(pod))
    return [f"{problem}: {', '.join(names)}" for problem, names in sorted(found.items())]


def _is_alone(pod: Obj) -> bool:
    return controller_of(pod) is None


def _full_name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _evict(session: Session, command: Command, pods: list[Obj]) -> str:
    alone = [_full_name(pod) for pod in pods if _is_alone(pod)]
    text = f"Warning: deleting Pods that declare no controller: {', '.join(alone)}\n" if alone else ""
    text += "".join(f"evicting pod {_full_name(pod)}{dry(command)}\n" for pod in pods)
    if command.is_dry_run:
        return text
    grace_s = number(command, "grace-period", "-1")
    for pod in pods:
        metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
        options = {} if grace_s < 0 else {"deleteOptions": {"gracePeriodSeconds": grace_s}}
        session.client.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, **options})
    return text + _gone(session, pods, duration(command, "timeout", "0s") or PATIENCE_S)


def _gone(session: Session, pods: list[Obj], limit_s: float) -> str:
    """Let time pass until the pods are gone, and tell of each."""
    left, lines = {pod["metadata"]["uid"]: pod for pod in pods}, []
    deadline = session.client.now + limit_s
    while left:
        there = {pod["metadata"]["uid"] for pod in session.client.list("Pod")}
        for uid in [uid for uid in left if uid not in there]:
            lines.append(f"pod/{left.pop(uid)['metadata']['name']} evicted\n")
        if left and (session.client.now >= deadline or not session.wait(1.0)):
            break
    return "".join(lines)
