"""What somebody did, in a few words: from single writes to one sentence such as

The replicaset-controller created 3 Pods, the scheduler bound 3 Pods and kubelets brought 3 Pods to Ready.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from k8slab.objects import Key, get_condition
from k8slab.view.recorder import Change
from k8slab.view.states import restarts_of
from k8slab.view.words import Words

__all__ = [
    "act_of",
    "sentence",
]

Obj = dict[str, Any]

MOST = 7
OURS = ("you ", "the ", "kubelets ")
BACKSTAGE = ("Event", "Lease", "EndpointSlice", "Endpoints")


def act_of(change: Change) -> str:
    """`created`, `deleted` (asked to go), `removed` (gone), `bound`, `readied`, `tainted` …, `changed` for the rest."""
    before, after = change.before, change.after
    if before is None:
        return "created"
    if after is None:
        return "removed" if before["metadata"].get("deletionTimestamp") else "deleted"
    if after["metadata"].get("deletionTimestamp") and not before["metadata"].get("deletionTimestamp"):
        return "deleted"
    special = {"Pod": _of_pod, "Node": _of_node}.get(change.kind, _of_workload)
    return special(before, after) or "changed"


def sentence(changes: Iterable[Change], words: Words) -> str:
    """Who did what to how many, in the order it began; "" when nobody did anything worth telling."""
    found: dict[tuple[str, str, str], _Deed] = {}
    for change in changes:
        act = act_of(change)
        if change.kind in BACKSTAGE or (act == "changed" and change.writer != "you"):
            continue
        who = "kubelets" if change.writer.startswith("kubelet ") else change.writer
        deed = found.setdefault((act, who, change.kind), _Deed(act, who, change.kind, {}, {}))
        deed.writers[change.writer] = deed.keys[change.key] = None
    turns = [list(turn) for _, turn in groupby(found.values(), key=_who)]
    texts = [_turn(turn, words) for turn in turns[:MOST]]
    rest = ["…"] if len(turns) > MOST else []
    if any(len(turn) > 1 for turn in turns[:MOST]):
        text = words("list.long").join([*texts, *rest])
    else:
        text = words.listed([*texts, *rest])
    if text.startswith(OURS):  # the name of a user stays as it is written
        text = text[0].upper() + text[1:]
    return text if rest or not text else words("sentence", text=text)


class _Deed(NamedTuple):
    """One thing that one writer, or the kubelets together, did to objects of one kind."""

    act: str
    who: str
    kind: str
    writers: dict[str, None]
    keys: dict[Key, None]


def _who(deed: _Deed) -> str:
    return deed.who


def _turn(deeds: list[_Deed], words: Words) -> str:
    """All that one writer did before another came: the same act on several kinds is said once."""
    writers = dict.fromkeys(writer for deed in deeds for writer in deed.writers)
    who = words.subject(next(iter(writers))) if len(writers) == 1 else words("kubelets")
    by_act: dict[str, list[str]] = {}
    for deed in deeds:
        what = (
            f"{deed.kind} {next(iter(deed.keys)).name}"
            if len(deed.keys) == 1
            else words.count(deed.kind, len(deed.keys))
        )
        by_act.setdefault(deed.act, []).append(what)
    if not who:
        return words.listed([words(f"fact.{act}", what=words.listed(whats)) for act, whats in by_act.items()])
    said = [words(f"act.{act}", who="", what=words.listed(whats)).lstrip(": ") for act, whats in by_act.items()]
    return words("turn", who=who, said=words.listed(said))


def _of_pod(before: Obj, after: Obj) -> str:
    if after["spec"].get("nodeName") and not before["spec"].get("nodeName"):
        return "bound"
    if after["metadata"].get("deletionTimestamp"):
        return ""  # its end has been told when it was deleted
    phases = [(obj.get("status") or {}).get("phase") for obj in (before, after)]
    if phases[0] != phases[1] and phases[1] in ("Succeeded", "Failed"):
        return "finished" if phases[1] == "Succeeded" else "failed"
    if restarts_of(after) > restarts_of(before):
        return "restarted"
    was, is_now = _is_true(before, "Ready"), _is_true(after, "Ready")
    return "" if was == is_now else "readied" if is_now else "unreadied"


def _of_node(before: Obj, after: Obj) -> str:
    was, is_now = _is_true(before, "Ready"), _is_true(after, "Ready")
    if was != is_now:
        return "revived" if is_now else "silenced"
    taints = [len((obj.get("spec") or {}).get("taints") or ()) for obj in (before, after)]
    return "" if taints[0] == taints[1] else "tainted" if taints[1] > taints[0] else "untainted"


def _of_workload(before: Obj, after: Obj) -> str:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    if "template" in new and _images(old) != _images(new):
        return "reimaged"
    return "scaled" if old.get("replicas") != new.get("replicas") else ""


def _is_true(obj: Obj, type_: str) -> bool:
    condition = get_condition(obj, type_)
    return condition is not None and condition["status"] == "True"


def _images(spec: Obj) -> list[Any]:
    pod_spec = (spec.get("template") or {}).get("spec") or {}
    return [container.get("image") for container in pod_spec.get("containers") or ()]
