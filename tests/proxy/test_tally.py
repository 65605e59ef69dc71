"""The books of a load: percentiles from buckets, pages over time, the text of a report."""

from __future__ import annotations

import pytest

from k8slab.proxy import Constant, LoadPlan, LoadReport
from k8slab.proxy.tally import Latencies, Tally

AB, AA = ("zone-a", "zone-b"), ("zone-a", "zone-a")


def a_tally() -> Tally:
    """Ten seconds of a load: one in ten requests is refused, and one pod takes ten of its answers with it."""
    tally = Tally(100.0)
    tally.sent = tally.attempts = 1000.0
    tally.add_ok("default/web-1", AB, 600.0)
    tally.add_ok("default/web-2", AA, 300.0)
    tally.add_failed("refused", 100.0)
    tally.add_latencies(0.01, ((0.9, 0.0), (0.1, 0.09)), 900.0)
    tally.lose("default/web-2", AA, 10.0, "reset")
    tally.until = 110.0
    tally.turn_page(110.0)
    return tally


@pytest.mark.parametrize("part", [0.01, 0.5, 0.9, 0.95, 0.99])
def test_a_percentile_is_true_to_a_bucket(part: float) -> None:
    """A thousand answers that take 1 to 1,000 ms."""
    latencies = Latencies()
    for milliseconds in range(1, 1001):
        latencies.add(milliseconds / 1000, 3.0)

    assert latencies.percentile_s(part) == pytest.approx(part, rel=0.04)
    assert latencies.mean_s == pytest.approx(0.5005)


def test_nothing_has_no_latency() -> None:
    assert (Latencies().percentile_s(0.99), Latencies().mean_s) == (0.0, 0.0)


def test_a_page_tells_of_its_own_time_only() -> None:
    tally = a_tally()
    tally.sent += 50.0
    tally.add_ok("default/web-1", AB, 50.0)
    tally.add_latencies(0.02, ((1.0, 0.0),), 50.0)
    tally.turn_page(115.0)

    first, second = tally.series
    assert (first.at, first.sent_per_s, first.ok_per_s, first.failed_per_s, first.pods) == (110.0, 100, 89, 11, 2)
    assert (second.at, second.sent_per_s, second.ok_per_s, second.failed_per_s, second.pods) == (115.0, 10, 10, 0, 1)
    assert (first.p95_s, second.p50_s) == (pytest.approx(0.1, rel=0.03), pytest.approx(0.02, rel=0.03))


def test_nobody_loses_more_than_he_has_answered() -> None:
    tally = a_tally()

    tally.lose("default/web-2", AA, 1e9, "reset")
    tally.lose("default/nobody", AA, 1e9, "reset")

    assert (tally.ok, tally.failed) == (600.0, {"refused": 100.0, "reset": 300.0})


def test_a_report_is_read_at_a_glance() -> None:
    plan = LoadPlan("day", "http://web/", Constant(100), "node-1", 5.0)

    text = str(LoadReport.of(plan, a_tally()))

    assert text.splitlines() == [
        "load day: http://web/ for 10 s",
        "  sent               1,000",
        "  answered             890  89.000 %",
        "  failed             110.0  refused 100.0, reset 10.0",
        "  latency   p50 10.02 ms   p95 99.96 ms   p99 99.96 ms",
        "           600  default/web-1",
        "           290  default/web-2",
        "           290  zone-a -> zone-a",
        "           600  zone-a -> zone-b",
    ]
