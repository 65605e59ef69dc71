"""Moments as a reader meets them: how long after another, and what the clock said."""

from __future__ import annotations

from k8slab.objects import rfc3339

__all__ = [
    "after",
    "clock",
]


def after(seconds: float) -> str:
    """`+3 ms`, `+2.4 s`, `+52 s`, `+6m 40s`, `+2h 05m`: as exact as it matters."""
    if seconds < 0.9995:
        return f"+{max(seconds, 0.0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"+{seconds:.1f} s"
    if seconds < 119.5:
        return f"+{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"+{minutes}m {rest:02d}s"
    return f"+{minutes // 60}h {minutes % 60:02d}m"


def clock(seconds: float) -> str:
    """`00:10:34` (UTC) of a moment in seconds since 1970."""
    return rfc3339(seconds)[11:19]
