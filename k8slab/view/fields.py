"""Which fields of an object a write has changed, at the grain a person reads; bookkeeping apart, Secrets covered.

A condition counts as one field, and so does the state of a container, a taint or an endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from k8slab.objects import MISSING, changes, item_name, path_text
from k8slab.view.recorder import Change

__all__ = [
    "FieldChange",
    "field_changes",
    "is_bookkeeping",
    "is_heartbeat",
]

Obj = dict[str, Any]
Path = tuple[Any, ...]

COVER = "•••"
NOTHING = "—"
LONGEST = 72
SECRET_PARTS = ("data", "stringData")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
QUIET_STEPS = {
    "managedFields",
    "resourceVersion",
    "generation",
    "observedGeneration",
    "lastHeartbeatTime",
    "lastProbeTime",
    "lastTransitionTime",
    "lastUpdateTime",
    "timeAdded",
    "images",  # what a Node has pulled: long, and told by the Events
}
# What is told part by part even when it comes or goes as a whole.
COARSE = (("metadata", "labels"), ("metadata", "annotations"), ("data",), ("stringData",), ("binaryData",))
# Where one field ends for a reader: path prefixes ("*" is any one step) beneath which nothing is told apart.
GRAINS: tuple[tuple[str, ...], ...] = (
    ("status", "conditions", "*"),
    ("status", "containerStatuses", "*", "state"),
    ("status", "containerStatuses", "*", "lastState"),
    ("status", "initContainerStatuses", "*", "state"),
    ("status", "initContainerStatuses", "*", "lastState"),
    ("spec", "taints", "*"),
    ("endpoints", "*"),
    ("metadata", "ownerReferences", "*"),
)
SELF_NAMED = (("taints",), ("endpoints",))  # lists whose items say in their value what they are
FIRST = (
    "spec.nodeName",
    "status.phase",
    "status.conditions[Ready]",
    "metadata.deletionTimestamp",
    "spec.replicas",
    "spec.taints",
    "spec.unschedulable",
    "status.readyReplicas",
    "data",
)
MINOR = (
    "containerID",
    "imageID",
    "hostIP",
    "startTime",
    "podIPs",
    "started",
    "lastState",
    "qosClass",
    "addresses",
    "nodeInfo",
    "deletionGracePeriodSeconds",
    "Pressure]",
    "initialized",
    "PodReadyToStartContainers]",
)
# Of a container's status only these are told when it appears; the rest repeats the spec.
TOLD_OF_CONTAINERS = ("ready", "restartCount", "state", "lastState")
EMPTY = (0, "", False, None)


class FieldChange(NamedTuple):
    """One field, as text: `status.phase`, `Pending`, `Running`. `rank` is lower for what matters more."""

    path: str
    before: str
    after: str
    rank: int


def is_heartbeat(change: Change) -> bool:
    """A write that only says: still alive (a Lease renewed, a Node's heartbeat times)."""
    if change.type != "MODIFIED":
        return False
    return change.kind == "Lease" or (change.kind == "Node" and is_bookkeeping(change))


def is_bookkeeping(change: Change) -> bool:
    """A change of a Node in nothing but moments and versions (other kinds are not written without a reason)."""
    before, after = change.before, change.after
    if change.kind != "Node" or before is None or after is None or before.get("spec") != after.get("spec"):
        return False
    return not field_changes("Node", before, after)


def field_changes(kind: str, before: Obj, after: Obj) -> list[FieldChange]:
    """What differs between two forms of an object, the most telling first; values of Secrets are covered."""
    found: dict[Path, FieldChange] = {}
    for path, old, new in _fine_changes(before, after, ()):
        whole = _grain(path)
        if whole in found or _is_quiet(path):
            continue
        if whole != path:
            old, new = _at(before, whole), _at(after, whole)
        if old is MISSING and _says_nothing(whole, new):
            continue
        field = _field(kind, whole, old, new)
        if field.before != field.after or field.before == COVER:
            found[whole] = field
    return sorted(found.values(), key=_rank)


def _fine_changes(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """The changes, where a subtree that comes or goes as a whole is still told part by part."""
    for change in changes(before, after, path):
        there = change.after if change.before is MISSING else change.before
        is_whole = change.before is MISSING or change.after is MISSING
        if is_whole and isinstance(there, (dict, list)) and there and _is_coarse(change.path):
            empty: Any = type(there)()
            sides = (empty, there) if change.before is MISSING else (there, empty)
            yield from _fine_changes(sides[0], sides[1], change.path)
        else:
            yield change


def _is_coarse(path: Path) -> bool:
    return path in COARSE or any(_fits(path, grain[: len(path)]) for grain in GRAINS if len(path) < len(grain))


def _is_quiet(path: Path) -> bool:
    if path[0] in ("data", "stringData", "binaryData"):
        return False
    if path[:2] in (("metadata", "labels"), ("metadata", "annotations")):
        return bool(path[-1] == LAST_APPLIED)
    return any(step in QUIET_STEPS for step in path)


def _says_nothing(path: Path, new: Any) -> bool:
    """A status that appears with nothing in it, or with what the spec says already."""
    if path[0] != "status":
        return False
    is_of_container = "ontainerStatuses" in str(path[1:2])
    return new in EMPTY or (is_of_container and path[-1] not in TOLD_OF_CONTAINERS)


def shown(value: Any) -> str:
    """A value as one short line of text."""
    if value is MISSING or value is None:
        return NOTHING
    text = _known_form(value) if isinstance(value, dict) else _names(value) if isinstance(value, list) else ""
    if not text:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _names(values: list[Any]) -> str:
    """The volumes of a Node by their names, without their driver's: `pvc-0a1b, pvc-2c3d`."""
    names = [value.get("name") if isinstance(value, dict) else value for value in values]
    if not names or not all(isinstance(name, str) and "^" in name for name in names):
        return ""
    return ", ".join(str(name).rpartition("^")[2] for name in names)


def _rank(field: FieldChange) -> int:
    return field.rank


def _grain(path: Path) -> Path:
    for grain in GRAINS:
        if len(path) > len(grain) and _fits(path[: len(grain)], grain):
            return path[: len(grain)]
    return path


def _fits(path: Path, pattern: Sequence[str]) -> bool:
    return all(wanted in ("*", step) for wanted, step in zip(pattern, path, strict=True))


def _at(obj: Any, path: Path) -> Any:
    """The value at a path of `changes`, whose steps into lists are an index or the item's name in brackets."""
    for step in path:
        if isinstance(obj, list):
            obj = _item(obj, step)
        else:
            obj = obj.get(step, MISSING) if isinstance(obj, dict) else MISSING
        if obj is MISSING:
            return MISSING
    return obj


def _item(items: list[Any], step: Any) -> Any:
    if isinstance(step, int):
        return items[step] if step < len(items) else MISSING
    return next((item for item in items if item_name(item) == str(step)[1:-1]), MISSING)


def _field(kind: str, path: Path, old: Any, new: Any) -> FieldChange:
    text = path_text(path[:-1] if path[-2:-1] in SELF_NAMED else path)
    rank = 5
    if text.startswith(FIRST):
        rank = next(number for number, first in enumerate(FIRST) if text.startswith(first)) - len(FIRST)
    elif any(minor in text for minor in MINOR):
        rank = 9
    elif "conditions[" in text:
        rank = 6
    if kind == "Secret" and path[0] in SECRET_PARTS:
        return FieldChange(text, *_covered(old, new), rank)
    before, after = shown(old), shown(new)
    if before == after and isinstance(old, str) and isinstance(new, str):
        before, after = _where_they_part(old, new)
    return FieldChange(text, before, after, rank)


def _where_they_part(old: str, new: str) -> tuple[str, str]:
    """Two long texts from shortly before their first difference."""
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(start - 20, 0)
    return "…" + shown(old[start:]), "…" + shown(new[start:])


def _covered(old: Any, new: Any) -> tuple[str, str]:
    return (NOTHING if old is MISSING else COVER), (NOTHING if new is MISSING else COVER)


def _known_form(value: Obj) -> str:
    """Conditions, container states, taints and endpoints read better in their own short form."""
    if "status" in value and "type" in value:
        reason = value.get("reason")
        return f"{value['status']} ({reason})" if reason and value["status"] != "True" else str(value["status"])
    for state in ("waiting", "running", "terminated"):
        if isinstance(value.get(state), dict):
            reason = value[state].get("reason")
            code = f" (exit {value[state]['exitCode']})" if "exitCode" in value[state] else ""
            return f"{state}: {reason}{code}" if reason else f"{state}{code}"
    if "effect" in value and "key" in value:
        content = f"={value['value']}" if value.get("value") else ""
        return f"{value['key']}{content}:{value['effect']}"
    if "port" in value and "protocol" in value:
        return f"{value['port']}/{value['protocol']}"
    if "addresses" in value:
        ready = (value.get("conditions") or {}).get("ready")
        state = "" if ready is None else " (ready)" if ready else " (not ready)"
        return ", ".join(map(str, value["addresses"])) + state
    return ""
