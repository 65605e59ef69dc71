"""kubectl cordon, uncordon and taint: which pods a node takes.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{drain,taint}
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import dry, each, said
from k8slab.kubectl.targets import Target, named, targets
from k8slab.objects import is_qualified_name

__all__ = ["cordon", "nodes_of", "taint"]

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


class Change(NamedTuple):
    """One word of `kubectl taint`: `key=value:effect`, or `key:effect-` to take it away."""

    text: str
    taint: Obj
    removes: bool


def cordon(session: Session, command: Command) -> str:
    """kubectl cordon NODE… and uncordon NODE…; drain begins with it."""
    unschedulable = command.path != "uncordon"
    return each(nodes_of(session, command, command.words), lambda node: _marked(session, command, node, unschedulable))


def nodes_of(session: Session, command: Command, words: list[str]) -> list[Target]:
    """The nodes that words or a selector name. Raises UsageError."""
    if not words and not command.flag("selector") and not command.has("all"):
        raise command.misused(f"USAGE: {command.path} NODE [flags]")
    return targets(session, command, ["nodes", *(word.rpartition("/")[2] for word in words)])


def _marked(session: Session, command: Command, target: Target, unschedulable: bool) -> str:
    word = "cordoned" if unschedulable else "uncordoned"
    if session.client.get(*target.place)["spec"].get("unschedulable", False) == unschedulable:
        word = f"already {word}"
    elif not command.is_dry_run:
        session.client.patch(*target.place, {"spec": {"unschedulable": unschedulable or None}})
    return f"{target} {word}{dry(command)}\n"


def taint(session: Session, command: Command) -> str:
    """kubectl taint nodes NODE… KEY=VALUE:EFFECT … KEY:EFFECT- KEY-."""
    if not command.words:
        raise UsageError("error: one or more resources must be specified as <resource> <name>")
    kind, *words = command.words
    resource = named(session.client, kind)
    if resource.kind != "Node":
        raise UsageError(f"error: invalid resource type {resource.plural}, only node types are supported")
    names = [word for word in words if not (":" in word or "=" in word or word.endswith("-"))]
    changes = [_change(command, word) for word in words if word not in names]
    if not changes:
        raise UsageError("error: at least one taint update is required")
    return each(nodes_of(session, command, names), lambda node: _tainted(session, command, node, changes))


def _change(command: Command, word: str) -> Change:
    removes, text = word.endswith("-"), word.removesuffix("-")
    place, colon, effect = text.partition(":")
    key, _, value = place.partition("=") if colon or removes else (place, "", "")
    if complaints := is_qualified_name(key):
        raise command.misused(f"invalid taint spec: {word}, {'; '.join(complaints)}")
    if effect not in EFFECTS and (effect or not removes):
        raise command.misused(f"invalid taint effect: {effect}, unsupported taint effect")
    return Change(text, {"key": key, **({"value": value} if value else {}), "effect": effect}, removes)


def _tainted(session: Session, command: Command, target: Target, changes: list[Change]) -> str:
    node = session.client.get(*target.place)
    taints, word = list(node["spec"].get("taints") or []), "untainted"
    for text, new, removes in changes:
        matching = [old for old in taints if old["key"] == new["key"] and new["effect"] in ("", old["effect"])]
        if removes and not matching:
            raise UsageError(f'error: taint "{text}" not found')
        if not removes and matching and not command.has("overwrite"):
            already = f"error: node {target.name} already has {new['key']} taint(s) with same effect(s)"
            raise UsageError(f"{already} and --overwrite is false")
        taints = [old for old in taints if old not in matching]
        if not removes:
            word = "modified" if matching else "tainted"
            taints.append(new)
    if not command.is_dry_run:
        node = session.client.patch(*target.place, {"spec": {"taints": taints or None}}, type="merge")
    return said(command, node, word)
