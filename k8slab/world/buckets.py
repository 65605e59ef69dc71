"""Data that lies in a cloud's object storage, and what keeping and reading it costs.

A bucket costs by what is in it, by what is read from it and written to it, and by where that goes: who reads it from
outside the cloud pays for the way, too.

Source    the price lists of large clouds for object storage (storage, requests, retrieval, data transfer out)
Left out  the objects themselves: a bucket knows only how much there is; requests are part of the price of a GB (objects
          of a MB); the least time for which cold data is paid
"""

from __future__ import annotations

import math
from typing import NamedTuple

from k8slab.world.ledger import Ledger, Rent
from k8slab.world.prices import Prices

__all__ = [
    "Bucket",
    "Keep",
]

WAYS = {
    "cloud": "",
    "zone": "traffic.cross_zone_gb",
    "region": "traffic.cross_region_gb",
    "internet": "traffic.internet_gb",
    "line": "line.gb",
}


class Keep(NamedTuple):
    """A way to keep data: the kind of storage, and where its readers are (cloud, zone, region, internet or line)."""

    storage: str
    readers: str = "cloud"

    def month(self, prices: Prices, size_gb: float, reads: float = 0.0, writes: float = 0.0) -> float:
        """Dollars of a month in which all of it is read, and written, so many times. Raises PriceError, ValueError."""
        kept = prices[f"storage.{self.storage}.gb_month"]
        written = prices[f"storage.{self.storage}.write_gb"]
        return size_gb * (kept + reads * self.read_gb(prices) + writes * written)

    def read_gb(self, prices: Prices) -> float:
        """Dollars of reading a GB once. Raises PriceError, ValueError."""
        way = way_price(self.readers)
        return prices[f"storage.{self.storage}.read_gb"] + (prices[way] if way else 0.0)

    def break_even_reads(self, other: Keep, prices: Prices) -> float:
        """How often a month all data must be read for both ways to cost the same.

        Infinite when this way is the cheaper one however often, 0 when it never is. Raises PriceError, ValueError.
        """
        saved = other.month(prices, 1.0) - self.month(prices, 1.0)
        dearer = self.read_gb(prices) - other.read_gb(prices)
        if saved * dearer > 0:
            return saved / dearer
        return math.inf if saved > 0 or (saved == 0 and dearer <= 0) else 0.0


class Bucket:
    """Data of one kind of storage."""

    def __init__(self, ledger: Ledger, name: str, storage: str) -> None:
        self.name = name
        self.storage = storage
        self.size_gb = 0.0
        self._ledger = ledger
        self._rent: Rent | None = None

    def __repr__(self) -> str:
        return f"<Bucket {self.name}: {self.size_gb:g} GB, {self.storage}>"

    def put(self, size_gb: float) -> None:
        """Write so much more into it. Raises ValueError for less than nothing."""
        _check_size(size_gb)
        self._ledger.count("bucket", self.name, "written", f"storage.{self.storage}.write_gb", size_gb)
        self._resize(self.size_gb + size_gb)

    def remove(self, size_gb: float) -> None:
        """Have so much less in it. Raises ValueError for more than there is."""
        _check_size(size_gb)
        if size_gb > self.size_gb:
            raise ValueError(f"there are {self.size_gb:g} GB in {self.name}, not {size_gb:g}")
        self._resize(self.size_gb - size_gb)

    def read(self, size_gb: float, readers: str = "internet") -> None:
        """Read so many GB in all, by readers in this place. Raises ValueError for a place or an amount that is none."""
        _check_size(size_gb)
        way = way_price(readers)
        self._ledger.count("bucket", self.name, "read", f"storage.{self.storage}.read_gb", size_gb)
        if way:
            self._ledger.count("traffic", f"{self.name} to {readers}", "data", way, size_gb)

    def _resize(self, size_gb: float) -> None:
        if self._rent is not None:
            self._ledger.leave(self._rent)
        self.size_gb = size_gb
        parts = ((f"storage.{self.storage}.gb_month", size_gb),)
        self._rent = self._ledger.rent("bucket", self.name, self.storage, parts) if size_gb else None


def way_price(readers: str) -> str:
    """The price of a GB on its way to readers, "" when the way is free. Raises ValueError for a place that is none."""
    if readers not in WAYS:
        raise ValueError(f"readers are in one of {', '.join(WAYS)}, not {readers!r}")
    return WAYS[readers]


def _check_size(size_gb: float) -> None:
    if isinstance(size_gb, bool) or not 0 <= size_gb < math.inf:
        raise ValueError(f"an amount of data must be 0 GB or more, not {size_gb!r}")
