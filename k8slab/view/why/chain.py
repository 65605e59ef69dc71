"""The chain: every write that led to an object and that it has lived through, each with the step it follows from.

It begins with what was asked for first and ends with now. Writes of status that say nothing about the object are
counted, not told; of a long life the middle is left out.

Left out  watches: that a writer had heard of a write is taken from what it did, not from a record of deliveries
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.objects import get_condition, parse_rfc3339
from k8slab.view.acts import act_of
from k8slab.view.fields import FieldChange, field_changes
from k8slab.view.recorder import Change
from k8slab.view.why.births import Cause, named, owner_of
from k8slab.view.why.causes import cause_of
from k8slab.view.why.history import History, Thing, Write, key_of_thing
from k8slab.view.words import Words
from k8slab.view.writers import manager_name

__all__ = [
    "Chain",
    "Step",
    "chain_of",
    "clause",
    "is_unready",
]

Obj = dict[str, Any]

MOST, FIRST, MOST_FIELDS, DEPTH = 36, 14, 3, 12
MINOR = 9
TELLING = ("spec.", "status.phase", "status.conditions", "status.containerStatuses", "data", "endpoints")
MADE = {"f:spec", "f:data", "f:rules"}  # what the maker of an object brings, and others seldom write
COUNTERS = ("spec.replicas",)


class Step(NamedTuple):
    """One thing that happened: `did` is a sentence, `on` are the numbers of the steps it follows from.

    `is_own`: it happened to the object itself, not to what led to it. `mark` is new, gone, changed or event.
    """

    number: int
    when: float
    did: str
    fields: tuple[FieldChange, ...]
    because: str
    on: tuple[int, ...]
    mark: str
    is_own: bool


class Chain(NamedTuple):
    """The steps in order, how many were left out after the first ones, how many writes told nothing (`quiet`) or are
    so old that nobody knows what they changed (`faded`).

    `reason` is the way back from the object's birth (its end, its fall out of Ready) to what began it, as sentences;
    `turn` names which of them: exists, leaving, gone, unready, or "" when nothing is known.
    """

    steps: tuple[Step, ...]
    left_out: int
    quiet: int
    faded: int
    reason: tuple[str, ...]
    turn: str = ""


class _Raw(NamedTuple):
    when: float
    order: float  # among what happened at the same moment: the number of the call, where there is one
    did: str
    fields: tuple[FieldChange, ...]
    cause: Cause | None
    mark: str
    is_own: bool


def chain_of(thing: Thing, obj: Obj | None, history: History, words: Words) -> Chain:
    """The chain of an object as it is, or as it was last known (None: not at all)."""
    own = history.writes(thing)
    telling = [write for write in own if _tells(write)]
    causes: dict[int, Cause | None] = {}
    found = {write.call.number: write for write in telling}
    for ancestor in _ancestors(obj or _last_form(thing, history), history):
        found.update((write.call.number, write) for write in history.writes(ancestor)[:1] if write.is_birth)
    _close(found, causes, history, words)
    raw = [_raw(write, causes[number], thing, words) for number, write in found.items()]
    raw += _without_record(thing, obj, history, found, words)
    raw += _events(thing, history, words)
    raw.sort(key=lambda one: (one.when, one.order))
    numbers = {one.order: number for number, one in enumerate(raw, 1)}
    steps = [_step(number, one, numbers) for number, one in enumerate(raw, 1)]
    left_out = max(len(steps) - MOST, 0)
    shown = steps[:FIRST] + steps[FIRST + left_out :]
    turns = _turns(obj, telling)
    faded = sum(_is_faded(write) for write in own if write not in telling)
    way = tuple(_way_back(turns[-1] if turns else None, causes, words))
    turn = _turn(obj, turns[-1]) if turns else ""
    return Chain(tuple(shown), left_out, len(own) - len(telling) - faded, faded, way, turn)


def is_unready(obj: Obj) -> bool:
    """Its condition Ready is there, and not True; what is done with its work is well."""
    condition = get_condition(obj, "Ready")
    is_done = (obj.get("status") or {}).get("phase") == "Succeeded"
    return condition is not None and condition["status"] != "True" and not is_done


def _turn(obj: Obj | None, write: Write) -> str:
    if obj is None:
        return "gone"
    if obj["metadata"].get("deletionTimestamp"):
        return "leaving"
    return "exists" if write.is_birth else "unready"


def _turns(obj: Obj | None, writes: list[Write]) -> list[Write]:
    """The writes that have made the object what it is: gone, not Ready any more, or there."""
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return [one for one in writes if one.is_end]
    births = [one for one in writes if one.is_birth]
    if not is_unready(obj):
        return births
    falls = [one for one in writes if one.before and one.after and not is_unready(one.before) and is_unready(one.after)]
    was_ready = [one for one in falls if get_condition(one.before or {}, "Ready") is not None]
    return was_ready or births


def clause(write: Write, words: Words) -> str:
    """`replicaset-controller created Pod web-1`."""
    what, who = named(write.thing), words.actor(write.call.who)
    return words(f"act.{_act(write)}", who=who, what=what)


def _close(found: dict[int, Write], causes: dict[int, Cause | None], history: History, words: Words) -> None:
    """Add what each write follows from, and what that follows from."""
    waiting = [(write, 0) for write in found.values()]
    while waiting:
        write, depth = waiting.pop()
        if write.call.number in causes:
            continue
        cause = causes[write.call.number] = cause_of(write, history, words)
        for earlier in cause.on if cause is not None and depth < DEPTH else ():
            found.setdefault(earlier.call.number, earlier)
            waiting.append((earlier, depth + 1))
    for number in found:
        causes.setdefault(number, None)


def _way_back(write: Write | None, causes: Mapping[int, Cause | None], words: Words) -> Iterable[str]:
    seen: set[int] = set()
    while write is not None and write.call.number not in seen:
        seen.add(write.call.number)
        yield clause(write, words)
        cause = causes.get(write.call.number)
        write = cause.on[-1] if cause is not None and cause.on else None
        if write is None and cause is not None and not cause.on:
            yield cause.text


def _ancestors(obj: Obj | None, history: History) -> Iterable[Thing]:
    """The controllers above an object, the nearest first."""
    for _ in range(DEPTH):
        owner = owner_of(obj) if obj is not None else None
        if owner is None:
            return
        yield owner
        obj = history.now(owner) or _last_form(owner, history)


def _last_form(thing: Thing, history: History) -> Obj | None:
    calls = history.calls_to(thing)
    return history.form(thing, calls[-1].revision - 1) if calls else None


def _change(write: Write) -> Change:
    return Change(write.thing.kind, key_of_thing(write.thing), write.before, write.after, 0, 0.0, "MODIFIED")


def _act(write: Write) -> str:
    if write.is_birth:
        return "created"
    if write.call.subresource in ("binding", "eviction"):
        return "bound" if write.call.subresource == "binding" else "evicted"
    if write.before is None:
        return "deleted" if write.is_end else "changed"
    return act_of(_change(write))


def _fields(write: Write) -> list[FieldChange]:
    if write.is_birth:
        return [one for one in field_changes(write.thing.kind, {}, write.after or {}) if one.path in COUNTERS]
    if write.before is None or write.after is None:
        return []
    return [one for one in field_changes(write.thing.kind, write.before, write.after) if one.rank < MINOR]


def _tells(write: Write) -> bool:
    """A step of its own: an act that has a name, what a person did, or a change of spec, phase or conditions."""
    if _act(write) != "changed" or write.call.who == "you":
        return True
    return any(one.path.startswith(TELLING) for one in _fields(write))


def _is_faded(write: Write) -> bool:
    return write.before is None and write.after is None


def _raw(write: Write, cause: Cause | None, thing: Thing, words: Words) -> _Raw:
    act = _act(write)
    mark = {"created": "new", "deleted": "gone", "evicted": "gone", "removed": "gone"}.get(act, "changed")
    fields = [] if mark == "gone" else _fields(write)
    return _Raw(
        write.call.when,
        write.call.number,
        clause(write, words),
        tuple(fields[:MOST_FIELDS]),
        cause,
        mark,
        write.thing == thing,
    )


def _step(number: int, raw: _Raw, numbers: Mapping[float, int]) -> Step:
    cause = raw.cause
    on = tuple(sorted(numbers[one.call.number] for one in cause.on if one.call.number in numbers)) if cause else ()
    return Step(number, raw.when, raw.did, raw.fields, cause.text if cause else "", on, raw.mark, raw.is_own)


def _without_record(
    thing: Thing, obj: Obj | None, history: History, found: Mapping[int, Write], words: Words
) -> Iterable[_Raw]:
    """Births, and what managers wrote, of objects whose birth is not on record: from the objects themselves."""
    born = {write.thing for write in found.values() if write.is_birth}
    forms = {thing: obj} | {ancestor: history.now(ancestor) for ancestor in _ancestors(obj, history)}
    for depth, (one, form) in enumerate(forms.items()):
        if form is None or one in born:
            continue
        entries = [entry for entry in form["metadata"].get("managedFields") or () if entry.get("time")]
        entries.sort(key=lambda entry: (str(entry["time"]), not MADE & (entry.get("fieldsV1") or {}).keys()))
        first = next((entry for entry in entries if not entry.get("subresource")), None)
        who = words.actor(manager_name(first.get("manager", ""), form)) if first else ""
        name, when = named(one), form["metadata"].get("creationTimestamp")
        did = words("act.created", who=who, what=name) if who else words("fact.created", what=name)
        yield _Raw(parse_rfc3339(when) if when else 0.0, -depth, did, (), None, "new", one == thing)
        if one == thing and not history.has_record:
            yield from _managed(one, form, [entry for entry in entries if entry is not first], words)


def _managed(thing: Thing, form: Obj, entries: Iterable[Obj], words: Words) -> Iterable[_Raw]:
    for entry in entries:
        parts = sorted(part.removeprefix("f:") for part in entry.get("fieldsV1") or {})
        who = words.actor(manager_name(entry.get("manager", ""), form))
        did = words("managed", who=who, what=named(thing), parts=", ".join(parts))
        yield _Raw(parse_rfc3339(entry["time"]), 0.25, did, (), None, "changed", True)


def _events(thing: Thing, history: History, words: Words) -> Iterable[_Raw]:
    """What components said about the object; the moment is that of the newest call about the Event, if known."""
    fields = f"involvedObject.kind={thing.kind},involvedObject.name={thing.name}"
    for event in history.all("Event", thing.namespace, fields=fields):
        metadata = event["metadata"]
        calls = history.calls_to(Thing("Event", metadata.get("namespace", ""), metadata["name"]))
        moments = (event.get("lastTimestamp"), event.get("eventTime"), metadata.get("creationTimestamp"))
        when = calls[-1].when if calls else parse_rfc3339(next(filter(None, moments)))
        message = " ".join(str(event.get("message") or event.get("note") or "").split())
        did = words("event", reason=event.get("reason", ""), message=message)
        count = event.get("count") or (event.get("series") or {}).get("count") or 1
        did += words("times", n=count) if count > 1 else ""
        order = calls[-1].number if calls else 0.5
        yield _Raw(when, order, did, (), None, "warning" if event.get("type") == "Warning" else "event", True)
