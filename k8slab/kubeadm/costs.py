"""What a cluster costs: its table of prices, and its bill.

Bills are worked out when somebody asks. So a new price holds for the past as well: what would it have cost?

Left out  a period that begins at a moment at which nobody made a bill, where the cluster cannot be replayed (its store
          is a server, or its loop belongs to several) and something was counted in between
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from k8slab.clock import Loop, parse_duration
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone
from k8slab.world import Bill, Prices, World, list_prices, make_bill

__all__ = ["Costs"]

Changes = Mapping[str, Any] | str | Path | None


class Costs:
    """What a cluster can tell of money."""

    loop: Loop
    world: World
    journal: Journal
    _changed_prices: Prices | None  # None: the list prices, which are read when somebody asks

    @property
    def _prices(self) -> Prices:
        return self._changed_prices or list_prices()

    @alone
    def prices(self, changes: Changes = None) -> Prices:
        """The table of prices; with `changes` (a mapping, or a file of YAML) other ones from now on, and for the past.

        Entries may be nested or named by their path: `{"traffic.internet_gb": 0.12, "won_per_dollar": 1350}`.
        Raises PriceError for a hole, an entry that nobody knows, and what is no price; OSError.
        """
        if changes is not None:
            before = self._prices
            self._changed_prices = before.changed(changes)
            self.journal.note(self.loop.now, "prices", changes=self._prices.differences(before))
        return self._prices

    @alone
    def bill(self, since: float | str | None = None, until: float | None = None, prices: Changes = None) -> Bill:
        """What the cluster has cost: since it was switched on, since a moment, or for the last `"1h"`.

        `until` (a moment) ends the period earlier, `prices` are other prices for this once. Raises ValueError for a
        moment that this cluster has not lived, PriceError.
        """
        now, start = self.loop.now, self.loop.start_s
        end = now if until is None else float(until)
        if isinstance(since, str):
            since = max(end - parse_duration(since), start)
        begin = start if since is None else float(since)
        if not start <= begin <= end <= now:
            raise ValueError(f"a period from {begin!r} to {end!r}: this cluster has lived from {start!r} to {now!r}")
        self._know_counts(begin)
        self._know_counts(end)
        before = self.world.ledger.counts_at(begin) or {}
        return make_bill(self.world.ledger, self._prices.changed(prices), begin, end, before)

    def _know_counts(self, moment: float) -> None:
        """Have the ledger know what was counted at a moment: by a look at the past if nobody looked then."""
        ledger = self.world.ledger
        if ledger.counts_at(moment) is None:
            past: Any = self.fork(moment)  # type: ignore[attr-defined]
            ledger.remember(moment, past.world.ledger.counts())


def table_of(changes: Changes) -> Prices:
    """The list prices with changes. Raises PriceError, OSError."""
    return list_prices().changed(changes)
