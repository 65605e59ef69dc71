"""kubectl top: what nodes and pods use just now, from metrics.k8s.io.

Source    staging/src/k8s.io/kubectl/pkg/cmd/top; pkg/metricsutil/metrics_printer.go
Left out  --containers, --show-capacity, --show-swap, --sum, --field-selector
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.printers import columns
from k8slab.kubectl.targets import kinds_and_names, objects
from k8slab.objects import parse_quantity

__all__ = ["top"]

Usage = dict[str, Fraction]
Row = tuple[Usage, list[str]]

MIB = 1024 * 1024


def top(session: Session, command: Command) -> str:
    """kubectl top node|pod [NAME] [-l …] [--sort-by=cpu|memory]."""
    kind, *names = command.words or [""]
    if kind not in ("node", "nodes", "no", "pod", "pods", "po"):
        raise command.misused(f'unknown command "{" ".join(command.words)}"')
    if (sort_by := command.flag("sort-by")) not in ("", "cpu", "memory"):
        raise UsageError("error: --sort-by accepts only cpu or memory")
    if names and not command.namespace:
        raise UsageError("error: an empty namespace may not be set when a resource name is provided")
    head, rows = (_nodes if kind.startswith("no") else _pods)(session, command, names)
    if not rows:
        return f"No resources found{f' in {command.namespace} namespace.' if command.namespace else ''}\n"
    rows.sort(key=lambda row: (not row[0], -row[0].get(sort_by, Fraction(0))))  # what is not measured comes last
    return columns(([] if command.has("no-headers") else [head]) + [cells for _, cells in rows])


def _nodes(session: Session, command: Command, names: list[str]) -> tuple[list[str], list[Row]]:
    measured = {obj["metadata"]["name"]: obj for obj in _objects(session, command, "nodes.metrics.k8s.io", *names)}
    rows: list[Row] = []
    for node in _objects(session, command, "nodes", *names):
        name, has, usage = node["metadata"]["name"], node["status"].get("allocatable") or {}, Usage()
        cells = ["<unknown>"] * 4
        if name in measured:
            usage = _usage(measured[name])
            cpu, memory = _amounts(usage)
            cells = [cpu, _share(usage, has, "cpu"), memory, _share(usage, has, "memory")]
        rows.append((usage, [name, *cells]))
    return ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"], rows


def _pods(session: Session, command: Command, names: list[str]) -> tuple[list[str], list[Row]]:
    everywhere, rows = not command.namespace, list[Row]()
    for obj in _objects(session, command, "pods.metrics.k8s.io", *names):
        place, usage = [obj["metadata"]["namespace"]] * everywhere + [obj["metadata"]["name"]], _usage(obj)
        rows.append((usage, [*place, *_amounts(usage)]))
    return ["NAMESPACE"] * everywhere + ["NAME", "CPU(cores)", "MEMORY(bytes)"], rows


def _objects(session: Session, command: Command, *words: str) -> list[Obj]:
    found = kinds_and_names(session.client, list(words), command.namespace)
    return [obj for target in found for obj in objects(session.client, target, command.flag("selector"))]


def _usage(obj: Obj) -> Usage:
    """Cores and bytes of a node, or of all containers of a pod."""
    used = [one["usage"] for one in obj.get("containers", [obj])]
    return {kind: sum((Fraction(parse_quantity(one[kind])) for one in used), Fraction(0)) for kind in ("cpu", "memory")}


def _amounts(usage: Usage) -> tuple[str, str]:
    return f"{ceil(usage['cpu'] * 1000)}m", f"{int(usage['memory']) // MIB}Mi"


def _share(usage: Usage, has: Obj, kind: str) -> str:
    whole = parse_quantity(has.get(kind, "0"))
    return f"{int(usage[kind] * 100 / whole)}%" if whole else "<unknown>"
