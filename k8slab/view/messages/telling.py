"""One call of the API in one sentence: `kubelet node-1 → api-server: PATCH pods/web-1/status → 200 · …`."""

from __future__ import annotations

from typing import Any

from k8slab.view.calls import Call
from k8slab.view.fields import COVER, field_changes
from k8slab.view.messages.log import answer_of, request_of
from k8slab.view.recorder import Change
from k8slab.view.words import Words

__all__ = [
    "SERVER",
    "event_gist",
    "outcome",
    "sentence",
]

SERVER = "api-server"
MOST, MINOR = 2, 9


def sentence(call: Call, change: Change | None, words: Words) -> str:
    """Who asked the API server for what, the answer, and what came of it."""
    came = outcome(change)
    text = f"{words.actor(call.who)} → {SERVER}: {request_of(call)} → {answer_of(call)}"
    return f"{text} · {came}" if came else text


def event_gist(event: dict[str, Any]) -> str:
    """`Pulled Pod/web-1`."""
    about = event.get("involvedObject") or event.get("regarding") or {}
    return f"{event.get('reason', '')} {about.get('kind', '')}/{about.get('name', '')}"


def outcome(change: Change | None) -> str:
    """The fields that a change is about (`status.phase Pending → Running`), or what an Event says; "" for the rest."""
    if change is not None and change.kind == "Event" and change.after is not None:
        return event_gist(change.after)
    if change is None or change.before is None or change.after is None:
        return ""
    fields = field_changes(change.kind, change.before, change.after)
    shown = [field for field in fields if field.rank < MINOR][:MOST] or fields[:1]
    return ", ".join(
        field.path if field.before == field.after == COVER else f"{field.path} {field.before} → {field.after}"
        for field in shown
    )
