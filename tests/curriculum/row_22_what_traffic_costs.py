"""Row 22: a terabyte in cold storage. The number: how often a month it may be read before the warm one is cheaper."""

from __future__ import annotations

from k8slab import Cluster


def number(size_gb: float = 1000.0) -> float:
    prices = Cluster(agents=()).prices()
    saved = prices["storage.object.gb_month"] - prices["storage.cold.gb_month"]
    return size_gb * saved / (size_gb * (prices["storage.cold.read_gb"] - prices["storage.object.read_gb"]))
