"""kubectl cordon, uncordon, taint and drain: taking nodes out of service and back.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{drain,taint}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, Target, UsageError, targets
from k8slab.objects import controller_of

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
DRAIN_LIMIT_S = 3600


def cordon(session: Session, command: Command) -> str:
    """kubectl cordon NODE."""
    return _mark(session, command, unschedulable=True)


def uncordon(session: Session, command: Command) -> str:
    """kubectl uncordon NODE."""
    return _mark(session, command, unschedulable=False)


def _nodes(session: Session, command: Command, words: list[str]) -> list[Target]:
    if not words and not command.flag("selector"):
        raise UsageError("error: USAGE: kubectl VERB NODE [flags]")
    return targets(session.client, ["node", *words], command)


def _mark(session: Session, command: Command, *, unschedulable: bool) -> str:
    lines = []
    for target in _nodes(session, command, command.words):
        node = session.client.get("Node", target.name)
        word = "cordoned" if unschedulable else "uncordoned"
        if node["spec"].get("unschedulable", False) == unschedulable:
            lines.append(f"node/{target.name} already {word}\n")
            continue
        if not command.is_dry_run:
            session.client.patch("Node", target.name, "", {"spec": {"unschedulable": unschedulable or None}})
        lines.append(f"node/{target.name} {word}\n")
    return "".join(lines)


def taint(session: Session, command: Command) -> str:
    """kubectl taint nodes NODE KEY=VALUE:EFFECT … KEY:EFFECT- KEY-."""
    words = [word for word in command.words if word not in ("node", "nodes", "no")]
    names = [word for word in words if not _is_taint(word)]
    changes = [word for word in words if _is_taint(word)]
    if not changes:
        raise UsageError("error: at least one taint update is required")
    lines = []
    for target in _nodes(session, command, names):
        node = session.client.get("Node", target.name)
        taints, word = _tainted(node, changes, command)
        if not command.is_dry_run:
            session.client.patch("Node", target.name, "", {"spec": {"taints": taints or None}}, type="merge")
        lines.append(f"node/{target.name} {word}\n")
    return "".join(lines)


def _is_taint(word: str) -> bool:
    return ":" in word or "=" in word or word.endswith("-")


def _tainted(node: Obj, changes: list[str], command: Command) -> tuple[list[Obj], str]:
    taints: list[Obj] = list(node["spec"].get("taints") or [])
    word = "untainted"
    for change in changes:
        key, value, effect, removes = _parsed(change)
        matching = [t for t in taints if t["key"] == key and (not effect or t["effect"] == effect)]
        if removes:
            if not matching:
                raise UsageError(f'error: taint "{change.removesuffix("-")}" not found')
        else:
            if matching and not command.has("overwrite"):
                raise UsageError(
                    f"error: node {node['metadata']['name']} already has {key} taint(s) with same effect(s) "
                    "and --overwrite is false"
                )
            word = "modified" if matching else "tainted"
        taints = [t for t in taints if t not in matching]
        if not removes:
            taints.append({"key": key, **({"value": value} if value else {}), "effect": effect})
    return taints, word


def _parsed(change: str) -> tuple[str, str, str, bool]:
    removes = change.endswith("-")
    place, _, effect = change.removesuffix("-").partition(":")
    key, _, value = place.partition("=")
    if (effect and effect not in EFFECTS) or (not effect and not removes):
        raise UsageError(f"error: invalid taint effect: {effect}, unsupported taint effect")
    return key, value, effect, removes


def drain(session: Session, command: Command) -> str:
    """kubectl drain NODE: cordon it, then evict its pods and wait until they are gone."""
    text = cordon(session, command)
    for target in _nodes(session, command, command.words):
        pods = [pod for pod in session.client.list("Pod", fields=f"spec.nodeName={target.name}") if not _is_mirror(pod)]
        alone = [pod for pod in pods if controller_of(pod) is None]
        if alone and not command.has("force"):
            names = ", ".join(f"{p['metadata']['namespace']}/{p['metadata']['name']}" for p in alone)
            raise UsageError(
                f'{text}error: unable to drain node "{target.name}" due to error: cannot delete cannot delete Pods '
                f"that declare no controller (use --force to override): {names}, continuing command..."
            )
        text += "".join(_evict(session, pod) for pod in pods)
        text += _gone(session, pods)
        text += f"node/{target.name} drained\n"
    return text


def _is_mirror(pod: Obj) -> bool:
    return MIRROR in (pod["metadata"].get("annotations") or {})


def _evict(session: Session, pod: Obj) -> str:
    metadata = pod["metadata"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
    }
    session.client.evict(eviction)
    return f"evicting pod {metadata['namespace']}/{metadata['name']}\n"


def _gone(session: Session, pods: list[Obj]) -> str:
    left = {pod["metadata"]["uid"]: pod for pod in pods}
    lines = []
    for _ in range(DRAIN_LIMIT_S):
        there = {pod["metadata"]["uid"] for pod in session.client.list("Pod")}
        for uid in [uid for uid in left if uid not in there]:
            lines.append(f"pod/{left.pop(uid)['metadata']['name']} evicted\n")
        if not left or not session.wait(1.0):
            break
    return "".join(lines)
