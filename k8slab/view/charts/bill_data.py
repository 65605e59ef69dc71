"""From bills to stacks: for each row its parts by the kind of cost. Pure.

A machine's price falls to those who caused it where somebody asks by namespace, pod or label, as Bill.by does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from k8slab.view.charts.given import BillLike, LineLike, ShareLike

__all__ = ["CATEGORIES", "IDLE", "OTHER", "SHARED", "Stack", "category_of", "largest", "stacks_by"]

CATEGORIES = ("machines", "storage", "internet", "cross-zone", "load balancer", "lines", "build", "other")
KINDS = {
    "vm": "machines",
    "control plane": "machines",
    "volume": "storage",
    "snapshot": "storage",
    "bucket": "storage",
    "load balancer": "load balancer",
    "address": "load balancer",
    "link": "lines",
    "line": "lines",
    "build": "build",
    "registry": "build",
}
IDLE, SHARED, OTHER = "(idle)", "(shared)", "(other)"


class Stack(NamedTuple):
    """One row of a chart: its name, and dollars by category."""

    name: str
    parts: dict[str, float]

    @property
    def dollars(self) -> float:
        """All of it."""
        return sum(self.parts.values())


def category_of(line: LineLike) -> str:
    """What a line of a bill is paid for; traffic by where it goes."""
    if line.kind == "traffic":
        source, _, target = line.name.partition(" to ")
        return "internet" if "internet" in (source, target) else "cross-zone"
    return KINDS.get(line.kind, "other")


def stacks_by(bill: BillLike, key: str) -> list[Stack]:
    """A stack for each node, namespace, pod, value of `label:app`, or label of things; the dearest first.

    Raises ValueError for a key that nothing of the bill has.
    """
    found: dict[str, dict[str, float]] = {}
    for name, category, dollars in _parts(bill, key):
        parts = found.setdefault(name, {})
        parts[category] = parts.get(category, 0.0) + dollars
    if not found and bill.lines:
        labels = sorted({label for line in bill.lines for label in line.labels})
        known = ", ".join(["kind", "node", "namespace", "pod", "label:NAME", *labels])
        raise ValueError(f'a bill cannot be shown by "{key}"; by: {known}')
    return sorted((Stack(name, parts) for name, parts in found.items()), key=lambda one: (-one.dollars, one.name))


def largest(stacks: Sequence[Stack], most: int) -> list[Stack]:
    """The first of them, and the others together as one."""
    if len(stacks) <= most:
        return list(stacks)
    rest: dict[str, float] = {}
    for stack in stacks[most - 1 :]:
        for category, dollars in stack.parts.items():
            rest[category] = rest.get(category, 0.0) + dollars
    return [*stacks[: most - 1], Stack(OTHER, rest)]


def _parts(bill: BillLike, key: str) -> Iterable[tuple[str, str, float]]:
    if key == "kind":
        yield from ((category_of(line), category_of(line), line.dollars) for line in bill.lines)
    elif key in ("namespace", "pod") or key.startswith("label:"):
        yield from ((_owner(share, key), "machines", share.dollars) for share in bill.shares)
        for line in bill.lines:
            if line.kind != "vm":
                name = line.labels.get("namespace", SHARED) if key == "namespace" else SHARED
                yield name, category_of(line), line.dollars
    elif key == "node":
        yield from ((line.name, "machines", line.dollars) for line in bill.lines if line.kind == "vm")
    elif any(key in line.labels for line in bill.lines):
        yield from ((line.labels.get(key, SHARED), category_of(line), line.dollars) for line in bill.lines)


def _owner(share: ShareLike, key: str) -> str:
    if not share.pod:
        return IDLE
    if key == "namespace":
        return share.namespace
    if key == "pod":
        return f"{share.namespace}/{share.pod}"
    return share.labels.get(key.removeprefix("label:"), SHARED)
