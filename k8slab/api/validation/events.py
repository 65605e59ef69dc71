"""The rules for Events of events.k8s.io/v1, which are stricter than those of the core group.

Source    pkg/apis/core/validation/events.go (ValidateEventCreate, ValidateEventUpdate, legacyValidateEvent)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.conversions import CONVERSIONS
from k8slab.api.validation.meta import Errors, immutable, invalid, metadata, required
from k8slab.api.validation.rules import Rules
from k8slab.objects import is_dns1123_subdomain, is_qualified_name
from k8slab.wire import FieldError

__all__ = [
    "VERSION",
    "stricter",
]

Obj = dict[str, Any]

VERSION = "events.k8s.io/v1"
LIMITS = {"reportingInstance": 128, "action": 128, "reason": 128}
LONGEST_NOTE = 1024
UNSET = ("firstTimestamp", "lastTimestamp", "count", "source")
FIXED = ("involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "type",
         "eventTime", "action", "related", "reportingComponent", "reportingInstance")  # fmt: skip


def stricter(legacy: Rules) -> Rules:
    """The rules of old, and those that only Events of this group keep."""
    stored = CONVERSIONS[VERSION, "Event"].stored

    def create(obj: Obj) -> list[FieldError]:
        event = stored(obj)
        found = [*_new(event)] if event.get("eventTime") else legacy.create(obj)
        return [*found, *metadata(event, is_dns1123_subdomain), *_strict(event)]

    def update(new: Obj, old: Obj) -> list[FieldError]:
        event, before = stored(new), stored(old)
        found = [*_new(event)] if event.get("eventTime") else legacy.update(new, old)
        if event.get("series") != before.get("series"):
            found += _series(event)
        for name in FIXED:
            place = "reportingController" if name == "reportingComponent" else name
            found += immutable(place, event.get(name), before.get(name))
        return found

    return Rules(create, update, legacy.status)


def _new(event: Obj) -> Errors:
    """What holds for an Event that tells its eventTime, whatever made it."""
    controller = event.get("reportingComponent") or ""
    if not controller:
        yield required("reportingController")
    for problem in is_qualified_name(controller):
        yield invalid("reportingController", controller, problem)
    for name, most in LIMITS.items():
        if not event.get(name):
            yield required(name)
        elif len(event[name].encode()) > most:
            yield invalid(name, "", f"can have at most {most} characters")
    if len((event.get("message") or "").encode()) > LONGEST_NOTE:
        yield invalid("message", "", f"can have at most {LONGEST_NOTE} characters")


def _strict(event: Obj) -> Errors:
    yield from _series(event)
    if not event.get("eventTime"):
        yield required("eventTime")
    if event.get("type") not in ("Normal", "Warning"):
        yield invalid("type", "", f"has invalid value: {event.get('type') or ''}")
    for name in UNSET:
        if event.get(name):
            yield invalid(name, "", "needs to be unset")


def _series(event: Obj) -> Errors:
    series = event.get("series")
    if series is not None and series.get("count", 0) < 2:
        yield invalid("series.count", "", "should be at least 2")
    if series is not None and not series.get("lastObservedTime"):
        yield required("series.lastObservedTime")
