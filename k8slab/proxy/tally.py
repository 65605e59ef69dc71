"""What became of a load's requests: counts, reasons, latencies, who answered, and all of it over time.

Counts are expected values, so they need not be whole.

Source    quantiles from buckets of equal ratio, as in HdrHistogram and Prometheus' native histograms
Left out  latencies closer than 2.5 % (the width of a bucket)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

__all__ = [
    "Latencies",
    "Moment",
    "Tally",
]

BUCKETS_PER_E = 40.0
LEAST_S = 1e-6
NOTHING = 1e-9  # of a request

Waits = Sequence[tuple[float, float]]
PERCENTILES = (0.5, 0.95, 0.99)


class Latencies:
    """How many answers took how long."""

    __slots__ = ("_buckets", "_total_s", "count")

    def __init__(self) -> None:
        self._buckets: dict[int, float] = {}
        self._total_s = 0.0
        self.count = 0.0

    def add(self, seconds: float, count: float) -> None:
        """So many more took so long."""
        bucket = int(log(max(seconds, LEAST_S) / LEAST_S) * BUCKETS_PER_E)
        self._buckets[bucket] = self._buckets.get(bucket, 0.0) + count
        self._total_s += seconds * count
        self.count += count

    def merge(self, other: Latencies) -> None:
        """Add all of another."""
        for bucket, count in other._buckets.items():
            self._buckets[bucket] = self._buckets.get(bucket, 0.0) + count
        self._total_s += other._total_s
        self.count += other.count

    @property
    def mean_s(self) -> float:
        """The mean; 0 of nothing."""
        return self._total_s / self.count if self.count else 0.0

    def percentile_s(self, part: float) -> float:
        """What this part of the answers did not exceed (0.99: all but one in a hundred); 0 of nothing."""
        wanted, seen = part * self.count, 0.0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return exp((bucket + 0.5) / BUCKETS_PER_E) * LEAST_S
        return 0.0


class Moment(NamedTuple):
    """A stretch of time up to `at`: requests, good answers and failures a second, latencies, pods that answered.

    `reasons` are the failures a second by their reason.
    """

    at: float
    sent_per_s: float
    ok_per_s: float
    failed_per_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    pods: int
    reasons: tuple[tuple[str, float], ...] = ()


class Tally:
    """The books of one load."""

    def __init__(self, start: float) -> None:
        self.start = self.until = start
        self.sent = self.ok = self.attempts = 0.0
        self.failed: dict[str, float] = {}
        self.by_pod: dict[str, float] = {}
        self.by_zones: dict[tuple[str, str], float] = {}
        self.latencies = Latencies()
        self.series: list[Moment] = []
        self._page_start = start
        self._page = self.sent, self.ok
        self._page_failed: dict[str, float] = {}
        self._page_latencies = Latencies()
        self._page_pods: set[str] = set()

    def add_ok(self, pod: str, zones: tuple[str, str], count: float) -> None:
        """So many were answered well by a pod."""
        self.ok += count
        self.by_pod[pod] = self.by_pod.get(pod, 0.0) + count
        self.by_zones[zones] = self.by_zones.get(zones, 0.0) + count
        self._page_pods.add(pod)

    def add_failed(self, reason: str, count: float) -> None:
        """So many failed."""
        if count > NOTHING:
            self.failed[reason] = self.failed.get(reason, 0.0) + count

    def add_latencies(self, steady_s: float, waits: Waits, count: float) -> None:
        """So many were answered after `steady_s`, and those parts of them so much later."""
        for part, wait_s in waits:
            self._page_latencies.add(steady_s + wait_s, count * part)

    def lose(self, pod: str, zones: tuple[str, str], count: float, reason: str) -> None:
        """So many that were counted as answered by a pod were not, as it turns out."""
        count = min(count, self.by_pod.get(pod, 0.0), self.ok)
        if count > 0:
            self.ok -= count
            self.by_pod[pod] -= count
            self.by_zones[zones] -= count
            self.add_failed(reason, count)

    def all_latencies(self) -> Latencies:
        """Those of all the time, the stretch that is not over included."""
        both = Latencies()
        both.merge(self.latencies)
        both.merge(self._page_latencies)
        return both

    def turn_page(self, now: float) -> None:
        """Close the stretch that ends now."""
        took_s = now - self._page_start
        if took_s <= 0:
            return
        sent, ok = self.sent - self._page[0], self.ok - self._page[1]
        p50, p95, p99 = map(self._page_latencies.percentile_s, PERCENTILES)
        failed = max(0.0, sent - ok)
        rates = sent / took_s, max(0.0, ok) / took_s, failed / took_s
        self.series.append(Moment(now, *rates, p50, p95, p99, len(self._page_pods), self._reasons(took_s)))
        self.latencies.merge(self._page_latencies)
        self._page_start, self._page = now, (self.sent, self.ok)
        self._page_latencies, self._page_pods = Latencies(), set()

    def _reasons(self, took_s: float) -> tuple[tuple[str, float], ...]:
        """Why so many a second have failed since the page was turned."""
        before, self._page_failed = self._page_failed, dict(self.failed)
        rates = ((why, (count - before.get(why, 0.0)) / took_s) for why, count in sorted(self.failed.items()))
        return tuple((why, rate) for why, rate in rates if rate > NOTHING)
