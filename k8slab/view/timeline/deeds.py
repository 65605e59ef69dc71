"""What is marked on a time line: one deed of somebody at one moment.

On any cluster the watches tell the writes. Where there is an audit record it tells every call instead: reads, refusals
and writes of kinds that nobody watches are in it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8slab.view.acts import act_of
from k8slab.view.calls import Call
from k8slab.view.fields import is_heartbeat
from k8slab.view.messages.log import is_heartbeat_call, is_read
from k8slab.view.messages.telling import SERVER, outcome, sentence
from k8slab.view.recorder import Change
from k8slab.view.words import Words

__all__ = [
    "ACTS",
    "FAULTS",
    "Deed",
    "Lever",
    "deeds_of_calls",
    "deeds_of_changes",
    "deeds_of_faults",
    "told",
]

# The kinds of deeds, the most notable first, and the symbol of each.
ACTS = {
    "fault": "power",
    "recovery": "ready",
    "lever": "lever",
    "refused": "refused",
    "deleted": "gone",
    "created": "new",
    "updated": "changed",
    "event": "event",
    "read": "read",
}
FAULTS, SOMEBODY = "faults", "?"
VERBS = {"create": "created", "delete": "deleted", "deletecollection": "deleted"}
ON_OBJECTS = ("binding", "token", "eviction", "resize", "scale")  # created, yet they only change what there is


class Lever(NamedTuple):
    """Something done to the machines, which no client can see: `act` is fault, recovery or lever."""

    time: float
    act: str
    text: str


class Deed(NamedTuple):
    """One mark: when (seconds since 1970), in whose lane, what kind of deed; and what it is told from."""

    time: float
    lane: str
    act: str
    source: Call | Change | Lever


def deeds_of_calls(calls: Iterable[Call], *, reads: bool) -> Iterator[Deed]:
    """Every call but heartbeats; reads when they are wanted."""
    for call in calls:
        if call.code >= 400:
            yield Deed(call.when, SERVER, "refused", call)
        elif is_heartbeat_call(call) or (is_read(call) and not reads):
            continue
        else:
            yield Deed(call.when, call.who, _act_of_call(call), call)


def deeds_of_changes(changes: Iterable[Change]) -> Iterator[Deed]:
    """Every write that a watch told, heartbeats apart, in the lane of its writer."""
    for change in changes:
        if not is_heartbeat(change):
            yield Deed(change.time, change.writer or SOMEBODY, _act_of_change(change), change)


def deeds_of_faults(changes: Iterable[Change], levers: Iterable[Lever]) -> list[Deed]:
    """What was done to the machines; and Nodes that fell silent and came back, as it looks from outside."""
    found = [Deed(lever.time, FAULTS, lever.act, lever) for lever in levers]
    for change in changes:
        if change.kind == "Node" and change.before and change.after:
            act = {"silenced": "fault", "revived": "recovery"}.get(act_of(change))
            if act:
                found.append(Deed(change.time, FAULTS, act, change))
    return sorted(found, key=_time)


def told(deed: Deed, change: Change | None, words: Words) -> str:
    """The deed in one sentence; `change` is what came of it, where that is known."""
    source = deed.source
    if isinstance(source, Lever):
        return source.text
    if isinstance(source, Call):
        return sentence(source, change, words)
    what, came = f"{source.kind} {source.key}", outcome(source)
    who = words.actor(source.writer)
    text = words(f"act.{act_of(source)}", who=who, what=what) if who else words(f"fact.{act_of(source)}", what=what)
    return f"{text} · {came}" if came else text


def _time(deed: Deed) -> float:
    return deed.time


def _act_of_call(call: Call) -> str:
    if is_read(call):
        return "read"
    if call.resource == "events":
        return "event"
    if call.subresource == "eviction":
        return "deleted"
    return "updated" if call.subresource in ON_OBJECTS else VERBS.get(call.verb, "updated")


def _act_of_change(change: Change) -> str:
    if change.kind == "Event":
        return "event"
    if change.before is None:
        return "created"
    return "deleted" if change.after is None or act_of(change) == "deleted" else "updated"
