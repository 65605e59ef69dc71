"""kubectl events: what happened, the newest last.

Source    staging/src/k8s.io/kubectl/pkg/cmd/events
Left out  --watch
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.printers import columns
from k8slab.kubectl.targets import slashed
from k8slab.objects import human_age, parse_rfc3339

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "events",
    "last_seen",
]

Obj = dict[str, Any]


def events(session: Session, command: Command) -> str:
    """kubectl events [--for KIND/NAME] [--types Normal,Warning]."""
    found = session.client.list("Event", command.namespace, fields=_fields(session, command))
    types = command.flag("types").split(",") if command.flag("types") else ["Normal", "Warning"]
    if any(type_ not in ("Normal", "Warning") for type_ in types):
        raise UsageError("error: valid --types are Normal or Warning")
    shown = sorted(
        (event for event in found if event["type"] in types), key=lambda event: event.get("lastTimestamp") or ""
    )
    if not shown:
        return f"No events found in {command.namespace} namespace.\n" if command.namespace else "No events found.\n"
    everywhere = not command.namespace
    head = ["NAMESPACE"] * everywhere + ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    rows = [_row(event, session.client.now, everywhere) for event in shown]
    return columns(rows if command.has("no-headers") else [head, *rows])


def _fields(session: Session, command: Command) -> str:
    about = command.flag("for")
    if not about:
        return ""
    if "/" not in about:
        raise UsageError("error: --for must be in resource/name form")
    target = slashed(session.client, about)
    return f"involvedObject.kind={target.resource.kind},involvedObject.name={target.name}"


def _row(event: Obj, now: float, everywhere: bool) -> list[str]:
    about = event["involvedObject"]
    place = [event["metadata"]["namespace"]] * everywhere
    return [*place, last_seen(event, now), event["type"], event["reason"], f"{about['kind']}/{about['name']}",
            event["message"].strip()]  # fmt: skip


def last_seen(event: Obj, now: float) -> str:
    """How long ago an event was last seen, and how often since when."""
    age: str = human_age(now - parse_rfc3339(event["lastTimestamp"]))
    if event.get("count", 1) > 1:
        return f"{age} (x{event['count']} over {human_age(now - parse_rfc3339(event['firstTimestamp']))})"
    return age
