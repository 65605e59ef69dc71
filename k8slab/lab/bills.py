"""The bill of a lab's cluster as a chart, and time that passes so that a bill can be told over time.

What was counted (bytes, minutes) is known for the moments at which somebody looked. So a lab looks now and then while
time passes; a look changes nothing.

Left out  a finer time than those looks: what a cluster was billed for between two of them cannot be split
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from k8slab.kubeadm import Cluster
from k8slab.view.charts import BillChart, CompareBills
from k8slab.world import Bill

__all__ = ["bill_chart", "compared", "run_and_look"]

LOOKS, LEAST_S = 12, 60.0


def run_and_look(cluster: Cluster, duration_s: float) -> None:
    """Let time pass, and look at the counts a few times on the way."""
    start = cluster.now
    if duration_s < LEAST_S:
        cluster.run(duration_s)
        return
    for number in range(1, LOOKS + 1):
        cluster.run_until(start + duration_s * number / LOOKS)
        with cluster.loop.lock:
            cluster.world.ledger.counts()


def bill_chart(
    cluster: Cluster, whole: Bill, by: str, stretches: int, prices: Mapping[str, Any] | None, lang: str
) -> BillChart:
    """The chart of a bill, whole or in stretches of time. Raises ValueError, PriceError."""
    if not stretches:
        return BillChart(whole, by, lang=lang)
    moments = _moments(cluster, whole, stretches)
    parts = [cluster.bill(start, end, prices) for start, end in pairwise(moments)]
    return BillChart(whole, by, parts, lang)


def compared(bills: Mapping[str, Bill | BillChart], lang: str) -> CompareBills:
    """Bills beside each other; a chart of a bill stands for its bill."""
    return CompareBills({name: one.bill if isinstance(one, BillChart) else one for name, one in bills.items()}, lang)


def _moments(cluster: Cluster, whole: Bill, stretches: int) -> list[float]:
    """The ends of stretches that are about equally long, each a moment at which the counts are known."""
    if stretches < 1:
        raise ValueError(f"a bill has one stretch of time or more, not {stretches!r}")
    ledger = cluster.world.ledger
    ideal = [whole.start + (whole.end - whole.start) * number / stretches for number in range(1, stretches)]
    known = [moment for moment in ledger.looked_at if whole.start < moment < whole.end]
    found = {
        moment if ledger.counts_at(moment) is not None else min(known, key=lambda one: abs(one - moment), default=None)
        for moment in ideal
    }
    return [whole.start, *sorted(moment for moment in found if moment is not None), whole.end]
