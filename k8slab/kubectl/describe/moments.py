"""Moments and ages as kubectl describe writes them.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go (translateTimestampSince)
"""

from __future__ import annotations

from datetime import UTC, datetime

from k8slab.objects import human_age, parse_rfc3339

__all__ = [
    "age",
    "date",
]


def date(moment: str | None) -> str:
    """A moment as RFC 1123 writes it."""
    if not moment:
        return "Mon, 01 Jan 0001 00:00:00 +0000"
    return datetime.fromtimestamp(parse_rfc3339(moment), UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def age(moment: str | None, now: float) -> str:
    """How long ago a moment was."""
    return human_age(now - parse_rfc3339(moment)) if moment else "<unknown>"
