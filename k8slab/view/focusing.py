"""What a reader looks at: whether it is there, and which Nodes are worth a place for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from k8slab.view.cards import EVERYTHING, Focus, NodeCard, PodCard
from k8slab.view.facts import read_facts
from k8slab.view.recorder import Snapshot

__all__ = [
    "check_focus",
    "focus_text",
    "nodes_in_focus",
]

FEW = 12  # so many Nodes are shown with or without a Pod in focus


def check_focus(focus: Focus, objects: Snapshot) -> None:
    """Raises ValueError for a namespace, an app or a node that is not there, with the nearest name that is."""
    wide = read_facts(objects, (), Focus(focus.namespace))
    apps = {owner.parent[2] or owner.id[2] for owner in wide.owners}
    apps |= {pod.app for pod in wide.pods if not pod.is_folded}
    known = {
        "namespace": [key.name for key in objects.get("Namespace", {})],
        "app": sorted(apps),
        "node": [node.name for node in wide.nodes],
    }
    for what, name in zip(focus._fields, focus, strict=True):
        if name and known[what] and name not in known[what]:
            raise ValueError(_nothing(what, name, known[what]))


def _nothing(what: str, name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name, names, 1)
    return f'there is no {what} "{name}"' + (f'; did you mean "{near[0]}"?' if near else "")


def focus_text(focus: Focus) -> str:
    """`namespace shop, app web`; "" for everything."""
    return ", ".join(f"{what} {name}" for what, name in zip(focus._fields, focus, strict=True) if name)


def nodes_in_focus(nodes: tuple[NodeCard, ...], pods: Collection[PodCard], focus: Focus) -> tuple[NodeCard, ...]:
    """The control plane, and the node in focus; of many nodes those that have a Pod in focus."""
    if focus.node:
        return tuple(node for node in nodes if node.is_control_plane or node.name == focus.node)
    if focus == EVERYTHING or len(nodes) <= FEW:
        return nodes
    homes = {pod.node for pod in pods if not pod.is_folded}
    return tuple(node for node in nodes if node.is_control_plane or node.name in homes)
