"""From the report of a load to the few numbers that a chart or a table shows. Pure.

A report has a moment for every five seconds. Where that is more than somebody can see, moments are put together:
rates by their mean, latencies by the highest of them, pods by the fewest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from k8slab.view.charts.given import LoadLike, MomentLike

__all__ = [
    "Mark",
    "Stretch",
    "marks_within",
    "reasons_of",
    "stretches",
]


class Mark(NamedTuple):
    """Something that was done to the cluster: when (seconds since 1970), and what, in words."""

    at: float
    text: str


class Stretch(NamedTuple):
    """A stretch of a load from `start` to `end` (seconds since the load began); `failed` is by reason, a second."""

    start: float
    end: float
    sent_per_s: float
    ok_per_s: float
    failed: Mapping[str, float]
    p50_s: float
    p99_s: float
    pods: int


def stretches(load: LoadLike, most: int) -> list[Stretch]:
    """The load in at most so many stretches of the same number of moments."""
    size = -(-len(load.series) // most) or 1
    found, start = [], 0.0
    for first in range(0, len(load.series), size):
        moments = load.series[first : first + size]
        end = moments[-1].at - load.start
        found.append(_together(moments, start, end, load.start))
        start = end
    return found


def _together(moments: Sequence[MomentLike], start: float, end: float, zero: float) -> Stretch:
    lengths, before = [], start + zero
    for moment in moments:
        lengths.append(max(moment.at - before, 0.0))
        before = moment.at
    whole = sum(lengths) or 1.0
    failed: dict[str, float] = {}
    for moment, length in zip(moments, lengths, strict=True):
        for why, rate in moment.reasons:
            failed[why] = failed.get(why, 0.0) + rate * length / whole
    sent = sum(one.sent_per_s * length for one, length in zip(moments, lengths, strict=True)) / whole
    ok = sum(one.ok_per_s * length for one, length in zip(moments, lengths, strict=True)) / whole
    slowest = max(one.p50_s for one in moments), max(one.p99_s for one in moments)
    return Stretch(start, end, sent, ok, failed, *slowest, min(one.pods for one in moments))


def reasons_of(loads: Iterable[LoadLike]) -> list[str]:
    """Why requests of these loads failed, the most frequent reason first."""
    sums: dict[str, float] = {}
    for load in loads:
        for why, count in load.failed.items():
            sums[why] = sums.get(why, 0.0) + count
    return sorted((why for why, count in sums.items() if count >= 0.05), key=lambda why: (-sums[why], why))


def marks_within(marks: Iterable[Mark], load: LoadLike) -> list[tuple[int, Mark]]:
    """The marks that fall into the time of a load, with their number among all."""
    return [(number, mark) for number, mark in enumerate(marks, 1) if load.start <= mark.at <= load.until]
