"""What a load's owner reads: how many got an answer, why others did not, how long it took, who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from k8slab.proxy.tally import PERCENTILES, Moment, Tally

if TYPE_CHECKING:
    from k8slab.proxy.loads import LoadPlan

__all__ = [
    "LoadReport",
]

PODS_SHOWN = 10


class LoadReport(NamedTuple):
    """The books of a load at one moment. Counts are expected values; latencies are of good answers.

    `by_zones` counts requests by the zones of client ("" is outside) and pod.
    """

    name: str
    url: str
    start: float
    until: float
    sent: float
    ok: float
    attempts: float
    failed: dict[str, float]
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    by_pod: dict[str, float]
    by_zones: dict[tuple[str, str], float]
    series: tuple[Moment, ...]

    @classmethod
    def of(cls, plan: LoadPlan, tally: Tally) -> LoadReport:
        """The report from the books as they are."""
        latencies = tally.all_latencies()
        p50, p95, p99 = map(latencies.percentile_s, PERCENTILES)
        pods, zones = dict(sorted(tally.by_pod.items())), dict(sorted(tally.by_zones.items()))
        counts = tally.sent, tally.ok, tally.attempts, dict(sorted(tally.failed.items()))
        times = latencies.mean_s, p50, p95, p99
        return cls(plan.name, plan.url, tally.start, tally.until, *counts, *times, pods, zones, tuple(tally.series))

    @property
    def lost(self) -> float:
        """How many got no good answer."""
        return sum(self.failed.values())

    @property
    def availability(self) -> float:
        """The part that got a good answer; 1 of nothing."""
        return self.ok / self.sent if self.sent else 1.0

    def __str__(self) -> str:
        took_s = self.until - self.start
        lines = [f"load {self.name}: {self.url} for {took_s:g} s", f"  sent      {self.sent:>14,.0f}"]
        lines.append(f"  answered  {self.ok:>14,.0f}  {100 * self.availability:.3f} %")
        why = ", ".join(f"{reason} {count:,.1f}" for reason, count in self.failed.items())
        lines.append(f"  failed    {self.lost:>14,.1f}  {why}".rstrip())
        times = (("p50", self.p50_s), ("p95", self.p95_s), ("p99", self.p99_s))
        lines.append("  latency   " + "   ".join(f"{name} {1000 * seconds:,.2f} ms" for name, seconds in times))
        shown = list(self.by_pod.items())[:PODS_SHOWN]
        lines += [f"  {count:>12,.0f}  {pod}" for pod, count in shown]
        if len(self.by_pod) > len(shown):
            lines.append(f"  and {len(self.by_pod) - len(shown)} more pods")
        lines += [f"  {count:>12,.0f}  {a or 'outside'} -> {b}" for (a, b), count in self.by_zones.items()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)
