"""The state diff: what has been written since the last picture, object by object, and who wrote it.

Objects stand in the order of their first write. Noise is counted and folded: heartbeats, Events, bookkeeping. A Node
whose Lease has run out gets a line of its own, since what nobody wrote is what its controller acts on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from k8slab.objects import Key, controller_of, parse_rfc3339
from k8slab.view.acts import act_of, sentence
from k8slab.view.fields import COVER, NOTHING, FieldChange, field_changes, is_bookkeeping, is_heartbeat
from k8slab.view.recorder import Change, Snapshot
from k8slab.view.words import Words

__all__ = [
    "MATTERS",
    "Story",
    "StateDiff",
    "Write",
    "state_diff",
]

Obj = dict[str, Any]
Place = tuple[str, Key]

MOST, MOST_FIELDS = 80, 3
SELF_NAMED = ("taints", "endpoints")  # fields whose value says which item of a list they are
MATTERS, MINOR = 0, 9  # ranks: below the first a field of a new object is worth a line, from the second on none
LEASES = "kube-node-lease"
SYSTEM = ("kube-system", LEASES)  # their objects make the sentence only when nothing else did


class Write(NamedTuple):
    """One write: seconds since the last picture, its writer ("" when unknown), what it did in words, its fields."""

    after_s: float
    writer: str
    note: str
    fields: tuple[FieldChange, ...]
    hidden: int = 0


class Story(NamedTuple):
    """All writes to one object. `mark` is new, gone, changed or silent.

    `net` is what all of them together have changed, `acts` what they did in their order, `owner` who controls it.
    """

    kind: str
    key: Key
    mark: str
    writes: tuple[Write, ...]
    net: tuple[FieldChange, ...] = ()
    acts: tuple[str, ...] = ()
    owner: str = ""


class StateDiff(NamedTuple):
    """A sentence, the stories, and what was folded: counts by name, and the Events as (seconds, text).

    `untold` counts the objects that changed beyond those with a story; `writers` counts the writes per writer, all but
    heartbeats and Events.
    """

    sentence: str
    stories: tuple[Story, ...]
    untold: int
    folded: Mapping[str, int]
    events: tuple[tuple[float, str], ...]
    writers: Mapping[str, int]


def state_diff(changes: Iterable[Change], objects: Snapshot, since: float, now: float, words: Words) -> StateDiff:
    """What the changes between two moments (virtual seconds since 1970) amount to."""
    by_place: dict[Place, list[Change]] = {}
    folded: Counter[str] = Counter()
    events = []
    for change in changes:
        noise = _noise(change)
        if change.kind != "Event" and not noise:
            by_place.setdefault((change.kind, change.key), []).append(change)
        elif noise:
            folded[noise] += 1
        elif change.after is not None:
            events.append((change.time - since, _event_text(change.after)))
    leases = objects.get("Lease", {})
    stories = [_silence(*silent, since, words) for silent in _silent_nodes(leases, since, now)]
    untold = 0
    for place, changes_there in by_place.items():
        if len(stories) >= MOST:
            untold += 1
            continue
        story = _story(place, changes_there, since, words)
        folded["quiet"] += len(changes_there) - len(story.writes)
        if story.writes:
            stories.append(story)
    stories.sort(key=_began)
    writers = Counter(change.writer for there in by_place.values() for change in there if change.writer)
    return StateDiff(_sentence(by_place, words), tuple(stories), untold, +folded, tuple(events), writers)


def _story(place: Place, changes: list[Change], since: float, words: Words) -> Story:
    told = [(change, _told_fields(change)) for change in changes]
    writes = [_write(change, fields, since, words) for change, fields in told]
    acts = dict.fromkeys(act for change, _ in told if (act := act_of(change)) != "changed")
    newest = changes[-1].after or changes[-1].before or {}
    owner = controller_of(newest)
    name = f"{owner['kind']} {owner['name']}" if owner else ""
    mark, net = _mark(changes), _net(fields for _, fields in told)
    return Story(*place, mark, tuple(write for write in writes if _tells(write)), net, tuple(acts), name)


def _net(parts: Iterable[list[FieldChange]]) -> tuple[FieldChange, ...]:
    """From the first form of each field to its last; what came back to where it was is left out."""
    found: dict[tuple[str, str], FieldChange] = {}
    for field in chain.from_iterable(parts):
        item = field.before if field.before != NOTHING else field.after
        place = field.path, item.partition(" (")[0] if field.path.endswith(SELF_NAMED) else ""
        found[place] = field._replace(before=found.pop(place, field).before)
    return tuple(sorted((f for f in found.values() if f.before != f.after or f.before == COVER), key=_rank))


def _rank(field: FieldChange) -> int:
    return field.rank


def _sentence(by_place: Mapping[Place, list[Change]], words: Words) -> str:
    places = [place for place in by_place if place[1].namespace not in SYSTEM] or list(by_place)
    return sentence(sorted(chain.from_iterable(by_place[place] for place in places), key=_revision), words)


def _revision(change: Change) -> int:
    return change.revision


def _began(story: Story) -> float:
    return story.writes[0].after_s


def _noise(change: Change) -> str:
    if is_heartbeat(change):
        return "heartbeats"
    return "quiet" if is_bookkeeping(change) or change.kind == "Lease" else ""


def _mark(changes: list[Change]) -> str:
    if changes[-1].after is None:
        return "gone"
    return "new" if any(change.before is None for change in changes) else "changed"


def _tells(write: Write) -> bool:
    return bool(write.note or write.fields)


def _silence(name: str, renewed_at: float, silent_at: float, since: float, words: Words) -> Story:
    note = words("lease missing", n=round(silent_at - renewed_at))
    return Story("Lease", Key(LEASES, name), "silent", (Write(silent_at - since, "", note, ()),))


def _told_fields(change: Change) -> list[FieldChange]:
    """Of a new object only what matters, of a deleted one nothing."""
    if change.after is None:
        return []
    if change.before is None:
        return [field for field in field_changes(change.kind, {}, change.after) if field.rank < MATTERS]
    return field_changes(change.kind, change.before, change.after)


def _write(change: Change, fields: list[FieldChange], since: float, words: Words) -> Write:
    act = act_of(change)
    note = words(act) if act in ("created", "deleted", "removed") else ""
    if change.before is None and change.after is not None:
        owner = controller_of(change.after)
        note += f" · {words('owner')} {owner['kind']} {owner['name']}" if owner else ""
    shown = tuple([field for field in fields if field.rank < MINOR][:MOST_FIELDS] or fields[:1])
    return Write(change.time - since, change.writer, note, shown, len(fields) - len(shown))


def _silent_nodes(leases: Mapping[Key, Obj], since: float, now: float) -> Iterable[tuple[str, float, float]]:
    """Nodes whose Lease ran out between the two moments: name, last renewal, end."""
    for key, lease in leases.items():
        spec = lease.get("spec") or {}
        if key.namespace == LEASES and spec.get("renewTime"):
            renewed = parse_rfc3339(spec["renewTime"])
            expired = renewed + spec.get("leaseDurationSeconds", 40)
            if since < expired <= now:
                yield key.name, renewed, expired


def _event_text(event: Obj) -> str:
    about = event.get("involvedObject") or event.get("regarding") or {}
    message = " ".join(str(event.get("message") or event.get("note") or "").split())
    what = f"{about.get('kind', '')}/{about.get('name', '')}"
    return f"{event.get('type', 'Normal')} {event.get('reason', '')} {what}: {message}"
