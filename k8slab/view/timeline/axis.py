"""From moments to places: true to time, or one step per moment at which something happened."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from k8slab.view.moments import after

__all__ = ["Axis"]

STEPS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800,
           3600, 7200, 14400, 28800, 86400)  # fmt: skip
MOST_TICKS = 7


class Axis:
    """The moments from `start` to `end` between two places; `stops` (or none: true to time) are equally far apart."""

    def __init__(
        self, start: float, end: float, left: float, right: float, zero: float, stops: Sequence[float] = ()
    ) -> None:
        self.start, self.end = start, max(end, start + 0.001)
        self.left, self.right = left, right
        self._zero = zero
        self._stops = [stop for stop in stops if self.start <= stop <= self.end]
        if len(self._stops) < 2:
            self._stops = []

    def x(self, moment: float) -> float:
        """Where a moment lies."""
        return self.left + (self.right - self.left) * min(max(self._share(moment), 0.0), 1.0)

    def moment(self, share: float) -> float:
        """The moment at a share (0 to 1) of the way."""
        if self._stops:
            return self._stops[round(share * (len(self._stops) - 1))]
        return self.start + share * (self.end - self.start)

    def after(self, moment: float) -> str:
        """How long after the beginning of everything a moment is, as text."""
        return after(moment - self._zero)

    def ticks(self) -> list[tuple[float, str]]:
        """Places that are written at, with what is written: how long after the beginning of everything."""
        moments = self._picked_stops() if self._stops else self._round_moments()
        return [(self.x(moment), self.after(moment)) for moment in moments]

    def _share(self, moment: float) -> float:
        if not self._stops:
            return (moment - self.start) / (self.end - self.start)
        stops = self._stops
        found = bisect_right(stops, moment) - 1
        if found < 0 or found >= len(stops) - 1:
            return 0.0 if found < 0 else 1.0
        rest = (moment - stops[found]) / (stops[found + 1] - stops[found])
        return (found + rest) / (len(stops) - 1)

    def _picked_stops(self) -> list[float]:
        every = max(1, -(-len(self._stops) // MOST_TICKS))
        return self._stops[::every]

    def _round_moments(self) -> list[float]:
        length = self.end - self.start
        step = STEPS_S[min(bisect_left(STEPS_S, length / MOST_TICKS), len(STEPS_S) - 1)]
        first = -(-(self.start - self._zero) // step)
        found = (self._zero + (first + number) * step for number in range(MOST_TICKS + 1))
        return [moment for moment in found if moment <= self.end + step / 1000]
