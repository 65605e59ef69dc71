"""kubectl cordon, uncordon and taint: which pods a node takes.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{drain,taint}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.report import Report, dry, said
from k8slab.kubectl.targets import Target, named, targets
from k8slab.objects import is_qualified_name

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "cordon",
    "nodes_of",
    "taint",
    "uncordon",
]

Obj = dict[str, Any]

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def cordon(session: Session, command: Command) -> str:
    """kubectl cordon NODE…"""
    return _mark(session, command, unschedulable=True)


def uncordon(session: Session, command: Command) -> str:
    """kubectl uncordon NODE…"""
    return _mark(session, command, unschedulable=False)


def nodes_of(session: Session, command: Command, words: list[str]) -> list[Target]:
    """The nodes that words or a selector name. Raises UsageError."""
    if not words and not command.flag("selector") and not command.has("all"):
        raise command.misused(f"USAGE: {command.path} NODE [flags]")
    return targets(session.client, ["nodes", *(word.rpartition("/")[2] for word in words)], command)


def _mark(session: Session, command: Command, *, unschedulable: bool) -> str:
    report = Report()
    for target in nodes_of(session, command, command.words):
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
    for target in nodes_of(session, command, [word for word in words if not _is_taint(word)]):
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
