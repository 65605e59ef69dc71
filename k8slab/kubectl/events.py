"""kubectl events: what happened, the newest last.

Source    staging/src/k8s.io/kubectl/pkg/cmd/events
Left out  --types, --watch
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.printers import columns
from k8slab.kubectl.targets import slashed
from k8slab.objects import human_age, parse_rfc3339

__all__ = ["events", "last_seen"]

HEAD = ["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]


def events(session: Session, command: Command) -> str:
    """kubectl events [--for KIND/NAME]."""
    fields = ""
    if about := command.flag("for"):
        if "/" not in about:
            raise UsageError("error: --for must be in resource/name form")
        target = slashed(session.client, about)
        fields = f"involvedObject.kind={target.resource.kind},involvedObject.name={target.name}"
    found = session.client.list("Event", command.namespace, fields=fields)
    if not found:
        return f"No events found in {command.namespace} namespace.\n" if command.namespace else "No events found.\n"
    found.sort(key=lambda event: event.get("lastTimestamp") or "")
    rows = [] if command.has("no-headers") else [HEAD]
    rows += [_row(event, session.client.now) for event in found]
    return columns(row[1:] if command.namespace else row for row in rows)


def _row(event: Obj, now: float) -> list[str]:
    about = event["involvedObject"]
    what = [event["type"], event["reason"], f"{about['kind']}/{about['name']}", event["message"].strip()]
    return [event["metadata"]["namespace"], last_seen(event, now), *what]


def last_seen(event: Obj, now: float) -> str:
    """How long ago an event was last seen, and how often since when."""
    age: str = human_age(now - parse_rfc3339(event["lastTimestamp"]))
    if event.get("count", 1) > 1:
        return f"{age} (x{event['count']} over {human_age(now - parse_rfc3339(event['firstTimestamp']))})"
    return age
