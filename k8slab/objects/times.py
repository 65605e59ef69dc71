"""Moments and ages as Kubernetes writes them.

Source    staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go, HumanDuration
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

__all__ = [
    "human_age",
    "parse_rfc3339",
    "rfc3339",
    "rfc3339_micro",
]


@lru_cache(maxsize=1024)
def _whole(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339(seconds: float) -> str:
    """A moment as metav1.Time writes it: `2026-01-01T00:00:00Z`."""
    return _whole(int(seconds))


def rfc3339_micro(seconds: float) -> str:
    """A moment as metav1.MicroTime writes it: `2026-01-01T00:00:00.000000Z`."""
    micros = round(seconds * 1_000_000)
    return f"{_whole(micros // 1_000_000)[:-1]}.{micros % 1_000_000:06d}Z"


@lru_cache(maxsize=4096)
def parse_rfc3339(text: str) -> float:
    """Seconds since 1970. Raises ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def human_age(seconds: float) -> str:
    """An age as kubectl shows it: `45s`, `3m12s`, `5h`, `2d`."""
    s = int(seconds)
    if s < -1:
        return "<invalid>"
    if s < 0:
        return "0s"
    if s < 120:
        return f"{s}s"
    m = s // 60
    if m < 10:
        return f"{m}m{s % 60}s" if s % 60 else f"{m}m"
    if m < 180:
        return f"{m}m"
    h = s // 3600
    if h < 8:
        return f"{h}h{m % 60}m" if m % 60 else f"{h}h"
    if h < 48:
        return f"{h}h"
    d = h // 24
    if h < 192:
        return f"{d}d{h % 24}h" if h % 24 else f"{d}d"
    if h < 24 * 365 * 2:
        return f"{d}d"
    y = d // 365
    if y < 8:
        return f"{y}y{d % 365}d" if d % 365 else f"{y}y"
    return f"{y}y"
