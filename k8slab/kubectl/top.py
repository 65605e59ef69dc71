"""kubectl top: what nodes and pods use just now, from metrics.k8s.io.

Source    staging/src/k8s.io/kubectl/pkg/cmd/top; pkg/metricsutil/metrics_printer.go
Left out  --show-capacity, --show-swap, --sum, --field-selector
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.printers import columns
from k8slab.objects import parse_quantity

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "RESOURCES",
    "top",
]

Obj = dict[str, Any]
Usage = dict[str, Fraction]
Row = tuple[Usage, list[str]]

MIB = 1024 * 1024


def top(session: Session, command: Command) -> str:
    """kubectl top node|pod [NAME] [-l …] [--containers] [--sort-by=cpu|memory]."""
    if not command.words or command.words[0] not in RESOURCES:
        raise command.misused(f'unknown command "{" ".join(command.words)}"')
    if (sort_by := command.flag("sort-by")) not in ("", "cpu", "memory"):
        raise UsageError("error: --sort-by accepts only cpu or memory")
    head, rows = RESOURCES[command.words[0]](session, command, command.words[1:])
    if not rows:
        return f"No resources found{f' in {command.namespace} namespace.' if command.namespace else ''}\n"
    if sort_by:
        rows.sort(key=lambda row: -row[0].get(sort_by, Fraction(0)))
    return columns(([] if command.has("no-headers") else [head]) + [cells for _, cells in rows])


def _nodes(session: Session, command: Command, names: list[str]) -> tuple[list[str], list[Row]]:
    metrics = {
        obj["metadata"]["name"]: _usage(obj) for obj in _objects(session, command, "nodes.metrics.k8s.io", names)
    }
    head = ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]
    rows: list[Row] = []
    for node in _objects(session, command, "Node", names):
        name, has = node["metadata"]["name"], node["status"].get("allocatable") or {}
        cells = ["<unknown>"] * 4
        if usage := metrics.get(name):
            cpu, memory = _amounts(usage)
            cells = [cpu, _share(usage, has, "cpu"), memory, _share(usage, has, "memory")]
        rows.append((usage or {}, [name, *cells]))
    return head, rows


def _pods(session: Session, command: Command, names: list[str]) -> tuple[list[str], list[Row]]:
    head = ["POD", "NAME"] if command.has("containers") else ["NAME"]
    head = ["NAMESPACE"] * (not command.namespace) + [*head, "CPU(cores)", "MEMORY(bytes)"]
    rows: list[Row] = []
    for obj in _objects(session, command, "pods.metrics.k8s.io", names):
        place = [obj["metadata"]["namespace"]] * (not command.namespace) + [obj["metadata"]["name"]]
        containers = obj["containers"]
        if command.has("containers"):
            rows += [(_usage(c), [*place, c["name"], *_amounts(_usage(c))]) for c in containers]
        else:
            total = {kind: sum((_usage(c)[kind] for c in containers), Fraction(0)) for kind in ("cpu", "memory")}
            rows.append((total, [*place, *_amounts(total)]))
    return head, rows


def _objects(session: Session, command: Command, kind: str, names: list[str]) -> list[Obj]:
    if names:
        return [session.client.get(kind, name, command.namespace) for name in names]
    return list(session.client.list(kind, command.namespace, labels=command.flag("selector")))


def _usage(obj: Obj) -> Usage:
    """Cores and bytes."""
    return {kind: Fraction(parse_quantity(obj["usage"].get(kind, "0"))) for kind in ("cpu", "memory")}


def _amounts(usage: Usage) -> tuple[str, str]:
    return f"{ceil(usage['cpu'] * 1000)}m", f"{int(usage['memory']) // MIB}Mi"


def _share(usage: Usage, has: Obj, kind: str) -> str:
    whole = parse_quantity(has.get(kind, "0"))
    return f"{int(usage[kind] * 100 / whole)}%" if whole else "<unknown>"


RESOURCES: dict[str, Callable[[Session, Command, list[str]], tuple[list[str], list[Row]]]] = {
    **dict.fromkeys(("node", "nodes", "no"), _nodes), **dict.fromkeys(("pod", "pods", "po"), _pods)
}  # fmt: skip
